package pushservice

import (
	"context"
	"errors"
	"sync"
	"time"

	"newsbell/notifier/webpush"
)

const (
	// If at most one in fewOf of a page's pushes to a host is unanswered, it has
	// stragglersGrace left, so that one push that hangs does not delay a thousand others.
	fewOf           = 20
	stragglersGrace = 2 * time.Second
)

// The causes for which requests are cancelled.
var (
	errSilent    = errors.New("the push service stopped answering")
	errStraggler = errors.New("the push service did not answer, though it answered other pushes")
)

// Source is the audience that a page of pushes belongs to.
type Source struct {
	ID   int64 // the alert; 0: the pushes are independent
	Size int   // size of the audience; 0: only this page
	// AnyAcceptedLately says that some subscriptions of the audience were reached
	// recently.
	AnyAcceptedLately bool
}

// page is the state that the jobs of one page share.
type page struct {
	of      Source
	size    int
	sending context.Context // done when the jobs in flight are cancelled
	pending sync.WaitGroup  // jobs without an answer
	left    int             // their number; guarded by the hosts' lock
}

// batchKey identifies a batch.
type batchKey struct {
	host    string
	vapidID int64
}

// batch is the jobs of one page for one host and one VAPID key.
type batch struct {
	batchKey
	page     *page
	host     *host
	refusals *refusals
	since    time.Time
	size     int
	jobs     []*Job // that have not begun
	inFlight int
	alone    time.Time       // since when the page waits only for hosts that never answered
	few      time.Time       // since when only a few jobs have no answer
	sending  context.Context // done with the page's, or when the batch is cancelled
	giveUp   context.CancelCauseFunc

	samples int    // number of jobs that may still be sampled during a doubt
	testing int    // number of sampled jobs in flight
	refused []*Job // refused by the push service
}

// attempt is a job that has begun.
type attempt struct {
	job   *Job
	batch *batch
	// probe marks the only push to a paused host.
	probe bool
	// sampleOf is the number of the doubt that this push is a sample of; 0 if it is not
	// one.
	sampleOf int
}

// cut groups jobs by host and key. A job without a valid host gets its answer here.
func (p *page) cut(jobs []Job) map[batchKey]*batch {
	p.size = len(jobs)
	batches := map[batchKey]*batch{}
	for i := range jobs {
		j := &jobs[i]
		target, err := j.Push.Target()
		if err != nil {
			j.Answer = webpush.Unsendable(err)
			continue
		}
		key := batchKey{target.Host, keyID(j.Push.Key)}
		b, ok := batches[key]
		if !ok {
			b = &batch{page: p, batchKey: key}
			b.sending, b.giveUp = context.WithCancelCause(p.sending)
			batches[key] = b
		}
		b.jobs = append(b.jobs, j)
		b.size++
		p.pending.Add(1)
		p.left++
	}
	return batches
}

// share returns the page's share of its audience.
func (p *page) share() float64 {
	return float64(p.size) / float64(max(p.size, p.of.Size))
}

// nack answers the jobs that have not begun, and returns their number.
func (b *batch) nack(a webpush.Answer) int {
	size := len(b.jobs)
	for _, j := range b.jobs {
		j.Answer = a
	}
	b.jobs = nil
	b.page.left -= size
	b.page.pending.Add(-size)
	return size
}

// giveUpStragglers cancels the last few jobs after stragglersGrace.
func (b *batch) giveUpStragglers(now time.Time) {
	switch {
	case len(b.jobs) > 0 || b.inFlight > b.size/fewOf:
	case b.few.IsZero():
		b.few = now
	case now.Sub(b.few) >= stragglersGrace:
		b.giveUp(errStraggler)
	}
}

// isGivenUp reports whether the attempt was cancelled, so that its answer says nothing
// about the host.
func (a attempt) isGivenUp() bool { return a.batch.sending.Err() != nil && a.job.Answer.Status == 0 }

func (b *batch) isDone() bool { return len(b.jobs) == 0 && b.inFlight == 0 }

// keyID returns the ID of a key; 0 if it is nil.
func keyID(key *webpush.VAPIDKey) int64 {
	if key == nil {
		return 0
	}
	return key.ID
}
