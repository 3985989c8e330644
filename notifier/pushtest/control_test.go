package pushtest

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestControlScriptsAnEndpoint(t *testing.T) {
	s := newService(t, Options{Plain: true})
	reader := s.reader()
	got := s.control(http.MethodPost, "script", `{"endpoint":"`+reader.Endpoint()+`","answers":[
		{"status":503,"retry_after":"3","body":"busy"},{"delay":"1ms","swallow":true}]}`)
	if got.status != http.StatusNoContent {
		t.Fatalf("answer = %+v", got)
	}
	if got := s.push(reader, "news"); got.status != 503 || got.header.Get("Retry-After") != "3" || got.body != "busy" {
		t.Errorf("first answer = %+v", got)
	}
	if got := s.push(reader, "news"); got.status != http.StatusCreated || len(reader.Messages()) != 0 {
		t.Errorf("second answer = %+v", got)
	}
}

func TestControlRefusesAScriptItDoesNotUnderstand(t *testing.T) {
	s := newService(t, Options{Plain: true})
	for _, script := range []string{``, `{"answers":[{"delay":"soon"}]}`, `{"answers":[{"statuss":503}]}`} {
		if got := s.control(http.MethodPost, "script", script); got.status != http.StatusBadRequest {
			t.Errorf("%s: answer = %d", script, got.status)
		}
	}
}

func TestControlTellsTheStats(t *testing.T) {
	s := newService(t, Options{Plain: true})
	s.push(s.reader(), "news")
	var stats Stats
	if err := json.Unmarshal([]byte(s.control(http.MethodGet, "stats", "").body), &stats); err != nil {
		t.Fatal(err)
	}
	if stats.Accepted != 1 || stats.ByStatus[201] != 1 || stats.FirstAccepted.IsZero() {
		t.Errorf("stats = %+v", stats)
	}
}

func TestControlDropsBrowsers(t *testing.T) {
	s := newService(t, Options{Plain: true})
	f := dial(s)
	f.hello("")
	if got := s.control(http.MethodPost, "drop-browsers", ""); got.status != http.StatusNoContent {
		t.Errorf("answer = %d", got.status)
	}
	if _, _, err := f.conn.Read(context.WithoutCancel(t.Context())); err == nil {
		t.Error("it is still connected")
	}
}

func (s *service) control(method, route, body string) answered {
	s.t.Helper()
	request, err := http.NewRequest(method, s.URL()+"/control/"+route, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := s.try(s.t.Context(), request)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer
}
