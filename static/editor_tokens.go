package static

import (
	"net/http"
	"time"
)

// EditorScopes are what a token may do.
type EditorScopes struct{ Read, Publish bool }

// EditorToken is a token with which a program uses the API.
type EditorToken struct {
	Name   string
	Scopes EditorScopes
	// Owner is empty for a token made on the server.
	Owner   string
	Created time.Time
	// LastUse, Expires and Revoked are nil for never.
	LastUse, Expires, Revoked *time.Time
}

// EditorTokensPage lists the tokens, creates and revokes them.
type EditorTokensPage struct {
	Actor EditorActor
	// Tokens are in force; Ended are revoked or have expired.
	Tokens, Ended []EditorToken
	// Name, Scopes and Expires are those of the form.
	Name     string
	Scopes   EditorScopes
	Expires  string
	Problems FormProblems
}

// EditorTokens writes the page of all tokens.
func (p *Pages) EditorTokens(w http.ResponseWriter, page EditorTokensPage) error {
	return p.render(w, formStatus(page.Problems), "editor_tokens", "", page)
}

// EditorTokenPage shows the secret of a new token, once.
type EditorTokenPage struct {
	Actor  EditorActor
	Token  EditorToken
	Secret string
}

// EditorToken writes the page of a new token.
func (p *Pages) EditorToken(w http.ResponseWriter, page EditorTokenPage) error {
	return p.render(w, http.StatusOK, "editor_token", "", page)
}
