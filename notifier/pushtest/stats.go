package pushtest

import (
	"maps"
	"net"
	"net/http"
	"sync"
	"time"
)

// Stats are what a server has seen.
type Stats struct {
	Requests    int         `json:"requests"`
	Accepted    int         `json:"accepted"`
	ByStatus    map[int]int `json:"by_status"`
	Connections int         `json:"connections"`
	// MostInFlight is the largest number of requests at a time.
	MostInFlight  int       `json:"most_in_flight"`
	FirstAccepted time.Time `json:"first_accepted"`
}

type counters struct {
	mu       sync.Mutex
	stats    Stats
	inFlight int
}

// Stats are what the server has seen so far.
func (s *Server) Stats() Stats {
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	stats := s.stats.stats
	stats.ByStatus = maps.Clone(stats.ByStatus)
	return stats
}

func (c *counters) enter() (leave func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Requests++
	c.inFlight++
	c.stats.MostInFlight = max(c.stats.MostInFlight, c.inFlight)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.inFlight--
	}
}

func (c *counters) accept(at time.Time) {
	c.answer(http.StatusCreated)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stats.Accepted++; c.stats.Accepted == 1 {
		c.stats.FirstAccepted = at
	}
}

func (c *counters) answer(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stats.ByStatus == nil {
		c.stats.ByStatus = map[int]int{}
	}
	c.stats.ByStatus[status]++
}

func (c *counters) connection(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.stats.Connections++
	}
}
