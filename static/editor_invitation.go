package static

import "net/http"

// EditorInvitationPage lets the holder of an invitation make an account, or the holder of
// a reset link set a new password.
type EditorInvitationPage struct {
	// Secret is part of the page's address.
	Secret string
	// Resets is true for a reset link.
	Resets bool
	// HasPasskeys is true if people may have passkeys, which a reset link removes.
	HasPasskeys bool
	// Email is the address of the account. It is a field of the form if ChoosesEmail.
	Email        string
	ChoosesEmail bool
	Name, Role   string
	Problems     FormProblems
}

// EditorInvitation writes the page of an invitation or a reset link.
func (p *Pages) EditorInvitation(w http.ResponseWriter, page EditorInvitationPage) error {
	return p.render(w, formStatus(page.Problems), "editor_invitation", "", page)
}

// EditorInvitationEnded writes the page of an invitation that is unknown, used or expired.
func (p *Pages) EditorInvitationEnded(w http.ResponseWriter) error {
	return p.render(w, http.StatusGone, "editor_invitation_ended", "", nil)
}
