package handlers

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"newsbell/models"
)

// sessionLife is a working day.
const sessionLife = 12 * time.Hour

// sessionToken is where a session keeps the ID of the token it was opened with.
const sessionToken = "token"

func (s *server) newSessions() *scs.SessionManager {
	sessions := scs.New()
	sessions.Store = sessionStore{s.store}
	sessions.Lifetime = sessionLife
	sessions.HashTokenInStore = true
	sessions.Cookie.Name = "newsbell_editor"
	sessions.Cookie.Path = s.site.Root() + "/"
	sessions.Cookie.HttpOnly = true
	sessions.Cookie.SameSite = http.SameSiteLaxMode
	sessions.Cookie.Secure = strings.HasPrefix(s.site.BaseURL, "https://")
	sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		status := statusOf(err)
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", comeBackAfter)
		}
		s.logFailure(r.Context(), "session failed", "error", err)
		s.errorPage(w, status)
	}
	return sessions
}

// sessionStore keeps scs's sessions in the database.
type sessionStore struct{ store *models.Store }

func (s sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	return s.store.FindSession(ctx, token)
}

// CommitCtx stores a session that ends by the database's clock, which judges it;
// the expiry is by this machine's.
func (s sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return s.store.SaveSession(ctx, token, data, s.store.Now().Add(min(time.Until(expiry), sessionLife)))
}

func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.store.DeleteSession(ctx, token)
}

// The rest of scs's interface, for callers without a context.

func (s sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s sessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

func (s sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
