package models

import "fmt"

// The subjects on the bus. What travels there only makes things faster: each
// of these facts is also a row, and the sweeper finds what a lost message told.
const (
	// SubjectPublished carries an [AlertEvent]: there is an alert to plan.
	SubjectPublished = "newsbell.alerts.published"
	// SubjectShards is the root of the work queue's subjects.
	SubjectShards = "newsbell.shards"
)

type AlertEvent struct {
	AlertID int64 `json:"alert_id"`
}

// Subject is the shard's own subject in the work queue: one message at most is
// queued or in flight on it. Resolutions have a branch of their own.
func (r ShardRef) Subject() string {
	if r.Priority {
		return fmt.Sprintf("%s.first.%d", SubjectShards, r.ID)
	}
	return fmt.Sprintf("%s.next.%d", SubjectShards, r.ID)
}
