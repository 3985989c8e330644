package handlers_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

type onlyReader struct{ io.Reader }

func TestProbe(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		say := func(a answer) {
			b := a.body
			if len(b) > 230 { b = b[:230] }
			t.Logf("%s %s -> %d [%s] cc=%q vary=%q csp=%v %s", a.Request.Method, a.Request.URL, a.StatusCode, a.Header.Get("Content-Type"), a.Header.Get("Cache-Control"), a.Header.Values("Vary"), a.Header.Get("Content-Security-Policy") != "", strings.ReplaceAll(b, "\n", " "))
		}
		raw := func(method, path, ct, bearer string, body io.Reader, hdr ...string) answer {
			r, err := http.NewRequest(method, w.url+path, body)
			if err != nil { t.Fatal(err) }
			if ct != "" { r.Header.Set("Content-Type", ct) }
			if bearer != "" { r.Header.Set("Authorization", "Bearer "+bearer) }
			for i := 0; i+1 < len(hdr); i += 2 { r.Header.Set(hdr[i], hdr[i+1]) }
			return w.do(r)
		}
		big := `{"time_zone":"` + strings.Repeat("x", 20<<10) + `"}`
		say(raw("POST", "/api/v1/subscriptions", "application/json", "", onlyReader{strings.NewReader(big)}))
		say(raw("POST", "/api/v1/outages/messages-down/updates", "application/json", w.token, onlyReader{strings.NewReader(big)}))
		for _, p := range []string{"/outages/%00", "/apps/%00", "/apps/%ff", "/outages/%ff", "/static/nope", "/api", "/api/", "/api/v1/vapid-key/", "/api/v1/openapi.json", "/openapi.json", "/static/css/base.css", "/apps/", "/editor/x", "/editor/alerts/%00"} {
			say(w.get(p))
		}
		for _, p := range []string{"/", "/outages/messages-down", "/apps/messenger", "/preferences", "/service-worker.js", "/healthz", "/readyz", "/editor", "/editor/sign-in", "/api/v1/vapid-key"} {
			say(raw("HEAD", p, "", "", nil))
		}
		say(raw("POST", "/", "", "", nil, "Sec-Fetch-Site", "same-origin"))
		say(raw("DELETE", "/preferences", "", "", nil))
		say(raw("POST", "/editor/sign-in", "", "", nil, "Sec-Fetch-Site", "cross-site"))
		for _, b := range []string{
			`{"kind":"update","alert":"all","headline":"x","apps":["\u0000"]}`,
			`{"kind":"update","alert":"all","headline":"x","states":{"\u0000":"up"}}`,
			`{"kind":"update","alert":"all","headline":"x","undo_seconds":1e300}`,
			`{"kind":"update","alert":"all","headline":"x","undo_seconds":-1}`,
			`{"kind":"update","alert":"all","headline":"x"} trailing`,
			`{"kind":"update","alert":"all","headline":"x\u0000"}`,
			`{"KIND":"update","alert":"none","headline":"x"}`,
			`{`,
		} {
			t.Log(b)
			say(w.call("POST", "/api/v1/outages/messages-down/updates", w.token, b))
		}
		say(w.call("POST", "/api/v1/outages/%00/updates", w.token, `{"kind":"update","alert":"none","headline":"x"}`))
		say(w.call("POST", "/api/v1/outages", w.token, `{"slug":"x","headline":"x","apps":["\u0000"]}`))
		say(w.call("POST", "/api/v1/outages", w.token, `{"slug":"x","headline":"x","apps":["messenger"],"began_at":"yesterday"}`))
		say(w.call("POST", "/api/v1/outages", w.token, `{"slug":"y","headline":"x","apps":["messenger"],"began_at":null}`))
		secret := w.subscribe("outage/messages-down:all")
		say(w.call("PATCH", "/api/v1/subscription", secret, `{"paused_until":null}`))
		say(w.call("PATCH", "/api/v1/subscription", secret, `{"paused_until":"2030-01-01T00:00:00Z"}`))
		say(w.call("PATCH", "/api/v1/subscription", secret, `{}`))
		say(raw("POST", "/api/v1/subscriptions", "text/plain", "", strings.NewReader(`{}`)))
		say(raw("POST", "/api/v1/subscriptions", "application/cbor", "", strings.NewReader(`{}`)))
		say(raw("GET", "/api/v1/vapid-key", "", "", nil, "Accept", "text/html"))
		say(raw("GET", "/api/v1/subscription", "", "", nil, "Accept", "application/xml"))
		say(w.submit("/editor/sign-in", url.Values{"token": {w.token}}))
		say(w.submit("/editor/outages/messages-down/updates", url.Values{"kind": {"update"}, "alert": {"none"}, "headline": {"no button"}}))
		say(w.submit("/editor/outages/messages-down/updates", url.Values{"kind": {"update"}, "alert": {"none"}, "headline": {"x"}, "apps": {"\xff"}, "do": {"preview"}}))
		say(w.submit("/editor/outages/messages-down/updates", url.Values{"headline": {strings.Repeat("x", 70<<10)}, "do": {"publish"}}))
		say(w.submit("/editor/outages/elsewhere/updates", url.Values{"kind": {"update"}, "alert": {"none"}, "headline": {"x"}, "do": {"publish"}}))
		say(raw("POST", "/editor/outages/messages-down/updates", "application/x-www-form-urlencoded", "", strings.NewReader("headline=%zz"), "Sec-Fetch-Site", "same-origin"))
	})
}
