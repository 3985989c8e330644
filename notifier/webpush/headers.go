package webpush

import (
	"net/http"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/net/http2/hpack"
)

// pushHeaders caches the headers of requests: an alert's pushes to one push service share
// them.
type pushHeaders struct {
	mu   sync.RWMutex
	kept map[headerKey]pushHeader
}

// headerKey is everything that a request's header depends on.
type headerKey struct {
	authorization string
	ttl           int
	urgency       Urgency
	topic         string
}

// pushHeader is a header in the forms of both HTTP clients. It must not be changed.
type pushHeader struct {
	shared http.Header
	fields []hpack.HeaderField
}

// maxHeaders is more than the combinations of alerts and push services at one time.
const maxHeaders = 256

func (h *pushHeaders) get(key headerKey) pushHeader {
	h.mu.RLock()
	header, ok := h.kept[key]
	h.mu.RUnlock()
	if ok {
		return header
	}
	header = newPushHeader(key)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.kept == nil || len(h.kept) >= maxHeaders {
		h.kept = map[headerKey]pushHeader{}
	}
	h.kept[key] = header
	return header
}

// newPushHeader returns the header that RFC 8030 §5 and RFC 8291 §4 require.
func newPushHeader(key headerKey) pushHeader {
	h := pushHeader{shared: http.Header{}}
	for _, field := range [...]struct{ name, value string }{
		{"Authorization", key.authorization},
		{"Content-Encoding", "aes128gcm"},
		{"Content-Type", "application/octet-stream"},
		{"TTL", strconv.Itoa(key.ttl)},
		{"Topic", key.topic},
		{"Urgency", string(key.urgency)},
		{"User-Agent", "Newsbell"},
	} {
		if field.value == "" {
			continue
		}
		h.shared.Set(field.name, field.value)
		h.fields = append(h.fields, hpack.HeaderField{Name: strings.ToLower(field.name), Value: field.value})
	}
	return h
}
