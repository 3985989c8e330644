package lab

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/tmaxmax/go-sse"
	"golang.org/x/sync/errgroup"
)

// pagesAnAddress is the number of pages per source address: the system has about 28,000
// ports for each.
const pagesAnAddress = 20_000

// livePages are open live pages of an outage, as in browsers.
type livePages struct {
	url      *url.URL
	arrivals chan pageArrival
	last     []int64 // the last update of each page; the reader of arrivals updates it
	mu       sync.Mutex
	conns    []net.Conn
	reading  sync.WaitGroup
}

// pageArrival is when a page got an update.
type pageArrival struct {
	page   int
	update int64
	at     time.Time
}

// newLivePages returns live pages of an outage, none of which is open yet.
func newLivePages(baseURL, outage string, pages int) (*livePages, error) {
	u, err := url.Parse(baseURL + "/outages/" + outage + "/events")
	return &livePages{url: u, arrivals: make(chan pageArrival, pages), last: make([]int64, pages)}, err
}

// open opens pages until the given number is open.
func (l *livePages) open(ctx context.Context, pages int, opened func()) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(64)
	for page := len(l.conns); page < pages; page++ {
		group.Go(func() error {
			if err := l.openOne(ctx, page); err != nil {
				return fmt.Errorf("open live page %d: %w", page+1, err)
			}
			opened()
			return nil
		})
	}
	return group.Wait()
}

func (l *livePages) openOne(ctx context.Context, page int) error {
	dialer := net.Dialer{}
	if page >= pagesAnAddress {
		dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+page/pagesAnAddress))}
	}
	conn, err := dialer.DialContext(ctx, "tcp", l.url.Host)
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.conns = append(l.conns, conn)
	l.mu.Unlock()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url.String(), nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "text/event-stream")
	if err := request.Write(conn); err != nil {
		return err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the stream answers %s", response.Status)
	}
	l.reading.Go(func() { l.read(page, response) })
	return nil
}

// read reports each update of a page until its stream ends.
func (l *livePages) read(page int, stream *http.Response) {
	for event, err := range sse.Read(stream.Body, nil) {
		if err != nil {
			return
		}
		id, _ := strconv.ParseInt(event.LastEventID, 10, 64)
		l.arrivals <- pageArrival{page, id, time.Now()}
	}
}

// close closes all pages.
func (l *livePages) close() {
	for _, conn := range l.conns {
		_ = conn.Close()
	}
	go func() {
		l.reading.Wait()
		close(l.arrivals)
	}()
	for range l.arrivals {
	}
}
