package main

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// serveCommand runs a Newsbell until it is told to stop.
type serveCommand struct{ serverSettings }

// Run says where it is, opens everything, and serves until ctx ends.
func (s *serveCommand) Run(ctx context.Context) (err error) {
	c, err := s.check()
	if err != nil {
		return err
	}
	p, err := newProgram(c, nil, os.Stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	fmt.Println("listening on       ", p.listener.Addr())
	fmt.Println("readers find it at ", c.baseURL)
	fmt.Println("editors find it at ", c.baseURL+"/editor", "(make a token: newsbell token create NAME)")
	return p.Run(ctx)
}
