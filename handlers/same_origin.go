package handlers

import (
	"net/http"

	"newsbell/handlers/newsroom"
	"newsbell/handlers/respond"
	"newsbell/static"
)

// crossOriginProtection blocks requests that browsers send for a page of another origin,
// except these. Proxies may have changed the Host header, so our own origin is added
// too.
func crossOriginProtection(site static.Site, errors *respond.Errors, others ...string) (*http.CrossOriginProtection, error) {
	protection := http.NewCrossOriginProtection()
	for _, origin := range append([]string{site.Origin()}, others...) {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		errors.Page(w, http.StatusForbidden)
	}))
	return protection, nil
}

// sameOrigin blocks forms that another site's page submits with an editor's cookie. The
// API uses no cookies. A form for the newsroom must name its origin, as every browser
// does that can show the newsroom.
func sameOrigin(protection *http.CrossOriginProtection, errors *respond.Errors, next http.Handler) http.Handler {
	protected := protection.Handler(next)
	return exceptForPrograms(next, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if newsroom.Owns(r) && mayChange(r) && r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == "" {
			errors.Page(w, http.StatusForbidden)
			return
		}
		protected.ServeHTTP(w, r)
	}))
}

// mayChange reports whether a request's method is unsafe: it may change
// something (RFC 9110 section 9.2.1).
func mayChange(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	return true
}
