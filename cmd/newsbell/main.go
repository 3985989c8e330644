// Newsbell sends push notifications for live news. This program contains the server, its
// tools and the demo.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // readers' time zones, even if the machine has no database of them

	"newsbell/cmd/newsbell/lab"
	"newsbell/cmd/newsbell/program"

	"github.com/alecthomas/kong"
)

// commands is the command line. Each flag can also be set by an environment variable, such
// as --base-url by NEWSBELL_BASE_URL.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Serve pages and send alerts in one process."`
	Work    workCommand    `cmd:"" help:"Only send alerts, next to other processes on the same PostgreSQL and NATS."`
	Demo    lab.Demo       `cmd:"" help:"Replay a real outage to simulated readers and to your browser."`
	Publish publishCommand `cmd:"" help:"Create apps and outages and publish updates on a running server."`
	Editor  editorCommand  `cmd:"" help:"Invite, list and remove the people of the newsroom."`
	Token   tokenCommand   `cmd:"" help:"Create, list and revoke API tokens."`
	Audit   auditCommand   `cmd:"" help:"Check the audit log."`
	VAPID   vapidCommand   `cmd:"" name:"vapid" help:"List and rotate the VAPID keys."`
	Migrate migrateCommand `cmd:"" help:"Migrate the database to the current schema."`
	Bench   lab.Bench      `cmd:"" help:"Measure how fast alerts are sent, with a local push service."`
	Chaos   lab.Chaos      `cmd:"" help:"Inject faults while alerts are sent, and check that no reader is missed."`

	PushService lab.PushService `cmd:"" help:"Run a push service on loopback, for tests."`
	NATS        lab.NATS        `cmd:"" name:"nats" help:"Run a NATS server on loopback, for tests." hidden:""`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "newsbell:", err)
		stop()
		os.Exit(1)
	}
}

// run parses and runs a command line. It returns when ctx is done.
func run(ctx context.Context, args []string) error {
	command, err := parse(ctx, args)
	if err != nil {
		return err
	}
	if err := command.Run(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// parse parses a command line and the environment.
func parse(ctx context.Context, args []string) (*kong.Context, error) {
	if err := program.UnsetEmptySettings(); err != nil {
		return nil, err
	}
	parser, err := kong.New(&commands{},
		kong.Name("newsbell"),
		kong.Description("Push notifications for live news."),
		kong.DefaultEnvars("NEWSBELL"),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return nil, err
	}
	return parser.Parse(args)
}
