package api_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"newsbell/handlers/handlerstest"
	"newsbell/models/ledger"
)

func TestAReaderSeesTheirLastAlerts(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		secret := w.NewReader("outage/messages-down:all")
		first := w.PublishAndSend(t, "Messages fail", ledger.Accepted)
		second := w.PublishAndSend(t, "Still failing", ledger.Waiting)
		var got struct {
			Alerts []struct {
				Alert            int64
				Outage, Headline string
				Outcome          string
				PublishedAt      time.Time  `json:"published_at"`
				AcceptedAt       *time.Time `json:"accepted_at"`
			}
		}
		answer := w.Call(http.MethodGet, "/api/v1/subscription/alerts", secret, nil)
		answer.Decode(t, http.StatusOK, &got)
		if len(got.Alerts) != 2 {
			t.Fatalf("alerts = %s", answer.Text)
		}
		last, before := got.Alerts[0], got.Alerts[1]
		if last.Alert != second || last.Outcome != "waiting" || last.AcceptedAt != nil || last.Headline != "Still failing" || last.Outage != "messages-down" {
			t.Errorf("the last alert = %+v", last)
		}
		if before.Alert != first || before.Outcome != "accepted" || before.AcceptedAt == nil || !before.PublishedAt.Equal(w.Now()) {
			t.Errorf("the alert before = %+v", before)
		}
		fresh := w.Call(http.MethodGet, "/api/v1/subscription/alerts", w.NewReader("outage/messages-down:all"), nil)
		if fresh.WantStatus(t, http.StatusOK); !strings.Contains(fresh.Text, `"alerts":[]`) {
			t.Errorf("a new reader sees %s", fresh.Text)
		}
	})
}

func TestAReaderDownloadsEverythingThatIsStoredAboutThem(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		body := w.SubscriptionBody("outage/messages-down:all")
		var subscribed struct{ Secret string }
		w.Call(http.MethodPost, "/api/v1/subscriptions", "", body).Decode(t, http.StatusCreated, &subscribed)
		sub, err := w.SubscriptionBySecret(t.Context(), subscribed.Secret)
		if err != nil {
			t.Fatal(err)
		}
		id := w.PublishAndSend(t, "Messages fail", ledger.Failed)
		w.Report(t, handlerstest.Receipt{Alert: id, Receipt: w.Proof(id, sub.ID), Event: "shown"})
		w.WantReceipts(t, id, 1, 0, 0)
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
		answer := w.Call(http.MethodGet, "/api/v1/subscription/data", subscribed.Secret, nil)
		answer.Decode(t, http.StatusOK, &data)
		if kind := answer.Header.Get("Content-Disposition"); !strings.HasPrefix(kind, "attachment") {
			t.Errorf("Content-Disposition is %q", kind)
		}
		if data.ID != sub.ID || data.Subscription.Endpoint != sub.Endpoint || !slices.Equal(data.Keys.Auth, sub.Auth) || len(data.Keys.P256DH) != 65 {
			t.Errorf("data = %s", answer.Text)
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
			if strings.Contains(answer.Text, hash) {
				t.Error("the secret, or its hash, is in the data")
			}
		}
	})
}

func TestOnlyTheReaderSeesTheirData(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		for _, path := range []string{"/api/v1/subscription/alerts", "/api/v1/subscription/data"} {
			for _, bearer := range []string{"", "wrong", w.Token} {
				w.Call(http.MethodGet, path, bearer, nil).WantProblem(t, http.StatusUnauthorized, "missing or wrong")
			}
		}
	})
}
