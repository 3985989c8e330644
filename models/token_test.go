package models_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
	"newsbell/models/validation"
)

func newToken(t *testing.T, db *modelstest.DB, n models.NewToken) (models.Token, string) {
	t.Helper()
	token, secret, err := db.CreateToken(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return token, secret
}

func TestATokenWorksUntilItExpiresOrIsRevoked(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		end := db.Now().Add(time.Hour)
		_, cms := newToken(t, db, models.NewToken{Name: " CMS ", Scopes: []models.Scope{models.ScopeRead}, ExpiresAt: &end})
		_, bot := newToken(t, db, models.NewToken{Name: "bot", Scopes: models.Scopes})
		token, err := db.Authenticate(ctx, cms)
		if err != nil || token.Name != "CMS" || !token.Has(models.ScopeRead) || token.Has(models.ScopePublish) || !token.ExpiresAt.Equal(end) {
			t.Errorf("token = %+v, %v", token, err)
		}
		session, err := db.OpenTokenSession(ctx, token, "")
		if err != nil {
			t.Fatal(err)
		}
		if opened, err := db.SessionBySecret(ctx, session); err != nil || opened.Role() != models.RoleViewer {
			t.Errorf("who may only read is a %v, %v", opened.Role(), err)
		}
		db.Clock.Advance(time.Hour)
		if token, err := db.Authenticate(ctx, cms); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("an expired token: %+v, %v", token, err)
		}
		isSignedIn(t, db, session, false)
		if token, err := db.Authenticate(ctx, bot); err != nil || !slices.Equal(token.Scopes, models.Scopes) {
			t.Errorf("a token without an end: %+v, %v", token, err)
		}
		if err := db.RevokeToken(ctx, "bot", models.Operator); err != nil {
			t.Fatal(err)
		}
		if token, err := db.Authenticate(ctx, bot); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("a revoked token: %+v, %v", token, err)
		}
		if err := db.RevokeToken(ctx, "bot", models.Operator); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("revoked again: %v", err)
		}
	})
}

func TestABadTokenIsRefusedWithAllItsProblems(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		past := db.Now()
		for _, c := range []struct {
			token models.NewToken
			want  []string
		}{
			{models.NewToken{Scopes: models.Scopes}, []string{"name"}},
			{models.NewToken{Name: "bot"}, []string{"scopes"}},
			{models.NewToken{Name: "bot", Scopes: []models.Scope{models.ScopeRead, "everything"}}, []string{"scopes"}},
			{models.NewToken{Name: "bot", Scopes: models.Scopes, ExpiresAt: &past}, []string{"expires"}},
			{models.NewToken{ExpiresAt: &past}, []string{"name", "scopes", "expires"}},
		} {
			_, _, err := db.CreateToken(t.Context(), c.token)
			invalid, _ := errors.AsType[*validation.Invalid](err)
			var fields []string
			if invalid != nil {
				for _, p := range invalid.Problems {
					fields = append(fields, p.Field)
				}
			}
			if !slices.Equal(fields, c.want) {
				t.Errorf("%+v: %v; want problems with %v", c.token, err, c.want)
			}
		}
		newToken(t, db, models.NewToken{Name: "bot", Scopes: models.Scopes})
		if _, _, err := db.CreateToken(t.Context(), models.NewToken{Name: "bot", Scopes: models.Scopes}); !errors.Is(err, models.ErrConflict) {
			t.Errorf("a name that is taken: %v", err)
		}
	})
}

func TestATokenEndsWithTheRightsOfItsOwner(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		chief, editor := db.Person(ada, models.RoleChief), db.Person(bob, models.RoleEditor)
		_, theirs := newToken(t, db, models.NewToken{Name: "theirs", Scopes: models.Scopes, Owner: &chief})
		_, other := newToken(t, db, models.NewToken{Name: "other", Scopes: models.Scopes})
		if _, _, err := db.CreateToken(ctx, models.NewToken{Name: "bobs", Scopes: models.Scopes, Owner: &editor}); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("an editor makes a token: %v", err)
		}
		if err := db.RemovePerson(ctx, chief.ID, models.Operator); err != nil {
			t.Fatal(err)
		}
		if token, err := db.Authenticate(ctx, theirs); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("the token of a removed person: %+v, %v", token, err)
		}
		if _, err := db.Authenticate(ctx, other); err != nil {
			t.Errorf("another token: %v", err)
		}
		entries, err := db.AuditEntries(ctx, 2)
		if err != nil || entries[1].Action != "revoke token" || entries[1].Subject != "theirs" {
			t.Errorf("audit = %+v, %v", entries, err)
		}
		demoted := db.Person("eve@news.example", models.RoleChief)
		_, hers := newToken(t, db, models.NewToken{Name: "hers", Scopes: models.Scopes, Owner: &demoted})
		if err := db.ChangeRole(ctx, demoted.ID, models.RoleEditor, models.Operator); err != nil {
			t.Fatal(err)
		}
		if token, err := db.Authenticate(ctx, hers); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("the token of a chief who is one no more: %+v, %v", token, err)
		}
		if _, _, err := db.CreateToken(ctx, models.NewToken{Name: "late", Scopes: models.Scopes, Owner: &chief}); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("a removed person makes a token: %v", err)
		}
	})
}

func TestTheLastUseOfATokenIsKnownToAMinute(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		_, secret := newToken(t, db, models.NewToken{Name: "bot", Scopes: models.Scopes})
		first := db.Now()
		use := func() *time.Time {
			t.Helper()
			token, err := db.Authenticate(t.Context(), secret)
			if err == nil {
				err = db.UseToken(t.Context(), token)
			}
			if err != nil {
				t.Fatal(err)
			}
			tokens, err := db.Tokens(t.Context())
			if err != nil || len(tokens) != 1 {
				t.Fatalf("tokens = %+v, %v", tokens, err)
			}
			return tokens[0].LastUsedAt
		}
		if at := use(); at == nil || !at.Equal(first) {
			t.Errorf("first used at %v; want %v", at, first)
		}
		db.Clock.Advance(59 * time.Second)
		if at := use(); !at.Equal(first) {
			t.Errorf("within the minute it is written again, as %v", at)
		}
		db.Clock.Advance(time.Second)
		if at := use(); !at.Equal(first.Add(time.Minute)) {
			t.Errorf("then used at %v; want %v", at, first.Add(time.Minute))
		}
	})
}

// Migration 12 gives scopes to tokens, which could do everything before.
func TestTokensKeepTheirRightsInTheMigrationToScopes(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := context.Background()
		_, secret := newToken(t, db, models.NewToken{Name: "bot", Scopes: []models.Scope{models.ScopeRead}})
		if err := db.MigrateDown(ctx, 11); err != nil {
			t.Fatal(err)
		}
		if err := db.TryExec("SELECT scopes FROM tokens"); err == nil {
			t.Error("the scopes are still there")
		}
		store := again(t, db)
		if _, err := store.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if token, err := store.Authenticate(ctx, secret); err != nil || !slices.Equal(token.Scopes, models.Scopes) || token.ExpiresAt != nil {
			t.Errorf("token = %+v, %v; want it with all scopes", token, err)
		}
	})
}
