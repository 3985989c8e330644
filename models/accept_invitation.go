package models

import (
	"cmp"
	"context"
	"fmt"

	"newsbell/models/passwords"
	"newsbell/models/text"
	"newsbell/models/validation"

	"gorm.io/gorm"
)

// AcceptInvitation makes a person and uses up their invitation, in one transaction. It
// returns [ErrNotFound] if the invitation is not open, and [ErrConflict] if a person has
// the address.
func (s *Store) AcceptInvitation(ctx context.Context, secret string, n NewPerson) (Person, error) {
	invitation, err := s.invitationOfKind(ctx, secret, KindInvite)
	if err != nil {
		return Person{}, err
	}
	n.Name, n.Email = text.Trim(n.Name), cmp.Or(invitation.Email, NormalizeEmail(n.Email))
	if err := n.Validate(); err != nil {
		return Person{}, err
	}
	hash, err := passwords.Hash(ctx, n.Password) // takes too long for a transaction
	if err != nil {
		return Person{}, err
	}
	person := Person{Name: n.Name, Email: n.Email, Role: invitation.Role, PasswordHash: hash, CreatedAt: s.Now()}
	err = s.useInvitation(ctx, secret, func(tx *gorm.DB) error {
		if err := tx.Create(&person).Error; err != nil {
			return err
		}
		return s.audit(tx, person.Actor(), "accept invitation as "+string(person.Role), person.Email)
	})
	return person, err
}

// ResetPassword sets the password of the person for whom a reset link was made, uses up
// the link and ends the person's sessions, in one transaction. It returns [ErrNotFound]
// if the link is not open.
func (s *Store) ResetPassword(ctx context.Context, secret, password string) (Person, error) {
	invitation, err := s.invitationOfKind(ctx, secret, KindReset)
	if err != nil {
		return Person{}, err
	}
	var p validation.Problems
	if checkPassword(&p, password, invitation.Email); p.Err() != nil {
		return Person{}, p.Err()
	}
	hash, err := passwords.Hash(ctx, password)
	if err != nil {
		return Person{}, err
	}
	var person Person
	err = s.useInvitation(ctx, secret, func(tx *gorm.DB) error {
		if person, err = takePerson(tx.Where("email = ?", invitation.Email)); err != nil {
			return err
		}
		person.PasswordHash = hash
		if err := updatePerson(tx, person.ID, map[string]any{"password_hash": hash}); err != nil {
			return err
		}
		if err := tx.Delete(&Session{}, "person_id = ?", person.ID).Error; err != nil {
			return err
		}
		return s.audit(tx, person.Actor(), "reset password", person.Email)
	})
	return person, err
}

func (s *Store) invitationOfKind(ctx context.Context, secret string, kind InvitationKind) (Invitation, error) {
	invitation, err := s.Invitation(ctx, secret)
	if err == nil && invitation.Kind != kind {
		err = ErrNotFound
	}
	return invitation, err
}

// useInvitation marks an invitation as used and runs fn, in one transaction. Of two
// that use it at once, one gets [ErrNotFound].
func (s *Store) useInvitation(ctx context.Context, secret string, fn func(*gorm.DB) error) error {
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		invitation, err := s.openInvitation(tx, secret)
		if err != nil {
			return err
		}
		used := tx.Model(&invitation).Where("used_at IS NULL").Update("used_at", s.Now())
		if used.Error != nil {
			return used.Error
		}
		if used.RowsAffected == 0 {
			return ErrNotFound
		}
		return fn(tx)
	})
	if err != nil {
		return fmt.Errorf("use invitation: %w", err)
	}
	return nil
}
