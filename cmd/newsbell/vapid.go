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
	List   vapidListCommand   `cmd:"" help:"List the public keys, and how many subscriptions are bound to each."`
	Rotate vapidRotateCommand `cmd:"" help:"Make a new key; browsers move to it when their readers visit."`
}

type vapidListCommand struct{ program.DatabaseSettings }

// Run prints a line for each key; private keys stay where they are.
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
		fmt.Fprintln(table, "ID\tMADE\tCURRENT\tSUBSCRIPTIONS\tPUBLIC KEY")
		for _, key := range keys {
			fmt.Fprintf(table, "%d\t%s\t%t\t%d\t%s\n", key.ID, key.CreatedAt.Format(timeLayout), key.Current, uses[key.ID], key.PublicKey)
		}
		return table.Flush()
	})
}

type vapidRotateCommand struct{ program.DatabaseSettings }

// Run makes a key the current one. Alerts go on with the old keys until their
// last subscription has moved; then the notifier retires them.
func (v *vapidRotateCommand) Run(ctx context.Context) error {
	return v.With(ctx, func(store *models.Store) error {
		key, err := program.MakeVAPIDKey(ctx, store)
		if err != nil {
			return err
		}
		fmt.Println("new subscriptions use", key.PublicKey)
		fmt.Println("see how many have moved: newsbell vapid list")
		return nil
	})
}
