package pushtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// maxBody is the most that a push service must take (RFC 8030 section 7.2).
const maxBody = 4096

// incoming is a message as a push service sees it: sealed.
type incoming struct {
	body           []byte
	ttl            time.Duration
	urgency, topic string
	arrived        time.Time
}

// refusal is an answer in Mozilla's words.
type refusal struct {
	Code    int    `json:"code"`
	Errno   int    `json:"errno"`
	Status  string `json:"error"`
	Message string `json:"message"`
}

func (r *refusal) Error() string { return fmt.Sprintf("%d: %s", r.Code, r.Message) }

// push takes a message for a subscription (RFC 8030 section 5).
func (s *Server) push(w http.ResponseWriter, r *http.Request) {
	leave := s.stats.enter()
	defer leave()
	token := r.PathValue("token")
	answer, scripted := s.scripts.next(token)
	if !s.pause(r, s.options.Latency+answer.Delay) {
		return
	}
	if scripted && !answer.Swallow {
		s.perform(w, r, answer)
		return
	}
	message, sub, err := s.read(r, token)
	if err != nil {
		s.refuse(w, err)
		return
	}
	if !s.options.Discard && !answer.Swallow {
		sub.deliver(message)
	}
	s.stats.accept(message.arrived)
	w.Header().Set("Location", s.url+"/message/"+strconv.FormatInt(message.arrived.UnixNano(), 36))
	w.WriteHeader(http.StatusCreated)
}

// read checks all that can be wrong with a request.
func (s *Server) read(r *http.Request, token string) (incoming, *subscription, error) {
	sub, err := s.subscriptions.find(token)
	if err != nil {
		return incoming{}, nil, err
	}
	if err := s.authorize(r.Header.Get("Authorization"), sub.vapidKey); err != nil {
		return incoming{}, nil, err
	}
	m, err := readHeader(r.Header)
	if err != nil {
		return incoming{}, nil, err
	}
	if m.body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1)); err != nil {
		return incoming{}, nil, refuse(http.StatusBadRequest, 199, "the body ended early")
	}
	if len(m.body) > maxBody {
		return incoming{}, nil, refuse(http.StatusRequestEntityTooLarge, 104, "the body is over 4096 bytes")
	}
	if _, err := parseSealed(m.body); err != nil {
		return incoming{}, nil, refuse(http.StatusBadRequest, 110, err.Error())
	}
	return m, sub, nil
}

var topicPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

func readHeader(h http.Header) (incoming, error) {
	m := incoming{urgency: h.Get("Urgency"), topic: h.Get("Topic"), arrived: time.Now()}
	seconds, err := strconv.ParseUint(h.Get("TTL"), 10, 32)
	if err != nil {
		return m, refuse(http.StatusBadRequest, 111, "TTL is missing or not a number")
	}
	m.ttl = time.Duration(seconds) * time.Second
	if h.Get("Content-Encoding") != "aes128gcm" {
		return m, refuse(http.StatusUnsupportedMediaType, 110, "Content-Encoding must be aes128gcm")
	}
	if m.urgency != "" && !slices.Contains([]string{"very-low", "low", "normal", "high"}, m.urgency) {
		return m, refuse(http.StatusBadRequest, 112, "Urgency is none of the four")
	}
	// Apple decodes the topic, and no base64 has a length of 1 modulo 4.
	if m.topic != "" && (!topicPattern.MatchString(m.topic) || len(m.topic)%4 == 1) {
		return m, refuse(http.StatusBadRequest, 113, "Topic is not base64url of at most 32 characters")
	}
	return m, nil
}

func refuse(code, errno int, message string) error {
	return &refusal{Code: code, Errno: errno, Status: http.StatusText(code), Message: message}
}

func (s *Server) refuse(w http.ResponseWriter, err error) {
	refused, ok := errors.AsType[*refusal](err)
	if !ok {
		refused = &refusal{Code: http.StatusInternalServerError, Message: err.Error()}
	}
	s.stats.answer(refused.Code)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(refused.Code)
	_ = json.NewEncoder(w).Encode(refused)
}

// pause waits as long as an answer takes; false when nobody waits for it.
func (s *Server) pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-s.stopped.Done():
	}
	return false
}
