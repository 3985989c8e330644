package pushservice

import (
	"time"

	"newsbell/notifier/webpush"
)

// refusalsOf is what is known of one VAPID key at the host.
func (h *host) refusalsOf(vapidID int64) *refusals {
	r, ok := h.refusals[vapidID]
	if !ok {
		r = newRefusals()
		h.refusals[vapidID] = r
	}
	return r
}

// accepts ends a doubt.
func (h *host) accepts(now time.Time, a attempt) {
	if b := a.batch; b.refusals.accept(now, b.refusals.isSample(a)) {
		h.changed = true
		h.log.Info("a push service accepts pushes: some of its subscriptions are refused, not all", "host", h.name, "vapid_key", b.vapidID)
	}
}

// refuses begins a doubt when that was one refusal too many: one bad VAPID key,
// or one bad release, must not burn the whole audience.
func (h *host) refuses(now time.Time, a attempt) {
	b := a.batch
	b.refused = append(b.refused, a.job)
	if !b.refusals.refuse(now, a.job) || b.refusals.doubt.isOn {
		return
	}
	h.log.Warn("a push service refuses many pushes; a sample is tried", "host", h.name, "vapid_key", b.vapidID,
		"in_a_row", b.refusals.all.refused, "status", a.job.Answer.Status, "reason", a.job.Answer.ForLog())
	h.doubts(now, b.refusals, sampleSize)
	h.changed = true
}

// doubts lets all pushes with a key wait but a sample.
func (h *host) doubts(now time.Time, r *refusals, size int) {
	r.beginDoubt(now, size)
	for _, b := range h.batches {
		if b.refusals == r {
			b.chooseSample(0)
		}
	}
}

// sample draws what of a new batch is tried in doubt.
func (h *host) sample(now time.Time, b *batch) {
	b.refusals.fade(now)
	atLeast := b.refusals.admitNew(b)
	if b.refusals.doubt.isOn {
		b.refusals.doubt.goOn(now)
		b.chooseSample(atLeast)
		h.settle(now, b.refusals)
	}
}

// settle sends back who can only wait for the end of a doubt. When the sample
// has been refused, it raises the alarm.
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

// hearKeys learns from another process which keys are refused, and which were
// doubted and are accepted: then there are many subscriptions that are refused,
// here too. A key that is accepted here, or was found to be, is not doubted, but
// refusals of those who were reached lately are watched as closely as at first.
func (h *host) hearKeys(now time.Time, refused, accepted []int64) {
	for _, id := range refused {
		r := h.heardOf(id)
		switch {
		case r == nil || r.doubt.isOn || now.Sub(r.accepted) < answersWithin:
		case now.After(r.all.tolerantTo):
			h.doubts(now, r, probeSize)
			r.changed = false // who told knows
			h.settle(now, r)
		default:
			r.reached.forgetTolerance()
		}
	}
	for _, id := range accepted {
		if r := h.heardOf(id); r != nil {
			r.accept(now, true)
			if now.After(r.all.settledTo) {
				r.settle(now)
			}
			r.changed = false
		}
	}
}

// heardOf is what is known of a key that another process names; nil if there are
// too many.
func (h *host) heardOf(id int64) *refusals {
	if h.refusals[id] == nil && len(h.refusals) >= maxKeys {
		return nil
	}
	return h.refusalsOf(id)
}

// keyNews are the keys of which others should know.
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
