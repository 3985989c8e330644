// Package publish writes updates, stops and notices to the store and announces them on the
// bus, so that other processes need not wait for their next sweep. If the bus fails, the
// request still succeeds, because sweeps find the rows.
package publish

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"newsbell/models"
	"newsbell/models/events"
)

// Bus carries announcements to all processes; a *nats.Conn is one.
type Bus interface {
	Publish(subject string, data []byte) error
}

// Publisher writes and announces.
type Publisher struct {
	store *models.Store
	bus   Bus
	log   *slog.Logger
}

// New returns a Publisher.
func New(store *models.Store, bus Bus, log *slog.Logger) *Publisher {
	return &Publisher{store, bus, log}
}

// publishEvery is how often a process looks for what is due.
const publishEvery = time.Second

// Run publishes what is scheduled and ends undo windows until ctx is done, so that updates
// become visible without a process that sends.
func (p *Publisher) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, publish := range []func(context.Context) error{p.EndUndoWindows, p.PublishDue} { // neither waits for the other
		group.Go(func() error { return p.repeat(ctx, publish) })
	}
	return group.Wait()
}

func (p *Publisher) repeat(ctx context.Context, publish func(context.Context) error) error {
	ticker := time.NewTicker(publishEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := publish(ctx); err != nil && ctx.Err() == nil {
				p.log.Error("cannot publish what is due; trying again", "error", err)
			}
		}
	}
}

// EndUndoWindows makes the updates whose undo window has ended visible: open live pages show
// them, and the notifier sends their alerts.
func (p *Publisher) EndUndoWindows(ctx context.Context) error {
	begun, err := p.store.EndUndoWindows(ctx)
	for _, alert := range begun {
		p.announce(events.SubjectPublished, nil)
		p.announce(events.SubjectUpdates, events.UpdateEvent{Outage: alert.Outage.Slug, UpdateID: alert.UpdateID, Position: *alert.Update.Position})
	}
	return err
}

// Update publishes a draft: open live pages show it unless it is hidden until its undo
// window ends, and the notifier sends its alert. The errors are those of [models.Store.Publish].
func (p *Publisher) Update(ctx context.Context, d models.Draft) (models.Publication, error) {
	published, err := p.store.Publish(ctx, d)
	if err == nil && !published.IsKnown {
		p.announceUpdate(d.Outage, published)
	}
	return published, err
}

// PublishDue publishes the scheduled updates whose time has come. What cannot be published is
// kept for an editor, and logged.
func (p *Publisher) PublishDue(ctx context.Context) error {
	due, err := p.store.DueUpdates(ctx)
	for _, u := range due {
		published, problem, failed := p.store.PublishScheduled(ctx, u)
		switch {
		case errors.Is(failed, models.ErrNotFound): // another process was faster, or it was unscheduled
		case failed != nil:
			err = errors.Join(err, failed)
		case problem != "":
			p.log.Warn("a scheduled update was not published; the newsroom shows it", "outage", u.Outage.Slug, "problem", problem)
		default:
			p.announceUpdate(u.Outage.Slug, published)
		}
	}
	return err
}

// announceUpdate announces a published update of an outage, given by its slug.
func (p *Publisher) announceUpdate(outage string, published models.Publication) {
	if published.Alert != nil {
		p.announce(events.SubjectPublished, nil)
	}
	if position := published.Update.Position; position != nil {
		p.announce(events.SubjectUpdates, events.UpdateEvent{Outage: outage, UpdateID: published.Update.ID, Position: *position})
	}
}

// Stop stops an alert: workers end what is left of it, and pages that watch it show the
// counts. The errors are those of [models.Store.StopAlert].
func (p *Publisher) Stop(ctx context.Context, alertID int64, actor string) error {
	if err := p.store.StopAlert(ctx, alertID, actor); err != nil {
		return err
	}
	p.announce(events.SubjectPublished, nil)
	p.announce(events.SubjectProgress, events.ProgressEvent{AlertID: alertID})
	return nil
}

// CloseOutage ends an outage without an update, and ReopenOutage makes it ongoing again: open
// live pages ask to be reloaded. The errors are those of the store.
func (p *Publisher) CloseOutage(ctx context.Context, slug string, kind models.OutageKind, actor string) error {
	return p.afterStateChange(slug, p.store.CloseOutage(ctx, slug, kind, actor))
}

// ReopenOutage is described at [Publisher.CloseOutage].
func (p *Publisher) ReopenOutage(ctx context.Context, slug string, kind models.OutageKind, actor string) error {
	return p.afterStateChange(slug, p.store.ReopenOutage(ctx, slug, kind, actor))
}

func (p *Publisher) afterStateChange(slug string, err error) error {
	if err == nil {
		p.announce(events.SubjectUpdates, events.UpdateEvent{Outage: slug})
	}
	return err
}

// Notice creates a notice, which a worker sends. The errors are those of
// [models.Store.CreateNotice].
func (p *Publisher) Notice(ctx context.Context, sub models.Subscription, kind models.NoticeKind) (models.Notice, error) {
	notice, err := p.store.CreateNotice(ctx, sub, kind)
	if err != nil {
		return notice, err
	}
	p.announce(events.SubjectNotices, nil)
	return notice, nil
}

// DraftNotices creates notices with a draft's notification for the browsers that a person
// has linked, and returns those browsers. The errors are those of
// [models.Store.CreateDraftNotices].
func (p *Publisher) DraftNotices(ctx context.Context, person models.Person, shown models.Notification) ([]models.LinkedBrowser, error) {
	linked, err := p.store.CreateDraftNotices(ctx, person, shown)
	if err != nil {
		return nil, err
	}
	if len(linked) > 0 {
		p.announce(events.SubjectNotices, nil)
	}
	return linked, nil
}

// announce announces a committed change, with an event unless the subject is enough.
func (p *Publisher) announce(subject string, event any) {
	var message []byte
	var err error
	if event != nil {
		message, err = json.Marshal(event)
	}
	if err == nil {
		err = p.bus.Publish(subject, message)
	}
	if err != nil {
		p.log.Warn("cannot announce on the bus; a sweep will find the row", "subject", subject, "error", err)
	}
}
