package notifier

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// A page's last few at a host, one in so many, may keep it waiting for so
	// long. One push that hangs must not hold up a thousand that do not.
	fewOf           = 20
	stragglersGrace = 2 * time.Second
)

// Why requests are given up.
var (
	errSilent    = errors.New("the push host has fallen silent")
	errStraggler = errors.New("the push host did not answer when it answered others")
)

// poolPage is what the jobs of one page share.
type poolPage struct {
	sending context.Context // ends when those in flight are given up
	pending sync.WaitGroup  // jobs without an answer
}

// batch is what one page has for one host.
type batch struct {
	page     *poolPage
	host     *host
	since    time.Time
	size     int
	jobs     []*job // that have not begun
	inFlight int
	few      time.Time       // since when but a few have no answer
	sending  context.Context // ends with the page's, or when it is given up
	giveUp   context.CancelCauseFunc
}

// attempt is a job that has begun.
type attempt struct {
	job   *job
	batch *batch
	// probe says that the host is left alone but for this push.
	probe bool
}

// cut sorts jobs by their hosts. One without a host has its answer already.
func (p *poolPage) cut(jobs []job) map[string]*batch {
	batches := map[string]*batch{}
	for i := range jobs {
		j := &jobs[i]
		target, err := j.push.target()
		if err != nil {
			j.answer = refuse(err)
			continue
		}
		j.push.parsed = target
		b, ok := batches[target.Host]
		if !ok {
			b = &batch{page: p}
			b.sending, b.giveUp = context.WithCancelCause(p.sending)
			batches[target.Host] = b
		}
		b.jobs = append(b.jobs, j)
		b.size++
		p.pending.Add(1)
	}
	return batches
}

// sendBack answers what has not begun, and says how much that was.
func (b *batch) sendBack(a Answer) int {
	size := len(b.jobs)
	for _, j := range b.jobs {
		j.answer = a
	}
	b.jobs = nil
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
func (a attempt) isGivenUp() bool { return a.batch.sending.Err() != nil && a.job.answer.Status == 0 }

func (b *batch) isDone() bool { return len(b.jobs) == 0 && b.inFlight == 0 }
