package h2

import (
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/net/http2"
)

var errNoResponse = errors.New("stream ended without a response")

// read handles frames until the connection ends.
func (c *conn) read() {
	for {
		frame, err := c.reads.ReadFrame()
		c.touch()
		if bad, ok := errors.AsType[http2.StreamError](err); ok {
			c.reset(bad.StreamID, bad.Code)
			c.end(bad.StreamID, bad)
			continue
		}
		if err == nil {
			err = c.take(frame)
		}
		if err != nil {
			c.fail(fmt.Errorf("read: %w", err))
			return
		}
	}
}

// take handles a frame (RFC 9113 §6).
func (c *conn) take(frame http2.Frame) error {
	switch f := frame.(type) {
	case *http2.MetaHeadersFrame:
		c.takeHeaders(f)
	case *http2.DataFrame:
		c.takeData(f)
	case *http2.RSTStreamFrame:
		c.takeReset(f)
	case *http2.SettingsFrame:
		if !f.IsAck() {
			return c.adopt(f)
		}
	case *http2.WindowUpdateFrame:
		if f.StreamID == 0 { // a stream's own window always fits its request
			c.host.grow(c, 0, int(f.Increment))
		}
	case *http2.PingFrame:
		if !f.IsAck() {
			c.queue(func() { c.writes.WritePing(true, f.Data) })
		}
	case *http2.GoAwayFrame:
		c.takeGoAway(f)
	case *http2.PushPromiseFrame:
		return errors.New("server pushes")
	}
	return nil
}

func (c *conn) takeHeaders(f *http2.MetaHeadersFrame) {
	status, _ := strconv.Atoi(f.PseudoValue("status"))
	c.change(f.StreamID, func(response *Response) {
		if status < 200 || response.Status != 0 { // 1xx, or trailers
			return
		}
		response.Status = status
		for _, field := range f.RegularFields() {
			response.Header.keep(field)
		}
	})
	if f.StreamEnded() {
		c.end(f.StreamID, errNoResponse)
	}
}

func (c *conn) takeData(f *http2.DataFrame) {
	c.grant(int(f.Length))
	full := false
	c.change(f.StreamID, func(response *Response) {
		room := MaxResponse - len(response.Body)
		response.Body = append(response.Body, f.Data()[:min(len(f.Data()), room)]...)
		full = len(response.Body) == MaxResponse
	})
	switch {
	case f.StreamEnded():
		c.end(f.StreamID, errNoResponse)
	case full:
		c.reset(f.StreamID, http2.ErrCodeCancel)
		c.end(f.StreamID, errNoResponse)
	}
}

func (c *conn) takeReset(f *http2.RSTStreamFrame) {
	var err error = http2.StreamError{StreamID: f.StreamID, Code: f.ErrCode}
	if f.ErrCode == http2.ErrCodeRefusedStream {
		err = errNotTaken
	}
	c.end(f.StreamID, err)
}

// takeGoAway retires the connection. Streams that the server processes may still end.
func (c *conn) takeGoAway(f *http2.GoAwayFrame) {
	c.retire() // no stream is opened from now on
	c.mu.Lock()
	var untaken []uint32
	for id := range c.streams {
		if id > f.LastStreamID {
			untaken = append(untaken, id)
		}
	}
	c.mu.Unlock()
	for _, id := range untaken {
		c.end(id, errNotTaken)
	}
}

// adopt applies the server's settings (RFC 9113 §6.5.2).
func (c *conn) adopt(f *http2.SettingsFrame) error {
	if size, ok := f.Value(http2.SettingInitialWindowSize); ok && size < MaxRequest {
		return ErrUnfit
	}
	if streams, ok := f.Value(http2.SettingMaxConcurrentStreams); ok {
		before := c.maxStreams
		c.maxStreams = int(min(streams, maxStreams))
		c.host.grow(c, c.maxStreams-before, 0)
	}
	c.queue(func() {
		if size, ok := f.Value(http2.SettingHeaderTableSize); ok {
			c.encoder.SetMaxDynamicTableSizeLimit(size)
		}
		c.writes.WriteSettingsAck()
	})
	return nil
}

// grant returns received bytes to the server's window.
func (c *conn) grant(received int) {
	if c.received += received; c.received >= receiveWindow/2 {
		increment := uint32(c.received)
		c.received = 0
		c.queue(func() { c.writes.WriteWindowUpdate(0, increment) })
	}
}

func (c *conn) reset(id uint32, code http2.ErrCode) {
	c.queue(func() { c.writes.WriteRSTStream(id, code) })
}

// queue queues frames that belong to no request.
func (c *conn) queue(write func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	write()
	c.flush()
}

// change changes the response of a stream that has not ended.
func (c *conn) change(id uint32, change func(*Response)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.streams[id]; ok {
		change(&s.response)
	}
}
