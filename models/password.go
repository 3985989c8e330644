package models

import (
	"context"
	"errors"
	"fmt"

	"newsbell/models/passwords"
	"newsbell/models/validation"

	"gorm.io/gorm"
)

// PersonByPassword finds the person with an email address and a password. It returns
// [ErrUnauthorized] if there is none, and takes as long whether the address is known or
// not.
func (s *Store) PersonByPassword(ctx context.Context, email, password string) (Person, error) {
	person, err := s.PersonByEmail(ctx, email)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Person{}, err
	}
	matches, err := passwords.Match(ctx, person.PasswordHash, password)
	if err != nil {
		return Person{}, err
	}
	if !matches {
		return Person{}, ErrUnauthorized
	}
	return person, nil
}

// ChangePassword changes a person's own password in one of their sessions, and ends the
// others. A wrong current password is a problem of the field "current".
func (s *Store) ChangePassword(ctx context.Context, session Session, current, password string) error {
	person := session.Person
	matches, err := passwords.Match(ctx, person.PasswordHash, current)
	if err != nil {
		return err
	}
	var p validation.Problems
	if !matches {
		p.Add("current", "is wrong")
	}
	if checkPassword(&p, password, person.Email); p.Err() != nil {
		return p.Err()
	}
	hash, err := passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		if err := updatePerson(tx, person.ID, map[string]any{"password_hash": hash}); err != nil {
			return err
		}
		if err := tx.Delete(&Session{}, "person_id = ? AND id <> ?", person.ID, session.ID).Error; err != nil {
			return err
		}
		return s.audit(tx, person.Actor(), "change password", person.Email)
	})
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	return nil
}
