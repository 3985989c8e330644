package live

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/respond"
	"newsbell/models/validation"
)

// socketBuffer is the size, in bytes, of the send buffer for a page that reads slowly.
const socketBuffer = 64 << 10

// Route registers the event stream of an outage's page.
func (h *Hub) Route(engine *gin.Engine) {
	engine.GET("/outages/:slug/events", func(c *gin.Context) {
		err := h.stream(c)
		if errors.Is(err, errFull) {
			c.Header("Retry-After", respond.RetryAfter)
			respond.Problem(c, http.StatusServiceUnavailable, "Too many pages are open here. Please try again.")
		} else if errors.Is(err, errFullAddress) {
			h.clients.WarnOfSharedLimit(c.Request)
			c.Header("Retry-After", respond.RetryAfter)
			respond.Problem(c, http.StatusTooManyRequests, "Too many pages are open from this address.")
		} else if err != nil {
			h.errors.Fail(c, err)
		}
	})
}

// stream streams an outage's updates to an open live page: those after the update that
// it names, then each as it is published. If that update does not exist, it sends a
// reset first.
func (h *Hub) stream(c *gin.Context) error {
	after, err := lastUpdateOf(c.Request)
	if err != nil {
		return err
	}
	address := h.addressOf(c.Request)
	outage, err := h.open(c.Request.Context(), c.Param("slug"), address)
	if err != nil {
		return err
	}
	if after < 0 {
		after = outage.newest()
	}
	if after > outage.newest() { // another process may have published it
		if err := h.readOn(c.Request.Context(), outage); err != nil {
			h.close(outage, address)
			return err
		}
	}
	header := c.Writer.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // or nginx would buffer
	header.Set("Connection", "close")     // the connection ends with the stream
	header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	conn, err := takeOver(c.Writer)
	if err != nil {
		h.close(outage, address)
		return fmt.Errorf("take over connection: %w", err)
	}
	_, reloads := outage.reloadsSince(0, after)
	h.serve(&page{conn: conn, outage: outage, address: address, last: after, reloads: reloads}, preamble(header))
	return nil
}

// addressOf returns the address that an open page counts for; empty if it comes from a
// proxy that does not name its client.
func (h *Hub) addressOf(r *http.Request) string {
	if h.clients.IsProxy(r) {
		return ""
	}
	return h.clients.Key(r)
}

// lastUpdateOf returns the position of the last update that a page has: Last-Event-ID if its
// browser reconnects, otherwise ?after= of the first connection; -1 if both are missing.
func lastUpdateOf(r *http.Request) (int64, error) {
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = r.URL.Query().Get("after")
	}
	if last == "" {
		return -1, nil
	}
	id, err := strconv.ParseInt(last, 10, 64)
	if err != nil || id < 0 {
		return 0, &validation.Invalid{Problems: []validation.Problem{{Field: "after", Message: "must be an update's number"}}}
	}
	return id, nil
}

// takeOver hijacks a connection from net/http, which would keep 27 kB for each open
// page, three times what is needed.
func takeOver(w http.ResponseWriter) (net.Conn, error) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	if buffered, ok := conn.(interface{ SetWriteBuffer(bytes int) error }); ok {
		_ = buffered.SetWriteBuffer(socketBuffer)
	}
	return conn, nil
}

// preamble returns the head of the response and the retry time after which a browser
// reconnects. It is random, so that ten thousand pages do not reconnect at once.
func preamble(header http.Header) []byte {
	var head bytes.Buffer
	head.WriteString("HTTP/1.1 200 OK\r\n")
	_ = header.Write(&head)
	fmt.Fprintf(&head, "\r\nretry: %d\n\n", 1000+rand.IntN(3000))
	return head.Bytes()
}
