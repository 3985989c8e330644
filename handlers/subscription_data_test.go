package handlers_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
)

func TestAReaderSeesTheirLastAlerts(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		secret := w.subscribe("outage/messages-down:all")
		first := w.delivers(t, "Messages fail", ledger.Accepted)
		second := w.delivers(t, "Still failing", ledger.Waiting)
		var got struct {
			Alerts []struct {
				Alert            int64
				Outage, Headline string
				Outcome          string
				PublishedAt      time.Time  `json:"published_at"`
				AcceptedAt       *time.Time `json:"accepted_at"`
			}
		}
		answer := w.call(http.MethodGet, "/api/v1/subscription/alerts", secret, nil)
		answer.decode(t, http.StatusOK, &got)
		if len(got.Alerts) != 2 {
			t.Fatalf("alerts = %s", answer.body)
		}
		last, before := got.Alerts[0], got.Alerts[1]
		if last.Alert != second || last.Outcome != "waiting" || last.AcceptedAt != nil || last.Headline != "Still failing" || last.Outage != "messages-down" {
			t.Errorf("the last alert = %+v", last)
		}
		if before.Alert != first || before.Outcome != "accepted" || before.AcceptedAt == nil || !before.PublishedAt.Equal(w.Now()) {
			t.Errorf("the alert before = %+v", before)
		}
		fresh := w.call(http.MethodGet, "/api/v1/subscription/alerts", w.subscribe("outage/messages-down:all"), nil)
		if fresh.wants(t, http.StatusOK); !strings.Contains(fresh.body, `"alerts":[]`) {
			t.Errorf("a new reader sees %s", fresh.body)
		}
	})
}

func TestAReaderDownloadsEverythingThatIsStoredOfThem(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		body := w.subscription("outage/messages-down:all")
		var subscribed struct{ Secret string }
		w.call(http.MethodPost, "/api/v1/subscriptions", "", body).decode(t, http.StatusCreated, &subscribed)
		sub, err := w.SubscriptionBySecret(t.Context(), subscribed.Secret)
		if err != nil {
			t.Fatal(err)
		}
		id := w.delivers(t, "Messages fail", ledger.Failed)
		w.reports(t, reported{id, w.proof(id, sub.ID), "shown"})
		w.receiptsAre(t, id, 1, 0, 0)
		now := w.Now()
		w.Exec("INSERT INTO catch_ups (outage_id, subscription_id, first_alert_id, alert_id, reach, due_at) VALUES (1, ?, 1, 1, 2, ?)", sub.ID, now)
		w.Exec(`INSERT INTO notices (subscription_id, kind, state, epoch, due_at, deadline, status, reason, created_at)
			VALUES (?, 'welcome', 'waiting', 1, ?, ?, 0, '', ?)`, sub.ID, now, now, now)

		var data struct {
			ID           int64
			Subscription mine
			Keys         struct{ P256DH, Auth []byte }
			FollowedAt   map[string]time.Time `json:"followed_at"`
			Alerts       []struct {
				Alert   int64
				Outcome string
				Shown   bool
				Clicked bool
			}
			Failures []struct {
				Alert  int64
				Reason string
			}
			CatchUps []struct{ Outage, Reach string } `json:"catch_ups"`
			Notices  []struct{ Kind, State string }
		}
		answer := w.call(http.MethodGet, "/api/v1/subscription/data", subscribed.Secret, nil)
		answer.decode(t, http.StatusOK, &data)
		if kind := answer.Header.Get("Content-Disposition"); !strings.HasPrefix(kind, "attachment") {
			t.Errorf("Content-Disposition is %q", kind)
		}
		if data.ID != sub.ID || data.Subscription.Endpoint != sub.Endpoint || !slices.Equal(data.Keys.Auth, sub.Auth) || len(data.Keys.P256DH) != 65 {
			t.Errorf("data = %s", answer.body)
		}
		if since := data.FollowedAt["outage/messages-down"]; len(data.Subscription.Follows) != 1 || !since.Equal(now) {
			t.Errorf("follows = %+v since %v", data.Subscription.Follows, data.FollowedAt)
		}
		if a := data.Alerts; len(a) != 1 || a[0].Alert != id || a[0].Outcome != "failed" || !a[0].Shown || a[0].Clicked {
			t.Errorf("alerts = %+v", a)
		}
		if f := data.Failures; len(f) != 1 || f[0].Alert != id || f[0].Reason != "refused" {
			t.Errorf("failures = %+v", f)
		}
		if c := fmt.Sprint(data.CatchUps, data.Notices); c != "[{messages-down resolution}] [{welcome waiting}]" {
			t.Errorf("catch-ups and notices = %s", c)
		}
		for _, hash := range []string{base64.StdEncoding.EncodeToString(sub.SecretHash), base64.RawURLEncoding.EncodeToString(sub.SecretHash), subscribed.Secret} {
			if strings.Contains(answer.body, hash) {
				t.Error("the secret, or its hash, is in the data")
			}
		}
	})
}

func TestOnlyTheReaderSeesTheirs(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		for _, path := range []string{"/api/v1/subscription/alerts", "/api/v1/subscription/data"} {
			for _, bearer := range []string{"", "wrong", w.token} {
				w.call(http.MethodGet, path, bearer, nil).isProblem(t, http.StatusUnauthorized, "missing or wrong")
			}
		}
	})
}

// delivers sends an alert that ends for everybody in the same way.
func (w *web) delivers(t *testing.T, headline string, outcome ledger.Outcome) (alertID int64) {
	t.Helper()
	alertID = w.PublishNow(models.Draft{Outage: "messages-down", Headline: headline}).Alert.ID
	w.sends(t, alertID, outcome)
	return alertID
}

// sends sends the shards of an alert, for all readers it may disturb with the same
// outcome.
func (w *web) sends(t *testing.T, alertID int64, outcome ledger.Outcome) {
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
