package pushtest

import (
	"encoding/json"
	"net/http"

	"github.com/coder/websocket"
)

// frame is any message of Firefox's push protocol.
type frame struct {
	MessageType string            `json:"messageType,omitempty"`
	UAID        string            `json:"uaid,omitempty"`
	Status      int               `json:"status,omitempty"`
	UseWebPush  bool              `json:"use_webpush,omitempty"`
	Broadcasts  map[string]any    `json:"broadcasts,omitzero"`
	ChannelID   string            `json:"channelID,omitempty"`
	Key         string            `json:"key,omitempty"`
	Endpoint    string            `json:"pushEndpoint,omitempty"`
	Version     string            `json:"version,omitempty"`
	Data        string            `json:"data,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
	Updates     []update          `json:"updates,omitempty"`
}

// update acknowledges one message, whatever came of it.
type update struct {
	ChannelID string `json:"channelID"`
	Version   string `json:"version"`
	Code      int    `json:"code"` // 100 delivered, 101 not decrypted, 102 not delivered
}

// firefox serves one connection of Firefox's push client.
func (s *Server) firefox(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: []string{"push-notification"}, InsecureSkipVerify: true, // its Origin is its own
	})
	if err != nil {
		return // Accept has answered
	}
	c := &connection{Conn: conn, ended: make(chan struct{})}
	defer close(c.ended)
	defer c.CloseNow()
	s.browsers.join(c)
	defer s.browsers.leave(c)

	var hello frame
	for hello.MessageType != "hello" {
		if hello, err = s.readFrame(c); err != nil {
			return
		}
	}
	b := s.findBrowser(hello.UAID)
	b.connect(c)
	defer b.disconnect(c)
	s.browsers.greet(c)
	for {
		in, err := s.readFrame(c)
		if err != nil {
			return
		}
		b.answer(in)
	}
}

// readFrame reads the next message, and answers the pings before it.
func (s *Server) readFrame(c *connection) (frame, error) {
	for {
		_, raw, err := c.Read(s.stopped)
		if err != nil {
			return frame{}, err
		}
		if string(raw) == "{}" {
			if err := c.Write(s.stopped, websocket.MessageText, raw); err != nil {
				return frame{}, err
			}
			continue
		}
		var in frame
		err = json.Unmarshal(raw, &in)
		return in, err
	}
}
