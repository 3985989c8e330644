package models

import "fmt"

// The subjects on the bus. What travels there only makes things faster: of
// alerts, shards, notices and updates there are rows, and the sweeps find what a
// lost message told; of a push host's troubles the next push tells.
const (
	// SubjectPublished carries an [AlertEvent]: there is an alert to plan.
	SubjectPublished = "newsbell.alerts.published"
	// SubjectUpdates carries an [UpdateEvent]: open live pages show it.
	SubjectUpdates = "newsbell.updates"
	// SubjectNotices carries a [NoticeEvent]: there is a notice to send.
	SubjectNotices = "newsbell.notices"
	// SubjectWork is the root of the work queue's subjects. Workers of older
	// releases listen below newsbell.shards.
	SubjectWork = "newsbell.work"
	// SubjectHosts carries a [HostEvent]: a push host is down, or is back.
	SubjectHosts = "newsbell.hosts"
)

type AlertEvent struct {
	AlertID int64 `json:"alert_id"`
}

// NoticeEvent tells one of the workers that a reader waits for a notice.
type NoticeEvent struct {
	NoticeID int64 `json:"notice_id"`
}

// UpdateEvent tells every web process that an update was published.
type UpdateEvent struct {
	// Outage is the outage's slug.
	Outage   string `json:"outage"`
	UpdateID int64  `json:"update_id"`
}

// HostEvent tells all workers what one of them found out about a push host.
type HostEvent struct {
	// From is the process that found it out.
	From string `json:"from"`
	Host string `json:"host"`
	// LeftAloneMS is for how many milliseconds nothing may be sent to it; 0 if
	// it need not be left alone.
	LeftAloneMS int64 `json:"left_alone_ms,omitempty"`
	// Asked says that the host itself asked for that.
	Asked bool `json:"asked,omitempty"`
	// Works says that it has just taken a push.
	Works bool `json:"works,omitempty"`
	// RefusedKeys are VAPID keys with which nothing is accepted any more, and
	// AcceptedKeys those with which something is again.
	RefusedKeys  []int64 `json:"refused_keys,omitempty"`
	AcceptedKeys []int64 `json:"accepted_keys,omitempty"`
	// Limit is how many requests the process may have in flight there; 0: as
	// many as it likes.
	Limit int `json:"limit,omitempty"`
}

// Subject is the shard's own subject in the work queue: one message at most is
// queued or in flight on it. Shards that were begun have a branch of their own,
// and so have resolutions.
func (r ShardRef) Subject() string {
	branch := "next"
	switch {
	case r.Begun:
		branch = "begun"
	case r.Priority:
		branch = "first"
	}
	return fmt.Sprintf("%s.%s.%d", SubjectWork, branch, r.ID)
}
