package handlers

import (
	"net/http"
)

// crossOriginProtection refuses what browsers say comes from another site's
// page, but for these origins. Proxies may have changed the Host that browsers
// sent, so our own is among them.
func (s *server) crossOriginProtection(others ...string) (*http.CrossOriginProtection, error) {
	protection := http.NewCrossOriginProtection()
	for _, origin := range append([]string{s.site.Origin()}, others...) {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.errorPage(w, http.StatusForbidden)
	}))
	return protection, nil
}

// sameOrigin refuses forms that another site's page sends with an editor's
// cookie. The API knows no cookies. A form for the desk must say where it comes
// from, as every browser does that can show the desk: of one that does not,
// nobody knows.
func (s *server) sameOrigin(protection *http.CrossOriginProtection, next http.Handler) http.Handler {
	protected := protection.Handler(next)
	return exceptForPrograms(next, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isDesk(r) && changes(r) && r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == "" {
			s.errorPage(w, http.StatusForbidden)
			return
		}
		protected.ServeHTTP(w, r)
	}))
}

// changes tells whether a request may change something (RFC 9110 section 9.2.1).
func changes(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	return true
}
