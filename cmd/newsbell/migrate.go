package main

import (
	"context"
	"fmt"

	"newsbell/cmd/newsbell/program"
	"newsbell/models"
)

// migrateCommand migrates the schema, as every start does.
type migrateCommand struct{ program.DatabaseSettings }

// Run migrates the schema and prints the migrations.
func (m *migrateCommand) Run(ctx context.Context) error {
	return m.With(ctx, func(*models.Store) error {
		fmt.Println("the schema is up to date")
		return nil
	})
}
