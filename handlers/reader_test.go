package handlers_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

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

func TestAReaderSubscribesChangesAndIsForgotten(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		var key struct {
			PublicKey string `json:"public_key"`
		}
		w.get("/api/v1/vapid-key").decode(t, http.StatusOK, &key)
		secret := w.subscribe("outage/messages-down:key")

		var sub mine
		w.call(http.MethodGet, "/api/v1/subscription", secret, nil).decode(t, http.StatusOK, &sub)
		want := []followed{{"outage/messages-down", "key", "messages-down is down", "ongoing"}}
		if sub.PublicKey != key.PublicKey || sub.TimeZone != "Europe/London" || !slices.Equal(sub.Follows, want) {
			t.Errorf("subscription = %+v", sub)
		}

		var made followed
		w.call(http.MethodPut, "/api/v1/subscription/follows/app/messenger", secret, map[string]string{"level": "resolution"}).
			decode(t, http.StatusOK, &made)
		if made != (followed{"app/messenger", "resolution", "messenger", "failing"}) {
			t.Errorf("follow = %+v", made)
		}
		w.call(http.MethodDelete, "/api/v1/subscription/follows/outage/messages-down", secret, nil).wants(t, http.StatusNoContent)
		fresh := w.subscription()["subscription"]
		w.call(http.MethodPatch, "/api/v1/subscription", secret, map[string]any{"time_zone": "Asia/Tokyo", "subscription": fresh}).
			decode(t, http.StatusOK, &sub)
		if sub.TimeZone != "Asia/Tokyo" || sub.Endpoint != fresh.(map[string]any)["endpoint"] || !slices.Equal(sub.Follows, []followed{made}) {
			t.Errorf("changed subscription = %+v", sub)
		}

		w.call(http.MethodDelete, "/api/v1/subscription", secret, nil).wants(t, http.StatusNoContent)
		forgotten := w.call(http.MethodGet, "/api/v1/subscription", secret, nil)
		forgotten.isProblem(t, http.StatusUnauthorized, "")
		if forgotten.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Error("no WWW-Authenticate")
		}
	})
}

func TestAReaderChoosesWhenToBeDisturbed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		secret := w.subscribe("outage/messages-down:key")
		type choices struct {
			QuietHours *struct {
				From, Until string
				KeyWakes    bool `json:"key_wakes"`
			} `json:"quiet_hours"`
			HourlyCap int `json:"hourly_cap"`
		}
		change := func(body map[string]any) (now choices) {
			t.Helper()
			w.call(http.MethodPatch, "/api/v1/subscription", secret, body).decode(t, http.StatusOK, &now)
			return now
		}
		now := change(map[string]any{"quiet_hours": map[string]any{"from": "22:30", "until": "07:00", "key_wakes": true}, "hourly_cap": 3})
		if q := now.QuietHours; q == nil || q.From != "22:30" || q.Until != "07:00" || !q.KeyWakes || now.HourlyCap != 3 {
			t.Errorf("choices = %+v", now)
		}
		if now = change(map[string]any{"time_zone": "Asia/Tokyo"}); now.QuietHours == nil || now.HourlyCap != 3 {
			t.Errorf("another time zone left %+v", now)
		}
		if now = change(map[string]any{"quiet_hours": nil, "hourly_cap": 0}); now.QuietHours != nil || now.HourlyCap != 0 {
			t.Errorf("switched off, it is %+v", now)
		}
		for field, bad := range map[string]map[string]any{
			"quiet_hours.from": {"quiet_hours": map[string]any{"from": "24:00", "until": "07:00"}},
			"quiet_hours":      {"quiet_hours": map[string]any{"from": "07:00", "until": "07:00"}},
			"hourly_cap":       {"hourly_cap": 61},
		} {
			w.call(http.MethodPatch, "/api/v1/subscription", secret, bad).isProblem(t, http.StatusUnprocessableEntity, "body."+field)
		}
	})
}

func TestWhatBrowsersAddToTheirSubscriptionIsNotRead(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		grown := func() map[string]any {
			body := w.subscription("outage/messages-down:key")
			browser := body["subscription"].(map[string]any)
			browser["expirationTime"] = "never"
			browser["contentEncoding"] = "aes128gcm"
			browser["options"] = map[string]any{"userVisibleOnly": true, "applicationServerKey": []int{4, 1}}
			browser["keys"].(map[string]any)["mlkem768"] = "AAAA"
			return body
		}
		var made struct{ Secret string }
		w.call(http.MethodPost, "/api/v1/subscriptions", "", grown()).decode(t, http.StatusCreated, &made)
		fresh := grown()["subscription"].(map[string]any)
		var sub mine
		w.call(http.MethodPatch, "/api/v1/subscription", made.Secret, map[string]any{"subscription": fresh}).decode(t, http.StatusOK, &sub)
		if sub.Endpoint != fresh["endpoint"] || len(sub.Follows) != 1 {
			t.Errorf("subscription = %+v", sub)
		}
	})
}

func TestAReaderInATimeZoneThatNobodyKnowsFollowsInUTC(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		body := w.subscription("outage/messages-down:key")
		body["time_zone"] = "Etc/Unknown"
		var made struct {
			Secret   string
			TimeZone string `json:"time_zone"`
		}
		w.call(http.MethodPost, "/api/v1/subscriptions", "", body).decode(t, http.StatusCreated, &made)
		var sub mine
		w.call(http.MethodPatch, "/api/v1/subscription", made.Secret, map[string]any{"time_zone": "Mars/Olympus"}).decode(t, http.StatusOK, &sub)
		if made.TimeZone != "UTC" || sub.TimeZone != "UTC" {
			t.Errorf("the time zones are %q and %q; want UTC", made.TimeZone, sub.TimeZone)
		}
	})
}

func TestAnotherReadersSecretTouchesOnlyTheirs(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		victim, other := w.subscribe("outage/messages-down:all"), w.subscribe("app/messenger:all")
		w.call(http.MethodDelete, "/api/v1/subscription/follows/outage/messages-down", other, nil).wants(t, http.StatusNoContent)
		w.call(http.MethodDelete, "/api/v1/subscription", other, nil).wants(t, http.StatusNoContent)
		var sub mine
		w.call(http.MethodGet, "/api/v1/subscription", victim, nil).decode(t, http.StatusOK, &sub)
		if len(sub.Follows) != 1 {
			t.Errorf("the victim follows %+v", sub.Follows)
		}
	})
}

func TestNoSecretAndNoTokenOpenNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		reader := w.subscribe()
		for _, call := range []struct{ method, path, bearer string }{
			{http.MethodGet, "/api/v1/subscription", ""},
			{http.MethodGet, "/api/v1/subscription", "wrong"},
			{http.MethodGet, "/api/v1/subscription", w.token},
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
			w.call(call.method, call.path, call.bearer, nil).isProblem(t, http.StatusUnauthorized, "missing or wrong")
		}
	})
}

func TestABrowserThatSubscribesTwiceIsOneReader(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		body := w.subscription("outage/messages-down:all")
		var first, second struct{ Secret string }
		w.call(http.MethodPost, "/api/v1/subscriptions", "", body).decode(t, http.StatusCreated, &first)
		w.call(http.MethodPost, "/api/v1/subscriptions", "", body).decode(t, http.StatusCreated, &second)
		w.call(http.MethodGet, "/api/v1/subscription", first.Secret, nil).wants(t, http.StatusUnauthorized)
		w.call(http.MethodGet, "/api/v1/subscription", second.Secret, nil).wants(t, http.StatusOK)

		thief := w.subscription()
		thief["subscription"].(map[string]any)["endpoint"] = body["subscription"].(map[string]any)["endpoint"]
		w.call(http.MethodPost, "/api/v1/subscriptions", "", thief).isProblem(t, http.StatusConflict, "another subscription")
	})
}

func TestAReaderWithoutAnAddressIsKnownUntilTheGracePeriodIsOver(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		const path = "/api/v1/subscription"
		secret := w.subscribe("outage/messages-down:key")
		w.notify(t, secret, "test")
		w.answer(t, models.Result{Outcome: ledger.Gone, Status: 410})
		if due, err := w.ClaimNotices(t.Context(), 10); err != nil || len(due) != 0 {
			t.Errorf("due = %+v, %v; want nothing sent to an address that is gone", due, err)
		}
		var known struct {
			GoneAt           *time.Time `json:"gone_at"`
			NeedsResubscribe bool       `json:"needs_resubscribe"`
			Follows          []struct{ Level string }
		}
		w.call(http.MethodGet, path, secret, nil).decode(t, http.StatusOK, &known)
		if known.GoneAt == nil || !known.NeedsResubscribe || len(known.Follows) != 1 || known.Follows[0].Level != "key" {
			t.Errorf("subscription = %+v; want its follow kept, and a new address asked for", known)
		}
		change := map[string]any{"subscription": w.subscription()["subscription"]}
		w.call(http.MethodPatch, path, secret, change).decode(t, http.StatusOK, &known)
		if known.GoneAt != nil || known.NeedsResubscribe || len(known.Follows) != 1 {
			t.Errorf("with a new address: %+v", known)
		}

		w.notify(t, secret, "test")
		w.answer(t, models.Result{Outcome: ledger.Gone, Status: 404})
		w.Clock.Advance(31 * 24 * time.Hour)
		if n, err := w.ExpireSubscriptions(t.Context()); err != nil || n != 1 {
			t.Fatalf("%d expired, %v; want the one", n, err)
		}
		w.call(http.MethodGet, path, secret, nil).isProblem(t, http.StatusGone, "expired 31 days ago")
		w.call(http.MethodPatch, path, secret, change).isProblem(t, http.StatusGone, "follow again")
		w.call(http.MethodDelete, path, secret, nil).wants(t, http.StatusNoContent)
		w.call(http.MethodGet, path, secret, nil).isProblem(t, http.StatusUnauthorized, "")
	})
}
