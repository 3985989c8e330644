package lab

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"newsbell/cmd/newsbell/client"
	"newsbell/models"
)

// stormFigures say how fast readers can subscribe while an alert is sent.
type stormFigures struct {
	PerS  float64 `json:"per_s"`
	MSP99 float64 `json:"ms_p99"`
	// PushesPerS is the rate of the alert's pushes meanwhile.
	PushesPerS float64 `json:"pushes_per_s"`
}

const (
	stormFor   = 5 * time.Second
	stormUsers = 64
	// stormReaders is the number of readers that are created in advance, so that only their
	// requests are measured. It is more than can subscribe in time.
	stormReaders = 50_000
)

// storm subscribes readers through the API, as browsers do, while an alert is sent.
func (b *Bench) storm(ctx context.Context, r *rig, progress *progressTable) (*stormFigures, error) {
	row := progress.row("subscribe readers during an alert", int(stormFor/time.Second))
	// Endpoints that do not exist yet.
	newcomers, err := simulatedReadersOf(r.services[0].URL, b.Subscribers+1, stormReaders, func(reader int) []models.NewFollow { return followsOutage(nil, reader) })
	if err != nil {
		return nil, err
	}
	if err := r.resetSimulated(ctx); err != nil {
		return nil, err
	}
	a, err := r.publish(ctx, "update", "all", "Messages are still down")
	if err != nil {
		return nil, err
	}
	var next atomic.Int64
	readers := client.New(r.api.BaseURL, "")
	taken := make([][]time.Duration, stormUsers)
	began := time.Now()
	group, storming := errgroup.WithContext(ctx)
	for user := range taken {
		group.Go(func() error {
			for time.Since(began) < stormFor {
				i := int(next.Add(1)) - 1
				if i >= len(newcomers) {
					return nil
				}
				start := time.Now()
				if err := subscribe(storming, readers, newcomers[i]); err != nil {
					return err
				}
				taken[user] = append(taken[user], time.Since(start))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	elapsed := time.Since(began)
	count, err := r.services[0].received(ctx)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(taken...)
	slices.Sort(all)
	row.done(int(stormFor / time.Second))
	_ = r.api.Stop(ctx, a.ID)
	if _, err := r.finished(ctx, a, func(int) {}); err != nil {
		return nil, err
	}
	return &stormFigures{
		PerS: float64(len(all)) / elapsed.Seconds(), MSP99: milliseconds(percentile(all, 0.99)),
		PushesPerS: float64(count.Accepted) / elapsed.Seconds(),
	}, nil
}

// subscribe subscribes a browser through the API.
func subscribe(ctx context.Context, api *client.Client, n models.NewSubscription) error {
	follows := make([]map[string]string, len(n.Follows))
	for i, follow := range n.Follows {
		follows[i] = map[string]string{"topic": follow.Topic, "level": follow.Level}
	}
	return api.Call(ctx, http.MethodPost, "/subscriptions", map[string]any{
		"subscription": map[string]any{
			"endpoint": n.Browser.Endpoint,
			"keys":     map[string]string{"p256dh": n.Browser.P256DH, "auth": n.Browser.Auth},
		},
		"follows": follows, "time_zone": n.TimeZone,
	}, nil)
}
