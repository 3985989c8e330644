package h2

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const (
	initialWindow = 65535 // RFC 9113 §6.9.2
	// receiveWindow is the flow-control window for all responses on a connection.
	receiveWindow = 1 << 20
	// askedHeader is our SETTINGS_MAX_HEADER_LIST_SIZE.
	askedHeader = 16 << 10
)

// connect dials and exchanges settings.
func connect(h *host) (*conn, error) {
	o := h.client.options
	ctx, cancel := context.WithTimeout(h.client.closing, o.ConnectTimeout)
	defer cancel()
	raw, err := o.Dial(ctx, "tcp", h.address)
	if err != nil {
		return nil, err
	}
	secured, err := secure(ctx, raw, o.TLS, h.address)
	if err != nil {
		raw.Close()
		return nil, err
	}
	c := newConn(h, secured)
	if err := c.greet(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return c, nil
}

func secure(ctx context.Context, raw net.Conn, config *tls.Config, address string) (*tls.Conn, error) {
	config = config.Clone()
	config.NextProtos = []string{http2.NextProtoTLS, "http/1.1"}
	config.ServerName, _, _ = net.SplitHostPort(address)
	secured := tls.Client(raw, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	if secured.ConnectionState().NegotiatedProtocol != http2.NextProtoTLS {
		return nil, ErrUnfit
	}
	return secured, nil
}

func newConn(h *host, secured net.Conn) *conn {
	c := &conn{
		host: h, net: secured, began: time.Now(),
		failed: make(chan struct{}), wake: make(chan struct{}, 1),
		room: 100, maxStreams: 100, window: initialWindow,
		nextID: 1, streams: map[uint32]*stream{},
	}
	c.reads = http2.NewFramer(io.Discard, bufio.NewReaderSize(secured, 16<<10))
	c.reads.SetReuseFrames()
	c.reads.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	c.reads.MaxHeaderListSize = MaxResponseHeader
	c.writes = http2.NewFramer(&c.out, nil)
	c.encoder = hpack.NewEncoder(&c.block)
	c.touch()
	return c
}

// greet sends the preface and reads the server's settings (RFC 9113 §3.4).
func (c *conn) greet(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok {
		c.net.SetDeadline(deadline)
		defer c.net.SetDeadline(time.Time{})
	}
	defer context.AfterFunc(ctx, func() { c.net.Close() })()
	c.out.WriteString(http2.ClientPreface)
	c.writes.WriteSettings(
		http2.Setting{ID: http2.SettingEnablePush, Val: 0},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: 2 * MaxResponse},
		http2.Setting{ID: http2.SettingMaxHeaderListSize, Val: askedHeader},
	)
	c.writes.WriteWindowUpdate(0, receiveWindow-initialWindow)
	if _, err := c.net.Write(c.out.Bytes()); err != nil {
		return fmt.Errorf("send settings: %w", err)
	}
	c.out.Reset()
	frame, err := c.reads.ReadFrame()
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	settings, ok := frame.(*http2.SettingsFrame)
	if !ok || settings.IsAck() {
		return errors.New("read settings: another frame came first")
	}
	return c.adopt(settings)
}
