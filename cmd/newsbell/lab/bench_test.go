package lab

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"github.com/alecthomas/kong"

	"newsbell/models/modelstest"
)

// The test does not assert any times.
func TestTheBenchmarkReachesEveryReaderOnce(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"a server on SQLite":        {"--subscribe-storm", "--sse=50"},
		"two workers on PostgreSQL": {"--workers=2", "--latency=1ms", "--database-url", modelstest.EmptyPostgres(t)},
	} {
		t.Run(name, func(t *testing.T) {
			var b Bench
			parser, err := kong.New(&b)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(append(flags, "--subscribers=1500", "--rounds=1", "--in-flight=64", "--json")); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			b.compared, b.out, b.progress, b.program = 500, &out, io.Discard, build(t)
			if err := b.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			var figures map[string]any
			if err := json.Unmarshal(out.Bytes(), &figures); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"cpu_us_per_push", "floor_us", "ratio_floor", "ratio_webpush_go", "pushes_per_s", "first_push_ms_p99", "rss_mb"} {
				if value, ok := figures[name].(float64); !ok || value <= 0 {
					t.Errorf("%s = %v", name, figures[name])
				}
			}
			if live, ok := figures["live_pages"].(map[string]any); ok != (b.SSE > 0) || ok && (live["last_page_ms_p99"] == 0.0 || live["missing"] != 0.0 || live["doubled"] != 0.0) {
				t.Errorf("live pages: %v", live)
			}
			if figures["missing"] != 0.0 || figures["doubled"] != 0.0 {
				t.Errorf("figures = %v", figures)
			}
		})
	}
}

func TestTheBenchmarkComparesTenAlertsWithWhatWasSaid(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := Bench{Subscribers: 200, Rounds: 1, InFlight: 64, Sender: "fast", Estimate: true, JSON: true, out: &out, progress: io.Discard, compared: 1, program: build(t)}
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var alerts []estimateFigures
	if err := json.Unmarshal(out.Bytes(), &alerts); err != nil {
		t.Fatal(err)
	}
	for _, a := range alerts {
		if a.IsUnknown || a.Readers == 0 || len(a.SaidS) != 3 || len(a.TookS) != 3 {
			t.Errorf("figures of an alert = %+v", a)
		}
	}
	if last := alerts[4]; len(alerts) != 10 || last.Readers != 200 {
		t.Errorf("%d alerts, one to all of them with %d readers; want 10, and 200", len(alerts), last.Readers)
	}
}
