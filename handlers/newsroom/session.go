package newsroom

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"newsbell/handlers/respond"
	"newsbell/models"
	"newsbell/static"
)

// sessionLife is the length of a working day.
const sessionLife = 12 * time.Hour

// sessionToken is the session key for the ID of the token that the editor signed in
// with.
const sessionToken = "token"

// WithSessions loads and saves sessions for the newsroom's requests. Other responses do
// not set cookies or vary by them.
func (n *Newsroom) WithSessions(next http.Handler) http.Handler {
	inSession := n.sessions.LoadAndSave(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if Owns(r) {
			inSession.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func newSessions(store *models.Store, site static.Site, errors *respond.Errors) *scs.SessionManager {
	sessions := scs.New()
	sessions.Store = sessionStore{store}
	sessions.Lifetime = sessionLife
	sessions.HashTokenInStore = true
	sessions.Cookie.Name = "newsbell_editor"
	sessions.Cookie.Path = site.Root() + "/"
	sessions.Cookie.HttpOnly = true
	sessions.Cookie.SameSite = http.SameSiteLaxMode
	sessions.Cookie.Secure = strings.HasPrefix(site.BaseURL, "https://")
	sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		status := respond.Status(err)
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", respond.RetryAfter)
		}
		errors.LogFailure(r.Context(), "session failed", "error", err)
		errors.Page(w, status)
	}
	return sessions
}

// sessionStore keeps the sessions of scs in the database.
type sessionStore struct{ store *models.Store }

// FindCtx implements [scs.CtxStore].
func (s sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	return s.store.FindSession(ctx, token)
}

// CommitCtx implements [scs.CtxStore]. scs computes expiry with this machine's clock; the
// database's clock decides when a session has expired.
func (s sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return s.store.SaveSession(ctx, token, data, s.store.Now().Add(min(time.Until(expiry), sessionLife)))
}

// DeleteCtx implements [scs.CtxStore].
func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.store.DeleteSession(ctx, token)
}

// Find implements [scs.Store], for callers without a context.
func (s sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit implements [scs.Store].
func (s sessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete implements [scs.Store].
func (s sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
