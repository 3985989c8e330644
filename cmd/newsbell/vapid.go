package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"newsbell/models"
)

// vapidCommand makes and lists VAPID keys.
type vapidCommand struct {
	List vapidListCommand `cmd:"" help:"List the public keys."`
}

type vapidListCommand struct{ databaseSettings }

// Run prints a line for each key; private keys stay where they are.
func (v *vapidListCommand) Run(ctx context.Context) error {
	return v.with(ctx, func(store *models.Store) error {
		keys, err := store.VAPIDKeys(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tMADE\tCURRENT\tPUBLIC KEY")
		for _, key := range keys {
			fmt.Fprintf(table, "%d\t%s\t%t\t%s\n", key.ID, key.CreatedAt.Format(timeLayout), key.Current, key.PublicKey)
		}
		return table.Flush()
	})
}
