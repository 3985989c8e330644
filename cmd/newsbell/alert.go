package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// draft is the body of POST /outages/{slug}/updates.
type draft struct {
	Kind        string            `json:"kind"`
	Alert       string            `json:"alert"`
	Apps        []string          `json:"apps,omitempty"`
	States      map[string]string `json:"states,omitempty"`
	Headline    string            `json:"headline"`
	Body        string            `json:"body,omitempty"`
	Corrects    int64             `json:"corrects,omitempty"`
	UndoSeconds float64           `json:"undo_seconds"`
}

// publication is its answer.
type publication struct {
	Update struct {
		ID  int64
		URL string
	}
	Alert *alert
}

// alert is the answer of GET /alerts/{id}.
type alert struct {
	ID         int64
	State      string
	FinishedAt time.Time `json:"finished_at"`
	Counts     struct{ Audience, Accepted, Gone, Failed, Waiting, Held, Remaining, Shown, Clicked, Dismissed int }
}

// ended tells whether nothing more will be sent, and the counts are final.
func (a alert) ended() bool { return !a.FinishedAt.IsZero() }

func (a alert) String() string {
	if a.State == "holding" {
		return fmt.Sprintf("alert %d is holding; newsbell publish stop %d takes it back", a.ID, a.ID)
	}
	c := a.Counts
	return fmt.Sprintf("alert %d is %s: %d readers, %d accepted, %d gone, %d failed, %d waiting, %d told later; %d shown, %d clicked, %d dismissed",
		a.ID, a.State, c.Audience, c.Accepted, c.Gone, c.Failed, c.Waiting, c.Held, c.Shown, c.Clicked, c.Dismissed)
}

func (c *client) publish(ctx context.Context, outage string, d draft) (publication, error) {
	var p publication
	err := c.call(ctx, http.MethodPost, "/outages/"+outage+"/updates", d, &p)
	return p, err
}

func (c *client) stop(ctx context.Context, alertID int64) error {
	return c.call(ctx, http.MethodPost, fmt.Sprintf("/alerts/%d/stop", alertID), nil, nil)
}

// watchEvery is how often an alert is asked how it goes.
const watchEvery = 100 * time.Millisecond

// watch reports an alert whenever it has changed from what is known of it,
// until it has ended.
func (c *client) watch(ctx context.Context, last alert, report func(alert)) error {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		var now alert
		if err := c.call(ctx, http.MethodGet, fmt.Sprintf("/alerts/%d", last.ID), nil, &now); err != nil {
			return err
		}
		if now != last {
			report(now)
		}
		if last = now; now.ended() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
