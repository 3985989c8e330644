package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"newsbell/models/secrets"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

const (
	// SessionLife is how long a session lasts: a working day.
	SessionLife = 12 * time.Hour
	// lastUseStep is how exactly a session's last use is known.
	lastUseStep = time.Minute
	// ChallengeLife is how long a browser may take to answer a challenge.
	ChallengeLife = 5 * time.Minute
)

// Session is a browser in which a person has signed in with their password or a passkey
// or, while there are no people, somebody with a token. Only the hash of its secret is stored.
type Session struct {
	ID         int64
	SecretHash []byte
	PersonID   *int64
	Person     *Person
	TokenID    *int64
	Token      *Token
	// Browser names the browser in short words, such as "Firefox on Windows".
	Browser    string
	CreatedAt  time.Time
	LastUsedAt time.Time
	ExpiresAt  time.Time
}

// Actor is how the audit log names the session's owner.
func (s Session) Actor() string {
	if s.Person != nil {
		return s.Person.Actor()
	}
	return s.Token.Actor()
}

// Name is the name of the session's owner.
func (s Session) Name() string {
	if s.Person != nil {
		return s.Person.Name
	}
	return s.Token.Name
}

// Role is the current role of the session's owner. The holder of a token that may publish
// has that of an editor.
func (s Session) Role() Role {
	if s.Person != nil {
		return s.Person.Role
	}
	if s.Token.Has(ScopePublish) {
		return RoleEditor
	}
	return RoleViewer
}

// OpenPersonSession opens a session for a person and returns its secret. It returns
// [ErrUnauthorized] if the person has been removed or their password has changed since
// they were read.
func (s *Store) OpenPersonSession(ctx context.Context, person Person, browser string) (string, error) {
	return s.openSession(ctx, Session{PersonID: &person.ID, Browser: browser}, func(tx *gorm.DB) error {
		locked := tx.Clauses(clause.Locking{Strength: "UPDATE"})
		if _, err := takePerson(locked.Where("id = ? AND password_hash = ?", person.ID, person.PasswordHash)); err != nil {
			return unauthorized(err)
		}
		return s.audit(tx, person.Actor(), "sign in", browser)
	})
}

// OpenTokenSession opens a session for the holder of a token and returns its secret. It
// returns [ErrConflict] if there are people: they sign in with their passwords.
func (s *Store) OpenTokenSession(ctx context.Context, token Token, browser string) (string, error) {
	return s.openSession(ctx, Session{TokenID: &token.ID, Browser: browser}, func(tx *gorm.DB) error {
		there, err := hasPeople(tx)
		if err == nil && there {
			err = fmt.Errorf("%w: there are people, who sign in with their passwords", ErrConflict)
		}
		return err
	})
}

// openSession stores a session and deletes those that have expired.
func (s *Store) openSession(ctx context.Context, session Session, check func(*gorm.DB) error) (string, error) {
	secret, hash := secrets.New()
	now := s.Now()
	session.SecretHash, session.CreatedAt, session.LastUsedAt, session.ExpiresAt = hash, now, now, now.Add(SessionLife)
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		if err := check(tx); err != nil {
			return err
		}
		if err := tx.Delete(&Session{}, "expires_at <= ?", now).Error; err != nil {
			return err
		}
		return tx.Create(&session).Error
	})
	if err != nil {
		return "", fmt.Errorf("open session: %w", err)
	}
	return secret, nil
}

// SessionBySecret finds a session with its owner. It returns [ErrUnauthorized] if the
// session has ended, if its owner has been removed, revoked or has expired, or if it
// belongs to a token and there are people.
func (s *Store) SessionBySecret(ctx context.Context, secret string) (Session, error) {
	db := s.db.Read.WithContext(ctx)
	var session Session
	err := db.Preload("Person", isThere).Preload("Token").
		Take(&session, "secret_hash = ? AND expires_at > ?", secrets.Hash(secret), s.Now()).Error
	if err != nil {
		return Session{}, unauthorized(err)
	}
	switch {
	case session.Person != nil:
		return session, nil
	case session.Token == nil || !session.Token.IsLive(s.Now()):
		return Session{}, ErrUnauthorized
	}
	there, err := hasPeople(db)
	if err == nil && there {
		err = ErrUnauthorized
	}
	return session, err
}

// UseSession records that a session is in use, at most once a minute.
func (s *Store) UseSession(ctx context.Context, session Session) error {
	now := s.Now()
	if now.Sub(session.LastUsedAt) < lastUseStep {
		return nil
	}
	return domain(s.db.Write.WithContext(ctx).Model(&Session{}).Where("id = ?", session.ID).Update("last_used_at", now).Error)
}

// Sessions returns a person's sessions, the last used first.
func (s *Store) Sessions(ctx context.Context, personID int64) ([]Session, error) {
	var sessions []Session
	err := s.db.Read.WithContext(ctx).Order("last_used_at DESC, id DESC").
		Find(&sessions, "person_id = ? AND expires_at > ?", personID, s.Now()).Error
	return sessions, domain(err)
}

// SignOut ends the session of a secret. It is not an error if there is none.
func (s *Store) SignOut(ctx context.Context, secret string) error {
	session, err := s.SessionBySecret(ctx, secret)
	if errors.Is(err, ErrUnauthorized) {
		return nil
	}
	if err != nil {
		return err
	}
	err = s.endSessions(ctx, session.Actor(), "sign out", session.Browser, "id = ?", session.ID)
	if errors.Is(err, ErrNotFound) { // it has just ended
		return nil
	}
	return err
}

// EndSession ends one of a person's sessions.
func (s *Store) EndSession(ctx context.Context, person Person, id int64) error {
	return s.endSessions(ctx, person.Actor(), "end session", person.Email, "id = ? AND person_id = ?", id, person.ID)
}

// SignOutEverywhere ends all sessions of a person.
func (s *Store) SignOutEverywhere(ctx context.Context, person Person) error {
	return s.endSessions(ctx, person.Actor(), "sign out everywhere", person.Email, "person_id = ?", person.ID)
}

func (s *Store) endSessions(ctx context.Context, actor, action, subject, condition string, args ...any) error {
	return s.transaction(ctx, func(tx *gorm.DB) error {
		ended := tx.Where(condition, args...).Delete(&Session{})
		if ended.Error != nil {
			return ended.Error
		}
		if ended.RowsAffected == 0 {
			return ErrNotFound
		}
		return s.audit(tx, actor, action, subject)
	})
}

// ChallengeKind says what the answer to a challenge does.
type ChallengeKind string

const (
	// ChallengeAddPasskey adds a passkey to a person.
	ChallengeAddPasskey ChallengeKind = "add passkey"
	// ChallengePasskey signs in with a passkey.
	ChallengePasskey ChallengeKind = "passkey"
	// ChallengeOpenID signs in at the identity provider.
	ChallengeOpenID ChallengeKind = "openid"
)

// Challenge is what a browser must answer, once and within [ChallengeLife], to prove who
// uses it. It is a row, so that any process can check the answer. The browser has its
// secret in a cookie.
type Challenge struct {
	ID         int64
	SecretHash []byte
	Kind       ChallengeKind
	// PersonID is who must answer; nil if that is unknown yet.
	PersonID *int64
	// Data is what the check of the answer needs.
	Data      []byte
	ExpiresAt time.Time
}

// AddChallenge stores a challenge, deletes those that have expired, and returns the
// secret.
func (s *Store) AddChallenge(ctx context.Context, challenge Challenge) (string, error) {
	secret, hash := secrets.New()
	now := s.Now()
	challenge.SecretHash, challenge.ExpiresAt = hash, now.Add(ChallengeLife)
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		if err := tx.Delete(&Challenge{}, "expires_at <= ?", now).Error; err != nil {
			return err
		}
		return tx.Create(&challenge).Error
	})
	if err != nil {
		return "", fmt.Errorf("add challenge: %w", err)
	}
	return secret, nil
}

// TakeChallenge returns a challenge and deletes it, so that it is answered once. It
// returns [ErrUnauthorized] if there is none of this kind.
func (s *Store) TakeChallenge(ctx context.Context, kind ChallengeKind, secret string) (Challenge, error) {
	var taken []Challenge
	err := s.db.Write.WithContext(ctx).Clauses(clause.Returning{}).
		Delete(&taken, "secret_hash = ? AND kind = ? AND expires_at > ?", secrets.Hash(secret), kind, s.Now()).Error
	if err == nil && len(taken) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Challenge{}, unauthorized(err)
	}
	return taken[0], nil
}
