package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"newsbell/models"
)

// workCommand sends alerts beside other processes: any number of them, on one
// PostgreSQL and one NATS.
type workCommand struct{ senderSettings }

// Run sends until ctx ends.
func (w *workCommand) Run(ctx context.Context) (err error) {
	c, err := w.check()
	if err != nil {
		return err
	}
	p, err := newProgram(c, c.rootCAs, os.Stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	p.announce = func() { fmt.Println("working            ", "until told to stop") }
	return p.Run(ctx)
}

func (s senderSettings) check() (config, error) {
	var p settingProblems
	c := s.read(&p, "localhost:8080")
	if !models.IsPostgres(s.DatabaseURL) {
		p.add("database-url", "must be postgres://…: a worker shares its database with other processes")
	}
	if s.NATSURL == "" {
		p.add("nats-url", "is required: a worker shares its queue with other processes")
	}
	return c, p.err()
}
