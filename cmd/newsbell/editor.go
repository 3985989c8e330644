package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"newsbell/cmd/newsbell/program"
	"newsbell/models"
	"newsbell/static"
)

// editorCommand invites, lists and removes the people of the newsroom.
type editorCommand struct {
	Invite editorInviteCommand `cmd:"" help:"Print a link with which somebody makes an account, once."`
	Reset  editorResetCommand  `cmd:"" help:"Print a link with which somebody sets a new password, once."`
	List   editorListCommand   `cmd:"" help:"List the people of the newsroom."`
	Remove editorRemoveCommand `cmd:"" help:"Remove somebody and end their sessions."`
}

// LinkSettings are the settings for links to the newsroom.
type LinkSettings struct {
	program.DatabaseSettings
	BaseURL string `help:"Public address of the pages, as of serve." default:"http://localhost:8080" placeholder:"URL"`
}

// print prints only the link on standard output, so that a script can use it.
func (l LinkSettings) print(invitation models.Invitation, secret string) error {
	base, err := program.ParseBaseURL(l.BaseURL)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "for", invitation.Email+"; it works once, until", invitation.ExpiresAt.Format(timeLayout)+":")
	fmt.Println(static.Site{BaseURL: base}.InvitationURL(secret))
	return nil
}

type editorInviteCommand struct {
	LinkSettings
	Email string      `arg:"" help:"Email address of the person."`
	Role  models.Role `help:"viewer, editor or chief." default:"editor" enum:"viewer,editor,chief"`
}

// Run makes the invitation and prints its link.
func (e *editorInviteCommand) Run(ctx context.Context) error {
	return e.With(ctx, func(store *models.Store) error {
		invitation, secret, err := store.Invite(ctx, models.NewInvitation{Email: e.Email, Role: e.Role, Actor: models.Operator})
		if err != nil {
			return err
		}
		return e.print(invitation, secret)
	})
}

type editorResetCommand struct {
	LinkSettings
	Email string `arg:"" help:"Email address of the person."`
}

// Run makes the reset link and prints it.
func (e *editorResetCommand) Run(ctx context.Context) error {
	return e.With(ctx, func(store *models.Store) error {
		person, err := personOf(ctx, store, e.Email)
		if err != nil {
			return err
		}
		invitation, secret, err := store.InviteToReset(ctx, person.ID, models.Operator)
		if err != nil {
			return err
		}
		return e.print(invitation, secret)
	})
}

type editorListCommand struct{ program.DatabaseSettings }

// Run prints a line for each person.
func (e *editorListCommand) Run(ctx context.Context) error {
	return e.With(ctx, func(store *models.Store) error {
		people, err := store.People(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "EMAIL\tNAME\tROLE\tSINCE")
		for _, p := range people {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", p.Email, p.Name, p.Role, p.CreatedAt.Format(timeLayout))
		}
		return table.Flush()
	})
}

type editorRemoveCommand struct {
	program.DatabaseSettings
	Email string `arg:"" help:"Email address of the person."`
}

// Run removes the person, even the last chief.
func (e *editorRemoveCommand) Run(ctx context.Context) error {
	return e.With(ctx, func(store *models.Store) error {
		person, err := personOf(ctx, store, e.Email)
		if err != nil {
			return err
		}
		return store.RemovePerson(ctx, person.ID, models.Operator)
	})
}

func personOf(ctx context.Context, store *models.Store, email string) (models.Person, error) {
	person, err := store.PersonByEmail(ctx, email)
	if err != nil {
		return person, fmt.Errorf("person %s: %w", email, err)
	}
	return person, nil
}
