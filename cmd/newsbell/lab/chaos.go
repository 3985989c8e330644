package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"newsbell/cmd/newsbell/lab/netns"
	"newsbell/cmd/newsbell/program"
)

// Chaos sends alerts through a fleet of real processes, injects one fault after the other,
// and checks the promises: no reader is missed, few pushes are repeated, no address is
// retired that is not gone, and shards continue in time.
type Chaos struct {
	Subscribers int          `help:"Readers of each alert." default:"100000"`
	Workers     int          `help:"Worker processes." default:"3"`
	PilotAbove  int          `help:"Audience above which alerts go to a hundredth of their readers first; 0: never." default:"0"`
	Only        program.List `help:"Inject only the faults whose names begin like this." placeholder:"NAME"`

	// program is the executable of the processes. Default: this one. Tests set it.
	program string
	// slack is extra time for shards to continue. Tests set it.
	slack time.Duration
	// inARow bounds the random faults in a row of one reader, in tests; 0: any number.
	inARow int
	// out and progress receive the table and the progress. Tests set them.
	out, progress io.Writer
}

// errBroken is returned if a promise was broken.
var errBroken = errors.New("a promise was broken")

// Run prints the table. It returns an error if a promise was broken.
func (c *Chaos) Run(ctx context.Context) (err error) {
	chosen, err := c.check()
	if err != nil {
		return err
	}
	if c.out == nil {
		c.out, c.progress = os.Stdout, os.Stderr
	}
	if netns.Inside() {
		if err := netns.Enter(); err != nil {
			return err
		}
	} else if slices.ContainsFunc(chosen, fault.needsNetwork) {
		reason := netns.Available(ctx)
		if reason == nil {
			return c.runInOwnNetwork(ctx)
		}
		if chosen, err = skipNetwork(c.out, chosen, reason); err != nil || len(chosen) == 0 {
			return err
		}
	}
	progress := newProgressTable(c.progress)
	preparing := progress.row("start a fleet", c.Subscribers)
	f, err := newChaosFleet(ctx, c, preparing.add)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	preparing.done(c.Subscribers)
	var runs []faultRun
	for _, t := range chosen {
		if t.goesOnWithin > 0 {
			t.goesOnWithin += c.slack
		}
		t.most.InARow, t.few.InARow = c.inARow, c.inARow
		runFault := f.runFault
		if t.alone {
			runFault = c.runAlone
		}
		run, err := runFault(ctx, t, progress)
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", t.name, err), f.logged())
		}
		runs = append(runs, run)
	}
	if err := printRuns(c.out, runs); err != nil {
		return err
	}
	if slices.ContainsFunc(runs, func(run faultRun) bool { return len(run.broken) > 0 }) {
		return errors.Join(errBroken, f.logged())
	}
	return nil
}

func (c *Chaos) check() (chosen []fault, err error) {
	var p program.Problems
	if c.Subscribers < 1000 || c.Subscribers > 5_000_000 {
		p.Add("subscribers", "must be a number from 1000 to 5000000, not %d", c.Subscribers)
	}
	if c.Workers < 2 || c.Workers > 64 {
		p.Add("workers", "must be a number from 2 to 64, not %d", c.Workers)
	}
	for _, t := range faults {
		if len(c.Only) == 0 || slices.ContainsFunc(c.Only, func(name string) bool { return strings.HasPrefix(t.name, name) }) {
			chosen = append(chosen, t)
		}
	}
	if len(chosen) == 0 {
		p.Add("only", "no such fault: %s", strings.Join(c.Only, ", "))
	}
	isCompared := slices.ContainsFunc(chosen, fault.isCompared)
	if isCompared && chosen[0].name != nothingBreaks {
		chosen = slices.Insert(chosen, 0, faults[0])
	}
	return chosen, p.Err()
}

// printRuns prints a row for each fault, and the broken promises below.
func printRuns(out io.Writer, runs []faultRun) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "while the alert goes out\treaders\tmissing\trefused\tgone\tretired\trepeats\tof at most\ttakeovers\tgoes on after\tof at most\tlast reader\t99% done\tall done\t")
	for _, c := range runs {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", c.fault.name, c.readers, c.missing, c.refused, c.gone, c.retired,
			c.repeats, c.repeatsAllowed, c.takeovers, inTime(c.goesOn), inTime(c.fault.goesOnWithin), inTime(c.last), inTime(c.most), inTime(c.took), verdictOf(c))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, c := range runs {
		for _, promise := range c.broken {
			fmt.Fprintf(out, "broken: %s: %s\n", c.fault.name, promise)
		}
	}
	return nil
}

func verdictOf(c faultRun) string {
	if len(c.broken) > 0 {
		return "BROKEN"
	}
	return "kept"
}

func inTime(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return d.Round(10 * time.Millisecond).String()
}
