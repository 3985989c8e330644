package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"newsbell/cmd/newsbell/client"
	"newsbell/cmd/newsbell/program"
)

// publishCommand publishes through a running server.
type publishCommand struct {
	URL   string `help:"Address of the server." default:"http://localhost:8080"`
	Token string `help:"An API token from newsbell token create." required:""`

	App        publishAppCommand        `cmd:"" help:"Create an app."`
	Outage     publishOutageCommand     `cmd:"" help:"Create an outage."`
	Update     publishUpdateCommand     `cmd:"" set:"default_alert=all" help:"Publish an update of an outage."`
	Resolution publishResolutionCommand `cmd:"" set:"default_alert=key" help:"Publish the resolution of an outage."`
	Correction publishCorrectionCommand `cmd:"" set:"default_alert=none" help:"Publish a correction."`
	Stop       publishStopCommand       `cmd:"" help:"Stop an alert."`
}

func (p *publishCommand) api() *client.Client { return client.New(p.URL, p.Token) }

type publishAppCommand struct {
	Slug string `arg:"" help:"Its name in URLs, such as messenger."`
	Name string `arg:"" help:"Its display name, such as Messenger."`
}

// Run creates the app and prints the URL of its page.
func (a *publishAppCommand) Run(ctx context.Context, p *publishCommand) error {
	in := map[string]string{"slug": a.Slug, "name": a.Name}
	if err := p.api().Call(ctx, http.MethodPost, "/apps", in, nil); err != nil {
		return err
	}
	fmt.Println("created app", p.URL+"/apps/"+a.Slug)
	return nil
}

type publishOutageCommand struct {
	Slug       string            `arg:"" help:"Its name in URLs."`
	Headline   string            `arg:"" help:"What is down."`
	Standfirst string            `help:"A summary in one sentence."`
	App        []string          `help:"An app that is failing; may be repeated." placeholder:"SLUG"`
	State      map[string]string `help:"An affected app and its state: failing, recovering or up." placeholder:"SLUG=STATE"`
}

// Run creates the outage and prints the URL of its page.
func (o *publishOutageCommand) Run(ctx context.Context, p *publishCommand) error {
	in := map[string]any{"slug": o.Slug, "headline": o.Headline, "standfirst": o.Standfirst, "apps": append([]string{}, o.App...)}
	if len(o.State) > 0 {
		in["states"] = o.State
	}
	if err := p.api().Call(ctx, http.MethodPost, "/outages", in, nil); err != nil {
		return err
	}
	fmt.Println("created outage", p.URL+"/outages/"+o.Slug)
	return nil
}

// entry has the flags that all kinds of updates share.
type entry struct {
	Outage   string            `arg:"" help:"Slug of the outage."`
	Headline string            `arg:"" help:"What is new."`
	Body     string            `help:"The text, in Markdown."`
	Alert    string            `help:"Who to alert: none, all or key." default:"${default_alert}"`
	App      program.List      `help:"An app that the update concerns; may be repeated." placeholder:"SLUG"`
	State    map[string]string `help:"A new state of an app: failing, recovering or up." placeholder:"SLUG=STATE"`
	Undo     time.Duration     `help:"Undo window: how long the update and its alert can be undone. Readers see nothing until it ends." default:"10s"`
	Again    bool              `help:"Send the alert although the same words were sent in the last ten minutes."`
	Wait     bool              `help:"Wait until the alert is sent, and show its progress."`
}

type publishUpdateCommand struct{ entry }

// Run publishes an update.
func (u *publishUpdateCommand) Run(ctx context.Context, p *publishCommand) error {
	return u.publish(ctx, p, client.Draft{Kind: "update"})
}

type publishResolutionCommand struct{ entry }

// Run publishes a resolution.
func (r *publishResolutionCommand) Run(ctx context.Context, p *publishCommand) error {
	return r.publish(ctx, p, client.Draft{Kind: "resolution"})
}

type publishCorrectionCommand struct {
	entry
	Corrects int64 `help:"Number of the update to correct." placeholder:"ID"`
}

// Run publishes a correction.
func (c *publishCorrectionCommand) Run(ctx context.Context, p *publishCommand) error {
	return c.publish(ctx, p, client.Draft{Kind: "correction", Corrects: c.Corrects})
}

type publishStopCommand struct {
	Alert int64 `arg:"" help:"Number of the alert."`
}

// Run stops the alert and prints its counts.
func (s *publishStopCommand) Run(ctx context.Context, p *publishCommand) error {
	var a client.Alert
	if err := p.api().Call(ctx, http.MethodPost, fmt.Sprintf("/alerts/%d/stop", s.Alert), nil, &a); err != nil {
		return err
	}
	fmt.Println(a)
	return nil
}

// publish publishes a draft with the shared flags.
func (e *entry) publish(ctx context.Context, p *publishCommand, d client.Draft) error {
	d.Alert, d.Apps, d.States = e.Alert, e.App, e.State
	d.Headline, d.Body, d.UndoSeconds, d.Again = e.Headline, e.Body, e.Undo.Seconds(), e.Again
	api := p.api()
	published, err := api.Publish(ctx, e.Outage, d)
	if err != nil {
		return err
	}
	fmt.Println("published", published.Update.URL)
	if published.Alert == nil {
		return nil
	}
	fmt.Println(published.Alert)
	if !e.Wait {
		return nil
	}
	return api.Watch(ctx, *published.Alert, func(a client.Alert) { fmt.Println(a) })
}
