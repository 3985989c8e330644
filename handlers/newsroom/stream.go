package newsroom

import (
	"net/http"
	"time"

	"github.com/tmaxmax/go-sse"
)

const (
	// heartbeatEvery is the maximum time between two writes to a stream, and streamWrite how
	// long one may take.
	heartbeatEvery = 15 * time.Second
	streamWrite    = 10 * time.Second
)

// stream writes events to a browser.
type stream struct {
	writer   http.ResponseWriter
	control  *http.ResponseController
	last     string
	lastSent time.Time
}

func openStream(w http.ResponseWriter) *stream {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // or nginx would buffer
	return &stream{writer: w, control: http.NewResponseController(w)}
}

// sendChanged sends an event unless it is the last one again; then, now and then, a
// heartbeat.
func (s *stream) sendChanged(kind, data string) error {
	if data != s.last {
		s.last = data
		return s.send(kind, data)
	}
	if time.Since(s.lastSent) < heartbeatEvery {
		return nil
	}
	var heartbeat sse.Message
	heartbeat.AppendComment("")
	return s.write(&heartbeat)
}

func (s *stream) send(kind, data string) error {
	event := sse.Message{Type: sse.Type(kind)}
	event.AppendData(data)
	return s.write(&event)
}

func (s *stream) write(message *sse.Message) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil {
		return err
	}
	if _, err := message.WriteTo(s.writer); err != nil {
		return err
	}
	s.lastSent = time.Now()
	return s.control.Flush()
}
