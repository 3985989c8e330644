package pushservice

import (
	"crypto/rand"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go"
)

// Subject is the subject on the bus that carries an [Event].
const Subject = "newsbell.hosts"

// Event tells all workers what one of them found out about a push service.
type Event struct {
	// From is the process that found it out.
	From string `json:"from"`
	Host string `json:"host"`
	// PausedMS is for how many milliseconds nothing may be sent to it; 0 if there is
	// no need of a pause.
	PausedMS int64 `json:"left_alone_ms,omitempty"`
	// Asked says that the push service itself asked for that.
	Asked bool `json:"asked,omitempty"`
	// Works says that it has just accepted a push.
	Works bool `json:"works,omitempty"`
	// RefusedKeys are VAPID keys with which nothing is accepted any more, and
	// AcceptedKeys those with which something is again.
	RefusedKeys  []int64 `json:"refused_keys,omitempty"`
	AcceptedKeys []int64 `json:"accepted_keys,omitempty"`
	// Limit is how many requests the process may have in flight there; 0: as
	// many as it likes.
	Limit int `json:"limit,omitempty"`
}

// Broadcast shares with all workers what one of them found out. A lost message
// only means that each of them finds it out.
type Broadcast struct {
	conn *nats.Conn
	from string
}

func NewBroadcast(conn *nats.Conn) *Broadcast {
	return &Broadcast{conn: conn, from: rand.Text()}
}

// Tell publishes an event. News that would be late is none.
func (n *Broadcast) Tell(event Event) {
	event.From = n.from
	if message, err := json.Marshal(event); err == nil && n.conn.IsConnected() {
		_ = n.conn.Publish(Subject, message)
	}
}

// Listen hands the events of others on, until the subscription ends.
func (n *Broadcast) Listen(hear func(Event)) (*nats.Subscription, error) {
	return n.conn.Subscribe(Subject, func(m *nats.Msg) {
		var event Event
		if json.Unmarshal(m.Data, &event) == nil && event.From != n.from && event.Host != "" {
			hear(event)
		}
	})
}

// hear learns from another process.
func (s *hosts) hear(event Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.host(event.Host).hear(s.now(), event)
	s.work.Signal()
}

// hear believes another process, for a minute at most. But a host that works
// here is not down: the other process, or its network, may be.
func (h *host) hear(now time.Time, event Event) {
	if event.Limit > 0 {
		h.limit.lowerTo(now, event.Limit)
	}
	h.hearKeys(now, event.RefusedKeys, event.AcceptedKeys)
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

// news is what others should know of the host.
func (h *host) news(now time.Time) Event {
	refused, accepted := h.keyNews()
	return Event{
		RefusedKeys: refused, AcceptedKeys: accepted,
		Host: h.name, PausedMS: h.circuit.closedFor(now).Milliseconds(), Asked: h.asked,
		Works: !h.circuit.isOpen() && h.hasWorked(now), Limit: int(h.limit.limit),
	}
}

// hasWorked tells whether the host has just taken a push of this process.
func (h *host) hasWorked(now time.Time) bool { return now.Sub(h.worked) < answersWithin }
