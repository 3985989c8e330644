package client

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Draft is the body of POST /outages/{slug}/updates.
type Draft struct {
	Kind        string            `json:"kind"`
	Alert       string            `json:"alert"`
	Apps        []string          `json:"apps,omitempty"`
	States      map[string]string `json:"states,omitempty"`
	Headline    string            `json:"headline"`
	Body        string            `json:"body,omitempty"`
	Corrects    int64             `json:"corrects,omitempty"`
	UndoSeconds float64           `json:"undo_seconds"`
	// Again sends the alert although one in the same words has just been sent.
	Again bool `json:"again,omitempty"`
}

// Publication is the response to a published Draft.
type Publication struct {
	Update struct {
		ID  int64
		URL string
	}
	Alert *Alert
}

// Alert is the response of GET /alerts/{id}.
type Alert struct {
	ID         int64
	State      string
	StopReason string    `json:"stop_reason"`
	FinishedAt time.Time `json:"finished_at"`
	Counts     struct{ Audience, Accepted, Gone, Failed, Waiting, Deferred, Remaining, Shown, Clicked, Dismissed int }
}

// ended reports whether the alert has ended, so that its counts are final.
func (a Alert) ended() bool { return !a.FinishedAt.IsZero() }

func (a Alert) String() string {
	if a.State == "holding" {
		return fmt.Sprintf("alert %d is holding; newsbell publish stop %d takes it back", a.ID, a.ID)
	}
	c := a.Counts
	progress := fmt.Sprintf("alert %d is %s: %d readers, %d accepted, %d gone, %d failed, %d waiting, %d deferred; %d shown, %d clicked, %d dismissed",
		a.ID, a.State, c.Audience, c.Accepted, c.Gone, c.Failed, c.Waiting, c.Deferred, c.Shown, c.Clicked, c.Dismissed)
	if a.StopReason != "" {
		progress += ". " + a.StopReason
	}
	return progress
}

// Publish publishes an update of an outage.
func (c *Client) Publish(ctx context.Context, outage string, d Draft) (Publication, error) {
	var p Publication
	err := c.Call(ctx, http.MethodPost, "/outages/"+outage+"/updates", d, &p)
	return p, err
}

// Stop stops an alert.
func (c *Client) Stop(ctx context.Context, alertID int64) error {
	return c.Call(ctx, http.MethodPost, fmt.Sprintf("/alerts/%d/stop", alertID), nil, nil)
}

// watchInterval is the time between two requests for an alert's progress.
const watchInterval = 100 * time.Millisecond

// Watch polls an alert until it has ended, and calls report whenever it differs from the
// last state.
func (c *Client) Watch(ctx context.Context, last Alert, report func(Alert)) error {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		var now Alert
		if err := c.Call(ctx, http.MethodGet, fmt.Sprintf("/alerts/%d", last.ID), nil, &now); err != nil {
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
