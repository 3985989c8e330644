package pushtest

import (
	"net/http"
	"path"
	"sync"
	"time"
)

// Answer is what the push service does with one push instead of what it would.
type Answer struct {
	Status     int           `json:"status"`
	Delay      time.Duration `json:"delay"`
	RetryAfter string        `json:"retry_after"`
	Body       string        `json:"body"`
	// Reset ends the request without an answer.
	Reset bool `json:"reset"`
	// Hang answers never.
	Hang bool `json:"hang"`
	// Swallow accepts the message as usual and loses it.
	Swallow bool `json:"swallow"`
}

type scripts struct {
	mu      sync.Mutex
	byToken map[string][]Answer
	faults  func(endpoint string) *Answer
}

// Script gives the next pushes to an endpoint these answers, in order.
func (s *Server) Script(endpoint string, answers ...Answer) {
	token := path.Base(endpoint)
	s.scripts.mu.Lock()
	defer s.scripts.mu.Unlock()
	s.scripts.byToken[token] = append(s.scripts.byToken[token], answers...)
}

// Faults asks pick, which may be called by many goroutines, for the answer to
// each push that no script is for; nil lets it pass.
func (s *Server) Faults(pick func(endpoint string) *Answer) {
	s.scripts.mu.Lock()
	defer s.scripts.mu.Unlock()
	s.scripts.faults = pick
}

// next takes the answer that was scripted for a push.
func (s *scripts) next(token string) (Answer, bool) {
	s.mu.Lock()
	answers, faults := s.byToken[token], s.faults
	if len(answers) > 0 {
		s.byToken[token] = answers[1:]
	}
	s.mu.Unlock()
	if len(answers) > 0 {
		return answers[0], true
	}
	if faults == nil {
		return Answer{}, false
	}
	if answer := faults(token); answer != nil {
		return *answer, true
	}
	return Answer{}, false
}

func (s *Server) perform(w http.ResponseWriter, r *http.Request, a Answer) {
	switch {
	case a.Reset:
		panic(http.ErrAbortHandler)
	case a.Hang:
		select {
		case <-r.Context().Done():
		case <-s.stopped.Done():
		}
		panic(http.ErrAbortHandler)
	}
	if a.RetryAfter != "" {
		w.Header().Set("Retry-After", a.RetryAfter)
	}
	s.stats.answer(a.Status)
	w.WriteHeader(a.Status)
	_, _ = w.Write([]byte(a.Body))
}
