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

	"newsbell/handlers/openid"
	"newsbell/handlers/peer"
	"newsbell/models"
	"newsbell/models/database"
	"newsbell/models/endpoints"
	"newsbell/notifier/webpush"
)

// DatabaseSettings are the settings of the database.
type DatabaseSettings struct {
	DataDir     string `help:"Folder of the SQLite database." default:"newsbell-data" type:"path"`
	DatabaseURL string `help:"PostgreSQL (postgres://…) or an SQLite file. Default: newsbell.db in the data folder." placeholder:"URL"`
	MigrateURL  string `name:"migrate-url" help:"PostgreSQL for migrations only, bypassing a pooler. Default: the database URL." placeholder:"URL"`

	TransactionPooling bool `help:"The database URL is a pooler in transaction mode, such as PgBouncer: prepare no statements."`
}

// SenderSettings are the settings for sending alerts, as text: Check parses them all and
// reports every problem at once.
type SenderSettings struct {
	DatabaseSettings
	NATSURL       string `name:"nats-url" help:"Your NATS server, with JetStream. Default: one inside the process." placeholder:"URL"`
	NATSCA        List   `name:"nats-ca" help:"PEM file of certificate authorities for NATS, instead of the system's." placeholder:"FILE"`
	BaseURL       string `help:"Public address of the pages, such as https://news.example/alerts. Default: http://localhost and the port." placeholder:"URL"`
	VAPIDSubject  string `name:"vapid-subject" help:"Your contact address for push services: a mailto: or https: URL." default:"mailto:newsbell@example.com"`
	AllowPushHost List   `help:"Another push service: a host, *.host, or an origin such as https://127.0.0.1:8443." placeholder:"HOST"`
	PushCA        List   `name:"push-ca" help:"PEM file of certificate authorities for push services, instead of the system's." placeholder:"FILE"`
	Sender        string `help:"Implementation that encrypts and sends: fast or webpush-go." default:"fast"`
	Workers       string `help:"Shards sent at once. Default: three per core." default:"0"`
	InFlight      string `help:"Maximum requests in flight." default:"2048"`
	GoneGrace     string `help:"How long follows are kept after the push service reports the browser's address gone." default:"720h"`
	PilotAbove    string `help:"Audience above which an alert goes to a hundredth of its readers first; 0: never." default:"100000"`
	PilotRefused  string `help:"Percentage of these first pushes that may be refused before the alert stops itself." default:"20"`
	Lang          string `help:"Language of the coverage (BCP 47)." default:"en"`
	LogLevel      string `help:"debug, info, warn or error." default:"info"`
}

// ServerSettings are the settings of a server.
type ServerSettings struct {
	SenderSettings
	Listen          string `help:"Address to listen on." default:"127.0.0.1:8080"`
	SubscribeLimit  string `help:"Subscriptions per minute from one address; 0: no limit." default:"300"`
	NoticeLimit     string `help:"Test and welcome notifications per minute for one address; 0: no limit." default:"30"`
	GuessLimit      string `help:"Wrong tokens, passwords, passkeys and reader secrets per minute from one address, wrong passwords for one person, and challenges for passkeys for one address; 0: no limit." default:"60"`
	ConnectionLimit string `help:"Connections and open live pages per address, except trusted proxies; at most a quarter of all; 0: no limit." default:"1000"`
	OpenIDSettings
	TrustedProxies List   `help:"Addresses and networks of proxies whose X-Forwarded-For is trusted." default:"127.0.0.1,::1" placeholder:"ADDRESS"`
	EmbedOrigin    List   `help:"A site that may embed Follow, such as https://news.example." placeholder:"ORIGIN"`
	UndoWindow     string `help:"How long an update with an alert can be undone: until then it is not visible and not sent." default:"10s"`
	TimeZone       string `help:"Time zone in which the newsroom schedules updates, such as Europe/London." default:"UTC"`
	TTLUpdate      string `name:"ttl-update" help:"How long an ordinary alert is retried." default:"1h"`
	TTLKey         string `name:"ttl-key" help:"The same for a key moment." default:"4h"`
	TTLResolution  string `name:"ttl-resolution" help:"The same for a resolution." default:"24h"`
}

// Config is the parsed settings.
type Config struct {
	DatabaseURL     string
	migrateURL      string
	pooled          bool // in transaction mode
	natsURL         string
	natsCAs         *x509.CertPool // nil: the system's
	Listen          string
	BaseURL         string
	vapidSubject    string
	PushHosts       endpoints.Allowlist
	RootCAs         *x509.CertPool // nil: the system's
	sender          string
	workers         int
	inFlight        int
	subscribeLimit  int // per minute and address
	noticeLimit     int // per minute and address
	guessLimit      int // per minute and address
	connectionLimit int // per address
	trustedProxies  peer.Proxies
	embedOrigins    []string
	openID          openid.Settings
	NoSend          bool // workers send instead
	undoWindow      time.Duration
	timeZone        *time.Location
	ttls            models.TTLs
	goneGrace       time.Duration
	pilot           models.Pilot
	lang            string
	Log             *slog.Logger
}

// url returns the URL of the database, or the path of its file.
func (s DatabaseSettings) url() string {
	if s.DatabaseURL != "" {
		return s.DatabaseURL
	}
	return filepath.Join(s.DataDir, "newsbell.db")
}

// Check parses the settings. Its error has a line for every problem.
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
	c.openID = s.OpenIDSettings.parse(&p)
	c.undoWindow = p.duration("undo-window", s.UndoWindow, 0, time.Hour)
	c.timeZone = p.timeZone("time-zone", s.TimeZone)
	c.ttls = models.TTLs{
		Update:     p.duration("ttl-update", s.TTLUpdate, time.Minute, maxTTL),
		Key:        p.duration("ttl-key", s.TTLKey, time.Minute, maxTTL),
		Resolution: p.duration("ttl-resolution", s.TTLResolution, time.Minute, maxTTL),
	}
	return c, p.Err()
}

// Check parses the settings of a worker. Its error has a line for every problem.
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

// read parses the settings for sending. Without a base URL, the pages are on listen.
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
		pilot: models.Pilot{
			Above:      p.number("pilot-above", s.PilotAbove, 0, 1_000_000_000),
			MaxRefused: float64(p.number("pilot-refused", s.PilotRefused, 0, 100)) / 100,
		},
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
		p.Add("nats-ca", "needs --nats-url: the NATS inside the process does not use TLS")
	}
	var err error
	if c.PushHosts, err = endpoints.NewAllowlist(s.AllowPushHost...); err != nil {
		p.Add("allow-push-host", "%s", err)
	}
	if strings.Contains(s.DatabaseURL, "://") && !database.IsPostgres(s.DatabaseURL) {
		p.Add("database-url", "must be postgres://… or the path of an SQLite file")
	}
	if s.MigrateURL != "" && !(database.IsPostgres(s.MigrateURL) && database.IsPostgres(s.DatabaseURL)) {
		p.Add("migrate-url", "must be postgres://…, and so must the database URL")
	}
	if s.TransactionPooling && !database.IsPostgres(s.DatabaseURL) {
		p.Add("transaction-pooling", "needs a database URL that is postgres://…")
	}
	if u, err := url.Parse(s.NATSURL); s.NATSURL != "" && (err != nil || u.Host == "") {
		p.Add("nats-url", "must be a URL such as nats://127.0.0.1:4222")
	}
	return c
}

// maxTTL is the longest time that push services keep a message.
const maxTTL = 28 * 24 * time.Hour

// maxGoneGrace is the longest grace period: readers who return later are rare.
const maxGoneGrace = 365 * 24 * time.Hour

type Problems []error

func (p *Problems) Add(flag, format string, args ...any) {
	*p = append(*p, fmt.Errorf("--%s: %s", flag, fmt.Sprintf(format, args...)))
}

func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return fmt.Errorf("invalid settings:\n%w", errors.Join(p...))
}

func (p *Problems) duration(flag, value string, least, most time.Duration) time.Duration {
	d, err := time.ParseDuration(value)
	if err != nil || d < least || d > most {
		p.Add(flag, "must be a time from %s to %s, such as 90s or 2h, not %q", least, most, value)
	}
	return d
}

func (p *Problems) timeZone(flag, value string) *time.Location {
	zone, err := time.LoadLocation(value)
	if err != nil || value == "" || value == "Local" {
		p.Add(flag, "must be a time zone such as Europe/London, not %q", value)
	}
	return zone
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

// embeddable matches an origin as browsers write it: with https, or on this machine.
var embeddable = regexp.MustCompile(`^(https://[a-z0-9-]+(\.[a-z0-9-]+)*|http://(localhost|127\.0\.0\.1))(:[1-9][0-9]*)?$`)

func (p *Problems) embedOrigins(flag string, all []string) []string {
	for _, origin := range all {
		isDefaultPort := strings.HasPrefix(origin, "https:") && strings.HasSuffix(origin, ":443") ||
			strings.HasPrefix(origin, "http:") && strings.HasSuffix(origin, ":80")
		if !embeddable.MatchString(origin) || isDefaultPort {
			p.Add(flag, "must be an origin such as https://news.example, not %q", origin)
		}
	}
	return all
}

// certificates reads PEM files. Without files it returns nil.
func (p *Problems) certificates(flag string, files []string) *x509.CertPool {
	var pool *x509.CertPool
	for _, file := range files {
		pem, err := os.ReadFile(kong.ExpandPath(file))
		if pool == nil {
			pool = x509.NewCertPool()
		}
		if err != nil || !pool.AppendCertsFromPEM(pem) {
			p.Add(flag, "must be a PEM file of certificates, not %s", file)
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

// DefaultSettings returns the settings of a command line without flags.
func DefaultSettings() ServerSettings {
	var command struct{ ServerSettings }
	parser, err := kong.New(&command, kong.Exit(func(int) {}))
	if err == nil {
		_, err = parser.Parse(nil)
	}
	if err != nil {
		panic(err) // the struct tags above are invalid
	}
	return command.ServerSettings
}
