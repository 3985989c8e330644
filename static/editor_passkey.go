package static

import (
	"net/http"
	"time"
)

// EditorPasskey is one of a person's passkeys.
type EditorPasskey struct {
	ID    int64
	Name  string
	Added time.Time
	// LastUse is nil if it has never signed in.
	LastUse *time.Time
	// IsSuspended is true if the passkey seems to have been copied and no longer signs in.
	IsSuspended bool
}

// EditorPasskeys are a person's passkeys, and the form that adds one.
type EditorPasskeys struct {
	// AreOffered is false if browsers do not use passkeys at the site's address.
	AreOffered bool
	// ByProvider is true for a person that the identity provider signs in, who has none.
	ByProvider bool
	// MayAdd is false if the person signed in too long ago.
	MayAdd bool
	// Name is the name that the form proposes.
	Name string
	List []EditorPasskey
}

// EditorWelcomePage offers a passkey to somebody who has just set a password.
type EditorWelcomePage struct {
	Actor    EditorActor
	Passkeys EditorPasskeys
}

// EditorWelcome writes the page after an invitation or a reset link.
func (p *Pages) EditorWelcome(w http.ResponseWriter, page EditorWelcomePage) error {
	return p.render(w, http.StatusOK, "editor_welcome", "", page)
}
