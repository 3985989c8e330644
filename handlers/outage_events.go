package handlers

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"newsbell/models"
)

// socketBuffer is how many bytes the system keeps for a page that reads slowly.
const socketBuffer = 64 << 10

func (s *server) routeOutageEvents(engine *gin.Engine) {
	engine.GET("/outages/:slug/events", func(c *gin.Context) {
		err := s.outageEvents(c)
		if errors.Is(err, errFull) {
			c.Header("Retry-After", comeBackAfter)
			writeProblem(c, http.StatusServiceUnavailable, "Too many pages are open here. Please try again.")
		} else if errors.Is(err, errFullAddress) {
			s.warnOfProxy(c.Request)
			c.Header("Retry-After", comeBackAfter)
			writeProblem(c, http.StatusTooManyRequests, "Too many pages are open from this address.")
		} else if err != nil {
			s.fail(c, err)
		}
	})
}

// isEventStream knows the streams, which no wrapper may hold back or pack.
func isEventStream(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/outages/") && strings.HasSuffix(r.URL.Path, "/events")
}

// outageEvents streams an outage's updates to an open live page
// (text/event-stream): those after the one it names, then each as it is
// published. A page that names one that there is not gets a reset first.
func (s *server) outageEvents(c *gin.Context) error {
	after, err := lastUpdateOf(c.Request)
	if err != nil {
		return err
	}
	address := s.livePageOf(c.Request)
	story, err := s.live.open(c.Request.Context(), c.Param("slug"), address)
	if err != nil {
		return err
	}
	if after < 0 {
		after = story.newest()
	}
	if after > story.newest() { // another process may have published it
		if err := s.live.readOn(c.Request.Context(), story); err != nil {
			s.live.close(story, address)
			return err
		}
	}
	header := c.Writer.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // nginx would collect
	header.Set("Connection", "close")     // the stream's end is the connection's
	header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	conn, err := takeOver(c.Writer)
	if err != nil {
		s.live.close(story, address)
		return fmt.Errorf("take over connection: %w", err)
	}
	s.live.show(&livePage{conn: conn, story: story, address: address, last: after}, preamble(header))
	return nil
}

// livePageOf is what an open page is counted under; empty for a proxy's own
// address, behind which there may be anybody.
func (s *server) livePageOf(r *http.Request) string {
	if s.proxies.Trust(s.proxies.Client(r)) {
		return ""
	}
	return s.countedAs(r)
}

// lastUpdateOf is the ID of the last update that a page has: what its browser
// says when it connects again, or else ?after= of its first connection. It is
// -1 when neither says.
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
		return 0, &models.Invalid{Problems: []models.Problem{{Field: "after", Message: "must be an update's number"}}}
	}
	return id, nil
}

// takeOver takes a connection from net/http, which would keep 27 kB for each
// as long as the page is open, three times what is needed.
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

// preamble is the answer's head and the time, different for each, after which
// a page that lost its stream comes back: ten thousand do not come at once.
func preamble(header http.Header) []byte {
	var head bytes.Buffer
	head.WriteString("HTTP/1.1 200 OK\r\n")
	_ = header.Write(&head)
	fmt.Fprintf(&head, "\r\nretry: %d\n\n", 1000+rand.IntN(3000))
	return head.Bytes()
}
