package models

import (
	"slices"

	"newsbell/models/validation"
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
