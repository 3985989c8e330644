package modelstest

import (
	"context"

	"newsbell/models"
)

// Password is the password of every person that Person makes.
const Password = "a lantern over the harbour"

// Person makes a person with an email address, who accepts an invitation.
func (db *DB) Person(email string, role models.Role) models.Person {
	db.t.Helper()
	ctx := context.Background()
	_, secret, err := db.Invite(ctx, models.NewInvitation{Email: email, Role: role, Actor: models.Operator})
	must(db, err)
	person, err := db.AcceptInvitation(ctx, secret, models.NewPerson{Name: "Somebody", Password: Password})
	must(db, err)
	return person
}

// Session opens a session for a person and returns its secret.
func (db *DB) Session(person models.Person) string {
	db.t.Helper()
	secret, err := db.OpenPersonSession(context.Background(), person, "Firefox on Linux")
	must(db, err)
	return secret
}
