package handlerstest

import (
	"testing"

	"newsbell/models"
	"newsbell/models/ledger"
)

// Deliver publishes an alert that has the same outcome for all of its readers,
// and returns its ID.
func (w *Web) Deliver(t *testing.T, headline string, outcome ledger.Outcome) (alertID int64) {
	t.Helper()
	alertID = w.PublishNow(models.Draft{Outage: "messages-down", Headline: headline}).Alert.ID
	w.SendAlert(t, alertID, outcome)
	return alertID
}

// SendAlert sends the shards of an alert, with the same outcome for all readers
// that are not deferred.
func (w *Web) SendAlert(t *testing.T, alertID int64, outcome ledger.Outcome) {
	t.Helper()
	ctx := t.Context()
	shards, err := w.Shards(ctx, alertID)
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range shards {
		claim, err := w.Claim(ctx, shard.ID)
		if err != nil {
			t.Fatal(err)
		}
		page, err := w.Pages(claim).Next(ctx)
		if err == nil {
			page, err = w.HoldBack(ctx, claim, page)
		}
		if err != nil {
			t.Fatal(err)
		}
		results := make([]models.Result, len(page.Recipients))
		for i, r := range page.Recipients {
			results[i] = models.Result{Recipient: r, Outcome: outcome, Reason: "refused"}
		}
		if err := w.Record(ctx, claim, page, results); err != nil {
			t.Fatal(err)
		}
	}
}
