package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
)

// serveCommand runs a Newsbell until it is told to stop.
type serveCommand struct {
	serverSettings
	NoSend     bool   `help:"Leave the sending to workers."`
	CPUProfile string `name:"cpu-profile" help:"Write a CPU profile to this file." placeholder:"FILE"`
}

// Run opens everything, says where it is, and serves until ctx ends.
func (s *serveCommand) Run(ctx context.Context) (err error) {
	c, err := s.check()
	if err != nil {
		return err
	}
	c.noSend = s.NoSend
	stopProfile, err := startCPUProfile(s.CPUProfile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopProfile()) }()
	p, err := newProgram(c, c.rootCAs, os.Stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	p.announce = func() {
		fmt.Println("listening on       ", p.listener.Addr())
		fmt.Println("readers find it at ", c.baseURL)
		fmt.Println("editors find it at ", c.baseURL+"/editor", "(make a token: newsbell token create NAME)")
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
