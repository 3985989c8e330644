package models

import (
	"context"
	"fmt"
	"time"

	"newsbell/models/text"
	"newsbell/models/validation"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

const (
	// maxPasskeyName is the maximum length of a passkey's name, in bytes.
	maxPasskeyName = 80
	// maxPasskeys is the maximum number of a person's passkeys.
	maxPasskeys = 20
)

// Passkey lets a person sign in without a password. The public key is stored; the private
// key stays on the person's device or in their password manager.
type Passkey struct {
	ID       int64
	PersonID int64
	Person   *Person
	// Handle names the person to the device. It is random, and the same for all passkeys
	// of a person.
	Handle []byte
	// CredentialID names the passkey to the device.
	CredentialID []byte
	// Credential is the record that checks signatures: public key, flags and counter, as
	// JSON.
	Credential []byte
	Name       string
	CreatedAt  time.Time
	LastUsedAt *time.Time
	// SuspendedAt is when a signature's counter said that the passkey has been copied. It
	// no longer signs in.
	SuspendedAt *time.Time
}

// Passkeys returns a person's passkeys, oldest first.
func (s *Store) Passkeys(ctx context.Context, personID int64) ([]Passkey, error) {
	var passkeys []Passkey
	err := s.db.Read.WithContext(ctx).Order("id").Find(&passkeys, "person_id = ?", personID).Error
	return passkeys, domain(err)
}

// PasskeyByCredential finds the passkey, and its person, that a device names. It returns
// [ErrUnauthorized] if there is none, if it is suspended or if its person has been
// removed.
func (s *Store) PasskeyByCredential(ctx context.Context, credentialID, handle []byte) (Passkey, error) {
	var passkey Passkey
	err := s.db.Read.WithContext(ctx).Preload("Person", isThere).
		Take(&passkey, "credential_id = ? AND handle = ? AND suspended_at IS NULL", credentialID, handle).Error
	if err == nil && passkey.Person == nil {
		err = ErrNotFound
	}
	return passkey, unauthorized(err)
}

// AddPasskey adds a passkey to its person. It returns [ErrConflict] if the device's
// passkey is known already.
func (s *Store) AddPasskey(ctx context.Context, passkey Passkey) error {
	passkey.Name, passkey.CreatedAt = text.Trim(passkey.Name), s.Now()
	var p validation.Problems
	if p.Text("passkey", passkey.Name, maxPasskeyName); p.Err() != nil {
		return p.Err()
	}
	return s.transaction(ctx, func(tx *gorm.DB) error {
		person, err := lockPerson(tx, passkey.PersonID)
		if err != nil {
			return err
		}
		var count int64
		if err := tx.Model(&Passkey{}).Where("person_id = ?", person.ID).Count(&count).Error; err != nil {
			return err
		}
		if count >= maxPasskeys {
			p.Add("passkeys", "cannot be added any more: an account has at most %d", maxPasskeys)
			return p.Err()
		}
		if err := tx.Create(&passkey).Error; err != nil {
			return err
		}
		return s.audit(tx, person.Actor(), "add passkey", passkey.Name, added(fields{"name": passkey.Name}))
	})
}

func lockPerson(tx *gorm.DB, id int64) (Person, error) {
	return takePerson(tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", id))
}

// RemovePasskey removes one of a person's passkeys. Open sessions stay.
func (s *Store) RemovePasskey(ctx context.Context, person Person, id int64) error {
	return s.transaction(ctx, func(tx *gorm.DB) error {
		var passkey Passkey
		if err := tx.Take(&passkey, "id = ? AND person_id = ?", id, person.ID).Error; err != nil {
			return err
		}
		if err := tx.Delete(&passkey).Error; err != nil {
			return err
		}
		return s.audit(tx, person.Actor(), "remove passkey", passkey.Name, removed(fields{"name": passkey.Name}))
	})
}

// OpenPasskeySession opens a session for the person of a passkey whose signature has been
// checked, stores the credential with its new counter, and returns the session's secret.
// It returns [ErrUnauthorized] if the person or the passkey has been removed, or if the
// passkey has signed in somewhere else, since it was read.
func (s *Store) OpenPasskeySession(ctx context.Context, passkey Passkey, credential []byte, browser string) (string, error) {
	return s.openSession(ctx, Session{PersonID: &passkey.PersonID, Browser: browser}, func(tx *gorm.DB) error {
		person, err := lockPerson(tx, passkey.PersonID)
		if err != nil {
			return unauthorized(err)
		}
		if err := updatePasskey(tx, passkey, map[string]any{"credential": credential, "last_used_at": s.Now()}); err != nil {
			return err
		}
		return s.audit(tx, person.Actor(), "sign in with passkey "+passkey.Name, browser)
	})
}

// SuspendPasskey records that a passkey seems to have been copied: it no longer signs in.
func (s *Store) SuspendPasskey(ctx context.Context, passkey Passkey, credential []byte) error {
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		if err := updatePasskey(tx, passkey, map[string]any{"credential": credential, "suspended_at": s.Now()}); err != nil {
			return err
		}
		return s.audit(tx, passkey.Person.Actor(), "suspend passkey", passkey.Name,
			changed(fields{"suspended": false}, fields{"suspended": true}))
	})
	if err != nil {
		return fmt.Errorf("suspend passkey: %w", err)
	}
	return nil
}

// updatePasskey changes a passkey unless it has changed since it was read.
func updatePasskey(tx *gorm.DB, passkey Passkey, columns map[string]any) error {
	result := tx.Model(&Passkey{}).Where("id = ? AND credential = ? AND suspended_at IS NULL", passkey.ID, passkey.Credential).Updates(columns)
	if result.Error == nil && result.RowsAffected == 0 {
		return ErrUnauthorized
	}
	return result.Error
}

// endPasskeys removes a person's passkeys, and the challenges that would add others.
func endPasskeys(tx *gorm.DB, personID int64) error {
	if err := tx.Delete(&Passkey{}, "person_id = ?", personID).Error; err != nil {
		return err
	}
	return tx.Delete(&Challenge{}, "person_id = ?", personID).Error
}
