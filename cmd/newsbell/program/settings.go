package program

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"newsbell/handlers/peer"
	"newsbell/models"
	"newsbell/models/database"
	"newsbell/models/endpoints"
	"newsbell/notifier/webpush"
)

// DatabaseSettings say where everything is kept.
type DatabaseSettings struct {
	DataDir     string `help:"Folder of the SQLite database." default:"newsbell-data" type:"path"`
	DatabaseURL string `help:"PostgreSQL (postgres://…) or an SQLite file. Default: newsbell.db in the data folder." placeholder:"URL"`
	MigrateURL  string `name:"migrate-url" help:"PostgreSQL for migrations alone, past a pooler. Default: the database URL." placeholder:"URL"`

	TransactionPooling bool `help:"The database URL leads to a pooler that pools transactions, such as PgBouncer: prepare no statements."`
}

// SenderSettings are what it takes to send alerts, as they were written: check
// reads them all and says everything that is wrong at once.
type SenderSettings struct {
	DatabaseSettings
	NATSURL       string `name:"nats-url" help:"A NATS of your own, with JetStream. Default: one inside the process." placeholder:"URL"`
	NATSCA        List   `name:"nats-ca" help:"Files of certificates to trust as NATS', instead of the system's." placeholder:"FILE"`
	BaseURL       string `help:"Where readers find the pages, such as https://news.example/alerts. Default: http://localhost and the port." placeholder:"URL"`
	VAPIDSubject  string `name:"vapid-subject" help:"Contact address for push services: a mailto: or https: URL of yours." default:"mailto:newsbell@example.com"`
	AllowPushHost List   `help:"Another push service: a host, *.host, or an origin such as https://127.0.0.1:8443." placeholder:"HOST"`
	PushCA        List   `name:"push-ca" help:"Files of certificates to trust as push services', instead of the system's." placeholder:"FILE"`
	Sender        string `help:"What encrypts and sends: fast or webpush-go." default:"fast"`
	Workers       string `help:"Shards sent at a time. Default: three a core." default:"0"`
	InFlight      string `help:"Requests in flight at a time." default:"2048"`
	GoneGrace     string `help:"How long what a reader follows is kept after the push service has given up the browser's address." default:"720h"`
	Lang          string `help:"Language of the coverage (BCP 47)." default:"en"`
	LogLevel      string `help:"debug, info, warn or error." default:"info"`
}

// ServerSettings are those of a server: it publishes too.
type ServerSettings struct {
	SenderSettings
	Listen          string `help:"Address to listen on." default:"127.0.0.1:8080"`
	SubscribeLimit  string `help:"Subscriptions a minute from one address; 0: any number." default:"300"`
	NoticeLimit     string `help:"Tests and welcomes a minute that one address may ask for; 0: any number." default:"30"`
	GuessLimit      string `help:"Wrong tokens, and wrong secrets of readers, a minute from one address; 0: any number." default:"60"`
	ConnectionLimit string `help:"Connections, and open live pages, from one address at a time, except trusted proxies; a quarter of all at most; 0: any number." default:"1000"`
	TrustedProxies  List   `help:"Addresses and networks of proxies whose X-Forwarded-For is believed." default:"127.0.0.1,::1" placeholder:"ADDRESS"`
	EmbedOrigin     List   `help:"A site that may offer to follow on its own pages, such as https://news.example." placeholder:"ORIGIN"`
	UndoWindow      string `help:"How long an alert can be taken back." default:"10s"`
	TTLUpdate       string `name:"ttl-update" help:"How long an ordinary alert is worth sending." default:"1h"`
	TTLKey          string `name:"ttl-key" help:"The same of a key moment." default:"4h"`
	TTLResolution   string `name:"ttl-resolution" help:"The same of a resolution." default:"24h"`
}

// Config is what the settings mean.
type Config struct {
	DatabaseURL     string
	migrateURL      string
	pooled          bool // by transactions
	natsURL         string
	natsCAs         *x509.CertPool // the system's when nil
	Listen          string
	BaseURL         string
	vapidSubject    string
	PushHosts       endpoints.Allowlist
	RootCAs         *x509.CertPool // the system's when nil
	sender          string
	workers         int
	inFlight        int
	subscribeLimit  int // a minute, from one address
	noticeLimit     int // the same
	guessLimit      int // the same
	connectionLimit int // at a time, from one address
	trustedProxies  peer.Proxies
	embedOrigins    []string
	NoSend          bool // a server that leaves the sending to workers
	undoWindow      time.Duration
	ttls            models.TTLs
	goneGrace       time.Duration
	lang            string
	Log             *slog.Logger
}

// url is the database to open.
func (s DatabaseSettings) url() string {
	if s.DatabaseURL != "" {
		return s.DatabaseURL
	}
	return filepath.Join(s.DataDir, "newsbell.db")
}

// Check reads the settings. Its error holds a line for every problem.
func (s ServerSettings) Check() (Config, error) {
	var p Problems
	c := s.read(&p, s.Listen)
	c.Listen = s.Listen
	c.subscribeLimit = p.number("subscribe-limit", s.SubscribeLimit, 0, 1_000_000)
	c.noticeLimit = p.number("notice-limit", s.NoticeLimit, 0, 1_000_000)
	c.guessLimit = p.number("guess-limit", s.GuessLimit, 0, 1_000_000)
	c.connectionLimit = p.number("connection-limit", s.ConnectionLimit, 0, 1_000_000)
	c.trustedProxies = p.proxies("trusted-proxies", s.TrustedProxies)
	c.embedOrigins = p.embedOrigins("embed-origin", s.EmbedOrigin)
	c.undoWindow = p.duration("undo-window", s.UndoWindow, 0, time.Hour)
	c.ttls = models.TTLs{
		Update:     p.duration("ttl-update", s.TTLUpdate, time.Minute, maxTTL),
		Key:        p.duration("ttl-key", s.TTLKey, time.Minute, maxTTL),
		Resolution: p.duration("ttl-resolution", s.TTLResolution, time.Minute, maxTTL),
	}
	return c, p.Err()
}

// Check reads the settings of a worker.
func (s SenderSettings) Check() (Config, error) {
	var p Problems
	c := s.read(&p, "localhost:8080")
	if !database.IsPostgres(s.DatabaseURL) {
		p.Add("database-url", "must be postgres://…: a worker shares its database with other processes")
	}
	if s.NATSURL == "" {
		p.Add("nats-url", "is required: a worker shares its queue with other processes")
	}
	return c, p.Err()
}

// read reads what sending needs; the pages are on listen if nothing else is said.
func (s SenderSettings) read(p *Problems, listen string) Config {
	c := Config{
		DatabaseURL:  s.url(),
		migrateURL:   s.MigrateURL,
		pooled:       s.TransactionPooling,
		natsURL:      s.NATSURL,
		BaseURL:      p.baseURL(s.BaseURL, listen),
		vapidSubject: s.VAPIDSubject,
		sender:       s.Sender,
		lang:         s.Lang,
		workers:      p.number("workers", s.Workers, 0, 256),
		inFlight:     p.number("in-flight", s.InFlight, 1, 65536),
		goneGrace:    p.duration("gone-grace", s.GoneGrace, time.Hour, maxGoneGrace),
		Log:          p.logger(s.LogLevel),
	}
	if !slices.Contains([]string{"fast", "webpush-go"}, s.Sender) {
		p.Add("sender", "must be fast or webpush-go, not %q", s.Sender)
	}
	if err := webpush.CheckSubject(s.VAPIDSubject); err != nil {
		p.Add("vapid-subject", "%s", err)
	}
	c.RootCAs = p.certificates("push-ca", s.PushCA)
	c.natsCAs = p.certificates("nats-ca", s.NATSCA)
	if len(s.NATSCA) > 0 && s.NATSURL == "" {
		p.Add("nats-ca", "needs --nats-url: the NATS inside the process is not reached by TLS")
	}
	var err error
	if c.PushHosts, err = endpoints.NewAllowlist(s.AllowPushHost...); err != nil {
		p.Add("allow-push-host", "%s", err)
	}
	if strings.Contains(s.DatabaseURL, "://") && !database.IsPostgres(s.DatabaseURL) {
		p.Add("database-url", "must be postgres://… or the path of an SQLite file")
	}
	if s.MigrateURL != "" && !(database.IsPostgres(s.MigrateURL) && database.IsPostgres(s.DatabaseURL)) {
		p.Add("migrate-url", "must be postgres://…, beside a database URL that is")
	}
	if s.TransactionPooling && !database.IsPostgres(s.DatabaseURL) {
		p.Add("transaction-pooling", "needs a database URL of postgres://…")
	}
	if u, err := url.Parse(s.NATSURL); s.NATSURL != "" && (err != nil || u.Host == "") {
		p.Add("nats-url", "must be a URL such as nats://127.0.0.1:4222")
	}
	return c
}

// maxTTL is the longest that push services keep a message.
const maxTTL = 28 * 24 * time.Hour

// maxGoneGrace is long enough for everybody who comes back at all.
const maxGoneGrace = 365 * 24 * time.Hour

type Problems []error

func (p *Problems) Add(flag, format string, args ...any) {
	*p = append(*p, fmt.Errorf("--%s: %s", flag, fmt.Sprintf(format, args...)))
}

func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return fmt.Errorf("these settings are wrong:\n%w", errors.Join(p...))
}

func (p *Problems) duration(flag, value string, least, most time.Duration) time.Duration {
	d, err := time.ParseDuration(value)
	if err != nil || d < least || d > most {
		p.Add(flag, "must be a time from %s to %s, such as 90s or 2h, not %q", least, most, value)
	}
	return d
}

func (p *Problems) number(flag, value string, least, most int) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		p.Add(flag, "must be a number from %d to %d, not %q", least, most, value)
	}
	return n
}

func (p *Problems) proxies(flag string, all []string) peer.Proxies {
	proxies, err := peer.ParseProxies(all...)
	if err != nil {
		p.Add(flag, "%s", err)
	}
	return proxies
}

// embeddable is an origin as browsers write it: of https, or of this machine.
var embeddable = regexp.MustCompile(`^(https://[a-z0-9-]+(\.[a-z0-9-]+)*|http://(localhost|127\.0\.0\.1))(:[1-9][0-9]*)?$`)

func (p *Problems) embedOrigins(flag string, all []string) []string {
	for _, origin := range all {
		isDefaultPort := strings.HasPrefix(origin, "https:") && strings.HasSuffix(origin, ":443") ||
			strings.HasPrefix(origin, "http:") && strings.HasSuffix(origin, ":80")
		if !embeddable.MatchString(origin) || isDefaultPort {
			p.Add(flag, "must be an origin as browsers write it, such as https://news.example, not %q", origin)
		}
	}
	return all
}

// certificates reads PEM files; none are nil.
func (p *Problems) certificates(flag string, files []string) *x509.CertPool {
	var pool *x509.CertPool
	for _, file := range files {
		pem, err := os.ReadFile(kong.ExpandPath(file))
		if pool == nil {
			pool = x509.NewCertPool()
		}
		if err != nil || !pool.AppendCertsFromPEM(pem) {
			p.Add(flag, "must be a file of certificates in PEM, not %s", file)
		}
	}
	return pool
}

func (p *Problems) logger(level string) *slog.Logger {
	var parsed slog.Level
	if err := parsed.UnmarshalText([]byte(level)); err != nil {
		p.Add("log-level", "must be debug, info, warn or error, not %q", level)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: parsed}))
}

// DefaultSettings are the settings of a command line without flags.
func DefaultSettings() ServerSettings {
	var command struct{ ServerSettings }
	parser, err := kong.New(&command, kong.Exit(func(int) {}))
	if err == nil {
		_, err = parser.Parse(nil)
	}
	if err != nil {
		panic(err) // the tags above are wrong
	}
	return command.ServerSettings
}
