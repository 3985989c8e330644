// Newsbell tells readers about live news the moment it is published. This is
// the one program: the server, its tools and the demo.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // readers' time zones, also where the machine has none

	"newsbell/cmd/newsbell/lab"
	"newsbell/cmd/newsbell/program"

	"github.com/alecthomas/kong"
)

// commands is the command line. Each flag can also be set by the environment:
// --base-url by NEWSBELL_BASE_URL.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Serve the pages and send the alerts, in one process."`
	Work    workCommand    `cmd:"" help:"Send alerts beside other processes, on PostgreSQL and a NATS of your own."`
	Demo    lab.Demo       `cmd:"" help:"Replay a real outage to simulated readers, and to your own browser."`
	Publish publishCommand `cmd:"" help:"Publish through a running server: apps, outages, updates."`
	Token   tokenCommand   `cmd:"" help:"Make, list and revoke the tokens that may publish."`
	VAPID   vapidCommand   `cmd:"" name:"vapid" help:"Make and list the keys that push services know this server by."`
	Migrate migrateCommand `cmd:"" help:"Bring the database's schema up to date."`
	Bench   lab.Bench      `cmd:"" help:"Measure the way from publishing to the push service, against a push service of its own."`
	Chaos   lab.Chaos      `cmd:"" help:"Break what can break while alerts go out, and check that nobody is missed."`

	PushService lab.PushService `cmd:"" help:"A push service on loopback, for tests."`
	NATS        lab.NATS        `cmd:"" name:"nats" help:"A NATS on loopback, for tests." hidden:""`
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

// run parses and runs one command line; it ends when ctx does.
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

// parse reads a command line and the environment.
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
