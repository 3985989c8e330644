package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"

	"newsbell/cmd/newsbell/program"
	"newsbell/models"
	"newsbell/static"
)

// serveCommand runs a server until it is stopped.
type serveCommand struct {
	program.ServerSettings
	NoSend     bool   `help:"Do not send alerts; workers do."`
	CPUProfile string `name:"cpu-profile" help:"Write a CPU profile to this file." placeholder:"FILE"`
}

// Run opens everything, prints the addresses, and serves until ctx is done.
func (s *serveCommand) Run(ctx context.Context) (err error) {
	c, err := s.Check()
	if err != nil {
		return err
	}
	c.NoSend = s.NoSend
	stopProfile, err := startCPUProfile(s.CPUProfile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopProfile()) }()
	p, err := program.New(c, os.Stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	p.Announce = func() {
		link, err := inviteFirst(ctx, p.Store, c.BaseURL)
		if err != nil {
			c.Log.Error("cannot make a link for the first account", "error", err)
		}
		fmt.Println("listening on  ", p.Addr())
		fmt.Println("for readers   ", c.BaseURL)
		fmt.Println("for editors   ", c.BaseURL+"/editor")
		if link != "" {
			fmt.Println("first account ", link)
		}
	}
	return p.Run(ctx)
}

// inviteFirst returns a link that makes the first chief of the newsroom. It is empty if
// there are people.
func inviteFirst(ctx context.Context, store *models.Store, baseURL string) (string, error) {
	_, secret, err := store.InviteFirst(ctx)
	switch {
	case errors.Is(err, models.ErrConflict):
		return "", nil
	case err != nil:
		return "", err
	}
	return static.Site{BaseURL: baseURL}.InvitationURL(secret), nil
}

// startCPUProfile writes a CPU profile to a file until stop is called. It does nothing if
// file is empty.
func startCPUProfile(file string) (stop func() error, err error) {
	if file == "" {
		return func() error { return nil }, nil
	}
	out, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(out); err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return out.Close()
	}, nil
}
