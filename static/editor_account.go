package static

import (
	"net/http"
	"time"
)

// EditorSession is a browser in which a person has signed in.
type EditorSession struct {
	ID      int64
	Browser string
	// IsThis is true for the browser that shows the page.
	IsThis         bool
	Begun, LastUse time.Time
}

// EditorBrowser is a browser that a person has linked to themselves.
type EditorBrowser struct {
	ID     int64
	Name   string
	Linked time.Time
}

// EditorAccountPage is where a person changes their own name and password and ends
// sessions.
type EditorAccountPage struct {
	Actor             EditorActor
	Name, Email, Role string
	Problems          FormProblems
	// HasPassword is false for people of an identity provider.
	HasPassword bool
	Passkeys    EditorPasskeys
	// Done is the change that was just made: "name", "password", "passkey" (added),
	// "passkeys" (removed), "browser" (linked), "browsers" (unlinked) or "session".
	Done     string
	Browsers []EditorBrowser
	Sessions []EditorSession
}

// EditorAccount writes the page of the person's own account.
func (p *Pages) EditorAccount(w http.ResponseWriter, page EditorAccountPage) error {
	return p.render(w, formStatus(page.Problems), "editor_account", "", page)
}
