package models

import (
	"context"
	"fmt"
	"slices"

	"newsbell/models/validation"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Role is what a person may do in the newsroom. Each includes the roles before it.
type Role string

const (
	// RoleViewer may look at everything but people.
	RoleViewer Role = "viewer"
	// RoleEditor writes, publishes and stops alerts.
	RoleEditor Role = "editor"
	// RoleChief invites and removes people, and changes their roles.
	RoleChief Role = "chief"
)

// Roles are all roles, each with more rights than the one before.
var Roles = []Role{RoleViewer, RoleEditor, RoleChief}

// Includes reports whether a role has all rights of another.
func (r Role) Includes(other Role) bool {
	rank := slices.Index(Roles, r)
	return rank >= 0 && rank >= slices.Index(Roles, other)
}

func checkRole(p *validation.Problems, role Role) {
	if !slices.Contains(Roles, role) {
		p.Add("role", "must be viewer, editor or chief")
	}
}

// ErrLastChief says that nobody would be left to invite people. It is an [ErrConflict].
var ErrLastChief = fmt.Errorf("%w: this is the last chief", ErrConflict)

// ChangeRole changes a person's role, also in open sessions. It returns [ErrLastChief] if
// there is no other chief, unless the operator does it.
func (s *Store) ChangeRole(ctx context.Context, id int64, role Role, by string) error {
	var p validation.Problems
	if checkRole(&p, role); p.Err() != nil {
		return p.Err()
	}
	return s.changeRights(ctx, id, by, role, func(tx *gorm.DB, person Person) error {
		if err := updatePerson(tx, id, map[string]any{"role": role}); err != nil {
			return err
		}
		return s.audit(tx, by, "change role to "+string(role), person.Email)
	})
}

// RemovePerson removes a person, and ends their sessions and reset link. It returns
// [ErrLastChief] like [Store.ChangeRole].
func (s *Store) RemovePerson(ctx context.Context, id int64, by string) error {
	return s.changeRights(ctx, id, by, "", func(tx *gorm.DB, person Person) error {
		if err := tx.Delete(&Session{}, "person_id = ?", id).Error; err != nil {
			return err
		}
		if err := endInvitations(tx, "email = ?", person.Email); err != nil {
			return err
		}
		if err := updatePerson(tx, id, map[string]any{"removed_at": s.Now(), "password_hash": ""}); err != nil {
			return err
		}
		return s.audit(tx, by, "remove person", person.Email)
	})
}

// changeRights runs change in a transaction, for a person whose role afterwards is then.
// The open invitations and reset links that a chief has made end with their rights.
func (s *Store) changeRights(ctx context.Context, id int64, by string, then Role, change func(*gorm.DB, Person) error) error {
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		person, others, err := lockWithChiefs(tx, id)
		if err != nil {
			return err
		}
		if person.Role.Includes(RoleChief) && !then.Includes(RoleChief) {
			if others == 0 && by != Operator {
				return ErrLastChief
			}
			if err := endInvitations(tx, "invited_by = ?", person.Actor()); err != nil {
				return err
			}
		}
		return change(tx, person)
	})
	if err != nil {
		return fmt.Errorf("person %d: %w", id, err)
	}
	return nil
}

// lockWithChiefs locks a person and all chiefs, so that two chiefs cannot remove each
// other, and counts the other chiefs. It locks in the order of IDs, against deadlocks.
func lockWithChiefs(tx *gorm.DB, id int64) (person Person, others int, err error) {
	var locked []Person
	err = tx.Clauses(clause.Locking{Strength: "UPDATE"}).Order("id").
		Find(&locked, "(id = ? OR role = ?) AND "+isThere, id, RoleChief).Error
	if err != nil {
		return person, 0, err
	}
	at := slices.IndexFunc(locked, func(p Person) bool { return p.ID == id })
	if at < 0 {
		return person, 0, ErrNotFound
	}
	return locked[at], len(locked) - 1, nil
}
