// Withdatabases runs a command, such as go test, with what the tests of several
// packages share: a throwaway PostgreSQL, and a migrated database of each kind to
// copy. Without it each package starts and migrates its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/jackc/pgx/v5"

	"newsbell/models"
	"newsbell/models/modelstest"
	"newsbell/models/pgtest"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: withdatabases COMMAND [ARGUMENT]...")
		os.Exit(2)
	}
	// A terminal interrupts the command too; its end is awaited.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM)
	err := run(context.Background(), os.Args[1:])
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.Exited():
		os.Exit(exit.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, "withdatabases:", err)
		os.Exit(1)
	}
}

// run makes the databases, runs the command and deletes them.
func run(ctx context.Context, command []string) (err error) {
	folder, err := os.MkdirTemp("", "newsbell-databases-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	template := filepath.Join(folder, "template.db")
	if err := migrate(ctx, template); err != nil {
		return err
	}
	variables, end, err := startPostgres(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	c := exec.Command(command[0], command[1:]...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Env = append(append(os.Environ(), modelstest.SQLiteTemplateVariable+"="+template), variables...)
	return c.Run()
}

const postgresTemplate = "newsbell_template"

// startPostgres starts a cluster with a template. It does nothing if the environment
// names a server, or if PostgreSQL is not installed: then each test says so.
func startPostgres(ctx context.Context) (variables []string, end func() error, err error) {
	if os.Getenv(modelstest.PostgresURLVariable) != "" {
		return nil, func() error { return nil }, nil
	}
	cluster, err := pgtest.Start()
	if errors.Is(err, pgtest.ErrNotInstalled) {
		return nil, func() error { return nil }, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if err := createTemplate(ctx, cluster.URL()); err != nil {
		return nil, nil, errors.Join(err, cluster.Close())
	}
	return []string{
		modelstest.PostgresURLVariable + "=" + cluster.URL(),
		modelstest.PostgresTemplateVariable + "=" + postgresTemplate,
	}, cluster.Close, nil
}

// createTemplate makes the migrated database of a cluster that tests copy.
func createTemplate(ctx context.Context, clusterURL string) error {
	conn, err := pgx.Connect(ctx, clusterURL)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+postgresTemplate)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		return err
	}
	url, err := url.Parse(clusterURL)
	if err != nil {
		return err
	}
	url.Path = "/" + postgresTemplate
	return migrate(ctx, url.String())
}

// migrate gives a new database the schema.
func migrate(ctx context.Context, url string) error {
	store, err := models.Open(ctx, models.Options{URL: url})
	if err != nil {
		return err
	}
	_, err = store.Migrate(ctx)
	return errors.Join(err, store.Close())
}
