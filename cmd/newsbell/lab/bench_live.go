package lab

import (
	"context"
	"fmt"
	"slices"
	"time"

	"newsbell/cmd/newsbell/client"
)

// liveFigures are the results for open live pages.
type liveFigures struct {
	Pages int `json:"pages"`
	// The times are from publishing to the last page that has the update.
	LastPageMSP50 float64 `json:"last_page_ms_p50"`
	LastPageMSP99 float64 `json:"last_page_ms_p99"`
	LastPageMSMax float64 `json:"last_page_ms_max"`
	// KBPerPage is the server's resident memory per page, in 1,000 bytes.
	KBPerPage float64 `json:"kb_per_page"`
	Missing   int     `json:"missing"`
	Doubled   int     `json:"doubled"`
}

const (
	liveUpdates = 100
	// liveTimeout is the time after which an update counts as missing.
	liveTimeout = 10 * time.Second
)

// live opens live pages on a separate server and publishes updates without alerts.
func (b *Bench) live(ctx context.Context, r *rig, progress *progressTable) (*liveFigures, error) {
	server, err := r.startServer(ctx)
	if err != nil {
		return nil, err
	}
	defer server.kill()
	pages, err := newLivePages(r.api.BaseURL, r.outage, b.SSE)
	if err != nil {
		return nil, err
	}
	defer pages.close()
	f := &liveFigures{Pages: b.SSE}
	// The first page and update include one-time costs, so they are not measured.
	if err := pages.open(ctx, 1, func() {}); err != nil {
		return nil, err
	}
	if _, err := f.publish(ctx, r, pages, 1); err != nil {
		return nil, err
	}
	before, err := server.watched.MemoryInfo()
	if err != nil {
		return nil, err
	}
	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	go server.watchMemory(watching)
	opening := progress.row("open live pages", b.SSE)
	opening.increment()
	if err := pages.open(ctx, b.SSE, opening.increment); err != nil {
		return nil, err
	}
	opening.done(b.SSE)
	if err := f.time(ctx, r, pages, progress); err != nil {
		return nil, err
	}
	f.KBPerPage = (float64(server.peak.Load()) - float64(before.RSS)) / 1000 / float64(b.SSE)
	return f, nil
}

// time publishes updates, each after the last one has reached every page.
func (f *liveFigures) time(ctx context.Context, r *rig, pages *livePages, progress *progressTable) error {
	row := progress.row("publish updates to live pages", liveUpdates)
	times := make([]time.Duration, liveUpdates)
	for i := range times {
		var err error
		if times[i], err = f.publish(ctx, r, pages, f.Pages); err != nil {
			return err
		}
		row.increment()
	}
	row.done(liveUpdates)
	slices.Sort(times)
	f.LastPageMSP50 = milliseconds(percentile(times, 0.50))
	f.LastPageMSP99 = milliseconds(percentile(times, 0.99))
	f.LastPageMSMax = milliseconds(times[len(times)-1])
	return nil
}

// publish publishes an update and returns the time until the last open page had it.
func (f *liveFigures) publish(ctx context.Context, r *rig, pages *livePages, open int) (time.Duration, error) {
	began := time.Now()
	p, err := r.api.Publish(ctx, r.outage, client.Draft{
		Kind: "update", Alert: "none", Apps: []string{"messenger"}, Headline: "Messages are down for some",
		Body: "Meta says that it knows of the problem and is working on it. Readers report that *messages are not delivered*, while calls work.",
	})
	if err != nil {
		return 0, fmt.Errorf("publish: %w", err)
	}
	var last time.Time
	late := time.NewTimer(liveTimeout)
	defer late.Stop()
	for has := 0; has < open; {
		select {
		case a := <-pages.arrivals:
			if a.update <= pages.last[a.page] {
				f.Doubled++
			} else if a.update == p.Update.ID { // not a late one from before
				has, last = has+1, a.at
			}
			pages.last[a.page] = max(pages.last[a.page], a.update)
		case <-late.C:
			f.Missing += open - has
			return liveTimeout, nil
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return last.Sub(began), nil
}
