package webpush

import (
	"net/http"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/net/http2/hpack"
)

// pushHeaders keeps the headers of requests: those of an alert's pushes to one
// push service are all alike.
type pushHeaders struct {
	mu   sync.RWMutex
	kept map[headerKey]pushHeader
}

// headerKey is all that a request's header depends on.
type headerKey struct {
	authorization string
	ttl           int
	urgency       Urgency
	topic         string
}

// pushHeader is a header for each kind of client. Nobody may change it.
type pushHeader struct {
	shared http.Header
	fields []hpack.HeaderField
}

// maxHeaders is more than the alerts and push services of one moment.
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

// newPushHeader has what RFC 8030 §5 and RFC 8291 §4 ask of a push.
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
