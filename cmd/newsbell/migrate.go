package main

import (
	"context"
	"fmt"

	"newsbell/models"
)

// migrateCommand brings the schema up to date, as every start does.
type migrateCommand struct{ databaseSettings }

// Run says which migrations it ran.
func (m *migrateCommand) Run(ctx context.Context) error {
	return m.with(ctx, func(*models.Store) error {
		fmt.Println("the schema is up to date")
		return nil
	})
}
