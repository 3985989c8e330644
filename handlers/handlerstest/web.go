// Package handlerstest runs the whole web in tests: the real handler on a real server
// and database, with a bus that records what was published.
package handlerstest

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"newsbell/handlers"
	"newsbell/handlers/peer"
	"newsbell/models"
	"newsbell/models/modelstest"
)

// Loopback trusts proxies on the test's own machine.
var Loopback = peer.Proxies{netip.MustParsePrefix("127.0.0.1/32")}

// Web is the whole handler on a real server, with an outage "messages-down" of the apps
// "messenger" and "instagram".
type Web struct {
	*modelstest.DB
	*handlers.Web
	// Origin is the origin of the server, such as "http://127.0.0.1:4711".
	Origin string
	// Token is an editor's token.
	Token string
	Bus   *Bus
	// Client keeps cookies.
	Client *http.Client
	// NATS is the server that the bus is connected to, if any.
	NATS *server.Server
	// Stop ends Run, if there is NATS.
	Stop func()

	t        *testing.T
	listener *listener
}

// Bus records what was published.
type Bus struct {
	*nats.Conn // nil unless a test needs several processes
	mu         sync.Mutex
	// Published are the messages, each as subject and data.
	Published []string
	// Fail is called instead of publishing.
	Fail func() error
}

// Publish implements [handlers.Bus].
func (b *Bus) Publish(subject string, data []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Fail != nil {
		return b.Fail()
	}
	b.Published = append(b.Published, subject+" "+string(data))
	if b.Conn == nil {
		return nil
	}
	return b.Conn.Publish(subject, data)
}

// OnBoth runs a test against a web on SQLite and on PostgreSQL.
func OnBoth(t *testing.T, test func(*testing.T, *Web)) {
	t.Helper()
	OnBothWith(t, handlers.Options{}, test)
}

// OnBothWith is OnBoth with options. It sets the store and the bus, and the base URL and
// the log if the options have none.
func OnBothWith(t *testing.T, o handlers.Options, test func(*testing.T, *Web)) {
	t.Helper()
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) { test(t, New(t, db, o)) })
}

// New returns a web on an empty database.
func New(t *testing.T, db *modelstest.DB, o handlers.Options) *Web {
	t.Helper()
	db.VAPIDKey()
	db.Outage("messages-down", "messenger", "instagram")
	_, token, err := db.CreateToken(t.Context(), models.NewToken{Name: "newsroom", Scopes: models.Scopes})
	if err != nil {
		t.Fatal(err)
	}
	return Serve(t, db, token, &Bus{}, o)
}

// Serve returns another web on a database, with an existing token.
func Serve(t *testing.T, db *modelstest.DB, token string, b *Bus, o handlers.Options) *Web {
	t.Helper()
	w := &Web{DB: db, t: t, Token: token, Bus: b}
	server := httptest.NewUnstartedServer(nil)
	w.listener = &listener{Listener: server.Listener}
	server.Listener = w.listener
	w.Origin = "http://" + server.Listener.Addr().String()
	if o.BaseURL == "" {
		o.BaseURL = w.Origin
	}
	o.Store, o.Bus, o.Log = db.Store, b, cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	var err error
	if w.Web, err = handlers.New(o); err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = w.Web
	server.Start()
	t.Cleanup(server.Close)
	w.Client = &http.Client{Jar: newJar(t), Transport: server.Client().Transport}
	return w
}

func newJar(t *testing.T) http.CookieJar {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return jar
}
