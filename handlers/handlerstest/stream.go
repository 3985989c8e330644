package handlerstest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/tmaxmax/go-sse"
)

// Stream is an open event stream of a live page.
type Stream struct {
	*http.Response
	t      *testing.T
	events chan Event // closed when the stream ends
}

// Event is an event of a live page, or of a page that watches an alert.
type Event struct {
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
	Words     string
	Stop      string
	HTML      string
}

// OpenStream opens the stream of "messages-down", with headers as pairs of name
// and value.
func (w *Web) OpenStream(query string, headers ...string) *Stream {
	w.t.Helper()
	return w.openStream("/outages/messages-down/events"+query, headers)
}

// WatchAlert opens the stream of the newsroom's page of an alert.
func (w *Web) WatchAlert(id int64) *Stream {
	w.t.Helper()
	return w.openStream(fmt.Sprintf("/editor/alerts/%d/events", id), nil)
}

func (w *Web) openStream(path string, headers []string) *Stream {
	w.t.Helper()
	response := w.do(http.MethodGet, path, nil, headers)
	if response.StatusCode != http.StatusOK {
		w.t.Fatalf("the stream answers %s", response.Status)
	}
	s := &Stream{Response: response, t: w.t, events: make(chan Event)}
	left, leave := context.WithCancel(context.Background())
	go s.read(left)
	w.t.Cleanup(func() {
		leave()
		response.Body.Close()
		for range s.events {
		}
	})
	return s
}

// Next waits for the next event.
func (s *Stream) Next() Event {
	s.t.Helper()
	select {
	case e, ok := <-s.events:
		if !ok {
			s.t.Fatal("the stream has ended")
		}
		return e
	case <-time.After(20 * time.Second):
		s.t.Fatal("no event")
	}
	return Event{}
}

// WantUpdates waits for events and compares the IDs of their updates.
func (s *Stream) WantUpdates(ids ...int64) {
	s.t.Helper()
	for _, id := range ids {
		if e := s.Next(); e.ID != strconv.FormatInt(id, 10) || e.UpdateID != id || e.Type != "update" {
			s.t.Fatalf("got %+v; want update %d", e, id)
		}
	}
}

// WantReset waits for the event that resets the page to an update.
func (s *Stream) WantReset(id int64) {
	s.t.Helper()
	if e := s.Next(); e.Type != "reset" || e.UpdateID != id || e.ID != strconv.FormatInt(id, 10) {
		s.t.Fatalf("got %+v; want a reset to update %d", e, id)
	}
}

// WantEnd waits for the stream's end.
func (s *Stream) WantEnd() {
	s.t.Helper()
	select {
	case e, ok := <-s.events:
		if ok {
			s.t.Fatalf("got %+v; want the end", e)
		}
	case <-time.After(20 * time.Second):
		s.t.Fatal("the stream has not ended")
	}
}

func (s *Stream) read(left context.Context) {
	defer close(s.events)
	for received, err := range sse.Read(s.Body, nil) {
		if err != nil {
			return // the stream has ended
		}
		e := Event{ID: received.LastEventID, Type: received.Type}
		if err := json.Unmarshal([]byte(received.Data), &e); err != nil {
			s.t.Errorf("%q: %v", received.Data, err)
		}
		select {
		case s.events <- e:
		case <-left.Done():
			return
		}
	}
}
