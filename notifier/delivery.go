package notifier

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/notifier/pushservice"
	"newsbell/notifier/webpush"
)

// delivery is the sending of one claimed shard.
type delivery struct {
	store    *models.Store
	keys     *keyring
	pool     *pushservice.Pool
	priority *priority
	log      *slog.Logger

	claim   *models.Claim
	message message
	// jobs are a page's pushes, and payloads what they hold, one behind the other.
	jobs     []pushservice.Job
	payloads []byte
	progress *atomic.Int64
}

// deliver takes a claimed shard as far as it goes now: to its end, or to the next
// time that something can be tried again.
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
		store: n.store, keys: n.keys, pool: n.pool, priority: &n.priority, log: n.log,
		claim: claim, message: message, progress: progress,
	}
	send := d.sendPages
	if claim.Shard.Position >= claim.Shard.UptoID {
		send = d.sendWaiting
	}
	if err := send(ctx); err != nil {
		return err
	}
	return d.leave(ctx)
}

// sendPages sends what has not been tried, reading the next page while the
// last one is sent.
func (d *delivery) sendPages(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	pages := d.readAhead(ctx)
	defer func() {
		cancel()
		for range pages { // until the reader has ended
		}
	}()
	for !d.store.Ended(d.claim) {
		read, ok := <-pages
		if !ok {
			return ctx.Err()
		}
		if read.err != nil {
			return read.err
		}
		if err := d.yield(ctx); err != nil {
			return err
		}
		if err := d.sendPage(ctx, read.page); err != nil {
			return err
		}
	}
	return nil
}

// yield lets resolutions go first.
func (d *delivery) yield(ctx context.Context) error {
	if d.claim.Alert.Priority {
		return nil
	}
	return d.priority.yield(ctx, d.progress)
}

// sendWaiting tries again all readers that wait.
func (d *delivery) sendWaiting(ctx context.Context) error {
	if d.store.Ended(d.claim) {
		return nil
	}
	err := d.store.WaitingPages(ctx, d.claim, func(page models.Page) error {
		if d.store.Ended(d.claim) {
			return io.EOF
		}
		if err := d.yield(ctx); err != nil {
			return err
		}
		return d.sendPage(ctx, page)
	})
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// sendPage sends and records a page. When ctx has ended, what was sent is
// recorded all the same, so that another worker goes on with the rest.
func (d *delivery) sendPage(ctx context.Context, page models.Page) error {
	page, err := d.store.HoldBack(ctx, d.claim, page)
	if err != nil {
		return err
	}
	results, err := d.send(ctx, page)
	if err != nil {
		return err
	}
	if err := d.record(ctx, page, results); err != nil {
		return err
	}
	d.progress.Add(1)
	return ctx.Err()
}

// leave ends the shard, or leaves who waits until they are due.
func (d *delivery) leave(ctx context.Context) error {
	if d.store.Ended(d.claim) || !d.claim.Waits() {
		return d.store.Finish(ctx, d.claim)
	}
	return d.store.RetryLater(ctx, d.claim)
}

type readPage struct {
	page models.Page
	err  error
}

// readAhead reads pages until the last one, an error or the end of ctx; the
// channel is closed then.
func (d *delivery) readAhead(ctx context.Context) <-chan readPage {
	pages := make(chan readPage)
	reader := d.store.Pages(d.claim)
	go func() {
		defer close(pages)
		for {
			page, err := reader.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			select {
			case pages <- readPage{page, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return pages
}

// send encrypts and sends a page's pushes, many at a time. Recipients that it could
// not try before ctx ended have no result.
func (d *delivery) send(ctx context.Context, page models.Page) ([]models.Result, error) {
	d.jobs = d.jobs[:0]
	d.payloads = slices.Grow(d.payloads[:0], len(page.Recipients)*d.message.maxSize())
	for _, r := range page.Recipients {
		key, err := d.keys.key(ctx, r.VAPIDKeyID)
		if err != nil {
			return nil, err
		}
		d.jobs = append(d.jobs, pushservice.Job{AcceptedLately: d.claim.AcceptedLately(r), TriedBefore: page.Tries > 0 || r.Refused(), Push: webpush.Push{
			SubscriptionID: r.ID, Endpoint: r.Endpoint, P256DH: r.P256DH, Auth: r.Auth, Key: key,
			Payload: d.payload(r.ID), TTL: d.claim.Alert.Deadline.Sub(d.store.Now()),
			Urgency: d.message.urgency, Topic: d.message.topic,
		}})
	}
	d.pool.Send(ctx, d.jobs, pushservice.Source{ID: d.claim.Alert.ID, Size: d.claim.Size(), AnyAcceptedLately: d.claim.AnyAcceptedLately()})
	results := make([]models.Result, 0, len(page.Recipients))
	for i, r := range page.Recipients {
		if answer := d.jobs[i].Answer; answer.Verdict != 0 {
			result := resultOf(r, answer, page.Tries, d.store.Now())
			d.endUnresolved(ctx, &result, d.jobs[i], page.Tries)
			results = append(results, result)
		}
	}
	return results, nil
}

// payload is what a reader gets. It lasts until the next page.
func (d *delivery) payload(subscriptionID int64) []byte {
	start := len(d.payloads)
	d.payloads = d.message.appendTo(d.payloads, subscriptionID)
	return d.payloads[start:len(d.payloads):len(d.payloads)] // nobody writes into the next one's
}

// resultOf is the result of an answer, now, after a number of tries before it. Each
// reader waits as long as their own push service asks.
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
		// Until a second try, keys or subscription may be mended. Nobody pays for
		// being refused when everything is.
		again := (a.Verdict != webpush.Rejected || a.Many) && tries == 0 && !r.NeedsResubscribe && !r.Refused()
		if result.Refused = a.Alone && !again; a.NotAttempted || again {
			waitAgain(&result, webpush.Answer{RetryAfter: refusedFor}, 0, now) // it was a try all the same
		}
	case webpush.RetryLater:
		waitAgain(&result, a, tries, now)
	}
	return result
}

// waitAgain says when a push is tried again.
func waitAgain(result *models.Result, a webpush.Answer, tries int, now time.Time) {
	result.Outcome, result.NotAttempted = ledger.Waiting, a.NotAttempted
	result.Due = now.Add(wait(a, tries))
}

// unresolvedTries is how often a push to a name without an address is tried, for a
// subscription that was never reached.
const unresolvedTries = 3

// endUnresolved lets a push fail that was tried several times in vain because
// the name of its push service leads nowhere while others do. Anybody can invent
// names below *.push.apple.com. It counts as a refusal, so that the subscription
// comes to its end.
func (d *delivery) endUnresolved(ctx context.Context, result *models.Result, j pushservice.Job, tries int) {
	if !j.Answer.Unresolved || j.AcceptedLately || tries+1 < unresolvedTries {
		return
	}
	if d.pool.NamesResolve(ctx) {
		result.Outcome, result.Refused, result.NotAttempted = ledger.Failed, true, false
	}
}
