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
	// Requests are all pushes, also those that got no answer.
	Requests int `json:"requests"`
	// Accepted are those that passed the checks.
	Accepted int         `json:"accepted"`
	ByStatus map[int]int `json:"by_status"`
	// Connections counts TCP connections, of pushes and others.
	Connections int `json:"connections"`
	// MostInFlight is the largest number of pushes at a time.
	MostInFlight int `json:"most_in_flight"`
	// FirstAccepted is when, by the wall clock; zero if nothing was.
	FirstAccepted time.Time `json:"first_accepted,omitzero"`
}

type counters struct {
	mu       sync.Mutex
	stats    Stats
	byStatus map[int]int
	inFlight int

	open sync.WaitGroup // connections, but for WebSockets
}

// Stats are what the server has seen so far.
func (s *Server) Stats() Stats {
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	stats := s.stats.stats
	stats.ByStatus = maps.Clone(s.stats.byStatus)
	return stats
}

func (c *counters) enter() (leave func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Requests++
	c.inFlight++
	c.stats.MostInFlight = max(c.stats.MostInFlight, c.inFlight)
	return c.leave
}

func (c *counters) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight--
}

func (c *counters) accept(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byStatus[http.StatusCreated]++
	if c.stats.Accepted++; c.stats.Accepted == 1 {
		c.stats.FirstAccepted = at
	}
}

func (c *counters) answer(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byStatus[status]++
}

// connection is called by net/http as a connection lives.
func (c *counters) connection(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.open.Add(1)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.stats.Connections++
	case http.StateHijacked, http.StateClosed:
		c.open.Done()
	}
}

// waitForConnections may be called when no more are accepted.
func (c *counters) waitForConnections() { c.open.Wait() }
