package pushtest

import (
	"io"
	"net/http"
	"path"
	"sync"
	"time"
)

// Answer says what the push service does with one push. Without Status, Reset and Hang, the
// push is checked and answered as usual: Delay alone only delays the answer.
type Answer struct {
	// Status is answered without checking or delivering the push.
	Status int
	// Delay comes on top of the server's Latency.
	Delay time.Duration
	// Late is how long the answer to an accepted push takes, whose message is delivered.
	Late time.Duration
	// RetryAfter and Body go with Status.
	RetryAfter, Body string
	// Reset ends the request without an answer.
	Reset bool
	// Hang never answers, until the client disconnects or the server is closed.
	Hang bool
	// Swallow accepts the message as usual but does not deliver it.
	Swallow bool
}

// replaces reports whether the answer replaces the usual one.
func (a Answer) replaces() bool { return a.Status != 0 || a.Reset || a.Hang }

type scripts struct {
	mu      sync.Mutex
	byToken map[string][]Answer
	faults  func(endpoint string) *Answer
}

// Script sets the answers to the next pushes to an endpoint, in order.
func (s *Server) Script(endpoint string, answers ...Answer) {
	token := path.Base(endpoint)
	s.scripts.mu.Lock()
	defer s.scripts.mu.Unlock()
	s.scripts.byToken[token] = append(s.scripts.byToken[token], answers...)
}

// Faults calls pick for the answer to each push without a script; nil means the usual answer.
// pick is called concurrently. Faults(nil) ends the faults.
func (s *Server) Faults(pick func(endpoint string) *Answer) {
	s.scripts.mu.Lock()
	defer s.scripts.mu.Unlock()
	s.scripts.faults = pick
}

// next returns the answer to the next push; the zero Answer is the usual one.
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
