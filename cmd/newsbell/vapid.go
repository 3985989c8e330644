package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"newsbell/cmd/newsbell/program"
	"newsbell/models"
)

// vapidCommand lists and rotates VAPID keys.
type vapidCommand struct {
	List   vapidListCommand   `cmd:"" help:"List the public keys and the number of subscriptions bound to each."`
	Rotate vapidRotateCommand `cmd:"" help:"Create a new current key; browsers move to it when their readers visit."`
}

type vapidListCommand struct{ program.DatabaseSettings }

// Run prints a line for each key, without the private keys.
func (v *vapidListCommand) Run(ctx context.Context) error {
	return v.With(ctx, func(store *models.Store) error {
		keys, err := store.VAPIDKeys(ctx)
		if err != nil {
			return err
		}
		uses, err := store.VAPIDKeyUses(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tCREATED\tCURRENT\tSUBSCRIPTIONS\tPUBLIC KEY")
		for _, key := range keys {
			fmt.Fprintf(table, "%d\t%s\t%t\t%d\t%s\n", key.ID, key.CreatedAt.Format(timeLayout), key.Current, uses[key.ID], key.PublicKey)
		}
		return table.Flush()
	})
}

type vapidRotateCommand struct{ program.DatabaseSettings }

// Run creates a key and makes it the current one. Alerts still use an old key until its
// last subscription has moved; then the notifier retires it.
func (v *vapidRotateCommand) Run(ctx context.Context) error {
	return v.With(ctx, func(store *models.Store) error {
		key, err := program.CreateVAPIDKey(ctx, store)
		if err != nil {
			return err
		}
		fmt.Println("new subscriptions use", key.PublicKey)
		fmt.Println("see how many have moved: newsbell vapid list")
		return nil
	})
}
