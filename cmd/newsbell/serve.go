package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"

	"newsbell/cmd/newsbell/program"
)

// serveCommand runs a Newsbell until it is told to stop.
type serveCommand struct {
	program.ServerSettings
	NoSend     bool   `help:"Leave the sending to workers."`
	CPUProfile string `name:"cpu-profile" help:"Write a CPU profile to this file." placeholder:"FILE"`
}

// Run opens everything, says where it is, and serves until ctx ends.
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
		fmt.Println("listening on       ", p.Addr())
		fmt.Println("readers find it at ", c.BaseURL)
		fmt.Println("editors find it at ", c.BaseURL+"/editor", "(make a token: newsbell token create NAME)")
	}
	return p.Run(ctx)
}

// startCPUProfile writes a profile until it is stopped, if there is a file for it.
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
