package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"newsbell/models/secrets"
	"newsbell/models/text"
	"newsbell/models/validation"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

const (
	// tokenPrefix lets people and secret scanners recognise a token.
	tokenPrefix = "newsbell_"
	// maxTokenLife is the longest that a token that expires can last: ten years.
	maxTokenLife = 10 * 365 * 24 * time.Hour
)

// Scope is one thing that the holder of a token may do.
type Scope string

const (
	// ScopeRead reads what readers do not see, such as the counts of an alert.
	ScopeRead Scope = "read"
	// ScopePublish opens outages and apps, publishes updates and stops alerts.
	ScopePublish Scope = "publish"
)

// Scopes are all scopes.
var Scopes = []Scope{ScopeRead, ScopePublish}

// Token lets a program use the API. Only its hash is stored.
type Token struct {
	ID         int64
	Name       string
	SecretHash []byte
	Scopes     []Scope `gorm:"serializer:json"`
	// OwnerID is the person who made the token; nil if the operator did. The token ends
	// when its owner is removed or is no longer a chief.
	OwnerID *int64
	Owner   *Person
	// ExpiresAt is nil for a token that does not expire.
	ExpiresAt *time.Time
	// LastUsedAt is known to a minute.
	LastUsedAt *time.Time
	RevokedAt  *time.Time
	CreatedAt  time.Time
}

// Actor is how the audit log names the user of the token.
func (t Token) Actor() string { return "token " + t.Name }

func (t Token) audited() fields {
	return fields{"name": t.Name, "scopes": t.Scopes, "owner_id": t.OwnerID, "expires_at": t.ExpiresAt}
}

// Has reports whether the token's holder may do what a scope stands for.
func (t Token) Has(scope Scope) bool { return slices.Contains(t.Scopes, scope) }

// IsLive reports whether the token has neither expired nor been revoked.
func (t Token) IsLive(now time.Time) bool {
	return t.RevokedAt == nil && (t.ExpiresAt == nil || now.Before(*t.ExpiresAt))
}

// NewToken is a token to create.
type NewToken struct {
	Name   string
	Scopes []Scope
	// ExpiresAt is nil for a token that does not expire.
	ExpiresAt *time.Time
	// Owner is the person who makes it; nil for the operator.
	Owner *Person
}

func (n NewToken) actor() string {
	if n.Owner == nil {
		return Operator
	}
	return n.Owner.Actor()
}

// Validate returns all problems.
func (n NewToken) Validate(now time.Time) error {
	n.Name = text.Trim(n.Name)
	var p validation.Problems
	p.Text("name", n.Name, 80)
	isUnknown := func(scope Scope) bool { return !slices.Contains(Scopes, scope) }
	if len(n.Scopes) == 0 || slices.ContainsFunc(n.Scopes, isUnknown) {
		p.Add("scopes", "must be read, publish or both")
	}
	if n.ExpiresAt != nil {
		p.Time("expires", *n.ExpiresAt, now.Add(time.Second), now.Add(maxTokenLife))
	}
	return p.Err()
}

// CreateToken creates a token. Its secret is returned only now. A name that is taken, also
// by a token that has ended, is an [ErrConflict]: the audit log names tokens by it. An
// owner who is no longer a chief is an [ErrUnauthorized].
func (s *Store) CreateToken(ctx context.Context, n NewToken) (Token, string, error) {
	n.Name = text.Trim(n.Name)
	if err := n.Validate(s.Now()); err != nil {
		return Token{}, "", err
	}
	secret, _ := secrets.New()
	secret = tokenPrefix + secret
	token := Token{
		Name: n.Name, SecretHash: secrets.Hash(secret), Scopes: n.Scopes, ExpiresAt: n.ExpiresAt, CreatedAt: s.Now(),
	}
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		if n.Owner != nil {
			token.OwnerID = &n.Owner.ID
			locked := tx.Clauses(clause.Locking{Strength: "UPDATE"})
			if _, err := takePerson(locked.Where("id = ? AND role = ?", n.Owner.ID, RoleChief)); err != nil {
				return unauthorized(err)
			}
		}
		if err := tx.Create(&token).Error; err != nil {
			return err
		}
		return s.audit(tx, n.actor(), "create token", n.Name, added(token.audited()))
	})
	if err != nil {
		return Token{}, "", fmt.Errorf("token %q: %w", n.Name, err)
	}
	return token, secret, nil
}

// Authenticate finds the token of a secret. One that is wrong, revoked or expired is an
// [ErrUnauthorized].
func (s *Store) Authenticate(ctx context.Context, secret string) (Token, error) {
	var token Token
	err := s.db.Read.WithContext(ctx).Take(&token, "secret_hash = ?", secrets.Hash(secret)).Error
	if err == nil && !token.IsLive(s.Now()) {
		err = gorm.ErrRecordNotFound
	}
	return token, unauthorized(err)
}

// UseToken records that a token is in use, at most once a minute.
func (s *Store) UseToken(ctx context.Context, token Token) error {
	now := s.Now()
	if token.LastUsedAt != nil && now.Sub(*token.LastUsedAt) < lastUseStep {
		return nil
	}
	return domain(s.db.Write.WithContext(ctx).Model(&Token{}).
		Where("id = ? AND (last_used_at IS NULL OR last_used_at <= ?)", token.ID, now.Add(-lastUseStep)).Update("last_used_at", now).Error)
}

// Tokens returns all tokens with their owners, by name.
func (s *Store) Tokens(ctx context.Context) ([]Token, error) {
	var tokens []Token
	err := s.db.Read.WithContext(ctx).Preload("Owner").Order("name").Find(&tokens).Error
	return tokens, domain(err)
}

// RevokeToken ends a token, and the sessions that were opened with it, at once.
func (s *Store) RevokeToken(ctx context.Context, name, by string) error {
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		revoked, err := s.revokeTokens(tx, by, "name = ?", name)
		if err == nil && revoked == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("token %q: %w", name, err)
	}
	return nil
}

// revokeTokens revokes the tokens of a condition that are not yet revoked.
func (s *Store) revokeTokens(tx *gorm.DB, by, condition string, args ...any) (revoked int, err error) {
	var tokens []Token
	if err := tx.Where(condition, args...).Order("id").Find(&tokens, "revoked_at IS NULL").Error; err != nil {
		return 0, err
	}
	for _, token := range tokens {
		result := tx.Model(&Token{}).Where("id = ? AND revoked_at IS NULL", token.ID).Update("revoked_at", s.Now())
		if result.Error != nil {
			return 0, result.Error
		}
		if result.RowsAffected == 0 { // somebody else has just revoked it
			continue
		}
		if err := tx.Delete(&Session{}, "token_id = ?", token.ID).Error; err != nil {
			return 0, err
		}
		if err := s.audit(tx, by, "revoke token", token.Name, removed(token.audited())); err != nil {
			return 0, err
		}
		revoked++
	}
	return revoked, nil
}

// unauthorized hides whether a secret was ever valid.
func unauthorized(err error) error {
	if err := domain(err); err == nil {
		return nil
	} else if err != ErrNotFound {
		return err
	}
	return ErrUnauthorized
}
