package pages

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/gin-gonic/gin"
)

// conditional buffers a complete page, so that a browser or a feed reader that already
// has it gets 304 Not Modified (RFC 9110 section 13).
type conditional struct {
	gin.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader implements [http.ResponseWriter].
func (w *conditional) WriteHeader(status int) { w.status = status }

// Write implements [http.ResponseWriter].
func (w *conditional) Write(part []byte) (int, error) { return w.body.Write(part) }

// send sends the page, unless the client has it. The entity tag is weak because the page
// may be compressed on its way.
func (w *conditional) send(r *http.Request) {
	if w.status != 0 && w.status != http.StatusOK {
		w.ResponseWriter.WriteHeader(w.status)
		_, _ = w.ResponseWriter.Write(w.body.Bytes())
		return
	}
	header := w.Header()
	sum := sha256.Sum256(w.body.Bytes())
	header.Set("ETag", `W/"`+hex.EncodeToString(sum[:12])+`"`)
	modified, _ := http.ParseTime(header.Get("Last-Modified"))
	http.ServeContent(w.ResponseWriter, r, "", modified, bytes.NewReader(w.body.Bytes()))
}
