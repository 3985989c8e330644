package pushtest

import (
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// SimulatedReader is the number of a simulated reader. Its keys are derived from the number,
// so that a program that fills a database and a push service in another process agree.
type SimulatedReader int

// simulatedToken begins the token of each of them.
const simulatedToken = "simulated-"

// Endpoint returns the reader's endpoint at a push service with this origin.
func (r SimulatedReader) Endpoint(origin string) string {
	return origin + "/push/" + simulatedToken + strconv.Itoa(int(r))
}

// Keys are its private key and its authentication secret of 16 bytes.
func (r SimulatedReader) Keys() (*ecdh.PrivateKey, []byte, error) {
	seed := binary.BigEndian.AppendUint64([]byte("newsbell crowd"), uint64(r))
	scalar := sha256.Sum256(seed)
	auth := sha256.Sum256(scalar[:])
	private, err := ecdh.P256().NewPrivateKey(scalar[:])
	return private, auth[:16], err
}

// SimulatedCounts counts what the simulated readers got.
type SimulatedCounts struct {
	Size     int `json:"size"`
	Accepted int `json:"accepted"` // pushes
	// Missing got nothing, though nothing was answered 4xx for them; Repeated got
	// more than one push.
	Missing  int `json:"missing"`
	Repeated int `json:"repeated"`
	// Refused got nothing, and were answered 400, 401 or 403.
	Refused int `json:"refused"`
	// Gone were answered 404 or 410.
	Gone int `json:"gone"`
	// Unreadable could not be decrypted, of the one in [simulatedSample] that was tried.
	Unreadable int `json:"unreadable"`
	// First and Last are when pushes were accepted.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
}

// simulatedSample: one push in this many is decrypted, because a load test measures the
// sender, not the readers.
const simulatedSample = 256

type simulated struct {
	vapidKey    string
	accepted    []atomic.Uint32 // by number
	gone        []atomic.Bool
	refused     []atomic.Bool
	unreadable  atomic.Int64
	first, last atomic.Int64 // Unix nanoseconds
}

// Simulate makes readers 0 to size-1, bound to a VAPID key, who have got
// nothing yet. Those from before are forgotten.
func (s *Server) Simulate(size int, vapidPublicKey string) error {
	if size < 0 || size > 100_000_000 {
		return errors.New("there can be 0 to 100,000,000 simulated readers")
	}
	key := unpadded(vapidPublicKey)
	if _, err := parseVAPIDKey(key); err != nil {
		return err
	}
	s.simulated.Store(&simulated{
		vapidKey: key, accepted: make([]atomic.Uint32, size), gone: make([]atomic.Bool, size), refused: make([]atomic.Bool, size),
	})
	return nil
}

// Simulated counts what the simulated readers have got so far.
func (s *Server) Simulated() SimulatedCounts {
	c := s.simulated.Load()
	if c == nil {
		return SimulatedCounts{}
	}
	count := SimulatedCounts{Size: len(c.accepted), Unreadable: int(c.unreadable.Load())}
	for i := range c.accepted {
		times := int(c.accepted[i].Load())
		count.Accepted += times
		switch {
		case c.gone[i].Load():
			count.Gone++
		case times == 0 && c.refused[i].Load():
			count.Refused++
		case times == 0:
			count.Missing++
		case times > 1:
			count.Repeated++
		}
	}
	if first := c.first.Load(); first != 0 {
		count.First, count.Last = time.Unix(0, first).UTC(), time.Unix(0, c.last.Load()).UTC()
	}
	return count
}

// reader finds the reader of a token among the simulated; there may be none.
func (c *simulated) reader(token string) (SimulatedReader, bool) {
	number, ok := simulatedNumber(token)
	return SimulatedReader(number), ok && c != nil && number < len(c.accepted)
}

// simulatedNumber is the number of a simulated reader whose token this is.
func simulatedNumber(token string) (number int, ok bool) {
	digits, ok := strings.CutPrefix(token, simulatedToken)
	if !ok {
		return 0, false
	}
	number, err := strconv.Atoi(digits)
	return number, err == nil && number >= 0
}

func (c *simulated) subscription(r SimulatedReader) (*subscription, error) {
	if c.gone[r].Load() {
		return nil, refuse(http.StatusGone, 106, "the subscription has ended")
	}
	return &subscription{vapidKey: c.vapidKey, deliver: func(m incoming) { c.receive(r, m) }}, nil
}

func (c *simulated) receive(r SimulatedReader, m incoming) {
	now := time.Now().UnixNano()
	c.first.CompareAndSwap(0, now)
	c.last.Store(now)
	c.accepted[r].Add(1)
	if int(r)%simulatedSample != 0 {
		return
	}
	private, auth, err := r.Keys()
	if err == nil {
		_, err = Decrypt(m.body, private, auth)
	}
	if err != nil {
		c.unreadable.Add(1)
	}
}

// answered records readers whose pushes were answered with gone or refused.
func (c *simulated) answered(token string, status int) {
	r, ok := c.reader(token)
	switch {
	case !ok:
	case status == http.StatusGone, status == http.StatusNotFound:
		c.gone[r].Store(true)
	case status == http.StatusBadRequest, status == http.StatusUnauthorized, status == http.StatusForbidden:
		c.refused[r].Store(true)
	}
}
