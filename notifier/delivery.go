package notifier

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/notifier/pushservice"
	"newsbell/notifier/webpush"
)

// delivery sends the pages of one claimed shard.
type delivery struct {
	store    *models.Store
	keys     *keyring
	pool     *pushservice.Pool
	priority *priority

	claim   *models.Claim
	message message
	// jobs are a page's pushes, and payloads what they hold, one after the other.
	jobs     []pushservice.Job
	payloads []byte
	progress *atomic.Int64
}

// deliver sends a claimed shard until nothing is left to do or until the next retry
// is due.
func (n *Notifier) deliver(ctx context.Context, claim *models.Claim, progress *atomic.Int64) error {
	if claim.Rebuilt != "" {
		n.log.Error("a shard's ledger was corrupt and has been rebuilt", "alert", claim.Alert.ID, "shard", claim.Shard.ID, "cause", claim.Rebuilt)
	}
	if claim.Alert.Priority {
		defer n.priority.enter()()
	}
	receipts, err := n.store.ReceiptKey(ctx)
	if err != nil {
		return err
	}
	message, err := newMessage(n.notifications, claim.Alert, receipts)
	if err != nil {
		return err
	}
	d := &delivery{
		store: n.store, keys: n.keys, pool: n.pool, priority: &n.priority,
		claim: claim, message: message, progress: progress,
	}
	return n.store.Deliver(ctx, claim, models.Delivery{
		Send:       d.send,
		BeforePage: d.yield,
		Progress:   func() { progress.Add(1) },
		Recorded:   func() { n.announceProgress(claim.Alert.ID) },
		NotRecorded: func(err error) {
			n.log.Warn("a page could not be recorded; trying again", "shard", claim.Shard.ID, "error", err)
		},
	})
}

// yield lets resolutions go first.
func (d *delivery) yield(ctx context.Context) error {
	if d.claim.Alert.Priority {
		return nil
	}
	return d.priority.yield(ctx, d.progress)
}

// send encrypts and sends a page's pushes, many at a time. Recipients that it could
// not try before ctx ended have no result.
func (d *delivery) send(ctx context.Context, recipients []models.Recipient, tries int) ([]models.Result, error) {
	d.jobs = d.jobs[:0]
	d.payloads = slices.Grow(d.payloads[:0], len(recipients)*d.message.maxSize())
	for _, r := range recipients {
		key, err := d.keys.key(ctx, r.VAPIDKeyID)
		if err != nil {
			return nil, err
		}
		d.jobs = append(d.jobs, pushservice.Job{AcceptedLately: d.claim.AcceptedLately(r), TriedBefore: tries > 0 || r.Refused(), Push: webpush.Push{
			SubscriptionID: r.ID, Endpoint: r.Endpoint, P256DH: r.P256DH, Auth: r.Auth, Key: key,
			Payload: d.payload(r.ID), TTL: d.claim.Alert.Deadline.Sub(d.store.Now()),
			Urgency: d.message.urgency, Topic: d.message.topic,
		}})
	}
	d.pool.Send(ctx, d.jobs, pushservice.Source{ID: d.claim.Alert.ID, Size: d.claim.Size(), AnyAcceptedLately: d.claim.AnyAcceptedLately()})
	results := make([]models.Result, 0, len(recipients))
	for i, r := range recipients {
		if answer := d.jobs[i].Answer; answer.Verdict != 0 {
			result := resultOf(r, answer, tries, d.store.Now())
			d.endUnresolved(ctx, &result, d.jobs[i], tries)
			results = append(results, result)
		}
	}
	return results, nil
}

// payload returns a reader's payload, which is valid until the next page.
func (d *delivery) payload(subscriptionID int64) []byte {
	start := len(d.payloads)
	d.payloads = d.message.appendTo(d.payloads, subscriptionID)
	return d.payloads[start:len(d.payloads):len(d.payloads)] // so that an append does not write into the next one's
}

// resultOf returns the result of an answer, after a number of tries before it. A reader
// is tried again when their own push service asks for it.
func resultOf(r models.Recipient, a webpush.Answer, tries int, now time.Time) models.Result {
	result := models.Result{
		Recipient: r, Status: a.Status, Reason: a.Reason,
		Outcome: ledger.Failed, KeyMismatch: a.Verdict == webpush.KeyMismatch,
	}
	switch a.Verdict {
	case webpush.Accepted:
		result.Outcome = ledger.Accepted
	case webpush.Gone:
		result.Outcome = ledger.Gone
	case webpush.Unauthorized, webpush.KeyMismatch, webpush.Rejected:
		// By the second try, keys or subscription may have been repaired. A refusal
		// does not count against the subscription while everything is refused.
		again := (a.Verdict != webpush.Rejected || a.Many) && tries == 0 && !r.NeedsResubscribe && !r.Refused()
		if result.Refused = a.Alone && !again; a.NotAttempted || again {
			retryLater(&result, webpush.Answer{RetryAfter: refusedFor}, 0, now) // it counts as a try all the same
		}
	case webpush.RetryLater:
		retryLater(&result, a, tries, now)
	}
	return result
}

// retryLater sets when a push is tried again.
func retryLater(result *models.Result, a webpush.Answer, tries int, now time.Time) {
	result.Outcome, result.NotAttempted = ledger.Waiting, a.NotAttempted
	result.Due = now.Add(retryWait(a, tries))
}

// unresolvedTries is how often a push is tried whose push service has a name without
// an address, for a subscription that no alert was ever accepted for.
const unresolvedTries = 3

// endUnresolved lets a push fail that was tried several times in vain because the name
// of its push service has no address while other names have one. Anybody can invent
// names below *.push.apple.com. It counts as a refusal, so that the subscription is
// given up in the end.
func (d *delivery) endUnresolved(ctx context.Context, result *models.Result, j pushservice.Job, tries int) {
	if !j.Answer.Unresolved || j.AcceptedLately || tries+1 < unresolvedTries {
		return
	}
	if d.pool.NamesResolve(ctx) {
		result.Outcome, result.Refused, result.NotAttempted = ledger.Failed, true, false
	}
}
