package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"newsbell/cmd/newsbell/client"
	"newsbell/cmd/newsbell/program"
	"newsbell/models/database"
	"newsbell/notifier/pushtest"
)

// Bench measures sending an alert, from publishing to the recorded results, on a database
// of its own.
type Bench struct {
	Subscribers    int           `help:"Number of readers." default:"100000"`
	DatabaseURL    string        `help:"An empty PostgreSQL database (postgres://…). Default: SQLite in a temporary folder." placeholder:"URL"`
	Latency        time.Duration `help:"How long the push service takes to answer." default:"0s"`
	Workers        int           `help:"Number of worker processes on PostgreSQL, instead of one server." default:"0"`
	InFlight       int           `help:"Maximum requests in flight per process." default:"2048"`
	Slots          int           `help:"Shards that each process sends at once; 0: the default." default:"0"`
	Sender         string        `help:"Implementation that encrypts and sends: fast or webpush-go." default:"fast" enum:"fast,webpush-go"`
	Rounds         int           `help:"Number of alerts whose first push is timed." default:"20"`
	PilotAbove     int           `help:"Audience above which an alert goes to a hundredth of its readers first; 0: never." default:"0"`
	SubscribeStorm bool          `help:"Also measure how fast readers can subscribe while an alert is sent."`
	SSE            int           `name:"sse" help:"Also measure how fast this many open live pages get an update." default:"0" placeholder:"PAGES"`
	Estimate       bool          `help:"Instead, compare the times at which ten alerts arrive with what was said before."`
	CPUProfile     string        `name:"cpu-profile" help:"Write the server's CPU profile to this file." placeholder:"FILE"`
	JSON           bool          `name:"json" help:"Print the figures as JSON."`

	// compared is the number of pushes with which other senders are measured. Default:
	// 20,000.
	compared int
	// program is the executable of the processes. Default: this one. Tests set it.
	program string
	// out and progress receive the figures and the progress. Tests set them.
	out, progress io.Writer
}

// benchFigures are the results; nil fields were not measured.
type benchFigures struct {
	Subscribers     int           `json:"subscribers"`
	Database        string        `json:"database"`
	Processes       int           `json:"processes"`
	LatencyMS       float64       `json:"latency_ms"`
	CPUUsPerPush    float64       `json:"cpu_us_per_push"`
	FloorUs         float64       `json:"floor_us"`
	RatioFloor      float64       `json:"ratio_floor"`
	WebPushGoUs     float64       `json:"webpush_go_us"`
	RatioWebPushGo  float64       `json:"ratio_webpush_go"`
	NodeUs          *float64      `json:"node_us"`
	RatioNode       *float64      `json:"ratio_node"`
	PushesPerS      float64       `json:"pushes_per_s"`
	FirstPushMSP50  float64       `json:"first_push_ms_p50"`
	FirstPushMSP99  float64       `json:"first_push_ms_p99"`
	RSSMB           float64       `json:"rss_mb"`
	Missing         int           `json:"missing"`
	Doubled         int           `json:"doubled"`
	SubscribeStorm  *stormFigures `json:"subscribe_storm,omitempty"`
	LivePages       *liveFigures  `json:"live_pages,omitempty"`
	PushServiceUs   float64       `json:"push_service_us_per_push"`
	SecondsOfFanOut float64       `json:"seconds"`
}

// Run prints the figures. It returns an error if a reader was missed or got an alert twice.
func (b *Bench) Run(ctx context.Context) (err error) {
	if err := b.check(); err != nil {
		return err
	}
	if b.out == nil {
		b.out, b.progress, b.compared = os.Stdout, os.Stderr, 20_000
	}
	r, err := newRig(b.program, b.DatabaseURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	r.pilotAbove = b.PilotAbove
	if b.Estimate {
		return b.estimates(ctx, r, newProgressTable(b.progress))
	}
	figures, err := b.measure(ctx, r, newProgressTable(b.progress))
	if err != nil {
		return err
	}
	if b.JSON {
		encoder := json.NewEncoder(b.out)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(figures)
	} else {
		err = figures.print(b.out)
	}
	if figures.Missing+figures.Doubled > 0 {
		err = errors.Join(err, errNotOnce)
	}
	if live := figures.LivePages; live != nil && live.Missing+live.Doubled > 0 {
		err = errors.Join(err, errors.New("live pages missed updates or got them twice"))
	}
	return err
}

func (b *Bench) check() error {
	var p program.Problems
	if b.Subscribers < 1 || b.Subscribers > 5_000_000 {
		p.Add("subscribers", "must be a number from 1 to 5000000, not %d", b.Subscribers)
	}
	if b.Rounds < 1 || b.Rounds > 1000 {
		p.Add("rounds", "must be a number from 1 to 1000, not %d", b.Rounds)
	}
	if b.Latency < 0 || b.Latency > 5*time.Second {
		p.Add("latency", "must be a time from 0s to 5s, not %s", b.Latency)
	}
	if b.SSE < 0 || b.SSE > 200_000 {
		p.Add("sse", "must be a number from 0 to 200000, not %d", b.SSE)
	} else if err := program.CheckOpenFiles(b.SSE); err != nil {
		p.Add("sse", "%s", err)
	}
	if b.DatabaseURL != "" && !database.IsPostgres(b.DatabaseURL) {
		p.Add("database-url", "must be postgres://…")
	}
	if b.Workers < 0 || b.Workers > 64 {
		p.Add("workers", "must be a number from 0 to 64, not %d", b.Workers)
	}
	if b.Workers > 0 && !database.IsPostgres(b.DatabaseURL) {
		p.Add("workers", "need --database-url with a PostgreSQL")
	}
	return p.Err()
}

func (b *Bench) measure(ctx context.Context, r *rig, progress *progressTable) (benchFigures, error) {
	f := benchFigures{
		Subscribers: b.Subscribers, Database: "SQLite", Processes: max(1, b.Workers),
		LatencyMS: float64(b.Latency) / float64(time.Millisecond),
	}
	if b.DatabaseURL != "" {
		f.Database = "PostgreSQL"
	}
	service, err := r.startPushService(ctx, "--latency", b.Latency.String())
	if err != nil {
		return f, err
	}
	seeding := progress.row("create subscribers", b.Subscribers)
	if err := r.seed(ctx, []int{b.Subscribers}, seeding.add); err != nil {
		return f, err
	}
	seeding.done(b.Subscribers)
	senders, stop, err := b.start(ctx, r)
	if err != nil {
		return f, err
	}
	defer stop()
	if err := b.timeFirstPushes(ctx, r, service, progress, &f); err != nil {
		return f, err
	}
	if err := b.fanOut(ctx, r, service, senders, progress, &f); err != nil {
		return f, err
	}
	if b.SubscribeStorm {
		if f.SubscribeStorm, err = b.storm(ctx, r, progress); err != nil {
			return f, err
		}
	}
	stop()
	if b.SSE > 0 {
		if f.LivePages, err = b.live(ctx, r, progress); err != nil {
			return f, err
		}
	}
	return f, b.compare(ctx, r, service, progress, &f)
}

// start starts the measured processes: a server, or workers and a server that only
// publishes.
func (b *Bench) start(ctx context.Context, r *rig) (senders []*child, stop func(), err error) {
	sending := []string{"--in-flight", fmt.Sprint(b.InFlight), "--workers", fmt.Sprint(b.Slots), "--sender", b.Sender}
	stop = func() {
		for _, s := range senders {
			s.kill()
		}
	}
	if b.Workers == 0 {
		args := sending
		if b.CPUProfile != "" {
			args = append(args, "--cpu-profile", b.CPUProfile)
			stop = func() { // when it ends, it writes its profile
				for _, s := range senders {
					_ = s.stop()
				}
			}
		}
		server, err := r.startServer(ctx, args...)
		return []*child{server}, stop, err
	}
	nats, err := startNATS(r.folder, -1)
	if err != nil {
		return nil, stop, err
	}
	r.natsURL = nats.ClientURL()
	if _, err := r.startServer(ctx, "--no-send"); err != nil {
		return nil, stop, err
	}
	for range b.Workers {
		worker, err := r.startWorker(ctx, sending...)
		if err != nil {
			return senders, stop, err
		}
		senders = append(senders, worker)
	}
	return senders, stop, nil
}

// timeFirstPushes publishes alerts and stops each as soon as its first push has arrived.
func (b *Bench) timeFirstPushes(ctx context.Context, r *rig, service *pushService, progress *progressTable, f *benchFigures) error {
	row := progress.row("time first pushes", b.Rounds)
	var times []time.Duration
	for range b.Rounds {
		if err := r.resetSimulated(ctx); err != nil {
			return err
		}
		began := time.Now()
		a, err := r.publish(ctx, "update", "all", "Messages are down")
		if err != nil {
			return err
		}
		first, err := service.firstPush(ctx)
		if err != nil {
			return err
		}
		times = append(times, first.Sub(began))
		// The alert to a small audience may have ended already.
		_ = r.api.Stop(ctx, a.ID)
		if _, err := r.finished(ctx, a, func(int) {}); err != nil {
			return err
		}
		row.increment()
	}
	row.done(b.Rounds)
	slices.Sort(times)
	f.FirstPushMSP50 = milliseconds(percentile(times, 0.50))
	f.FirstPushMSP99 = milliseconds(percentile(times, 0.99))
	return nil
}

// fanOut sends one alert to all readers.
func (b *Bench) fanOut(ctx context.Context, r *rig, service *pushService, senders []*child, progress *progressTable, f *benchFigures) error {
	if err := r.resetSimulated(ctx); err != nil {
		return err
	}
	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	for _, s := range senders {
		go s.watchMemory(watching)
	}
	before, err := cpuOf(append(senders, service.child))
	if err != nil {
		return err
	}
	row := progress.row("send an alert", b.Subscribers)
	began := time.Now()
	a, err := r.publish(ctx, "update", "all", "Messages are down for everybody")
	if err != nil {
		return err
	}
	if a, err = r.finished(ctx, a, row.set); err != nil {
		return err
	}
	row.done(a.Counts.Accepted)
	after, err := cpuOf(append(senders, service.child))
	if err != nil {
		return err
	}
	count, err := service.received(ctx)
	if err != nil {
		return err
	}
	f.read(count, began, before, after, senders)
	return nil
}

func (f *benchFigures) read(count pushtest.SimulatedCounts, began time.Time, before, after []time.Duration, senders []*child) {
	pushes := float64(max(1, count.Accepted))
	last := len(senders)
	var spent time.Duration
	for i, s := range senders {
		spent += after[i] - before[i]
		f.RSSMB = max(f.RSSMB, float64(s.peak.Load())/1e6)
	}
	f.CPUUsPerPush = float64(spent.Microseconds()) / pushes
	f.PushServiceUs = float64((after[last] - before[last]).Microseconds()) / pushes
	f.SecondsOfFanOut = count.Last.Sub(began).Seconds()
	f.PushesPerS = pushes / f.SecondsOfFanOut
	f.Missing, f.Doubled = count.Missing+count.Unreadable, count.Repeated
}

func cpuOf(children []*child) ([]time.Duration, error) {
	times := make([]time.Duration, len(children))
	for i, c := range children {
		var err error
		if times[i], err = c.cpu(); err != nil {
			return nil, err
		}
	}
	return times, nil
}

// finished waits until an alert has ended.
func (r *rig) finished(ctx context.Context, a client.Alert, progress func(accepted int)) (client.Alert, error) {
	last := a
	err := r.api.Watch(ctx, a, func(now client.Alert) {
		last = now
		progress(now.Counts.Accepted)
	})
	return last, err
}

func percentile(sorted []time.Duration, p float64) time.Duration {
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
