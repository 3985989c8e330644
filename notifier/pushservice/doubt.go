package pushservice

import (
	"time"

	"newsbell/notifier/webpush"
)

// refusalsOf returns the host's refusals of one VAPID key.
func (h *host) refusalsOf(vapidID int64) *refusals {
	r, ok := h.refusals[vapidID]
	if !ok {
		r = newRefusals()
		h.refusals[vapidID] = r
	}
	return r
}

// accepts records an accepted push, and ends a doubt if it decides it.
func (h *host) accepts(now time.Time, a attempt) {
	if b := a.batch; b.refusals.accept(now, b.refusals.isSample(a)) {
		h.changed = true
		h.log.Info("a push service accepts pushes: it refuses only some subscriptions", "host", h.name, "vapid_key", b.vapidID)
	}
}

// refuses records a refusal, and begins a doubt if there are too many: one bad VAPID key or
// one bad release must not cost the whole audience.
func (h *host) refuses(now time.Time, a attempt) {
	b := a.batch
	b.refused = append(b.refused, a.job)
	if !b.refusals.refuse(now, a.job) || b.refusals.doubt.isOn {
		return
	}
	h.log.Warn("a push service refuses many pushes; trying a sample", "host", h.name, "vapid_key", b.vapidID,
		"in_a_row", b.refusals.all.refused, "status", a.job.Answer.Status, "reason", a.job.Answer.ForLog())
	h.doubts(now, b.refusals, sampleSize)
	h.changed = true
}

// doubts makes all pushes with a key wait, except a sample.
func (h *host) doubts(now time.Time, r *refusals, size int) {
	r.beginDoubt(now, size)
	for _, b := range h.batches {
		if b.refusals == r {
			b.chooseSample(0)
		}
	}
}

// sample draws the sample of a new batch during a doubt.
func (h *host) sample(now time.Time, b *batch) {
	b.refusals.fade(now)
	atLeast := b.refusals.admitNew(b)
	if b.refusals.doubt.isOn {
		b.refusals.doubt.goOn(now)
		b.chooseSample(atLeast)
		h.settle(now, b.refusals)
	}
}

// settle nacks the jobs that must wait for the end of a doubt. If the sample was refused, it
// raises the alarm.
func (h *host) settle(now time.Time, r *refusals) {
	if !r.doubt.isOn {
		return
	}
	if r.doubt.close(now) {
		h.log.Error("ALARM: a push service refuses everything that is signed with a VAPID key; our key, clock or message may be wrong",
			"host", h.name, "in_a_row", r.all.refused)
	}
	h.returnAll(inDoubt(r.doubt.retryAfter(now)), func(b *batch) bool {
		return b.refusals == r && b.testing == 0 && (b.samples == 0 || r.doubt.left == 0)
	})
}

func inDoubt(wait time.Duration) webpush.Answer {
	return webpush.Answer{Verdict: webpush.RetryLater, RetryAfter: wait, NotAttempted: true, Reason: "the push service refuses everything for now"}
}

// receiveKeys handles another process's report about VAPID keys: which are refused, and for
// which a doubt ended because pushes are accepted. The latter means that many subscriptions
// are refused, here too. A key that is accepted here is not doubted, but refusals of
// recently reached subscriptions are watched as closely as at first.
func (h *host) receiveKeys(now time.Time, refused, accepted []int64) {
	for _, id := range refused {
		r := h.refusalsOfReported(id)
		switch {
		case r == nil || r.doubt.isOn || now.Sub(r.accepted) < answersWithin:
		case now.After(r.all.tolerantTo):
			h.doubts(now, r, probeSize)
			r.changed = false // the sender knows already
			h.settle(now, r)
		default:
			r.reached.forgetTolerance()
		}
	}
	for _, id := range accepted {
		if r := h.refusalsOfReported(id); r != nil {
			r.accept(now, true)
			if now.After(r.all.settledTo) {
				r.settle(now)
			}
			r.changed = false
		}
	}
}

// refusalsOfReported returns the refusals of a key that another process names; nil if there
// are too many keys.
func (h *host) refusalsOfReported(id int64) *refusals {
	if h.refusals[id] == nil && len(h.refusals) >= maxKeys {
		return nil
	}
	return h.refusalsOf(id)
}

// keyNews returns the keys that other processes should know about.
func (h *host) keyNews() (refused, accepted []int64) {
	for id, r := range h.refusals {
		switch {
		case !r.changed:
		case r.doubt.isOn:
			refused = append(refused, id)
		default:
			accepted = append(accepted, id)
		}
		r.changed = false
	}
	return refused, accepted
}
