package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"newsbell/cmd/newsbell/program"
)

// workCommand only sends alerts. Any number of workers share one PostgreSQL and one NATS.
type workCommand struct{ program.SenderSettings }

// Run sends until ctx is done.
func (w *workCommand) Run(ctx context.Context) (err error) {
	c, err := w.Check()
	if err != nil {
		return err
	}
	p, err := program.New(c, os.Stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	p.Announce = func() { fmt.Println("working until stopped") }
	return p.Run(ctx)
}
