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
	URL   string `help:"The server." default:"http://localhost:8080"`
	Token string `help:"A token of newsbell token create." required:""`

	App        publishAppCommand        `cmd:"" help:"Make an app."`
	Outage     publishOutageCommand     `cmd:"" help:"Open an outage."`
	Update     publishUpdateCommand     `cmd:"" set:"default_alert=all" help:"Publish an update of an outage."`
	Resolution publishResolutionCommand `cmd:"" set:"default_alert=key" help:"Publish that an outage is over."`
	Correction publishCorrectionCommand `cmd:"" set:"default_alert=none" help:"Publish a correction."`
	Stop       publishStopCommand       `cmd:"" help:"Stop an alert."`
}

func (p *publishCommand) api() *client.Client { return client.New(p.URL, p.Token) }

type publishAppCommand struct {
	Slug string `arg:"" help:"Its name in addresses, such as messenger."`
	Name string `arg:"" help:"Its name in words."`
}

// Run makes the app and prints its page.
func (a *publishAppCommand) Run(ctx context.Context, p *publishCommand) error {
	in := map[string]string{"slug": a.Slug, "name": a.Name}
	if err := p.api().Call(ctx, http.MethodPost, "/apps", in, nil); err != nil {
		return err
	}
	fmt.Println("made app", p.URL+"/apps/"+a.Slug)
	return nil
}

type publishOutageCommand struct {
	Slug       string            `arg:"" help:"Its name in addresses."`
	Headline   string            `arg:"" help:"What is down."`
	Standfirst string            `help:"The story in a sentence."`
	App        []string          `help:"An app that is failing; may be repeated." placeholder:"SLUG"`
	State      map[string]string `help:"An app that is part of it, and its state: failing, recovering or up." placeholder:"SLUG=STATE"`
}

// Run opens the outage and prints its page.
func (o *publishOutageCommand) Run(ctx context.Context, p *publishCommand) error {
	in := map[string]any{"slug": o.Slug, "headline": o.Headline, "standfirst": o.Standfirst, "apps": append([]string{}, o.App...)}
	if len(o.State) > 0 {
		in["states"] = o.State
	}
	if err := p.api().Call(ctx, http.MethodPost, "/outages", in, nil); err != nil {
		return err
	}
	fmt.Println("opened outage", p.URL+"/outages/"+o.Slug)
	return nil
}

// entry is what all kinds of update have.
type entry struct {
	Outage   string            `arg:"" help:"The outage's slug."`
	Headline string            `arg:"" help:"What is new."`
	Body     string            `help:"The story, in Markdown."`
	Alert    string            `help:"Who to alert: none, all or key." default:"${default_alert}"`
	App      program.List      `help:"An app that it concerns; may be repeated." placeholder:"SLUG"`
	State    map[string]string `help:"A state that it sets: failing, recovering or up." placeholder:"SLUG=STATE"`
	Undo     time.Duration     `help:"How long the alert can be taken back." default:"10s"`
	Wait     bool              `help:"Wait until the alert is sent, and show how it goes."`
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
	Corrects int64 `help:"The number of the update that it corrects." placeholder:"ID"`
}

// Run publishes a correction.
func (c *publishCorrectionCommand) Run(ctx context.Context, p *publishCommand) error {
	return c.publish(ctx, p, client.Draft{Kind: "correction", Corrects: c.Corrects})
}

type publishStopCommand struct {
	Alert int64 `arg:"" help:"The alert's number."`
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

// publish fills in what all kinds have.
func (e *entry) publish(ctx context.Context, p *publishCommand, d client.Draft) error {
	d.Alert, d.Apps, d.States = e.Alert, e.App, e.State
	d.Headline, d.Body, d.UndoSeconds = e.Headline, e.Body, e.Undo.Seconds()
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
