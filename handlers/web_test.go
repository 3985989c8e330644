package handlers_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"

	"newsbell/handlers"
	"newsbell/models/modelstest"
)

func TestMain(m *testing.M) { modelstest.Main(m) }

// web is the whole handler on a real server, with an outage "messages-down" of
// the apps "messenger" and "instagram".
type web struct {
	*modelstest.DB
	*handlers.Web
	t     *testing.T
	url   string
	token string
	bus   *bus
	http  *http.Client
	// listener is the server's.
	listener *listener
	stop     func() // ends what run began
}

// bus remembers what was said on it.
type bus struct {
	*nats.Conn // only where processes must hear each other
	mu         sync.Mutex
	said       []string
	// fail is what happens instead of remembering.
	fail func() error
}

func (b *bus) Publish(subject string, data []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return b.fail()
	}
	b.said = append(b.said, subject+" "+string(data))
	if b.Conn == nil {
		return nil
	}
	return b.Conn.Publish(subject, data)
}

func onBoth(t *testing.T, test func(*testing.T, *web)) {
	t.Helper()
	onBothWith(t, handlers.Options{}, test)
}

// onBothWith is onBoth with options; what they leave out is the test's own.
func onBothWith(t *testing.T, o handlers.Options, test func(*testing.T, *web)) {
	t.Helper()
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) { test(t, newWeb(t, db, o)) })
}

func newWeb(t *testing.T, db *modelstest.DB, o handlers.Options) *web {
	t.Helper()
	db.VAPIDKey()
	db.Outage("messages-down", "messenger", "instagram")
	_, token, err := db.CreateToken(t.Context(), "desk")
	if err != nil {
		t.Fatal(err)
	}
	return serveWeb(t, db, token, &bus{}, o)
}

// serveWeb is one more process on a database.
func serveWeb(t *testing.T, db *modelstest.DB, token string, b *bus, o handlers.Options) *web {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &web{DB: db, t: t, token: token, bus: b}
	server := httptest.NewUnstartedServer(nil)
	w.listener = &listener{Listener: server.Listener}
	server.Listener = w.listener
	w.url = "http://" + server.Listener.Addr().String()
	if o.BaseURL == "" {
		o.BaseURL = w.url
	}
	o.Store, o.Bus, o.Log = db.Store, b, cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if w.Web, err = handlers.New(o); err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = w.Web
	server.Start()
	t.Cleanup(server.Close)
	w.http = &http.Client{Jar: jar, Transport: server.Client().Transport}
	return w
}

// answer is a response that has been read.
type answer struct {
	*http.Response
	body string
}

// call sends JSON, or a string as it is, with a bearer's token if there is one.
func (w *web) call(method, path, bearer string, in any) answer {
	w.t.Helper()
	raw, isText := in.(string)
	if in != nil && !isText {
		encoded, err := json.Marshal(in)
		if err != nil {
			w.t.Fatal(err)
		}
		raw = string(encoded)
	}
	request, err := http.NewRequest(method, w.url+path, strings.NewReader(raw))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	return w.do(request)
}

func (w *web) get(path string) answer {
	w.t.Helper()
	return w.send(http.MethodGet, path, nil)
}

func (w *web) submit(path string, form url.Values) answer {
	w.t.Helper()
	return w.send(http.MethodPost, path, strings.NewReader(form.Encode()),
		"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
}

// send sends anything, with headers as pairs of name and value.
func (w *web) send(method, path string, body io.Reader, headers ...string) answer {
	w.t.Helper()
	request, err := http.NewRequest(method, w.url+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return w.do(request)
}

func (w *web) do(request *http.Request) answer {
	w.t.Helper()
	response, err := w.http.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{response, string(body)}
}

// decode checks the status and reads the body.
func (a answer) decode(t *testing.T, status int, into any) {
	t.Helper()
	a.wants(t, status)
	if err := json.NewDecoder(bytes.NewBufferString(a.body)).Decode(into); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
}

func (a answer) wants(t *testing.T, status int) {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("%s %s: %d %s; want %d", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.body, status)
	}
}

// isProblem checks status and shape of an error of the API.
func (a answer) isProblem(t *testing.T, status int, words string) {
	t.Helper()
	var problem struct {
		Status int
		Title  string
		Detail string
	}
	if kind := a.Header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("%s %s: Content-Type is %q", a.Request.Method, a.Request.URL.Path, kind)
	}
	a.decode(t, status, &problem)
	if problem.Status != status || problem.Title == "" || !strings.Contains(a.body, words) {
		t.Errorf("problem = %s; want status %d and %q", a.body, status, words)
	}
}

// subscription is the body that subscribes a new browser.
func (w *web) subscription(follows ...string) map[string]any {
	browser := w.Browser()
	wishes := []map[string]string{}
	for _, f := range modelstest.ParseFollows(follows...) {
		wishes = append(wishes, map[string]string{"topic": f.Topic, "level": f.Level})
	}
	return map[string]any{
		"subscription": map[string]any{
			"endpoint": browser.Endpoint, "expirationTime": nil,
			"keys": map[string]any{"p256dh": browser.P256DH, "auth": browser.Auth},
		},
		"follows": wishes, "time_zone": "Europe/London",
	}
}

// subscribe subscribes a new browser and returns its secret.
func (w *web) subscribe(follows ...string) string {
	w.t.Helper()
	var out struct{ Secret string }
	w.call(http.MethodPost, "/api/v1/subscriptions", "", w.subscription(follows...)).decode(w.t, http.StatusCreated, &out)
	return out.Secret
}
