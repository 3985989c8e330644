package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"

	"golang.org/x/sync/errgroup"

	"newsbell/cmd/newsbell/client"
	"newsbell/models"
	"newsbell/notifier/pushtest"
)

// demoReaders are the demo's simulated readers.
type demoReaders []demoReader

type demoReader struct {
	*pushtest.Reader
	// follows are the reader's levels by topic.
	follows map[string]string
}

// subscribers is the number of readers that subscribe concurrently.
const subscribers = 8

// newDemoReaders subscribes readers through the API, as browsers do. Their follows are
// random, with a fixed seed.
func newDemoReaders(ctx context.Context, service *pushtest.Server, api *client.Client, c coverage, size int, done func()) (demoReaders, error) {
	var key struct {
		PublicKey string `json:"public_key"`
	}
	if err := api.Call(ctx, http.MethodGet, "/vapid-key", nil, &key); err != nil {
		return nil, fmt.Errorf("get the VAPID key: %w", err)
	}
	random := rand.New(rand.NewPCG(2021, 1103))
	readers := make(demoReaders, size)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(subscribers)
	for i := range readers {
		reader, err := service.NewReader(key.PublicKey)
		if err != nil {
			return nil, err
		}
		readers[i] = demoReader{Reader: reader, follows: c.randomFollows(random)}
		group.Go(func() error {
			if err := readers[i].subscribe(ctx, api); err != nil {
				return fmt.Errorf("subscribe reader %d: %w", i, err)
			}
			done()
			return nil
		})
	}
	return readers, group.Wait()
}

func (r demoReader) subscribe(ctx context.Context, api *client.Client) error {
	var follows []models.NewFollow
	for topic, level := range r.follows {
		follows = append(follows, models.NewFollow{Topic: topic, Level: level})
	}
	return subscribe(ctx, api, models.NewSubscription{
		Browser: models.Browser{Endpoint: r.Endpoint(), P256DH: r.P256DH(), Auth: r.Auth()},
		Follows: follows, TimeZone: "Europe/London",
	})
}

// received returns how often a reader got each update. It returns an error for a message
// that is not an alert or cannot be decrypted.
func (r demoReader) received() (map[int64]int, error) {
	if failures := r.Failures(); len(failures) > 0 {
		return nil, failures[0]
	}
	updates := map[int64]int{}
	for _, message := range r.Messages() {
		var payload struct {
			Notification struct {
				Title string
				Data  struct{ Update int64 }
			}
		}
		if err := json.Unmarshal(message.Plaintext, &payload); err != nil {
			return nil, err
		}
		updates[payload.Notification.Data.Update]++
	}
	return updates, nil
}

// randomFollows returns follows of the outage, some apps or both, at any level. A few readers
// mute the outage until its resolution.
func (c coverage) randomFollows(random *rand.Rand) map[string]string {
	levels := []string{"all", "key", "resolution"}
	follows := map[string]string{}
	switch random.IntN(12) {
	case 0:
		follows["outage/"+c.Outage.Slug] = "muted"
	case 1:
		follows["outage/"+c.Outage.Slug] = "hushed"
	case 2, 3, 4, 5, 6, 7, 8:
		follows["outage/"+c.Outage.Slug] = levels[random.IntN(3)]
	}
	for _, app := range c.Apps {
		if random.IntN(4) == 0 {
			follows["app/"+app.Slug] = levels[random.IntN(3)]
		}
	}
	if len(follows) == 0 {
		follows["app/"+c.Apps[random.IntN(len(c.Apps))].Slug] = levels[random.IntN(3)]
	}
	return follows
}
