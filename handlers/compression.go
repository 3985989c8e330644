package handlers

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"

	"newsbell/handlers/respond"
)

// compress compresses pages and assets. It does not compress the API's responses, so
// that no compressed body mixes a secret with input from others, or streams.
func compress(next http.Handler) http.Handler {
	return exceptForPrograms(next, gzhttp.GzipHandler(next))
}

// exceptForPrograms uses plain for responses that programs read, and wrapped for others.
func exceptForPrograms(plain, wrapped http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if respond.IsForPrograms(r) {
			plain.ServeHTTP(w, r)
			return
		}
		wrapped.ServeHTTP(w, r)
	})
}
