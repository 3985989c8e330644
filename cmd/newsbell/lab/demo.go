package lab

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"newsbell/cmd/newsbell/client"
	"newsbell/cmd/newsbell/program"
	"newsbell/models"
	"newsbell/notifier/pushtest"
	"newsbell/static"
)

// Demo replays the coverage of a real outage on a new database, to simulated readers and to
// everybody who follows in a browser.
type Demo struct {
	Readers  int           `help:"Number of simulated readers." default:"1000"`
	Listen   string        `help:"Address to listen on." default:"127.0.0.1:8080"`
	Duration time.Duration `help:"Duration of the replay of four hours of coverage." default:"1m"`
	Fast     bool          `help:"Publish each update as soon as the last alert is sent."`
	Once     bool          `help:"Exit after the replay instead of serving the pages."`
	LogLevel string        `help:"debug, info, warn or error." default:"warn"`

	// out receives the table; rehearsed is called when the readers have subscribed. Tests
	// set them.
	out       io.Writer
	rehearsed func(*pushtest.Server, demoReaders)
}

// Run runs the demo. It returns an error unless every alert reached its readers once.
func (d *Demo) Run(ctx context.Context) (err error) {
	if err := d.check(); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "newsbell-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	service, err := pushtest.New(pushtest.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	p, err := d.open(folder, service)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()

	ctx, stop := context.WithCancel(ctx)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.Run(ctx) })
	group.Go(func() error {
		defer stop()
		return d.perform(ctx, p, service)
	})
	return group.Wait()
}

func (d *Demo) check() error {
	if d.out == nil {
		d.out = os.Stdout
	}
	if d.rehearsed == nil {
		d.rehearsed = func(*pushtest.Server, demoReaders) {}
	}
	var p program.Problems
	if d.Readers < 1 || d.Readers > 200_000 {
		p.Add("readers", "must be a number from 1 to 200000, not %d", d.Readers)
	}
	if d.Duration < time.Second {
		p.Add("duration", "must be at least a second, not %s", d.Duration)
	}
	return p.Err()
}

// open creates a program with its data in folder that may push to the service.
func (d *Demo) open(folder string, service *pushtest.Server) (*program.Program, error) {
	settings := program.DefaultSettings()
	settings.DatabaseURL = filepath.Join(folder, "demo.db")
	settings.Listen, settings.LogLevel, settings.SubscribeLimit = d.Listen, d.LogLevel, "0"
	settings.AllowPushHost = []string{service.URL()}
	c, err := settings.Check()
	if err != nil {
		return nil, err
	}
	if c.RootCAs, err = trusted(service); err != nil {
		return nil, err
	}
	return program.New(c, io.Discard)
}

// trusted are the system's certificates, for the push services of real browsers, and the
// simulated service's.
func trusted(service *pushtest.Server) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the system's certificates: %w", err)
	}
	pool.AppendCertsFromPEM(service.CertPEM())
	return pool, nil
}

// perform runs the demo's steps: outage, readers, replay, comparison.
func (d *Demo) perform(ctx context.Context, p *program.Program, service *pushtest.Server) error {
	c, err := readCoverage()
	if err != nil {
		return err
	}
	select {
	case <-p.Opened:
	case <-ctx.Done():
		return ctx.Err()
	}
	_, token, err := p.Store.CreateToken(ctx, models.NewToken{Name: "demo", Scopes: models.Scopes})
	if err != nil {
		return err
	}
	address := p.URL()
	api := client.New(address, token)
	if err := openOutage(ctx, api, c); err != nil {
		return err
	}
	if err := d.welcome(ctx, p, c); err != nil {
		return err
	}
	progress := newProgressTable(d.out)
	subscribing := progress.row("subscribe readers", d.Readers)
	readers, err := newDemoReaders(ctx, service, api, c, d.Readers, subscribing.increment)
	if err != nil {
		return err
	}
	subscribing.done(len(readers))
	d.rehearsed(service, readers)
	began := time.Now()
	published, err := d.replay(ctx, api, progress, c, readers)
	if err != nil {
		return err
	}
	progress.close()
	result, err := c.count(readers, published)
	if err != nil {
		return err
	}
	if !d.Once {
		d.serveOn(ctx, address, token, result)
	} else {
		fmt.Fprintf(d.out, "\n%d updates in %s; %d reached somebody who had not asked for them\n%s\n",
			len(published), time.Since(began).Round(time.Millisecond), result.Unexpected, result)
	}
	return result.err()
}

// welcome prints where to follow the outage, and a link that makes an account in the newsroom.
func (d *Demo) welcome(ctx context.Context, p *program.Program, c coverage) error {
	_, secret, err := p.Store.InviteFirst(ctx)
	if err != nil {
		return err
	}
	address := p.URL()
	fmt.Fprintf(d.out, `Follow it in your own browser: %s/outages/%s
Newsroom: %s
Open this link, make an account, and write an alert; follow the outage in this browser first to get it.

`, address, c.Outage.Slug, static.Site{BaseURL: address}.InvitationURL(secret))
	return nil
}

// replay publishes each update when it is due and waits until its alert is sent. It returns
// the updates by ID.
func (d *Demo) replay(ctx context.Context, api *client.Client, progress *progressTable, c coverage, readers demoReaders) (map[int64]coverageUpdate, error) {
	published := map[int64]coverageUpdate{}
	speed := float64(c.Outage.ResolvedAt.Sub(c.Outage.CoverageOpenedAt)) / float64(d.Duration)
	began := time.Now()
	for _, u := range c.Updates {
		if !d.Fast {
			due := time.Duration(float64(u.At.Sub(c.Outage.CoverageOpenedAt)) / speed)
			if err := pause(ctx, due-time.Since(began)); err != nil {
				return nil, err
			}
		}
		row := progress.row(fmt.Sprintf("%s  %-10s %-4s  %s", u.At.Format("15:04"), u.Kind, u.Alert, u.Headline), c.expect(readers, u))
		p, err := api.Publish(ctx, c.Outage.Slug, client.Draft{
			Kind: u.Kind, Alert: u.Alert, Apps: u.Apps, States: u.States, Headline: u.Headline, Body: u.Body,
		})
		if err != nil {
			return nil, fmt.Errorf("publish %q: %w", u.Headline, err)
		}
		published[p.Update.ID] = u
		accepted := 0
		if p.Alert != nil {
			err := api.Watch(ctx, *p.Alert, func(a client.Alert) {
				accepted = a.Counts.Accepted
				row.set(accepted)
			})
			if err != nil {
				return nil, err
			}
		}
		row.done(accepted)
	}
	return published, nil
}

// serveOn keeps serving the pages until ctx is done.
func (d *Demo) serveOn(ctx context.Context, address, token string, result comparison) {
	fmt.Fprintf(d.out, `
%s

The pages stay at %s until you press Ctrl-C. The outage is resolved: in the newsroom, at
%s/editor, publish a correction, or open an outage of your own. Or from the command line:
  newsbell publish --url %s --token %s outage my-outage "Something is down" --app messenger
`, result, address, address, address, token)
	<-ctx.Done()
}

// openOutage creates the apps and the outage.
func openOutage(ctx context.Context, api *client.Client, c coverage) error {
	for _, app := range c.Apps {
		in := map[string]string{"slug": app.Slug, "name": app.Name}
		if err := api.Call(ctx, http.MethodPost, "/apps", in, nil); err != nil {
			return fmt.Errorf("create app %s: %w", app.Slug, err)
		}
	}
	o := c.Outage
	in := map[string]any{
		"slug": o.Slug, "headline": o.Headline, "standfirst": o.Standfirst, "apps": o.Apps, "began_at": o.BeganAt,
	}
	if err := api.Call(ctx, http.MethodPost, "/outages", in, nil); err != nil {
		return fmt.Errorf("create the outage: %w", err)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
