package models

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm/clause"
)

// Session is an editor's signed-in browser. Its token and data belong to the
// session manager; the token is stored as a hash.
type Session struct {
	Token     string `gorm:"primaryKey"`
	Data      []byte
	ExpiresAt time.Time
}

// FindSession returns a session's data, and false when there is none or it has
// expired.
func (s *Store) FindSession(ctx context.Context, token string) ([]byte, bool, error) {
	var session Session
	err := domain(s.db.Read.WithContext(ctx).Take(&session, "token = ? AND expires_at > ?", token, s.Now()).Error)
	if errors.Is(err, ErrNotFound) {
		return nil, false, nil
	}
	return session.Data, err == nil, err
}

// SaveSession stores a session, and deletes those that have expired.
func (s *Store) SaveSession(ctx context.Context, token string, data []byte, expiry time.Time) error {
	db := s.db.Write.WithContext(ctx)
	session := Session{Token: token, Data: data, ExpiresAt: expiry.UTC()}
	if err := db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&session).Error; err != nil {
		return domain(err)
	}
	return domain(db.Delete(&Session{}, "expires_at <= ?", s.Now()).Error)
}

// DeleteSession ends a session.
func (s *Store) DeleteSession(ctx context.Context, token string) error {
	return domain(s.db.Write.WithContext(ctx).Delete(&Session{}, "token = ?", token).Error)
}
