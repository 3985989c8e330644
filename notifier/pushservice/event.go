package pushservice

import (
	"crypto/rand"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go"
)

// Subject is the subject on the bus that carries an [Event].
const Subject = "newsbell.hosts"

// Event reports to all workers what one of them found out about a push service.
type Event struct {
	// From is the process that sends the event.
	From string `json:"from"`
	Host string `json:"host"`
	// PausedMS is the pause in milliseconds; 0 if the push service is not paused.
	PausedMS int64 `json:"left_alone_ms,omitempty"`
	// Asked says that the push service itself asked for the pause.
	Asked bool `json:"asked,omitempty"`
	// Works says that the push service has just accepted a push.
	Works bool `json:"works,omitempty"`
	// RefusedKeys are VAPID keys with which every push is refused, and AcceptedKeys those
	// with which pushes are accepted again.
	RefusedKeys  []int64 `json:"refused_keys,omitempty"`
	AcceptedKeys []int64 `json:"accepted_keys,omitempty"`
	// Limit is the maximum number of requests in flight to the push service; 0: no limit.
	Limit int `json:"limit,omitempty"`
}

// Broadcast sends events to all workers. If a message is lost, each worker finds out on its
// own.
type Broadcast struct {
	conn *nats.Conn
	from string
}

func NewBroadcast(conn *nats.Conn) *Broadcast {
	return &Broadcast{conn: conn, from: rand.Text()}
}

// Tell publishes an event, unless the bus is disconnected: a late event is useless.
func (n *Broadcast) Tell(event Event) {
	event.From = n.from
	if message, err := json.Marshal(event); err == nil && n.conn.IsConnected() {
		_ = n.conn.Publish(Subject, message)
	}
}

// Listen calls receive with the events of other processes, until the subscription ends.
func (n *Broadcast) Listen(receive func(Event)) (*nats.Subscription, error) {
	return n.conn.Subscribe(Subject, func(m *nats.Msg) {
		var event Event
		if json.Unmarshal(m.Data, &event) == nil && event.From != n.from && event.Host != "" {
			receive(event)
		}
	})
}

// receive handles an event of another process.
func (s *hosts) receive(event Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.host(event.Host).receive(s.now(), event)
	s.work.Signal()
}

// receive applies another process's report, for at most a minute. A host that works here is
// not paused: the other process or its network may be down.
func (h *host) receive(now time.Time, event Event) {
	if event.Limit > 0 {
		h.limit.lowerTo(now, event.Limit)
	}
	h.receiveKeys(now, event.RefusedKeys, event.AcceptedKeys)
	if event.Works {
		h.circuit = circuit{}
		return
	}
	wait := time.Duration(min(event.PausedMS, longestPause.Milliseconds())) * time.Millisecond
	if wait <= 0 || h.circuit.isOpen() && !h.circuit.until.Before(now.Add(wait)) || h.hasWorked(now) && !event.Asked {
		return
	}
	h.circuit.wait = max(h.circuit.wait, min(wait, lastProbe))
	h.circuit.open(now, wait)
	h.returnAll(h.paused(wait), func(*batch) bool { return true })
}

// news returns the event that other processes should get about the host.
func (h *host) news(now time.Time) Event {
	refused, accepted := h.keyNews()
	return Event{
		RefusedKeys: refused, AcceptedKeys: accepted,
		Host: h.name, PausedMS: h.circuit.openFor(now).Milliseconds(), Asked: h.asked,
		Works: !h.circuit.isOpen() && h.hasWorked(now), Limit: int(h.limit.limit),
	}
}

// hasWorked reports whether the host has recently accepted a push of this process.
func (h *host) hasWorked(now time.Time) bool { return now.Sub(h.worked) < answersWithin }
