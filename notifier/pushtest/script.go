package pushtest

import (
	"io"
	"net/http"
	"path"
	"sync"
	"time"
)

// Answer is what the push service does with one push. One that says neither
// Status nor Reset nor Hang leaves the checks and the answer as they are: with
// Delay alone a push only takes longer.
type Answer struct {
	// Status is answered unseen: nothing is checked or delivered.
	Status int
	// Delay comes on top of the server's Latency.
	Delay time.Duration
	// RetryAfter and Body go with Status.
	RetryAfter, Body string
	// Reset ends the request without an answer.
	Reset bool
	// Hang answers never: until the client gives up or the server is closed.
	Hang bool
	// Swallow accepts the message as usual and loses it.
	Swallow bool
}

// replaces says whether the answer stands in for the usual one.
func (a Answer) replaces() bool { return a.Status != 0 || a.Reset || a.Hang }

type scripts struct {
	mu      sync.Mutex
	byToken map[string][]Answer
	faults  func(endpoint string) *Answer
}

// Script gives the next pushes to an endpoint these answers, in order. After
// them it is as usual again.
func (s *Server) Script(endpoint string, answers ...Answer) {
	token := path.Base(endpoint)
	s.scripts.mu.Lock()
	defer s.scripts.mu.Unlock()
	s.scripts.byToken[token] = append(s.scripts.byToken[token], answers...)
}

// Faults asks pick for the answer to each push that no script is for; nil lets
// it pass. Many goroutines call it at a time. Faults(nil) ends the faults.
func (s *Server) Faults(pick func(endpoint string) *Answer) {
	s.scripts.mu.Lock()
	defer s.scripts.mu.Unlock()
	s.scripts.faults = pick
}

// next is what to do with the next push: the zero Answer if nothing special.
func (s *scripts) next(token, endpoint string) Answer {
	answer, faults := s.take(token)
	if faults != nil {
		if fault := faults(endpoint); fault != nil {
			return *fault
		}
	}
	return answer
}

// take takes an answer out of a script, or says who is asked for one.
func (s *scripts) take(token string) (Answer, func(endpoint string) *Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answers := s.byToken[token]
	switch len(answers) {
	case 0:
		return Answer{}, s.faults
	case 1:
		delete(s.byToken, token)
	default:
		s.byToken[token] = answers[1:]
	}
	return answers[0], nil
}

func (s *Server) perform(w http.ResponseWriter, r *http.Request, a Answer) {
	if a.Hang {
		select {
		case <-r.Context().Done():
		case <-s.stopped.Done():
		}
	}
	if a.Hang || a.Reset {
		panic(http.ErrAbortHandler)
	}
	if a.RetryAfter != "" {
		w.Header().Set("Retry-After", a.RetryAfter)
	}
	s.stats.answer(a.Status)
	w.WriteHeader(a.Status)
	_, _ = io.WriteString(w, a.Body)
}
