package api_test

import (
	"net/http"
	"strings"
	"testing"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
)

func TestAnInvalidSubscriptionChangesNothing(t *testing.T) {
	keys := func(b map[string]any) map[string]any {
		return b["subscription"].(map[string]any)["keys"].(map[string]any)
	}
	endpoint := func(value string) func(map[string]any) {
		return func(b map[string]any) { b["subscription"].(map[string]any)["endpoint"] = value }
	}
	cases := []struct {
		name   string
		spoil  func(map[string]any)
		status int
		words  string
	}{
		{"an unknown field", func(b map[string]any) { b["admin"] = true }, 422, "admin"},
		{"an unknown field in a follow", func(b map[string]any) {
			b["follows"] = []map[string]string{{"topic": "app/messenger", "level": "all", "as": "root"}}
		}, 422, "as"},
		{"over 16 kB", func(b map[string]any) { b["time_zone"] = strings.Repeat("x", 16<<10) }, 413, ""},
		{"endpoint not https", endpoint("http://fcm.googleapis.com/fcm/send/x"), 422, "subscription.endpoint"},
		{"endpoint with user info", endpoint("https://a:b@fcm.googleapis.com/fcm/send/x"), 422, "subscription.endpoint"},
		{"endpoint on another port", endpoint("https://fcm.googleapis.com:8443/fcm/send/x"), 422, "subscription.endpoint"},
		{"endpoint on another host", endpoint("https://push.example.com/x"), 422, "subscription.endpoint"},
		{"endpoint on a host that looks like one", endpoint("https://fcm.googleapis.com.evil.example/x"), 422, "subscription.endpoint"},
		{"endpoint on an address", endpoint("https://93.184.216.34/x"), 422, "subscription.endpoint"},
		{"endpoint on the metadata service", endpoint("https://169.254.169.254/x.google.com/"), 422, "subscription.endpoint"},
		{"no endpoint", func(b map[string]any) { delete(b["subscription"].(map[string]any), "endpoint") }, 422, "endpoint"},
		{"p256dh not on the curve", func(b map[string]any) { keys(b)["p256dh"] = "B" + strings.Repeat("A", 86) }, 422, "p256dh"},
		{"p256dh not base64", func(b map[string]any) { keys(b)["p256dh"] = "!" }, 422, "p256dh"},
		{"auth not 16 bytes", func(b map[string]any) { keys(b)["auth"] = "AAAAAAAAAAAAAAAAAAAA" }, 422, "auth"},
		{"a topic of no kind", func(b map[string]any) {
			b["follows"] = []map[string]string{{"topic": "planet/mars", "level": "all"}}
		}, 422, "follows[0].topic"},
		{"a topic that does not exist", func(b map[string]any) {
			b["follows"] = []map[string]string{{"topic": "outage/elsewhere", "level": "all"}}
		}, 404, "outage/elsewhere"},
		{"an unknown level", func(b map[string]any) {
			b["follows"] = []map[string]string{{"topic": "app/messenger", "level": "loud"}}
		}, 422, "follows[0].level"},
		{"no time zone", func(b map[string]any) { delete(b, "time_zone") }, 422, "time_zone"},
		{"no keys", func(b map[string]any) { delete(b["subscription"].(map[string]any), "keys") }, 422, "keys"},
		{"a key that is a number", func(b map[string]any) { keys(b)["auth"] = 7 }, 422, "auth"},
	}
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		for _, c := range cases {
			body := w.SubscriptionBody("outage/messages-down:all")
			c.spoil(body)
			w.Call(http.MethodPost, "/api/v1/subscriptions", "", body).WantProblem(t, c.status, c.words)
		}
		for _, text := range []string{"{", "[]", "null", `"x"`, "", "{}", "\xff"} {
			answer := w.Call(http.MethodPost, "/api/v1/subscriptions", "", text)
			if answer.StatusCode != http.StatusBadRequest && answer.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("%q: %d %s", text, answer.StatusCode, answer.Text)
			}
		}
		reach, err := w.CountAudience(t.Context(), models.Draft{Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertKey, Headline: "x"})
		if err != nil || reach != 0 {
			t.Errorf("%d readers, %v; want none", reach, err)
		}
	})
}

func TestAnInvalidChangeOfASubscriptionChangesNothing(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		secret := w.NewReader("outage/messages-down:key")
		const follows = "/api/v1/subscription/follows/"
		w.Call(http.MethodPut, follows+"outage/messages-down", secret, map[string]string{"level": "loud"}).WantProblem(t, 422, "level")
		w.Call(http.MethodPut, follows+"outage/elsewhere", secret, map[string]string{"level": "all"}).WantProblem(t, 404, "")
		w.Call(http.MethodPut, follows+"planet/mars", secret, map[string]string{"level": "all"}).WantProblem(t, 422, "topic")
		w.Call(http.MethodPut, follows+"app/messenger", secret, map[string]string{"level": "muted"}).WantProblem(t, 422, "level")
		w.Call(http.MethodPut, follows+"app/messenger", secret, map[string]string{"level": "hushed"}).WantProblem(t, 422, "level")
		w.Call(http.MethodPatch, "/api/v1/subscription", secret, map[string]any{"time_zone": 7}).WantProblem(t, 422, "time_zone")
		w.Call(http.MethodPatch, "/api/v1/subscription", secret, map[string]string{"secret": "mine"}).WantProblem(t, 422, "secret")
		w.Call(http.MethodPatch, "/api/v1/subscription", secret, map[string]any{"subscription": map[string]any{
			"endpoint": "https://169.254.169.254/x.google.com/", "keys": map[string]string{"p256dh": "", "auth": ""},
		}}).WantProblem(t, 422, "endpoint")
		var sub mine
		w.Call(http.MethodGet, "/api/v1/subscription", secret, nil).Decode(t, http.StatusOK, &sub)
		if len(sub.Follows) != 1 || sub.Follows[0].Level != "key" || sub.TimeZone != "Europe/London" {
			t.Errorf("subscription = %+v; want it unchanged", sub)
		}
	})
}
