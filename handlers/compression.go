package handlers

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"

	"newsbell/handlers/respond"
)

// compress compresses pages and assets. Answers of the API are not compressed,
// so that no body mixes a secret with a stranger's input; nor are streams.
func compress(next http.Handler) http.Handler {
	return exceptForPrograms(next, gzhttp.GzipHandler(next))
}

// exceptForPrograms serves what programs read plainly and everything else wrapped.
func exceptForPrograms(plain, wrapped http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if respond.IsForPrograms(r) {
			plain.ServeHTTP(w, r)
			return
		}
		wrapped.ServeHTTP(w, r)
	})
}
