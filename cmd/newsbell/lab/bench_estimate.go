package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"newsbell/cmd/newsbell/client"
	"newsbell/cmd/newsbell/program"
	"newsbell/models"
	"newsbell/models/arrival"
	"newsbell/models/endpoints"
)

// estimateGroup are readers of one push service who follow one app.
type estimateGroup struct {
	app string
	// percent is their share of all readers.
	percent int
	// service is the number of their push service.
	service int
}

var estimateGroups = []estimateGroup{{"stories", 5, 0}, {"photos", 15, 1}, {"calls", 30, 2}, {"messages", 50, 0}}

// estimateLatencies are how long the push services take to answer.
var estimateLatencies = [...]time.Duration{0, 70 * time.Millisecond, 300 * time.Millisecond}

// An alert concerns some apps, so that alerts differ in size and in the push services of
// their readers. The first ones are only measured.
var (
	estimateMeasured = [][]string{{"stories", "photos", "calls", "messages"}, {"photos", "messages"}, {"calls"}}
	estimateAlerts   = [][]string{
		{"photos"}, {"messages"}, {"calls", "messages"}, {"stories"}, {"stories", "photos", "calls", "messages"},
		{"calls"}, {"stories", "photos"}, {"photos", "messages"}, {"stories", "calls"}, {"photos", "calls", "messages"},
	}
)

// estimateRounds spread the readers of the push services over the database, as readers are.
const estimateRounds = 20

// What was said is right within so much of the time that it took, or within a second.
const (
	estimateShare  = .25
	estimateWithin = time.Second
)

// estimateFigures compare what was said of an alert with how it went, at the shares of
// [arrival.Milestones].
type estimateFigures struct {
	Readers int       `json:"readers"`
	Apps    []string  `json:"apps"`
	SaidS   []float64 `json:"said_s"`
	TookS   []float64 `json:"took_s"`
	AreNear []bool    `json:"within_25_percent_or_1_s"`
	// IsUnknown says that there was no estimate.
	IsUnknown bool `json:"is_unknown"`
}

// estimates sends alerts of different size to push services of different latency, and
// compares the times at which they arrive with what the newsroom says before.
func (b *Bench) estimates(ctx context.Context, r *rig, progress *progressTable) (err error) {
	store, err := b.startEstimates(ctx, r, progress)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	row := progress.row("send alerts", len(estimateMeasured)+len(estimateAlerts))
	var figures []estimateFigures
	for i, apps := range slices.Concat(estimateMeasured, estimateAlerts) {
		f, err := r.estimate(ctx, store, apps)
		if err != nil {
			return err
		}
		if i >= len(estimateMeasured) {
			figures = append(figures, f)
		}
		row.increment()
	}
	row.done(len(estimateMeasured) + len(estimateAlerts))
	if b.JSON {
		return json.NewEncoder(b.out).Encode(figures)
	}
	return printEstimates(b.out, figures)
}

// startEstimates starts the push services and the server, and opens the database.
func (b *Bench) startEstimates(ctx context.Context, r *rig, progress *progressTable) (*models.Store, error) {
	sizes := make([]int, len(estimateLatencies))
	for _, latency := range estimateLatencies {
		if _, err := r.startPushService(ctx, "--latency", latency.String()); err != nil {
			return nil, err
		}
	}
	for _, group := range estimateGroups {
		r.apps = append(r.apps, group.app)
		sizes[group.service] += b.Subscribers * group.percent / 100
	}
	r.rounds = estimateRounds
	r.follows = func(s *pushService, reader int) []models.NewFollow {
		return []models.NewFollow{{Topic: "app/" + appOf(slices.Index(r.services, s), reader), Level: "all"}}
	}
	seeding := progress.row("create subscribers", b.Subscribers)
	if err := r.seed(ctx, sizes, seeding.add); err != nil {
		return nil, err
	}
	seeding.done(b.Subscribers)
	if _, _, err := b.start(ctx, r); err != nil {
		return nil, err
	}
	hosts, err := endpoints.NewAllowlist(r.origins()...)
	if err != nil {
		return nil, err
	}
	return program.OpenStore(ctx, program.Config{DatabaseURL: r.databaseURL, PushHosts: hosts}, io.Discard)
}

// appOf returns the app that a reader of a push service follows.
func appOf(service, reader int) string {
	all := 0
	for _, group := range estimateGroups {
		if group.service == service {
			all += group.percent
		}
	}
	at := reader % all
	for _, group := range estimateGroups {
		if group.service == service {
			if at < group.percent {
				return group.app
			}
			at -= group.percent
		}
	}
	return ""
}

// estimate asks when an alert would arrive, as the newsroom does, and sends it.
func (r *rig) estimate(ctx context.Context, store *models.Store, apps []string) (estimateFigures, error) {
	f := estimateFigures{Apps: apps}
	if err := r.resetSimulated(ctx); err != nil {
		return f, err
	}
	draft := models.Draft{Outage: r.outage, Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Apps: apps}
	audience, err := store.MeasureAudience(ctx, draft)
	if err != nil {
		return f, err
	}
	said, isKnown, err := store.EstimateArrival(ctx, audience.Readers, audience.PushServices, 0)
	if err != nil {
		return f, err
	}
	published, err := r.api.Publish(ctx, r.outage, client.Draft{Kind: "update", Alert: "all", Apps: apps, Headline: "It is down", Again: true})
	if err != nil {
		return f, err
	}
	if _, err := r.finished(ctx, *published.Alert, func(int) {}); err != nil {
		return f, err
	}
	rows, err := store.AlertCounts(ctx, published.Alert.ID)
	took := models.AcceptedCurve(rows)
	f.Readers, f.IsUnknown = int(took.Total()), !isKnown
	for _, percent := range arrival.Milestones {
		f.compare(secondsOf(said, percent), secondsOf(took, percent))
	}
	return f, err
}

func secondsOf(c arrival.Curve, percent int) float64 {
	at, _ := c.When(float64(percent) / 100 * c.Total())
	return at.Seconds()
}

func (f *estimateFigures) compare(said, took float64) {
	off := max(said-took, took-said)
	f.SaidS, f.TookS = append(f.SaidS, said), append(f.TookS, took)
	f.AreNear = append(f.AreNear, !f.IsUnknown && (off <= estimateShare*took || off <= estimateWithin.Seconds()))
}

func printEstimates(out io.Writer, figures []estimateFigures) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "readers\t50% said\ttook\t90% said\ttook\t99% said\ttook\twithin 25% or 1 s\t")
	near, all := 0, 0
	for _, f := range figures {
		fmt.Fprintf(table, "%d\t", f.Readers)
		words := "yes"
		for i, isNear := range f.AreNear {
			all++
			if isNear {
				near++
			} else {
				words = "no"
			}
			fmt.Fprintf(table, "%.1f s\t%.1f s\t", f.SaidS[i], f.TookS[i])
		}
		fmt.Fprintf(table, "%s\t\n", words)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%d of %d times are within 25%% or 1 s of what was said.\n", near, all)
	return err
}
