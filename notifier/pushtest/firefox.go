package pushtest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// browsers are the Firefoxes that have connected, by their uaid.
type browsers struct {
	mu     sync.Mutex
	byUAID map[string]*browser
	hello  chan struct{} // closed at the first hello
	once   sync.Once
	served sync.WaitGroup
}

// browser outlives its connections: what it has not acknowledged waits.
type browser struct {
	server *Server
	uaid   string

	mu       sync.Mutex
	channels map[string]string // channel ID → token
	waiting  []stored
	conn     *websocket.Conn
}

// stored is a message on its way to a browser.
type stored struct {
	incoming
	channel, version string
}

// frame is any message of Firefox's push protocol.
type frame struct {
	MessageType string            `json:"messageType,omitempty"`
	UAID        string            `json:"uaid,omitempty"`
	Status      int               `json:"status,omitempty"`
	UseWebPush  bool              `json:"use_webpush,omitempty"`
	Broadcasts  map[string]string `json:"broadcasts,omitzero"`
	ChannelID   string            `json:"channelID,omitempty"`
	Key         string            `json:"key,omitempty"`
	Endpoint    string            `json:"pushEndpoint,omitempty"`
	Version     string            `json:"version,omitempty"`
	Data        string            `json:"data,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
	Updates     []frame           `json:"updates,omitempty"`
}

func (b *browsers) init() {
	b.byUAID, b.hello = map[string]*browser{}, make(chan struct{})
}

func (b *browsers) wait() { b.served.Wait() }

// WaitHello waits until a Firefox has said hello: subscribing earlier can hang.
func (s *Server) WaitHello(ctx context.Context) error {
	select {
	case <-s.browsers.hello:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// DropBrowsers closes every WebSocket; browsers connect again by themselves.
func (s *Server) DropBrowsers() {
	s.browsers.mu.Lock()
	defer s.browsers.mu.Unlock()
	for _, b := range s.browsers.byUAID {
		b.mu.Lock()
		if b.conn != nil {
			_ = b.conn.CloseNow()
		}
		b.mu.Unlock()
	}
}

// firefox serves one connection of Firefox's push client.
func (s *Server) firefox(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: []string{"push-notification"}, InsecureSkipVerify: true, // it sends no Origin of ours
	})
	if err != nil {
		return
	}
	s.browsers.served.Add(1)
	defer s.browsers.served.Done()
	defer conn.CloseNow()
	var b *browser
	for {
		_, raw, err := conn.Read(s.stopped)
		if err != nil {
			if b != nil {
				b.disconnect(conn)
			}
			return
		}
		var in frame
		if json.Unmarshal(raw, &in) != nil {
			return
		}
		switch {
		case string(raw) == "{}":
			_ = conn.Write(s.stopped, websocket.MessageText, []byte("{}"))
		case in.MessageType == "hello":
			b = s.greet(in.UAID)
			b.connect(conn)
		case b != nil:
			b.answer(in)
		}
	}
}

// greet finds a browser by its uaid, or knows a new one.
func (s *Server) greet(uaid string) *browser {
	s.browsers.mu.Lock()
	defer s.browsers.mu.Unlock()
	b, ok := s.browsers.byUAID[uaid]
	if !ok {
		b = &browser{server: s, uaid: newUAID(), channels: map[string]string{}}
		s.browsers.byUAID[b.uaid] = b
	}
	return b
}

// connect says hello and sends again what was not acknowledged.
func (b *browser) connect(conn *websocket.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.conn = conn
	b.send(frame{MessageType: "hello", UAID: b.uaid, Status: http.StatusOK, UseWebPush: true, Broadcasts: map[string]string{}})
	waiting := b.waiting[:0]
	for _, m := range b.waiting {
		if time.Since(m.arrived) <= m.ttl {
			waiting = append(waiting, m)
			b.send(m.frame())
		}
	}
	b.waiting = waiting
	b.server.browsers.once.Do(func() { close(b.server.browsers.hello) })
}

func (b *browser) disconnect(conn *websocket.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conn == conn {
		b.conn = nil
	}
}

func (b *browser) answer(in frame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch in.MessageType {
	case "register":
		token, ok := b.channels[in.ChannelID]
		if !ok {
			token = b.server.subscriptions.add(in.Key, func(m incoming) { b.deliver(in.ChannelID, m) })
			b.channels[in.ChannelID] = token
		}
		b.send(frame{
			MessageType: "register", ChannelID: in.ChannelID, Status: http.StatusOK,
			Endpoint: b.server.url + "/push/" + token,
		})
	case "unregister":
		b.server.subscriptions.end(b.channels[in.ChannelID])
		delete(b.channels, in.ChannelID)
		b.send(frame{MessageType: "unregister", ChannelID: in.ChannelID, Status: http.StatusOK})
	case "ack":
		for _, update := range in.Updates {
			b.drop(func(m stored) bool { return m.channel == update.ChannelID && m.version == update.Version })
		}
	}
}

// deliver sends a message now, or keeps it for its TTL. One with a Topic
// replaces the one that waits (RFC 8030 section 5.4).
func (b *browser) deliver(channel string, m incoming) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m.topic != "" && b.conn == nil {
		b.drop(func(old stored) bool { return old.channel == channel && old.topic == m.topic })
	}
	if m.ttl == 0 && b.conn == nil {
		return
	}
	message := stored{incoming: m, channel: channel, version: newUAID()}
	b.waiting = append(b.waiting, message)
	b.send(message.frame())
}

func (b *browser) drop(match func(stored) bool) {
	kept := b.waiting[:0]
	for _, m := range b.waiting {
		if !match(m) {
			kept = append(kept, m)
		}
	}
	b.waiting = kept
}

// send writes a frame if the browser is connected; b.mu is held.
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
	_ = b.conn.Write(ctx, websocket.MessageText, raw)
}

func (m stored) frame() frame {
	return frame{
		MessageType: "notification", ChannelID: m.channel, Version: m.version,
		Data: base64.RawURLEncoding.EncodeToString(m.body), Headers: map[string]string{"encoding": "aes128gcm"},
	}
}

// newUAID is 32 hexadecimal digits.
func newUAID() string {
	var raw [16]byte
	rand.Read(raw[:])
	return hex.EncodeToString(raw[:])
}
