package static

import "net/http"

// ErrorPage says what went wrong, in words that are safe to show to readers.
type ErrorPage struct {
	Status         int
	Title, Message string
}

// Error writes an error page with its status.
func (p *Pages) Error(w http.ResponseWriter, page ErrorPage) error {
	return p.render(w, page.Status, "error", "", page)
}
