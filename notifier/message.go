package notifier

import (
	"bytes"
	"crypto/rand"
	"fmt"

	"newsbell/models"
	"newsbell/models/receipts"
	"newsbell/notifier/webpush"
)

// message is an alert as it is pushed. Its payload is Declarative Web Push JSON, which a
// service worker shows too. It differs for each reader only in the receipt.
type message struct {
	alertID  int64
	receipts *receipts.Key
	// pieces are the payload without the receipts between them.
	pieces  [][]byte
	topic   string
	urgency webpush.Urgency
}

// newMessage returns the message of an alert. All alerts of an outage share a
// Topic: the newest replaces the older at the push service.
func newMessage(o models.Notifications, alert models.Alert, receipts *receipts.Key) (message, error) {
	placeholder := rand.Text() // which is in no headline
	payload, err := o.Of(alert, placeholder).Payload()
	if err != nil {
		return message{}, fmt.Errorf("message of alert %d: %w", alert.ID, err)
	}
	return message{
		alertID: alert.ID, receipts: receipts, pieces: bytes.Split(payload, []byte(placeholder)),
		topic: receipts.AlertTopic(alert.ID, alert.Outage.Subject()), urgency: urgencyOf(alert),
	}, nil
}

// maxSize is the size of the longest payload that a reader can get.
func (m *message) maxSize() int {
	size := (len(m.pieces) - 1) * receipts.MaxLength
	for _, piece := range m.pieces {
		size += len(piece)
	}
	return size
}

// appendTo appends the payload of a reader to dst.
func (m *message) appendTo(dst []byte, subscriptionID int64) []byte {
	var room [receipts.MaxLength]byte
	receipt := m.receipts.Append(room[:0], m.alertID, subscriptionID)
	for i, piece := range m.pieces {
		if i > 0 {
			dst = append(dst, receipt...)
		}
		dst = append(dst, piece...)
	}
	return dst
}

func urgencyOf(alert models.Alert) webpush.Urgency {
	if alert.Priority || alert.Update.AlertLevel == models.AlertKey {
		return webpush.UrgencyHigh
	}
	return webpush.UrgencyNormal
}
