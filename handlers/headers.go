package handlers

import (
	"net/http"
	"strings"

	"newsbell/handlers/respond"
	"newsbell/static"
)

const contentSecurityPolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// secure adds security headers to every response.
func secure(site static.Site, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		if strings.HasPrefix(site.BaseURL, "https://") {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if respond.IsForPrograms(r) {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
}
