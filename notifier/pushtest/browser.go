package pushtest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// browser is a Firefox. It outlives its connections: unacknowledged messages wait for the
// next one.
type browser struct {
	server *Server
	uaid   string

	mu       sync.Mutex
	channels map[string]channel // by ID
	waiting  []stored
	conn     *connection // nil while it is away
}

// channel is a browser's subscription.
type channel struct{ token, key string }

// stored is a message that a browser has not acknowledged.
type stored struct {
	incoming
	channel, version string
}

// connect greets the browser and sends unacknowledged messages again. A browser has one
// connection: the newest.
func (b *browser) connect(c *connection) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conn != nil {
		_ = b.conn.CloseNow()
	}
	b.conn = c
	b.send(frame{MessageType: "hello", UAID: b.uaid, Status: http.StatusOK, UseWebPush: true, Broadcasts: map[string]any{}})
	now := b.server.options.Now()
	b.drop(func(m stored) bool { return !now.Before(m.arrived.Add(m.ttl)) })
	for _, m := range b.waiting {
		b.send(m.frame())
	}
}

func (b *browser) disconnect(c *connection) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conn == c {
		b.conn = nil
	}
}

// answer handles a request of the browser. It ignores unknown requests, such as
// broadcast_subscribe.
func (b *browser) answer(in frame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch in.MessageType {
	case "register":
		b.send(b.register(in.ChannelID, unpadded(in.Key)))
	case "unregister":
		b.unregister(in.ChannelID)
		b.send(frame{MessageType: "unregister", ChannelID: in.ChannelID, Status: http.StatusOK})
	case "ack":
		for _, update := range in.Updates {
			b.drop(func(m stored) bool { return m.channel == update.ChannelID && m.version == update.Version })
		}
	}
}

// register subscribes. The same channel and key again is the same subscription;
// the channel with another key is a new one, and the old one ends.
func (b *browser) register(id, key string) frame {
	if b.channels[id].token == "" || b.channels[id].key != key {
		token, err := b.server.subscriptions.add(key, func(m incoming) { b.deliver(id, m) })
		if err != nil {
			return frame{MessageType: "register", ChannelID: id, Status: http.StatusBadRequest}
		}
		b.unregister(id)
		b.channels[id] = channel{token: token, key: key}
	}
	return frame{
		MessageType: "register", ChannelID: id, Status: http.StatusOK,
		Endpoint: b.server.endpoint(b.channels[id].token),
	}
}

func (b *browser) unregister(id string) {
	b.server.subscriptions.end(b.channels[id].token)
	delete(b.channels, id)
	b.drop(func(m stored) bool { return m.channel == id })
}

// deliver sends a message now, or keeps it for its TTL (RFC 8030 section 5.2).
// One with a Topic replaces the one that waits (section 5.4).
func (b *browser) deliver(channel string, m incoming) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conn == nil && m.topic != "" {
		b.drop(func(old stored) bool { return old.channel == channel && old.topic == m.topic })
	}
	if b.conn == nil && m.ttl == 0 {
		return
	}
	message := stored{incoming: m, channel: channel, version: newID()}
	b.waiting = append(b.waiting, message)
	b.send(message.frame())
}

func (b *browser) drop(match func(stored) bool) { b.waiting = slices.DeleteFunc(b.waiting, match) }

// send writes a frame if the browser is connected. A connection that takes
// nothing for 5 s is ended.
func (b *browser) send(f frame) {
	if b.conn == nil {
		return
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(b.server.stopped, 5*time.Second)
	defer cancel()
	_ = b.conn.Write(ctx, websocket.MessageText, raw) // if it fails, reading fails as well
}

func (m stored) frame() frame {
	return frame{
		MessageType: "notification", ChannelID: m.channel, Version: m.version,
		Data: base64.RawURLEncoding.EncodeToString(m.body), Headers: map[string]string{"encoding": "aes128gcm"},
	}
}

// newID returns 32 hexadecimal digits, as in a UUID.
func newID() string {
	var raw [16]byte
	rand.Read(raw[:])
	return hex.EncodeToString(raw[:])
}
