// Package program is a running Newsbell: its settings, and the server and the workers
// that they configure.
package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"newsbell/handlers"
	"newsbell/handlers/live"
	"newsbell/models"
	"newsbell/notifier"
	"newsbell/notifier/pushservice"
	"newsbell/notifier/webpush"
)

// Program is a running Newsbell: the notifier and, unless it is a worker, the web server,
// in one process. It may start before its database and NATS: it retries, and until then
// its server says that it is not ready.
type Program struct {
	config   Config
	out      io.Writer
	listener net.Listener
	handler  *handlerSwitch
	server   *http.Server
	files    openFiles

	// Announce is called once everything is open.
	Announce func()
	// Opened is closed once everything is open. The fields below are set by then.
	Opened   chan struct{}
	Store    *models.Store
	bus      *notifier.Bus
	web      *handlers.Web      // nil in a worker
	notifier *notifier.Notifier // nil with --no-send
}

// shutdownTimeout is how long requests in progress may take after a signal.
const shutdownTimeout = 5 * time.Second

// New starts to listen, and writes to out what it created on a first start. A program
// without an address to listen on is a worker. Nothing is opened, served or sent before
// Run.
func New(c Config, out io.Writer) (*Program, error) {
	p := &Program{config: c, out: out, Announce: func() {}, Opened: make(chan struct{})}
	if c.Listen == "" {
		return p, nil
	}
	starting, err := handlers.Starting(c.BaseURL, c.Log)
	if err != nil {
		return nil, err
	}
	p.handler = newHandlerSwitch(starting)
	p.server = &http.Server{
		Handler:           p.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(c.Log.Handler(), slog.LevelWarn),
	}
	return p, p.listen()
}

// listen opens the listener and limits its connections, so that files are left for
// everything else.
func (p *Program) listen() (err error) {
	if p.files, err = countOpenFiles(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", p.config.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	most := p.files.connections()
	accepted := newConnections(listener, most, fromOneAddress(p.config.connectionLimit, most), p.config.trustedProxies)
	p.listener, p.server.ConnState = accepted, accepted.track
	return nil
}

// Run serves and sends until ctx is done. Then it waits for requests and pushes in
// flight.
func (p *Program) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.openAndRun(ctx) })
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

func (p *Program) openAndRun(ctx context.Context) error {
	if err := p.open(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // stopped while waiting
		}
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	if p.web != nil {
		group.Go(func() error { return p.web.Run(ctx) })
	}
	if p.notifier != nil {
		group.Go(func() error { return p.notifier.Run(ctx) })
	}
	return group.Wait()
}

// open opens everything and switches the server to the real handler. It waits for the
// database; NATS connects in the background.
func (p *Program) open(ctx context.Context) (err error) {
	c := p.config
	if p.bus, err = notifier.OpenBus(notifier.BusOptions{URL: c.natsURL, RootCAs: c.natsCAs, Log: c.Log}); err != nil {
		return err
	}
	if p.Store, err = awaitStore(ctx, c, p.out); err != nil {
		return err
	}
	if !c.NoSend {
		if p.notifier, err = p.newNotifier(); err != nil {
			return err
		}
	}
	if p.handler != nil {
		if p.web, err = p.newWeb(); err != nil {
			return err
		}
		p.handler.show(p.web)
	}
	p.Announce()
	close(p.Opened)
	return nil
}

// ready returns an error if the program cannot do all of its work.
func (p *Program) ready(ctx context.Context) error {
	if err := p.bus.Ready(ctx); err != nil || p.notifier == nil {
		return err
	}
	return p.notifier.Ready(ctx)
}

// Close closes what New and Run opened. Call it after Run.
func (p *Program) Close() error {
	var err error
	if p.listener != nil {
		if closeErr := p.listener.Close(); !errors.Is(closeErr, net.ErrClosed) {
			err = closeErr
		}
	}
	if p.bus != nil {
		p.bus.Close()
	}
	if p.Store != nil {
		err = errors.Join(err, p.Store.Close())
	}
	return err
}

func (p *Program) newWeb() (*handlers.Web, error) {
	pages := p.files.livePages()
	return handlers.New(handlers.Options{
		Store: p.Store, Bus: p.bus.Conn, BaseURL: p.config.BaseURL, Lang: p.config.lang, TimeZone: p.config.timeZone, Log: p.config.Log, Ready: p.ready,
		Live:           live.Options{MaxPages: pages, MaxPagesOfAddress: fromOneAddress(p.config.connectionLimit, pages)},
		SubscribeLimit: p.config.subscribeLimit, NoticeLimit: p.config.noticeLimit, GuessLimit: p.config.guessLimit, TrustedProxies: p.config.trustedProxies,
		EmbedOrigins: p.config.embedOrigins, OpenID: p.config.openID,
	})
}

func (p *Program) newNotifier() (*notifier.Notifier, error) {
	c := p.config
	client := webpush.NewClient(webpush.ClientOptions{Hosts: c.PushHosts, RootCAs: p.config.RootCAs})
	var sender webpush.Sender = webpush.NewFastSender(client)
	if c.sender == "webpush-go" {
		sender = webpush.NewReferenceSender(client)
	}
	return notifier.New(notifier.Options{
		Store: p.Store, Bus: p.bus, BaseURL: c.BaseURL, VAPIDSubject: c.vapidSubject,
		Lang: c.lang, Workers: c.workers, Log: c.Log,
		Push: pushservice.Options{
			Sender: sender, InFlight: c.inFlight,
			Busy: func() bool { return p.web != nil && p.web.Answering() > 0 },
		},
	})
}

// Addr returns the address that the program listens on.
func (p *Program) Addr() net.Addr { return p.listener.Addr() }

// URL returns the address for a browser on this machine, on localhost, which browsers
// trust without a certificate.
func (p *Program) URL() string {
	_, port, _ := net.SplitHostPort(p.Addr().String())
	return "http://localhost:" + port
}
