package handlers_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/tmaxmax/go-sse"

	"newsbell/handlers"
	"newsbell/handlers/live"
	"newsbell/models"
	"newsbell/models/modelstest"
)

// newsstand is a NATS, and a web that runs on it.
type newsstand struct {
	*web
	nats *server.Server
}

// atNewsstand tests on a database of each kind, with pages that are open.
func atNewsstand(t *testing.T, o live.Options, test func(*testing.T, *newsstand)) {
	t.Helper()
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		s := &newsstand{nats: startNATS(t, -1)}
		s.web = newWeb(t, db, handlers.Options{})
		s.web = s.process(o)
		test(t, s)
	})
}

// process is one more web on the same database and NATS.
func (s *newsstand) process(o live.Options) *web {
	s.t.Helper()
	conn, err := nats.Connect(s.nats.ClientURL(), nats.ReconnectWait(time.Millisecond), nats.MaxReconnects(-1))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(conn.Close)
	w := serveWeb(s.t, s.DB, s.token, &bus{Conn: conn}, handlers.Options{Live: o})
	w.run()
	return w
}

// run keeps the web's pages up to date until stop.
func (w *web) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(w.stop)
}

func startNATS(t *testing.T, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { stopNATS(s) })
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("NATS is not ready")
	}
	return s
}

func stopNATS(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// publish publishes an update through the API and returns its ID.
func (w *web) publish(headline string) int64 {
	w.t.Helper()
	var p published
	body := map[string]any{"kind": "update", "alert": "none", "headline": headline}
	w.call(http.MethodPost, updates, w.token, body).decode(w.t, http.StatusCreated, &p)
	return p.Update.ID
}

// write writes an update of which the bus says nothing, and returns its ID.
func (w *web) write(headline string) int64 {
	w.t.Helper()
	return w.PublishDraft(models.Draft{Outage: "messages-down", Alert: models.AlertNone, Headline: headline}).Update.ID
}

// openPage is a live page's stream, read by a program.
type openPage struct {
	*http.Response
	t      *testing.T
	events chan pageEvent // closed when the stream ends
}

// pageEvent is what one event says.
type pageEvent struct {
	ID        string `json:"-"`
	Type      string `json:"-"`
	UpdateID  int64  `json:"id"`
	Kind      string
	Headline  string
	States    map[string]string
	Entry     string
	KeyMoment string `json:"key_moment"`
	Band      string `json:"band"`
	Corrects  *int64
	Corrected string
}

// openPage opens the page of "messages-down", with headers as pairs of name and
// value.
func (w *web) openPage(query string, headers ...string) *openPage {
	w.t.Helper()
	request, err := http.NewRequest(http.MethodGet, w.url+"/outages/messages-down/events"+query, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := w.http.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		w.t.Fatalf("the stream answers %s", response.Status)
	}
	p := &openPage{Response: response, t: w.t, events: make(chan pageEvent)}
	left, leave := context.WithCancel(context.Background())
	go p.read(left)
	w.t.Cleanup(func() {
		leave()
		response.Body.Close()
		for range p.events {
		}
	})
	return p
}

func (p *openPage) read(left context.Context) {
	defer close(p.events)
	for e, err := range sse.Read(p.Body, nil) {
		if err != nil {
			return // the stream has ended
		}
		said := pageEvent{ID: e.LastEventID, Type: e.Type}
		if err := json.Unmarshal([]byte(e.Data), &said); err != nil {
			p.t.Errorf("%q: %v", e.Data, err)
		}
		select {
		case p.events <- said:
		case <-left.Done():
			return
		}
	}
}

// next waits for the next event.
func (p *openPage) next() pageEvent {
	p.t.Helper()
	select {
	case e, ok := <-p.events:
		if !ok {
			p.t.Fatal("the stream has ended")
		}
		return e
	case <-time.After(20 * time.Second):
		p.t.Fatal("no event")
	}
	return pageEvent{}
}

// gets waits for events and compares their IDs.
func (p *openPage) gets(ids ...int64) {
	p.t.Helper()
	for _, id := range ids {
		if e := p.next(); e.ID != strconv.FormatInt(id, 10) || e.UpdateID != id || e.Type != "update" {
			p.t.Fatalf("got %+v; want update %d", e, id)
		}
	}
}

// resets waits for the event that the page begins anew after an update.
func (p *openPage) resets(id int64) {
	p.t.Helper()
	if e := p.next(); e.Type != "reset" || e.UpdateID != id || e.ID != strconv.FormatInt(id, 10) {
		p.t.Fatalf("got %+v; want a reset to update %d", e, id)
	}
}

// ends waits for the stream's end.
func (p *openPage) ends() {
	p.t.Helper()
	select {
	case e, ok := <-p.events:
		if ok {
			p.t.Fatalf("got %+v; want the end", e)
		}
	case <-time.After(20 * time.Second):
		p.t.Fatal("the stream goes on")
	}
}
