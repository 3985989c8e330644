// Package events has the subjects and payloads of the bus.
package events

// The subjects on the bus. Messages only make things faster: alerts, shards, notices and
// updates are rows, and the sweeps find what a lost message announced. What workers
// broadcast about push services is in notifier/pushservice.
const (
	// SubjectPublished says, without data, that there is an alert to plan, or to end
	// because it was stopped.
	SubjectPublished = "newsbell.alerts.published"
	// SubjectUpdates carries an [UpdateEvent]: open live pages show it.
	SubjectUpdates = "newsbell.updates"
	// SubjectProgress carries a [ProgressEvent]: pages that watch the alert show it.
	SubjectProgress = "newsbell.progress"
	// SubjectNotices says, without data, that there is a notice to send.
	SubjectNotices = "newsbell.notices"
	// SubjectWork is the root of the work queue's subjects. Workers of older
	// releases listen below newsbell.shards.
	SubjectWork = "newsbell.work"
)

// UpdateEvent tells every web process that an update became visible, or, without a position, that
// the outage was closed or opened again.
type UpdateEvent struct {
	// Outage is the outage's slug.
	Outage   string `json:"outage"`
	UpdateID int64  `json:"update_id"`
	// Position is the update's in its outage; 0 from an older release or without an update.
	Position int64 `json:"position"`
}

// ProgressEvent tells every web process that an alert has new counts or another state.
type ProgressEvent struct {
	AlertID int64 `json:"alert_id"`
}
