package models

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"newsbell/models/passwords"
	"newsbell/models/text"
	"newsbell/models/validation"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Operator is how the audit log names who has access to the server itself.
const Operator = "operator"

// IdentityProvider is how the audit log names the provider that signs people in. It decides
// about roles like the operator.
const IdentityProvider = "identity provider"

// maxPersonName is the maximum length of a person's name, in bytes.
const maxPersonName = 80

// Person works in the newsroom. The row of a removed person stays without a password.
type Person struct {
	ID   int64
	Name string
	// Email is normalized, and unique among people who are not removed.
	Email        string
	Role         Role
	PasswordHash string
	CreatedAt    time.Time
	RemovedAt    *time.Time
}

// Actor is how the audit log names the person.
func (p Person) Actor() string { return "person " + p.Email }

func (p Person) audited() fields { return fields{"name": p.Name, "email": p.Email, "role": p.Role} }

// HasPassword reports whether the person has a password: not if an identity provider signs
// them in.
func (p Person) HasPassword() bool { return p.PasswordHash != "" }

// NewPerson is what a person enters to accept an invitation.
type NewPerson struct {
	Name string
	// Email counts only for an invitation without one.
	Email    string
	Password string
}

// Validate returns all problems.
func (n NewPerson) Validate() error {
	var p validation.Problems
	p.Text("name", n.Name, maxPersonName)
	p.Email("email", n.Email)
	checkPassword(&p, n.Password, n.Email)
	return p.Err()
}

func checkPassword(p *validation.Problems, password, email string) {
	if weakness := passwords.Weakness(password, email); weakness != "" {
		p.Add("password", "%s", weakness)
	}
}

// isThere selects people who are not removed.
const isThere = "removed_at IS NULL"

// HasPeople reports whether there is anybody who can sign in with a password.
func (s *Store) HasPeople(ctx context.Context) (bool, error) {
	return hasPeople(s.db.Read.WithContext(ctx))
}

func hasPeople(db *gorm.DB) (bool, error) {
	var first []int64
	err := db.Model(&Person{}).Where(isThere).Limit(1).Pluck("id", &first).Error
	return len(first) > 0, domain(err)
}

// People returns everybody who is not removed, by name.
func (s *Store) People(ctx context.Context) ([]Person, error) {
	var people []Person
	err := s.db.Read.WithContext(ctx).Where(isThere).Order("name, id").Find(&people).Error
	return people, domain(err)
}

// Person finds a person who is not removed by ID.
func (s *Store) Person(ctx context.Context, id int64) (Person, error) {
	return takePerson(s.db.Read.WithContext(ctx).Where("id = ?", id))
}

// PersonByEmail finds a person who is not removed by email address.
func (s *Store) PersonByEmail(ctx context.Context, email string) (Person, error) {
	return takePerson(s.db.Read.WithContext(ctx).Where("email = ?", validation.NormalizeEmail(email)))
}

func takePerson(query *gorm.DB) (Person, error) {
	var person Person
	err := query.Take(&person, isThere).Error
	return person, domain(err)
}

// ChangeName changes a person's own name.
func (s *Store) ChangeName(ctx context.Context, person Person, name string) error {
	name = text.Trim(name)
	var p validation.Problems
	if p.Text("name", name, maxPersonName); p.Err() != nil {
		return p.Err()
	}
	return s.transaction(ctx, func(tx *gorm.DB) error {
		before, err := lockPerson(tx, person.ID)
		if err != nil {
			return err
		}
		if err := updatePerson(tx, person.ID, map[string]any{"name": name}); err != nil {
			return err
		}
		return s.audit(tx, person.Actor(), "change name", person.Email, changed(fields{"name": before.Name}, fields{"name": name}))
	})
}

// updatePerson changes a person who is not removed.
func updatePerson(tx *gorm.DB, id int64, columns map[string]any) error {
	result := tx.Model(&Person{}).Where("id = ? AND "+isThere, id).Updates(columns)
	if result.Error == nil && result.RowsAffected == 0 {
		return ErrNotFound
	}
	return result.Error
}

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

// ErrNoPassword says that an identity provider signs the person in: they get no password. It
// is an [ErrConflict].
var ErrNoPassword = fmt.Errorf("%w: an identity provider signs this person in, without a password", ErrConflict)

// ChangePassword changes a person's own password in one of their sessions, and ends the
// others. A wrong current password is a problem of the field "current", also if it was right
// until a moment ago. It returns [ErrNoPassword] if the person has none.
func (s *Store) ChangePassword(ctx context.Context, session Session, current, password string) error {
	person := session.Person
	if !person.HasPassword() {
		return ErrNoPassword
	}
	matches, err := passwords.Match(ctx, person.PasswordHash, current)
	if err != nil {
		return err
	}
	var p validation.Problems
	if !matches {
		p.Add("current", isWrong)
	}
	if checkPassword(&p, password, person.Email); p.Err() != nil {
		return p.Err()
	}
	hash, err := passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		locked, err := lockPerson(tx, person.ID)
		if err != nil {
			return err
		}
		if locked.PasswordHash != person.PasswordHash {
			p.Add("current", isWrong)
			return p.Err()
		}
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

// isWrong is the problem of a current password.
const isWrong = "is wrong"

// Role is what a person may do in the newsroom. Each includes the roles before it.
type Role string

const (
	// RoleViewer may look at everything but people.
	RoleViewer Role = "viewer"
	// RoleEditor writes, publishes and stops alerts.
	RoleEditor Role = "editor"
	// RoleChief invites and removes people, changes their roles, and makes tokens.
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
		return s.audit(tx, by, "change role to "+string(role), person.Email,
			changed(fields{"role": person.Role}, fields{"role": role}))
	})
}

// RemovePerson removes a person with their passkeys and linked browsers, and ends their
// sessions and reset link. It returns [ErrLastChief] like [Store.ChangeRole].
func (s *Store) RemovePerson(ctx context.Context, id int64, by string) error {
	return s.changeRights(ctx, id, by, "", func(tx *gorm.DB, person Person) error {
		if err := tx.Delete(&Session{}, "person_id = ?", id).Error; err != nil {
			return err
		}
		if err := endPasskeys(tx, id); err != nil {
			return err
		}
		if err := unlinkBrowsers(tx, "person_id = ?", id); err != nil {
			return err
		}
		if err := endInvitations(tx, "email = ?", person.Email); err != nil {
			return err
		}
		if err := updatePerson(tx, id, map[string]any{"removed_at": s.Now(), "password_hash": ""}); err != nil {
			return err
		}
		return s.audit(tx, by, "remove person", person.Email, removed(person.audited()))
	})
}

// changeRights runs change in a transaction, for a person whose role afterwards is then.
// The open invitations, reset links and tokens that a chief has made end with their rights.
func (s *Store) changeRights(ctx context.Context, id int64, by string, then Role, change func(*gorm.DB, Person) error) error {
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		person, others, err := lockWithChiefs(tx, id)
		if err != nil {
			return err
		}
		if person.Role.Includes(RoleChief) && !then.Includes(RoleChief) {
			if others == 0 && by != Operator && by != IdentityProvider {
				return ErrLastChief
			}
			if err := endInvitations(tx, "invited_by = ?", person.Actor()); err != nil {
				return err
			}
			if _, err := s.revokeTokens(tx, by, "owner_id = ?", id); err != nil {
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

// Identity is who an identity provider says that somebody is. Issuer and subject name the
// person, and never the email address.
type Identity struct {
	ID        int64
	PersonID  int64
	Issuer    string
	Subject   string
	CreatedAt time.Time
	// Name and Email are for a new person, and Role is the current one.
	Name  string `gorm:"-"`
	Email string `gorm:"-"`
	Role  Role   `gorm:"-"`
}

// PersonByIdentity finds the person of an identity, or makes one, and gives them their
// current role. It returns [ErrUnauthorized] if the person has been removed, and
// [ErrConflict] if somebody else has the email address of a new person.
func (s *Store) PersonByIdentity(ctx context.Context, identity Identity) (Person, error) {
	person, err := s.findOrAddPerson(ctx, identity)
	if errors.Is(err, ErrConflict) { // perhaps with another first sign-in of the same person
		person, err = s.findOrAddPerson(ctx, identity)
	}
	if err != nil || person.Role == identity.Role {
		return person, err
	}
	if err := s.ChangeRole(ctx, person.ID, identity.Role, IdentityProvider); err != nil {
		return Person{}, err
	}
	person.Role = identity.Role
	return person, nil
}

func (s *Store) findOrAddPerson(ctx context.Context, identity Identity) (Person, error) {
	var person Person
	err := s.transaction(ctx, func(tx *gorm.DB) (err error) {
		var known []Identity
		if err := tx.Limit(1).Find(&known, "issuer = ? AND subject = ?", identity.Issuer, identity.Subject).Error; err != nil {
			return err
		}
		if len(known) == 0 {
			person, err = s.addIdentity(tx, identity)
			return err
		}
		person, err = takePerson(tx.Where("id = ?", known[0].PersonID))
		return unauthorized(err)
	})
	return person, err
}

// addIdentity makes a person, without a password, and their identity.
func (s *Store) addIdentity(tx *gorm.DB, identity Identity) (Person, error) {
	person := Person{Name: text.Trim(identity.Name), Email: validation.NormalizeEmail(identity.Email), Role: identity.Role, CreatedAt: s.Now()}
	var p validation.Problems
	p.Text("name", person.Name, maxPersonName)
	p.Email("email", person.Email)
	checkRole(&p, person.Role)
	if err := p.Err(); err != nil {
		return person, err
	}
	if err := tx.Create(&person).Error; err != nil {
		return person, err
	}
	identity.PersonID, identity.CreatedAt = person.ID, person.CreatedAt
	if err := tx.Create(&identity).Error; err != nil {
		return person, err
	}
	return person, s.audit(tx, IdentityProvider, "add "+string(person.Role), person.Email, added(person.audited()))
}
