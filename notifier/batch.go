package notifier

import (
	"context"
	"sync"
	"time"
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
	jobs     []*job // that have not begun
	inFlight int
	sending  context.Context // ends with the page's, or when the host has fallen silent
	giveUp   context.CancelFunc
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
			b.sending, b.giveUp = context.WithCancel(p.sending)
			batches[target.Host] = b
		}
		b.jobs = append(b.jobs, j)
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

func (b *batch) isDone() bool { return len(b.jobs) == 0 && b.inFlight == 0 }
