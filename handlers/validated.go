package handlers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/gin-gonic/gin"
)

// validated holds a page back until all of it is there, so that a browser or a
// feed reader that has the same already is told just that (RFC 9110 section 13).
type validated struct {
	gin.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader implements [http.ResponseWriter].
func (v *validated) WriteHeader(status int) { v.status = status }

// Write implements [http.ResponseWriter].
func (v *validated) Write(part []byte) (int, error) { return v.body.Write(part) }

// serve sends what was held back, unless the other end has it. Its tag is weak
// since it may be compressed on its way.
func (v *validated) serve(r *http.Request) {
	if v.status != 0 && v.status != http.StatusOK {
		v.ResponseWriter.WriteHeader(v.status)
		_, _ = v.ResponseWriter.Write(v.body.Bytes())
		return
	}
	header := v.Header()
	sum := sha256.Sum256(v.body.Bytes())
	header.Set("ETag", `W/"`+hex.EncodeToString(sum[:12])+`"`)
	modified, _ := http.ParseTime(header.Get("Last-Modified"))
	http.ServeContent(v.ResponseWriter, r, "", modified, bytes.NewReader(v.body.Bytes()))
}
