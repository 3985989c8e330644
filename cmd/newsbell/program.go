package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"newsbell/handlers"
	"newsbell/models"
	"newsbell/notifier"
)

// program is a running Newsbell: the notifier and, unless it is a worker alone,
// the web server, in one process.
type program struct {
	store    *models.Store
	bus      *notifier.Bus
	notifier *notifier.Notifier
	listener net.Listener
	server   *http.Server
}

// shutdownTimeout bounds how long requests may go on after a signal.
const shutdownTimeout = 5 * time.Second

// newProgram opens everything; rootCAs are the system's when nil. A program
// without an address to listen on is a worker. Nothing is served or sent before
// Run.
func newProgram(ctx context.Context, c config, rootCAs *x509.CertPool, out io.Writer) (p *program, err error) {
	p = &program{}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if p.store, err = openStore(ctx, c, out); err != nil {
		return p, err
	}
	if p.bus, err = notifier.OpenBus(c.natsURL); err != nil {
		return p, err
	}
	if !c.noSend {
		if p.notifier, err = p.newNotifier(c, rootCAs); err != nil {
			return p, err
		}
	}
	if c.listen == "" {
		return p, nil
	}
	return p, p.openWeb(c)
}

func (p *program) openWeb(c config) (err error) {
	if p.listener, err = net.Listen("tcp", c.listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	handler, err := handlers.New(handlers.Options{
		Store: p.store, Bus: p.bus.Conn, BaseURL: c.baseURL, Log: c.log, Ready: p.ready,
	})
	if err != nil {
		return err
	}
	p.server = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(c.log.Handler(), slog.LevelWarn),
	}
	return nil
}

// ready tells whether the program can do all of its work.
func (p *program) ready(ctx context.Context) error {
	if p.notifier == nil {
		return nil
	}
	return p.notifier.Ready(ctx)
}

// Run serves and sends until ctx ends, then lets requests and pushes in flight
// end.
func (p *program) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	if p.notifier != nil {
		group.Go(func() error { return p.notifier.Run(ctx) })
	}
	if p.server == nil {
		return group.Wait()
	}
	group.Go(func() error {
		if err := p.server.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		return p.server.Shutdown(stopping)
	})
	return group.Wait()
}

// Close closes what newProgram opened; after Run.
func (p *program) Close() error {
	var err error
	if p.listener != nil {
		if closeErr := p.listener.Close(); !errors.Is(closeErr, net.ErrClosed) {
			err = closeErr
		}
	}
	if p.bus != nil {
		p.bus.Close()
	}
	if p.store != nil {
		err = errors.Join(err, p.store.Close())
	}
	return err
}

func (p *program) newNotifier(c config, rootCAs *x509.CertPool) (*notifier.Notifier, error) {
	client := notifier.NewClient(notifier.ClientOptions{Hosts: c.pushHosts, RootCAs: rootCAs})
	var sender notifier.Sender = notifier.NewFastSender(client)
	if c.sender == "webpush-go" {
		sender = notifier.NewWebPushSender(client)
	}
	return notifier.New(notifier.Options{
		Store: p.store, Bus: p.bus, Sender: sender, BaseURL: c.baseURL, VAPIDSubject: c.vapidSubject,
		Lang: c.lang, Workers: c.workers, InFlight: c.inFlight, Log: c.log,
	})
}
