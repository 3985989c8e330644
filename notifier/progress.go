package notifier

import (
	"encoding/json"

	"newsbell/models/events"
)

// announceProgress tells the newsroom's open pages that an alert has new counts. They look
// for themselves too, so that a message may be lost.
func (n *Notifier) announceProgress(alertID int64) {
	message, err := json.Marshal(events.ProgressEvent{AlertID: alertID})
	if err == nil && n.queue.conn.IsConnected() {
		_ = n.queue.conn.Publish(events.SubjectProgress, message)
	}
}
