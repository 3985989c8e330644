package api_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/ledger"
)

type followed struct{ Topic, Level, Name, State string }

type mine struct {
	Endpoint  string
	PublicKey string `json:"public_key"`
	TimeZone  string `json:"time_zone"`
	Follows   []followed
}

func TestAReaderSubscribesChangesSettingsAndIsForgotten(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		var key struct {
			PublicKey string `json:"public_key"`
		}
		w.Get("/api/v1/vapid-key").Decode(t, http.StatusOK, &key)
		secret := w.NewReader("outage/messages-down:key")

		var sub mine
		w.Call(http.MethodGet, "/api/v1/subscription", secret, nil).Decode(t, http.StatusOK, &sub)
		want := []followed{{"outage/messages-down", "key", "messages-down is down", "ongoing"}}
		if sub.PublicKey != key.PublicKey || sub.TimeZone != "Europe/London" || !slices.Equal(sub.Follows, want) {
			t.Errorf("subscription = %+v", sub)
		}

		var made followed
		w.Call(http.MethodPut, "/api/v1/subscription/follows/app/messenger", secret, map[string]string{"level": "resolution"}).
			Decode(t, http.StatusOK, &made)
		if made != (followed{"app/messenger", "resolution", "messenger", "failing"}) {
			t.Errorf("follow = %+v", made)
		}
		w.Call(http.MethodDelete, "/api/v1/subscription/follows/outage/messages-down", secret, nil).WantStatus(t, http.StatusNoContent)
		fresh := w.SubscriptionBody()["subscription"]
		w.Call(http.MethodPatch, "/api/v1/subscription", secret, map[string]any{"time_zone": "Asia/Tokyo", "subscription": fresh}).
			Decode(t, http.StatusOK, &sub)
		if sub.TimeZone != "Asia/Tokyo" || sub.Endpoint != fresh.(map[string]any)["endpoint"] || !slices.Equal(sub.Follows, []followed{made}) {
			t.Errorf("changed subscription = %+v", sub)
		}

		w.Call(http.MethodDelete, "/api/v1/subscription", secret, nil).WantStatus(t, http.StatusNoContent)
		forgotten := w.Call(http.MethodGet, "/api/v1/subscription", secret, nil)
		forgotten.WantProblem(t, http.StatusUnauthorized, "")
		if forgotten.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Error("no WWW-Authenticate")
		}
	})
}

func TestAReaderSetsQuietHoursAndAnHourlyLimit(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		secret := w.NewReader("outage/messages-down:key")
		type choices struct {
			QuietHours *struct {
				From, Until string
				KeyWakes    bool `json:"key_wakes"`
			} `json:"quiet_hours"`
			HourlyCap int `json:"hourly_cap"`
		}
		change := func(body map[string]any) (now choices) {
			t.Helper()
			w.Call(http.MethodPatch, "/api/v1/subscription", secret, body).Decode(t, http.StatusOK, &now)
			return now
		}
		now := change(map[string]any{"quiet_hours": map[string]any{"from": "22:30", "until": "07:00", "key_wakes": true}, "hourly_cap": 3})
		if q := now.QuietHours; q == nil || q.From != "22:30" || q.Until != "07:00" || !q.KeyWakes || now.HourlyCap != 3 {
			t.Errorf("settings = %+v", now)
		}
		if now = change(map[string]any{"time_zone": "Asia/Tokyo"}); now.QuietHours == nil || now.HourlyCap != 3 {
			t.Errorf("after a change of the time zone: %+v", now)
		}
		if now = change(map[string]any{"quiet_hours": nil, "hourly_cap": 0}); now.QuietHours != nil || now.HourlyCap != 0 {
			t.Errorf("after turning both off: %+v", now)
		}
		for field, bad := range map[string]map[string]any{
			"quiet_hours.from": {"quiet_hours": map[string]any{"from": "24:00", "until": "07:00"}},
			"quiet_hours":      {"quiet_hours": map[string]any{"from": "07:00", "until": "07:00"}},
			"hourly_cap":       {"hourly_cap": 61},
		} {
			w.Call(http.MethodPatch, "/api/v1/subscription", secret, bad).WantProblem(t, http.StatusUnprocessableEntity, "body."+field)
		}
	})
}

func TestUnknownMembersOfAPushSubscriptionAreIgnored(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		grown := func() map[string]any {
			body := w.SubscriptionBody("outage/messages-down:key")
			browser := body["subscription"].(map[string]any)
			browser["expirationTime"] = "never"
			browser["contentEncoding"] = "aes128gcm"
			browser["options"] = map[string]any{"userVisibleOnly": true, "applicationServerKey": []int{4, 1}}
			browser["keys"].(map[string]any)["mlkem768"] = "AAAA"
			return body
		}
		var made struct{ Secret string }
		w.Call(http.MethodPost, "/api/v1/subscriptions", "", grown()).Decode(t, http.StatusCreated, &made)
		fresh := grown()["subscription"].(map[string]any)
		var sub mine
		w.Call(http.MethodPatch, "/api/v1/subscription", made.Secret, map[string]any{"subscription": fresh}).Decode(t, http.StatusOK, &sub)
		if sub.Endpoint != fresh["endpoint"] || len(sub.Follows) != 1 {
			t.Errorf("subscription = %+v", sub)
		}
	})
}

func TestAReaderInAnUnknownTimeZoneFollowsInUTC(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		body := w.SubscriptionBody("outage/messages-down:key")
		body["time_zone"] = "Etc/Unknown"
		var made struct {
			Secret   string
			TimeZone string `json:"time_zone"`
		}
		w.Call(http.MethodPost, "/api/v1/subscriptions", "", body).Decode(t, http.StatusCreated, &made)
		var sub mine
		w.Call(http.MethodPatch, "/api/v1/subscription", made.Secret, map[string]any{"time_zone": "Mars/Olympus"}).Decode(t, http.StatusOK, &sub)
		if made.TimeZone != "UTC" || sub.TimeZone != "UTC" {
			t.Errorf("the time zones are %q and %q; want UTC", made.TimeZone, sub.TimeZone)
		}
	})
}

func TestASecretChangesOnlyItsOwnSubscription(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		victim, other := w.NewReader("outage/messages-down:all"), w.NewReader("app/messenger:all")
		w.Call(http.MethodDelete, "/api/v1/subscription/follows/outage/messages-down", other, nil).WantStatus(t, http.StatusNoContent)
		w.Call(http.MethodDelete, "/api/v1/subscription", other, nil).WantStatus(t, http.StatusNoContent)
		var sub mine
		w.Call(http.MethodGet, "/api/v1/subscription", victim, nil).Decode(t, http.StatusOK, &sub)
		if len(sub.Follows) != 1 {
			t.Errorf("the victim follows %+v", sub.Follows)
		}
	})
}

func TestEveryProtectedRouteNeedsTheRightSecret(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		reader := w.NewReader()
		for _, call := range []struct{ method, path, bearer string }{
			{http.MethodGet, "/api/v1/subscription", ""},
			{http.MethodGet, "/api/v1/subscription", "wrong"},
			{http.MethodGet, "/api/v1/subscription", w.Token},
			{http.MethodPatch, "/api/v1/subscription", "wrong"},
			{http.MethodDelete, "/api/v1/subscription", "wrong"},
			{http.MethodPut, "/api/v1/subscription/follows/app/messenger", "wrong"},
			{http.MethodDelete, "/api/v1/subscription/follows/app/messenger", "wrong"},
			{http.MethodPost, "/api/v1/apps", ""},
			{http.MethodPost, "/api/v1/apps", reader},
			{http.MethodPost, "/api/v1/outages", "wrong"},
			{http.MethodPost, "/api/v1/outages/messages-down/updates", "wrong"},
			{http.MethodGet, "/api/v1/alerts/1", "wrong"},
			{http.MethodPost, "/api/v1/alerts/1/stop", "wrong"},
		} {
			w.Call(call.method, call.path, call.bearer, nil).WantProblem(t, http.StatusUnauthorized, "missing or wrong")
		}
	})
}

func TestABrowserThatSubscribesTwiceIsOneReader(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		body := w.SubscriptionBody("outage/messages-down:all")
		var first, second struct{ Secret string }
		w.Call(http.MethodPost, "/api/v1/subscriptions", "", body).Decode(t, http.StatusCreated, &first)
		w.Call(http.MethodPost, "/api/v1/subscriptions", "", body).Decode(t, http.StatusCreated, &second)
		w.Call(http.MethodGet, "/api/v1/subscription", first.Secret, nil).WantStatus(t, http.StatusUnauthorized)
		w.Call(http.MethodGet, "/api/v1/subscription", second.Secret, nil).WantStatus(t, http.StatusOK)

		thief := w.SubscriptionBody()
		thief["subscription"].(map[string]any)["endpoint"] = body["subscription"].(map[string]any)["endpoint"]
		w.Call(http.MethodPost, "/api/v1/subscriptions", "", thief).WantProblem(t, http.StatusConflict, "another subscription")
	})
}

func TestAReaderWhoseAddressIsGoneIsKnownDuringTheGracePeriod(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		const path = "/api/v1/subscription"
		secret := w.NewReader("outage/messages-down:key")
		w.Notify(t, secret, "test")
		w.RecordNotice(t, models.Result{Outcome: ledger.Gone, Status: 410})
		if due, err := w.ClaimNotices(t.Context(), 10); err != nil || len(due) != 0 {
			t.Errorf("due = %+v, %v; want nothing sent to an address that is gone", due, err)
		}
		var known struct {
			GoneAt           *time.Time `json:"gone_at"`
			NeedsResubscribe bool       `json:"needs_resubscribe"`
			Follows          []struct{ Level string }
		}
		w.Call(http.MethodGet, path, secret, nil).Decode(t, http.StatusOK, &known)
		if known.GoneAt == nil || !known.NeedsResubscribe || len(known.Follows) != 1 || known.Follows[0].Level != "key" {
			t.Errorf("subscription = %+v; want its follow kept and needs_resubscribe", known)
		}
		change := map[string]any{"subscription": w.SubscriptionBody()["subscription"]}
		w.Call(http.MethodPatch, path, secret, change).Decode(t, http.StatusOK, &known)
		if known.GoneAt != nil || known.NeedsResubscribe || len(known.Follows) != 1 {
			t.Errorf("with a new address: %+v", known)
		}

		w.Notify(t, secret, "test")
		w.RecordNotice(t, models.Result{Outcome: ledger.Gone, Status: 404})
		w.Clock.Advance(31 * 24 * time.Hour)
		if n, err := w.ExpireSubscriptions(t.Context()); err != nil || n != 1 {
			t.Fatalf("%d expired, %v; want the one", n, err)
		}
		w.Call(http.MethodGet, path, secret, nil).WantProblem(t, http.StatusGone, "expired 31 days ago")
		w.Call(http.MethodPatch, path, secret, change).WantProblem(t, http.StatusGone, "follow again")
		w.Call(http.MethodDelete, path, secret, nil).WantStatus(t, http.StatusNoContent)
		w.Call(http.MethodGet, path, secret, nil).WantProblem(t, http.StatusUnauthorized, "")
	})
}
