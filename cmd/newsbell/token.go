package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"newsbell/cmd/newsbell/program"
	"newsbell/models"
)

// tokenCommand makes, lists and revokes API tokens.
type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" help:"Make a token and print it, once."`
	List   tokenListCommand   `cmd:"" help:"List the tokens."`
	Revoke tokenRevokeCommand `cmd:"" help:"End a token at once."`
}

type tokenCreateCommand struct {
	program.DatabaseSettings
	Name string `arg:"" help:"Whose token it is."`
}

// Run prints the token alone on standard output, so that a script can keep it.
func (t *tokenCreateCommand) Run(ctx context.Context) error {
	return t.With(ctx, func(store *models.Store) error {
		_, secret, err := store.CreateToken(ctx, t.Name)
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, "made a token for", t.Name+"; it is shown only now:")
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
		fmt.Fprintln(table, "NAME\tMADE\tREVOKED")
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
	Name string `arg:"" help:"Whose token it is."`
}

// Run ends the token.
func (t *tokenRevokeCommand) Run(ctx context.Context) error {
	return t.With(ctx, func(store *models.Store) error { return store.RevokeToken(ctx, t.Name) })
}

const timeLayout = "2006-01-02 15:04 UTC"
