package handlerstest

import (
	"context"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
)

// PublishAndSend publishes an alert that has the same outcome for all of its readers,
// and returns its ID.
func (w *Web) PublishAndSend(t *testing.T, headline string, outcome ledger.Outcome) (alertID int64) {
	t.Helper()
	alertID = w.PublishNow(models.Draft{Outage: "messages-down", Headline: headline}).Alert.ID
	w.SendAlert(t, alertID, outcome)
	return alertID
}

// SendAlert sends the shards of an alert. The readers that are not deferred have
// the outcomes in turn.
func (w *Web) SendAlert(t *testing.T, alertID int64, outcomes ...ledger.Outcome) {
	t.Helper()
	ctx := t.Context()
	shards, err := w.Shards(ctx, alertID)
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range shards {
		claim, err := w.Claim(ctx, shard.ID)
		if err == nil {
			err = w.Deliver(ctx, claim, models.Delivery{Send: w.answer(outcomes)})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// answer returns a function that gives recipients the outcomes in turn.
func (w *Web) answer(outcomes []ledger.Outcome) func(context.Context, []models.Recipient, int) ([]models.Result, error) {
	return func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
		results := make([]models.Result, len(recipients))
		for i, r := range recipients {
			results[i] = models.Result{Recipient: r, Outcome: outcomes[i%len(outcomes)], Due: w.Now().Add(time.Minute), Reason: "refused"}
		}
		return results, nil
	}
}
