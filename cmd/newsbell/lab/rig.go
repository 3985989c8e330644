// Package lab runs Newsbell with simulated subscribers: a demo that replays a real outage, a
// benchmark, and chaos, which injects faults while alerts are sent.
package lab

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"newsbell/cmd/newsbell/client"
	"newsbell/cmd/newsbell/program"
	"newsbell/models"
	"newsbell/models/endpoints"
	"newsbell/notifier/pushtest"
)

// rig is what the benchmark and the chaos measure: a database full of
// subscribers, push services and Newsbells, each but the database in its own
// process.
type rig struct {
	program     string // executable of the processes
	folder      string
	databaseURL string
	natsURL     string
	services    []*pushService
	vapidKey    models.VAPIDKey
	token       string
	api         *client.Client
	outage      string
	// apps are the slugs of more apps than messenger.
	apps []string
	// rounds is in how many rounds the readers of the push services are created. Default: 1,
	// so that those of one push service are neighbours.
	rounds int
	// follows returns what a push service's reader follows. Default: [followsOutage].
	follows func(s *pushService, reader int) []models.NewFollow
	// pilotAbove is the audience above which alerts have a pilot; 0 for none.
	pilotAbove int
	children   []*child
	log        *os.File // what the children complain of
}

// pushService is a push service in its own process, with a number of simulated readers.
type pushService struct {
	*child
	pushServiceInfo
	certFile string
	size     int
	http     *http.Client
}

const rigOutage = "messages-down"

// newRig returns a rig for a program; the default is the running one. Without a database URL
// it uses SQLite in the rig's folder.
func newRig(program, databaseURL string) (*rig, error) {
	if program == "" {
		var err error
		if program, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	folder, err := os.MkdirTemp("", "newsbell-rig-")
	if err != nil {
		return nil, err
	}
	if databaseURL == "" {
		databaseURL = filepath.Join(folder, "newsbell.db")
	}
	return &rig{program: program, folder: folder, databaseURL: databaseURL, outage: rigOutage, follows: followsOutage, rounds: 1, log: os.Stderr}, nil
}

// close ends every process and deletes the folder.
func (r *rig) close() error {
	for _, c := range r.children {
		c.kill()
	}
	return os.RemoveAll(r.folder)
}

// startPushService starts a push service.
func (r *rig) startPushService(ctx context.Context, args ...string) (*pushService, error) {
	isInfo := func(line string) (string, bool) { return line, strings.HasPrefix(line, "{") }
	c, line, err := r.startChild(ctx, nil, isInfo, append([]string{"push-service"}, args...)...)
	if err != nil {
		return nil, err
	}
	r.children = append(r.children, c)
	s := &pushService{child: c, certFile: filepath.Join(r.folder, fmt.Sprintf("push-%d.pem", len(r.services)))}
	if err := json.Unmarshal([]byte(line), &s.pushServiceInfo); err != nil {
		return nil, err
	}
	if err := os.WriteFile(s.certFile, []byte(s.CertPEM), 0o600); err != nil {
		return nil, err
	}
	if s.http, err = s.client(); err != nil {
		return nil, err
	}
	r.services = append(r.services, s)
	return s, nil
}

// seed creates subscriptions for the readers of each push service.
func (r *rig) seed(ctx context.Context, sizes []int, done func(int)) (err error) {
	hosts, err := endpoints.NewAllowlist(r.origins()...)
	if err != nil {
		return err
	}
	store, err := program.OpenStore(ctx, program.Config{DatabaseURL: r.databaseURL, PushHosts: hosts}, io.Discard)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if uses, err := store.VAPIDKeyUses(ctx); err != nil || len(uses) > 0 {
		return errors.Join(err, errors.New("the database has subscriptions already; use an empty one"))
	}
	if r.vapidKey, err = store.CurrentVAPIDKey(ctx); err != nil {
		return err
	}
	if _, r.token, err = store.CreateToken(ctx, models.NewToken{Name: "rig", Scopes: models.Scopes}); err != nil {
		return err
	}
	for _, app := range append([]string{"messenger"}, r.apps...) {
		if _, err = store.CreateApp(ctx, models.NewApp{Slug: app, Name: app, Actor: "rig"}); err != nil {
			return err
		}
	}
	_, err = store.CreateOutage(ctx, models.NewOutage{
		Slug: r.outage, Headline: "Messenger messages down", Apps: []string{"messenger"}, Actor: "rig",
	})
	if err != nil {
		return err
	}
	for round := range r.rounds {
		for i, s := range r.services {
			s.size = sizes[i]
			if err := r.fill(ctx, store, s, s.size*round/r.rounds, s.size*(round+1)/r.rounds, done); err != nil {
				return err
			}
		}
	}
	return nil
}

const seedBatch = 2000

// fill imports readers of one push service. It generates the next batch's keys while the
// last batch is written.
func (r *rig) fill(ctx context.Context, store *models.Store, s *pushService, from, upto int, done func(int)) error {
	batches := make(chan []models.NewSubscription, 2)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(batches)
		for ; from < upto; from += seedBatch {
			batch, err := simulatedReadersOf(s.URL, from, min(seedBatch, upto-from), func(reader int) []models.NewFollow { return r.follows(s, reader) })
			if err != nil {
				return err
			}
			select {
			case batches <- batch:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	group.Go(func() error {
		for batch := range batches {
			if err := store.Import(ctx, batch); err != nil {
				return err
			}
			done(len(batch))
		}
		return nil
	})
	return group.Wait()
}

// followsOutage follows the outage, and for every third reader its app too.
func followsOutage(_ *pushService, reader int) []models.NewFollow {
	follows := []models.NewFollow{{Topic: "outage/" + rigOutage, Level: "all"}}
	if reader%3 == 0 {
		follows = append(follows, models.NewFollow{Topic: "app/messenger", Level: "all"})
	}
	return follows
}

func simulatedReadersOf(origin string, from, n int, follows func(reader int) []models.NewFollow) ([]models.NewSubscription, error) {
	batch := make([]models.NewSubscription, n)
	for i := range batch {
		reader := pushtest.SimulatedReader(from + i)
		private, auth, err := reader.Keys()
		if err != nil {
			return nil, err
		}
		batch[i] = models.NewSubscription{
			Browser: models.Browser{
				Endpoint: reader.Endpoint(origin),
				P256DH:   base64.RawURLEncoding.EncodeToString(private.PublicKey().Bytes()),
				Auth:     base64.RawURLEncoding.EncodeToString(auth),
			},
			Follows: follows(from + i), TimeZone: "Europe/London",
		}
	}
	return batch, nil
}

// startServer starts a server, through whose API the rig publishes.
func (r *rig) startServer(ctx context.Context, args ...string) (*child, error) {
	ready := func(line string) (string, bool) { return strings.CutPrefix(line, "listening on") }
	c, address, err := r.startChild(ctx, r.env(), ready, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	if err != nil {
		return nil, err
	}
	r.children = append(r.children, c)
	r.api = client.New("http://"+strings.TrimSpace(address), r.token)
	return c, nil
}

// startWorker starts a worker.
func (r *rig) startWorker(ctx context.Context, args ...string) (*child, error) {
	ready := func(line string) (string, bool) { return line, strings.HasPrefix(line, "working") }
	c, _, err := r.startChild(ctx, r.env(), ready, append([]string{"work"}, args...)...)
	if err != nil {
		return nil, err
	}
	r.children = append(r.children, c)
	return c, nil
}

// env returns the settings of the rig's processes.
func (r *rig) env() []string {
	env := []string{
		"NEWSBELL_DATABASE_URL=" + r.databaseURL, "NEWSBELL_ALLOW_PUSH_HOST=" + strings.Join(r.origins(), ","),
		"NEWSBELL_PUSH_CA=" + r.certFiles(), "NEWSBELL_LOG_LEVEL=error", "NEWSBELL_SUBSCRIBE_LIMIT=0",
		"NEWSBELL_PILOT_ABOVE=" + strconv.Itoa(r.pilotAbove), "NEWSBELL_PILOT_REFUSED=100", // faults stop no alert
	}
	if r.natsURL != "" {
		env = append(env, "NEWSBELL_NATS_URL="+r.natsURL)
	}
	return env
}

func (r *rig) origins() (origins []string) {
	for _, s := range r.services {
		origins = append(origins, s.URL)
	}
	return origins
}

func (r *rig) certFiles() string {
	files := make([]string, len(r.services))
	for i, s := range r.services {
		files[i] = s.certFile
	}
	return strings.Join(files, ",")
}

// resetSimulated resets the counts of all readers.
func (r *rig) resetSimulated(ctx context.Context) error {
	for _, s := range r.services {
		in := map[string]any{"size": s.size, "vapid_key": r.vapidKey.PublicKey}
		if err := s.control(ctx, http.MethodPost, "simulated", in, nil); err != nil {
			return err
		}
	}
	return nil
}

// publish publishes an alert without an undo window.
func (r *rig) publish(ctx context.Context, kind, level, headline string) (client.Alert, error) {
	p, err := r.api.Publish(ctx, r.outage, client.Draft{Kind: kind, Alert: level, Apps: []string{"messenger"}, Headline: headline, Again: true})
	if err != nil {
		return client.Alert{}, err
	}
	return *p.Alert, nil
}

// received returns the counts of a push service's readers.
func (s *pushService) received(ctx context.Context) (pushtest.SimulatedCounts, error) {
	var count pushtest.SimulatedCounts
	return count, s.control(ctx, http.MethodGet, "simulated", nil, &count)
}

// firstPush waits for the first push to a reader, and returns its time.
func (s *pushService) firstPush(ctx context.Context) (time.Time, error) {
	for {
		count, err := s.received(ctx)
		if err != nil || !count.First.IsZero() {
			return count.First, err
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return time.Time{}, err
		}
	}
}
