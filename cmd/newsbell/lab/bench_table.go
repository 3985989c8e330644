package lab

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// print prints the figures and their targets.
func (f benchFigures) print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, format string, value any, bar string) {
		fmt.Fprintf(table, "%s\t"+format+"\t%s\n", name, value, bar)
	}
	line("subscribers", "%d", f.Subscribers, f.Database)
	line("sending processes", "%d", f.Processes, "")
	line("push service latency", "%g ms", f.LatencyMS, "")
	line("CPU per push", "%.1f µs", f.CPUUsPerPush, "")
	line("  of the bare cryptography", "%.2f×", f.RatioFloor, fmt.Sprintf("at most 1.5× of %.1f µs", f.FloorUs))
	line("  of webpush-go", "%.2f×", f.RatioWebPushGo, fmt.Sprintf("at most 0.5× of %.1f µs", f.WebPushGoUs))
	if f.RatioNode != nil {
		line("  of node's web-push", "%.3f×", *f.RatioNode, fmt.Sprintf("at most 0.12× of %.1f µs", *f.NodeUs))
	}
	line("pushes per second", "%.0f", f.PushesPerS, "at least 10538")
	line("publish to first push, median", "%.1f ms", f.FirstPushMSP50, "")
	line("publish to first push, p99", "%.1f ms", f.FirstPushMSP99, "at most 100 ms")
	line("resident memory", "%.0f MB", f.RSSMB, "at most 200 MB")
	line("missing", "%d", f.Missing, "0")
	line("doubled", "%d", f.Doubled, "0")
	if s := f.SubscribeStorm; s != nil {
		line("subscriptions per second", "%.0f", s.PerS, "at least 3000")
		line("subscription, p99", "%.1f ms", s.MSP99, "at most 50 ms")
		line("pushes per second meanwhile", "%.0f", s.PushesPerS, "")
	}
	if l := f.LivePages; l != nil {
		line("open live pages", "%d", l.Pages, "")
		line("publish to the last page, median", "%.1f ms", l.LastPageMSP50, "")
		line("publish to the last page, p99", "%.1f ms", l.LastPageMSP99, "")
		line("publish to the last page, longest", "%.1f ms", l.LastPageMSMax, "at most 1000 ms")
		line("resident memory per page", "%.1f kB", l.KBPerPage, "at most 20 kB")
		line("missing updates of pages", "%d", l.Missing, "0")
		line("doubled updates of pages", "%d", l.Doubled, "0")
	}
	return table.Flush()
}
