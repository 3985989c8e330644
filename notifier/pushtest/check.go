package pushtest

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// incoming is an encrypted message as a push service sees it.
type incoming struct {
	body           []byte
	ttl            time.Duration
	urgency, topic string
	arrived        time.Time
}

// check validates a push.
func (s *Server) check(r *http.Request, token string, body []byte, readErr error) (*subscription, incoming, error) {
	sub, err := s.find(token)
	if err != nil {
		return nil, incoming{}, err
	}
	now := s.options.Now()
	if err := s.tokens.authorize(r.Header.Get("Authorization"), sub.vapidKey, s.url, now); err != nil {
		return nil, incoming{}, err
	}
	message, err := checkHeader(r.Header)
	if err != nil {
		return nil, incoming{}, err
	}
	if readErr != nil {
		return nil, incoming{}, refuse(http.StatusBadRequest, 199, "the body ended early")
	}
	if err := checkBody(body); err != nil {
		return nil, incoming{}, err
	}
	message.body, message.arrived = body, now
	return sub, message, nil
}

func (s *Server) find(token string) (*subscription, error) {
	simulated := s.simulated.Load()
	if reader, ok := simulated.reader(token); ok {
		return simulated.subscription(reader)
	}
	return s.subscriptions.find(token)
}

var (
	urgencies    = []string{"very-low", "low", "normal", "high"} // RFC 8030 section 5.3
	topicPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)   // RFC 8030 section 5.4
)

func checkHeader(h http.Header) (incoming, error) {
	m := incoming{urgency: h.Get("Urgency"), topic: h.Get("Topic")}
	seconds, err := strconv.ParseUint(h.Get("TTL"), 10, 31)
	if err != nil {
		return m, refuse(http.StatusBadRequest, 111, "TTL is missing or not a number")
	}
	m.ttl = time.Duration(seconds) * time.Second
	if h.Get("Content-Encoding") != "aes128gcm" {
		return m, refuse(http.StatusUnsupportedMediaType, 110, "Content-Encoding must be aes128gcm")
	}
	if h["Urgency"] != nil && !slices.Contains(urgencies, m.urgency) {
		return m, refuse(http.StatusBadRequest, 112, "Urgency is none of the four")
	}
	// Apple decodes the topic, and no base64 has a length of 1 modulo 4.
	if h["Topic"] != nil && (!topicPattern.MatchString(m.topic) || len(m.topic)%4 == 1) {
		return m, refuse(http.StatusBadRequest, 113, "Topic is not base64url of at most 32 characters")
	}
	return m, nil
}

func checkBody(body []byte) error {
	if len(body) > maxBody {
		return refuse(http.StatusRequestEntityTooLarge, 104, "the body is over 4096 bytes")
	}
	if _, err := parseSealed(body); err != nil {
		return refuse(http.StatusBadRequest, 110, err.Error())
	}
	return nil
}
