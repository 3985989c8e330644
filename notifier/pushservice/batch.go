package pushservice

import (
	"context"
	"errors"
	"sync"
	"time"

	"newsbell/notifier/webpush"
)

const (
	// A page's last few at a host, one in fewOf, may keep it waiting for
	// stragglersGrace. One push that hangs must not hold up a thousand that do not.
	fewOf           = 20
	stragglersGrace = 2 * time.Second
)

// Why requests are given up.
var (
	errSilent    = errors.New("the push service has fallen silent")
	errStraggler = errors.New("the push service did not answer when it answered others")
)

// Source is what the pushes of a page are part of.
type Source struct {
	ID   int64 // 0: of nothing, each is on its own
	Size int   // how many there are in all; 0: those of the page
	// AnyAcceptedLately says that some of all subscriptions were reached lately.
	AnyAcceptedLately bool
}

// page is what the jobs of one page share.
type page struct {
	of      Source
	size    int
	sending context.Context // ends when those in flight are given up
	pending sync.WaitGroup  // jobs without an answer
	left    int             // how many these are, for hosts to know
}

// batchKey says what a batch is for.
type batchKey struct {
	host    string
	vapidID int64
}

// batch is what one page has for one host, signed with one VAPID key.
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
	few      time.Time       // since when but a few have no answer
	sending  context.Context // ends with the page's, or when it is given up
	giveUp   context.CancelCauseFunc

	samples int    // how many of the next jobs may be tried in doubt
	testing int    // how many are
	refused []*Job // by the push service
}

// attempt is a job that has begun.
type attempt struct {
	job   *Job
	batch *batch
	// probe says that the host is paused but for this push.
	probe bool
	// sampleOf is the number of the doubt in which others wait for what comes of it; 0
	// for none.
	sampleOf int
}

// cut sorts jobs by their hosts and keys. One without a host has its answer
// already.
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

// share is how much of its audience the page is.
func (p *page) share() float64 {
	return float64(p.size) / float64(max(p.size, p.of.Size))
}

// giveBack answers what has not begun, and says how much that was.
func (b *batch) giveBack(a webpush.Answer) int {
	size := len(b.jobs)
	for _, j := range b.jobs {
		j.Answer = a
	}
	b.jobs = nil
	b.page.left -= size
	b.page.pending.Add(-size)
	return size
}

// giveUpStragglers gives up the last few when they have had their time.
func (b *batch) giveUpStragglers(now time.Time) {
	switch {
	case len(b.jobs) > 0 || b.inFlight > b.size/fewOf:
	case b.few.IsZero():
		b.few = now
	case now.Sub(b.few) >= stragglersGrace:
		b.giveUp(errStraggler)
	}
}

// isGivenUp tells whether an answer says nothing of the host: nobody waited
// for it any more.
func (a attempt) isGivenUp() bool { return a.batch.sending.Err() != nil && a.job.Answer.Status == 0 }

func (b *batch) isDone() bool { return len(b.jobs) == 0 && b.inFlight == 0 }

// keyID is 0 for no key.
func keyID(key *webpush.VAPIDKey) int64 {
	if key == nil {
		return 0
	}
	return key.ID
}
