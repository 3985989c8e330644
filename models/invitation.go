package models

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"newsbell/models/passwords"
	"newsbell/models/secrets"
	"newsbell/models/text"
	"newsbell/models/validation"

	"gorm.io/gorm"
)

// invitationLife is how long an invitation or a reset link works.
const invitationLife = 72 * time.Hour

// InvitationKind says what an invitation lets its holder do.
type InvitationKind string

const (
	// KindInvite makes a person.
	KindInvite InvitationKind = "invite"
	// KindReset sets a new password for a person.
	KindReset InvitationKind = "reset"
)

// Invitation lets its holder become a person, or set a new password, once. Its maker
// passes on a link with its secret; only the hash of the secret is stored.
type Invitation struct {
	ID         int64
	Kind       InvitationKind
	SecretHash []byte
	// Email is empty if its holder chooses one.
	Email string
	Role  Role
	// InvitedBy is the actor who made it.
	InvitedBy string
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    *time.Time
}

// NewInvitation is an invitation to make.
type NewInvitation struct {
	Email string
	Role  Role
	Actor string
}

// Validate returns all problems.
func (n NewInvitation) Validate() error {
	var p validation.Problems
	p.Email("email", n.Email)
	checkRole(&p, n.Role)
	return p.Err()
}

// Invite makes an invitation and returns its secret, which is shown only now. Earlier
// invitations to the same address end. It returns [ErrConflict] if a person has the
// address.
func (s *Store) Invite(ctx context.Context, n NewInvitation) (Invitation, string, error) {
	n.Email = validation.NormalizeEmail(n.Email)
	if err := n.Validate(); err != nil {
		return Invitation{}, "", err
	}
	return s.invite(ctx, Invitation{Kind: KindInvite, Email: n.Email, Role: n.Role, InvitedBy: n.Actor}, func(tx *gorm.DB) error {
		var taken []int64
		if err := tx.Model(&Person{}).Where("email = ? AND "+isThere, n.Email).Pluck("id", &taken).Error; err != nil {
			return err
		}
		if len(taken) > 0 {
			return fmt.Errorf("%w: %s already has an account", ErrConflict, n.Email)
		}
		return s.audit(tx, n.Actor, "invite "+string(n.Role), n.Email, added(fields{"email": n.Email, "role": n.Role}))
	})
}

// InviteFirst makes the invitation of a first chief, who chooses the email address. It
// ends when there is a person or when there is a later one. It returns [ErrConflict] if
// there are people.
func (s *Store) InviteFirst(ctx context.Context) (Invitation, string, error) {
	return s.invite(ctx, Invitation{Kind: KindInvite, Role: RoleChief, InvitedBy: Operator}, func(tx *gorm.DB) error {
		there, err := hasPeople(tx)
		if err == nil && there {
			err = fmt.Errorf("%w: there are people already", ErrConflict)
		}
		if err != nil {
			return err
		}
		return s.audit(tx, Operator, "invite chief", "the first person", added(fields{"role": RoleChief}))
	})
}

// InviteToReset makes a link with which a person sets a new password. Earlier ones end. It
// returns [ErrNoPassword] if the person has no password.
func (s *Store) InviteToReset(ctx context.Context, id int64, by string) (Invitation, string, error) {
	person, err := s.Person(ctx, id)
	if err != nil {
		return Invitation{}, "", fmt.Errorf("person %d: %w", id, err)
	}
	if !person.HasPassword() {
		return Invitation{}, "", fmt.Errorf("person %d: %w", id, ErrNoPassword)
	}
	return s.invite(ctx, Invitation{Kind: KindReset, Email: person.Email, Role: person.Role, InvitedBy: by}, func(tx *gorm.DB) error {
		return s.audit(tx, by, "make reset link", person.Email)
	})
}

// invite stores an invitation and deletes the open ones with the same address, and those
// that have expired. check is part of the transaction.
func (s *Store) invite(ctx context.Context, invitation Invitation, check func(*gorm.DB) error) (Invitation, string, error) {
	secret, hash := secrets.New()
	invitation.SecretHash, invitation.CreatedAt = hash, s.Now()
	invitation.ExpiresAt = invitation.CreatedAt.Add(invitationLife)
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		if err := check(tx); err != nil {
			return err
		}
		if err := endInvitations(tx, "(email = ? OR expires_at <= ?)", invitation.Email, invitation.CreatedAt); err != nil {
			return err
		}
		return tx.Create(&invitation).Error
	})
	if err != nil {
		return Invitation{}, "", fmt.Errorf("invite: %w", err)
	}
	return invitation, secret, nil
}

// endInvitations ends those that are not used yet.
func endInvitations(tx *gorm.DB, condition string, args ...any) error {
	return tx.Where(condition, args...).Delete(&Invitation{}, "used_at IS NULL").Error
}

// Invitations returns the open invitations that were sent to an address, oldest first.
func (s *Store) Invitations(ctx context.Context) ([]Invitation, error) {
	var open []Invitation
	err := s.db.Read.WithContext(ctx).Order("id").
		Find(&open, "kind = ? AND email <> '' AND used_at IS NULL AND expires_at > ?", KindInvite, s.Now()).Error
	return open, domain(err)
}

// Invitation finds an open invitation by its secret. An unknown, used or expired one is
// [ErrNotFound].
func (s *Store) Invitation(ctx context.Context, secret string) (Invitation, error) {
	return s.openInvitation(s.db.Read.WithContext(ctx), secret)
}

func (s *Store) openInvitation(db *gorm.DB, secret string) (Invitation, error) {
	var invitation Invitation
	err := db.Take(&invitation, "secret_hash = ? AND used_at IS NULL AND expires_at > ?", secrets.Hash(secret), s.Now()).Error
	if err != nil {
		return invitation, domain(err)
	}
	if invitation.Email == "" { // for the first chief only
		there, err := hasPeople(db)
		if err == nil && there {
			err = ErrNotFound
		}
		return invitation, err
	}
	return invitation, nil
}

// WithdrawInvitation ends an open invitation.
func (s *Store) WithdrawInvitation(ctx context.Context, id int64, by string) error {
	return s.transaction(ctx, func(tx *gorm.DB) error {
		var invitation Invitation
		if err := tx.Take(&invitation, "id = ? AND kind = ? AND used_at IS NULL", id, KindInvite).Error; err != nil {
			return err
		}
		if err := tx.Delete(&invitation).Error; err != nil {
			return err
		}
		return s.audit(tx, by, "withdraw invitation", invitation.Email,
			removed(fields{"email": invitation.Email, "role": invitation.Role}))
	})
}

// AcceptInvitation makes a person and uses up their invitation, in one transaction. It
// returns [ErrNotFound] if the invitation is not open, and [ErrConflict] if a person has
// the address.
func (s *Store) AcceptInvitation(ctx context.Context, secret string, n NewPerson) (Person, error) {
	invitation, err := s.invitationOfKind(ctx, secret, KindInvite)
	if err != nil {
		return Person{}, err
	}
	n.Name, n.Email = text.Trim(n.Name), cmp.Or(invitation.Email, validation.NormalizeEmail(n.Email))
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
		return s.audit(tx, person.Actor(), "accept invitation as "+string(person.Role), person.Email, added(person.audited()))
	})
	return person, err
}

// ResetPassword sets the password of the person that a reset link was made for, uses up
// the link, ends the person's sessions and removes their passkeys, which somebody else
// may have added, in one transaction. It returns [ErrNotFound] if the link is not open.
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
		if person, err = takePerson(tx.Where("email = ? AND password_hash <> ''", invitation.Email)); err != nil {
			return err
		}
		person.PasswordHash = hash
		if err := updatePerson(tx, person.ID, map[string]any{"password_hash": hash}); err != nil {
			return err
		}
		if err := tx.Delete(&Session{}, "person_id = ?", person.ID).Error; err != nil {
			return err
		}
		if err := endPasskeys(tx, person.ID); err != nil {
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
