package lab

import (
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progressTable shows a row for each step: on a terminal with a progress bar, otherwise as a
// line when the step is done.
type progressTable struct {
	out      io.Writer
	progress *mpb.Progress
}

// row is a step with a number of parts.
type row struct {
	progress *progressTable
	name     string
	total    int64
	bar      *mpb.Bar
}

func newProgressTable(out io.Writer) *progressTable {
	b := &progressTable{out: out}
	if file, ok := out.(*os.File); ok && isatty.IsTerminal(file.Fd()) {
		b.progress = mpb.New(mpb.WithOutput(out), mpb.WithWidth(30))
	}
	return b
}

// row starts a step.
func (b *progressTable) row(name string, total int) *row {
	r := &row{progress: b, name: name, total: int64(total)}
	if b.progress != nil {
		r.bar = b.progress.AddBar(r.total,
			mpb.PrependDecorators(decor.Name(fmt.Sprintf("%-78s", name))),
			mpb.AppendDecorators(decor.CountersNoUnit("%d of %d"), decor.Elapsed(decor.ET_STYLE_GO, decor.WCSyncSpace)))
	}
	return r
}

func (r *row) increment() {
	if r.bar != nil {
		r.bar.Increment()
	}
}

func (r *row) add(n int) {
	if r.bar != nil {
		r.bar.IncrBy(n)
	}
}

func (r *row) set(n int) {
	if r.bar != nil {
		r.bar.SetCurrent(int64(n))
	}
}

// done ends the step with the number of its parts that succeeded.
func (r *row) done(n int) {
	if r.bar == nil {
		fmt.Fprintf(r.progress.out, "%-78s %6d of %d\n", r.name, n, r.total)
		return
	}
	r.bar.SetCurrent(int64(n))
	r.bar.EnableTriggerComplete()
	if int64(n) != r.total {
		r.bar.Abort(false)
	}
	r.bar.Wait()
}

// close waits until the last row is drawn.
func (b *progressTable) close() {
	if b.progress != nil {
		b.progress.Wait()
	}
}
