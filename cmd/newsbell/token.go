package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

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
	Name    string         `arg:"" help:"Name of the program."`
	Scopes  []models.Scope `name:"scope" help:"What it may do: read counts; publish updates, open outages and apps, stop alerts." default:"read,publish" enum:"read,publish" placeholder:"SCOPE"`
	Expires time.Time      `help:"Day at whose start, in UTC, it ends: 2027-01-31. Default: never." format:"2006-01-02" placeholder:"DAY"`
}

// Run prints only the token on standard output, so that a script can store it.
func (t *tokenCreateCommand) Run(ctx context.Context) error {
	return t.With(ctx, func(store *models.Store) error {
		token := models.NewToken{Name: t.Name, Scopes: t.Scopes}
		if !t.Expires.IsZero() {
			token.ExpiresAt = &t.Expires
		}
		_, secret, err := store.CreateToken(ctx, token)
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
		fmt.Fprintln(table, "NAME\tSCOPES\tOWNER\tCREATED\tLAST USED\tEXPIRES\tREVOKED")
		for _, token := range tokens {
			owner := models.Operator
			if token.Owner != nil {
				owner = token.Owner.Email
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", token.Name, join(token.Scopes), owner,
				token.CreatedAt.Format(timeLayout), timeOrDash(token.LastUsedAt), timeOrDash(token.ExpiresAt), timeOrDash(token.RevokedAt))
		}
		return table.Flush()
	})
}

type tokenRevokeCommand struct {
	program.DatabaseSettings
	Name string `arg:"" help:"Name of the program."`
}

// Run revokes the token.
func (t *tokenRevokeCommand) Run(ctx context.Context) error {
	return t.With(ctx, func(store *models.Store) error { return store.RevokeToken(ctx, t.Name, models.Operator) })
}

const timeLayout = "2006-01-02 15:04 UTC"

func timeOrDash(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format(timeLayout)
}

func join(scopes []models.Scope) string {
	words := make([]string, len(scopes))
	for i, scope := range scopes {
		words[i] = string(scope)
	}
	return strings.Join(words, ",")
}
