package models

import (
	"context"
	"fmt"
	"time"

	"newsbell/models/secrets"
	"newsbell/models/text"
	"newsbell/models/validation"

	"gorm.io/gorm"
)

// tokenPrefix lets people and secret scanners recognise a token.
const tokenPrefix = "newsbell_"

// Token lets a program or an editor publish. Only its hash is stored.
type Token struct {
	ID         int64
	Name       string
	SecretHash []byte
	RevokedAt  *time.Time
	CreatedAt  time.Time
}

// Actor is how the audit log names the user of the token.
func (t Token) Actor() string { return "token " + t.Name }

// CreateToken creates a token. Its secret is returned only now. A name that is taken is an
// [ErrConflict].
func (s *Store) CreateToken(ctx context.Context, name string) (Token, string, error) {
	name = text.Trim(name)
	var p validation.Problems
	p.Text("name", name, 80)
	if err := p.Err(); err != nil {
		return Token{}, "", err
	}
	secret, _ := secrets.New()
	secret = tokenPrefix + secret
	token := Token{Name: name, SecretHash: secrets.Hash(secret), CreatedAt: s.Now()}
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		if err := tx.Create(&token).Error; err != nil {
			return err
		}
		return s.audit(tx, "operator", "create token", name)
	})
	if err != nil {
		return Token{}, "", fmt.Errorf("token %q: %w", name, err)
	}
	return token, secret, nil
}

// Authenticate finds the token of a secret; a wrong or revoked one is an
// [ErrUnauthorized].
func (s *Store) Authenticate(ctx context.Context, secret string) (Token, error) {
	var token Token
	err := s.db.Read.WithContext(ctx).Take(&token, "secret_hash = ? AND revoked_at IS NULL", secrets.Hash(secret)).Error
	return token, unauthorized(err)
}

// Tokens returns all tokens, by name.
func (s *Store) Tokens(ctx context.Context) ([]Token, error) {
	var tokens []Token
	err := s.db.Read.WithContext(ctx).Order("name").Find(&tokens).Error
	return tokens, domain(err)
}

// RevokeToken ends a token at once.
func (s *Store) RevokeToken(ctx context.Context, name string) error {
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		result := tx.Model(&Token{}).Where("name = ? AND revoked_at IS NULL", name).Update("revoked_at", s.Now())
		if result.Error != nil {
			return result.Error
		}
		if result.RowsAffected == 0 {
			return ErrNotFound
		}
		return s.audit(tx, "operator", "revoke token", name)
	})
	if err != nil {
		return fmt.Errorf("token %q: %w", name, err)
	}
	return nil
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
