package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"newsbell/cmd/newsbell/program"
	"newsbell/models"
)

// tokenCommand creates, lists and revokes API tokens.
type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" help:"Create a token and print it, once."`
	List   tokenListCommand   `cmd:"" help:"List the tokens."`
	Revoke tokenRevokeCommand `cmd:"" help:"Revoke a token immediately."`
}

type tokenCreateCommand struct {
	program.DatabaseSettings
	Name string `arg:"" help:"Name of the editor or program."`
}

// Run prints only the token on standard output, so that a script can store it.
func (t *tokenCreateCommand) Run(ctx context.Context) error {
	return t.With(ctx, func(store *models.Store) error {
		_, secret, err := store.CreateToken(ctx, t.Name)
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, "created a token for", t.Name+"; it is shown only once:")
		fmt.Println(secret)
		return nil
	})
}

type tokenListCommand struct{ program.DatabaseSettings }

// Run prints a line for each token.
func (t *tokenListCommand) Run(ctx context.Context) error {
	return t.With(ctx, func(store *models.Store) error {
		tokens, err := store.Tokens(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tCREATED\tREVOKED")
		for _, token := range tokens {
			revoked := "-"
			if token.RevokedAt != nil {
				revoked = token.RevokedAt.Format(timeLayout)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\n", token.Name, token.CreatedAt.Format(timeLayout), revoked)
		}
		return table.Flush()
	})
}

type tokenRevokeCommand struct {
	program.DatabaseSettings
	Name string `arg:"" help:"Name of the editor or program."`
}

// Run revokes the token.
func (t *tokenRevokeCommand) Run(ctx context.Context) error {
	return t.With(ctx, func(store *models.Store) error { return store.RevokeToken(ctx, t.Name) })
}

const timeLayout = "2006-01-02 15:04 UTC"
