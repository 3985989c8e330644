package newsroom

import (
	"errors"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/models/validation"
	"newsbell/static"
)

// tokenForm is what a chief enters to create a token.
type tokenForm struct {
	name    string
	scopes  []models.Scope
	expires string
}

func tokenFormOf(c *gin.Context) tokenForm {
	form := tokenForm{name: c.PostForm("name"), expires: c.PostForm("expires")}
	for _, scope := range c.PostFormArray("scopes") {
		form.scopes = append(form.scopes, models.Scope(scope))
	}
	return form
}

// parse returns the token to create, or all problems if the day cannot be read. The day on
// which it ends begins at midnight in UTC.
func (f tokenForm) parse(owner *models.Person, now time.Time) (models.NewToken, error) {
	token := models.NewToken{Name: f.name, Scopes: f.scopes, Owner: owner}
	if f.expires == "" {
		return token, nil
	}
	day, err := time.Parse(time.DateOnly, f.expires)
	if err != nil {
		var p validation.Problems
		p.Add("expires", "must be a day such as 2027-01-31")
		p.AddAll(token.Validate(now))
		return token, p.Err()
	}
	token.ExpiresAt = &day
	return token, nil
}

func (n *Newsroom) tokensPage(c *gin.Context) error {
	return n.showTokens(c, tokenForm{scopes: models.Scopes}, nil)
}

// showTokens writes the page of all tokens, with the given form.
func (n *Newsroom) showTokens(c *gin.Context, form tokenForm, problems static.FormProblems) error {
	tokens, err := n.store.Tokens(c.Request.Context())
	if err != nil {
		return err
	}
	page := static.EditorTokensPage{
		Actor: actorOf(c), Name: form.name, Scopes: scopeViews(form.scopes), Expires: form.expires, Problems: problems,
	}
	for _, token := range tokens {
		if token.IsLive(n.store.Now()) {
			page.Tokens = append(page.Tokens, tokenView(token))
		} else {
			page.Ended = append(page.Ended, tokenView(token))
		}
	}
	return n.pages.EditorTokens(c.Writer, page)
}

// createToken creates a token and shows its secret, once.
func (n *Newsroom) createToken(c *gin.Context) error {
	form := tokenFormOf(c)
	wanted, err := form.parse(sessionOf(c).Person, n.store.Now())
	if err != nil {
		problems, _ := problemsOf(err)
		return n.showTokens(c, form, problems)
	}
	token, secret, err := n.store.CreateToken(c.Request.Context(), wanted)
	if errors.Is(err, models.ErrConflict) {
		return n.showTokens(c, form, static.FormProblems{{Field: "name", Words: "is taken, perhaps by a token that has ended"}})
	}
	if problems, ok := problemsOf(err); ok {
		return n.showTokens(c, form, problems)
	}
	if err != nil {
		return err
	}
	return n.pages.EditorToken(c.Writer, static.EditorTokenPage{Actor: actorOf(c), Token: tokenView(token), Secret: secret})
}

func (n *Newsroom) revokeToken(c *gin.Context) error {
	if err := n.store.RevokeToken(c.Request.Context(), c.PostForm("name"), sessionOf(c).Actor()); err != nil {
		return err
	}
	n.redirect(c, "/tokens")
	return nil
}

func tokenView(t models.Token) static.EditorToken {
	view := static.EditorToken{
		Name: t.Name, Scopes: scopeViews(t.Scopes), Created: t.CreatedAt, LastUse: t.LastUsedAt, Expires: t.ExpiresAt, Revoked: t.RevokedAt,
	}
	if t.Owner != nil {
		view.Owner = t.Owner.Name
	}
	return view
}

func scopeViews(scopes []models.Scope) static.EditorScopes {
	return static.EditorScopes{Read: slices.Contains(scopes, models.ScopeRead), Publish: slices.Contains(scopes, models.ScopePublish)}
}
