package pushtest

import (
	"bytes"
	"crypto/rand"
	"io"
	"net/http"
	"time"
)

// maxBody is the size that a push service must accept (RFC 8030 section 7.2), and the maximum
// here.
const maxBody = 4096

// push accepts a message for a subscription (RFC 8030 section 5).
func (s *Server) push(w http.ResponseWriter, r *http.Request) {
	defer s.stats.enter()()
	// Over HTTP/1.1 a disconnected client is noticed only once its body is read.
	body, readErr := readBody(r)
	token := r.PathValue("token")
	answer := s.scripts.next(token, s.endpoint(token))
	s.pause(r, s.options.Latency+answer.Delay)
	if answer.replaces() {
		s.simulated.Load().answered(token, answer.Status)
		s.perform(w, r, answer)
		return
	}
	sub, message, err := s.check(r, token, body, readErr)
	if err != nil {
		s.refuse(w, err)
		return
	}
	if !s.options.Discard && !answer.Swallow {
		sub.deliver(message)
	}
	s.stats.accept(time.Now())
	s.pause(r, answer.Late)
	w.Header().Set("Location", s.url+"/message/"+rand.Text())
	w.WriteHeader(http.StatusCreated)
}

func (s *Server) endpoint(token string) string { return s.url + "/push/" + token }

// readBody reads at most one byte more than a body may have.
func readBody(r *http.Request) ([]byte, error) {
	var body bytes.Buffer
	if r.ContentLength > 0 {
		body.Grow(int(min(r.ContentLength, maxBody)) + bytes.MinRead)
	}
	_, err := body.ReadFrom(io.LimitReader(r.Body, maxBody+1))
	return body.Bytes(), err
}

// pause waits before the answer. If the client has disconnected, there is no answer.
func (s *Server) pause(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-s.stopped.Done():
		panic(http.ErrAbortHandler)
	}
}
