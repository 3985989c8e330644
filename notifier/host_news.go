package notifier

import (
	"crypto/rand"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go"

	"newsbell/models"
)

// hostNews shares with all workers what one of them learned the hard way. A
// lost message only means that each of them learns it.
type hostNews struct {
	conn *nats.Conn
	from string
}

func newHostNews(conn *nats.Conn) *hostNews {
	return &hostNews{conn: conn, from: rand.Text()}
}

// tell publishes an event. News that would be late is none.
func (n *hostNews) tell(event models.HostEvent) {
	event.From = n.from
	if message, err := json.Marshal(event); err == nil && n.conn.IsConnected() {
		_ = n.conn.Publish(models.SubjectHosts, message)
	}
}

// listen hands the events of others on, until the subscription ends.
func (n *hostNews) listen(hear func(models.HostEvent)) (*nats.Subscription, error) {
	return n.conn.Subscribe(models.SubjectHosts, func(m *nats.Msg) {
		var event models.HostEvent
		if json.Unmarshal(m.Data, &event) == nil && event.From != n.from && event.Host != "" {
			hear(event)
		}
	})
}

// hear learns from another process.
func (s *hosts) hear(event models.HostEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.host(event.Host).hear(s.now(), event)
	s.work.Signal()
}

// hear believes another process, for a minute at most. But a host that works
// here is not down: the other process, or its network, may be.
func (h *host) hear(now time.Time, event models.HostEvent) {
	if event.Limit > 0 {
		h.limit.lowerTo(now, event.Limit)
	}
	h.hearKeys(now, event.RefusedKeys, event.AcceptedKeys)
	if event.Works {
		h.circuit = circuit{}
		return
	}
	wait := time.Duration(min(event.LeftAloneMS, hostRetryAfter.Milliseconds())) * time.Millisecond
	if wait <= 0 || h.circuit.isOpen() && !h.circuit.until.Before(now.Add(wait)) || h.hasWorked(now) && !event.Asked {
		return
	}
	h.circuit.wait = max(h.circuit.wait, min(wait, lastProbe))
	h.circuit.open(now, wait)
	h.sendBackAll(h.leftAlone(wait), func(*batch) bool { return true })
}

// news is what others should know of the host.
func (h *host) news(now time.Time) models.HostEvent {
	refused, accepted := h.keyNews()
	return models.HostEvent{
		RefusedKeys: refused, AcceptedKeys: accepted,
		Host: h.name, LeftAloneMS: h.circuit.closedFor(now).Milliseconds(), Asked: h.asked,
		Works: !h.circuit.isOpen() && h.hasWorked(now), Limit: int(h.limit.limit),
	}
}

// hasWorked tells whether the host has just taken a push of this process.
func (h *host) hasWorked(now time.Time) bool { return now.Sub(h.worked) < answersWithin }
