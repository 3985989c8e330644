package arrival_test

import (
	"testing"
	"time"

	"newsbell/models/arrival"
)

const second = time.Second

func TestIntervalsGrowWithTime(t *testing.T) {
	for elapsed, want := range map[time.Duration]time.Duration{
		-second:                        0,
		0:                              0,
		1234 * time.Millisecond:        1200 * time.Millisecond,
		10*second - 1:                  9900 * time.Millisecond,
		10*second + second/2:           10 * second,
		119*second + second/2:          119 * second,
		2*time.Minute + 19*second:      2*time.Minute + 10*second,
		21*time.Minute + 59*second:     21 * time.Minute,
		3*time.Hour + 9*time.Minute:    3 * time.Hour,
		26*time.Hour + 12*time.Minute:  26*time.Hour + 10*time.Minute,
		2*time.Hour - time.Millisecond: 2*time.Hour - time.Minute,
	} {
		if got := arrival.IntervalOf(elapsed); got != want {
			t.Errorf("the interval of %v begins at %v; want %v", elapsed, got, want)
		}
	}
}

func TestACurveSaysWhenANumberWasReached(t *testing.T) {
	curve := arrival.CurveOf([]arrival.Count{{12 * second, 30}, {0, 50}, {11 * second, 20}, {0, 0}})
	if curve.Total() != 100 {
		t.Fatalf("total = %v; want 100", curve.Total())
	}
	for n, want := range map[float64]time.Duration{25: second / 20, 50: second / 10, 60: 11*second + second/2, 100: 13 * second} {
		got, ok := curve.When(n)
		if d := got - want; !ok || d < -time.Millisecond || d > time.Millisecond {
			t.Errorf("%v were reached after %v, %v; want %v", n, got, ok, want)
		}
	}
	if at, ok := curve.When(101); ok {
		t.Errorf("101 of 100 were reached after %v", at)
	}
	for at, want := range map[time.Duration]float64{0: 0, second: 50, 11*second + second/2: 60, time.Hour: 100} {
		if got := curve.At(at); got != want {
			t.Errorf("after %v there were %v; want %v", at, got, want)
		}
	}
}

// steady returns the curve of pushes that are accepted at the same rate from a time on.
func steady(n, perSecond int, from time.Duration) arrival.Curve {
	var counts []arrival.Count
	for at := from; n > 0; at += arrival.WidthAt(at) {
		accepted := min(n, max(1, int(float64(perSecond)*arrival.WidthAt(at).Seconds())))
		counts = append(counts, arrival.Count{Start: at, N: accepted})
		n -= accepted
	}
	return arrival.CurveOf(counts)
}

func TestTheEstimateFollowsTheRatesOfTheLastAlerts(t *testing.T) {
	fast := steady(90_000, 9000, 0)
	for name, test := range map[string]struct {
		readers int
		last    []arrival.Alert
		// want is the time of 50, 90 and 99%.
		want [3]time.Duration
	}{
		"twice as large":                {180_000, []arrival.Alert{{"a": fast}}, [3]time.Duration{10 * second, 18 * second, 19800 * time.Millisecond}},
		"a third":                       {30_000, []arrival.Alert{{"a": fast}}, [3]time.Duration{1666 * time.Millisecond, 3 * second, 3300 * time.Millisecond}},
		"a slow start":                  {30_000, []arrival.Alert{{"a": steady(90_000, 9000, 3*second)}}, [3]time.Duration{4666 * time.Millisecond, 6 * second, 6300 * time.Millisecond}},
		"the newest alert counts most":  {90_000, []arrival.Alert{{"a": steady(90_000, 3000, 0)}, {"a": fast}}, [3]time.Duration{11666 * time.Millisecond, 21 * second, 23100 * time.Millisecond}},
		"a slow service keeps its pace": {100_000, []arrival.Alert{{"a": fast, "b": steady(10_000, 100, 0)}}, [3]time.Duration{5494 * time.Millisecond, 9890 * time.Millisecond, 90 * second}},
		"both over at once":             {1000, []arrival.Alert{{"a": steady(600, 6000, 0)}}, [3]time.Duration{83 * time.Millisecond, 150 * time.Millisecond, 165 * time.Millisecond}},
	} {
		estimate, ok := arrival.Estimate(test.readers, nil, test.last)
		if !ok {
			t.Errorf("%s: there is no estimate", name)
		}
		for i, share := range []float64{.5, .9, .99} {
			got, _ := estimate.When(share * float64(test.readers))
			if d := got - test.want[i]; d < -second/10 || d > second/10 {
				t.Errorf("%s: %v%% after %v; want %v", name, 100*share, got, test.want[i])
			}
		}
	}
}

// Push services that are as fast as the others share the pace with them; one that is slower
// has its own.
func TestAnAlertToSomePushServicesIsEstimatedFromOneToAll(t *testing.T) {
	last := []arrival.Alert{{"a": steady(45_000, 4500, 0), "b": steady(45_000, 4500, 0), "c": steady(10_000, 100, 0)}}
	for name, test := range map[string]struct {
		services map[string]int
		want     time.Duration
	}{
		"one of the fast ones":  {map[string]int{"a": 90_000}, 5 * second},
		"a fast and a slow one": {map[string]int{"a": 88_000, "c": 2000}, 5 * second},
		"the slow one":          {map[string]int{"c": 90_000}, 450 * second},
	} {
		estimate, ok := arrival.Estimate(90_000, test.services, last)
		at, _ := estimate.When(45_000)
		if d := (at - test.want).Abs(); !ok || d > test.want/20 {
			t.Errorf("%s: half after %v, %v; want %v", name, at, ok, test.want)
		}
	}
}

func TestLateRetriesOfTheLastAlertDelayTheLastOfTheNext(t *testing.T) {
	late := arrival.CurveOf([]arrival.Count{{0, 48_000}, {1 * second, 48_000}, {60 * second, 4000}})
	estimate, ok := arrival.Estimate(200_000, nil, []arrival.Alert{{"a": late}})
	if at, _ := estimate.When(198_000); !ok || at < 55*second || at > 65*second {
		t.Errorf("99%% after %v, %v; want about a minute", at, ok)
	}
	if at, _ := estimate.When(100_000); at > 5*second {
		t.Errorf("50%% after %v; want seconds", at)
	}
}

func TestThereIsNoEstimateFromTooLittle(t *testing.T) {
	atOnce := arrival.Alert{"a": steady(500, 10_000, 0)}
	for name, test := range map[string]struct {
		readers int
		last    []arrival.Alert
	}{
		"no alert":           {1000, nil},
		"nothing accepted":   {1000, []arrival.Alert{{"a": nil}}},
		"no readers":         {0, []arrival.Alert{atOnce}},
		"only a small alert": {50_000, []arrival.Alert{atOnce}},
	} {
		if estimate, ok := arrival.Estimate(test.readers, nil, test.last); ok {
			t.Errorf("%s: the estimate is %v; want none", name, estimate)
		}
	}
}

func TestTheEstimateCountsTheReadersOfEachPushService(t *testing.T) {
	last := []arrival.Alert{{"a": steady(90_000, 9000, 0), "b": steady(10_000, 100, 0)}}
	estimate, ok := arrival.Estimate(1000, map[string]int{"b": 1500}, last)
	if at, _ := estimate.When(500); !ok || at < 4900*time.Millisecond || at > 5100*time.Millisecond {
		t.Errorf("half of b's 1,000 after %v, %v; want 5 s", at, ok)
	}
	if _, ok := arrival.Estimate(1000, map[string]int{"a": 900, "c": 100}, last); ok {
		t.Error("there is an estimate for a tenth at a push service that accepted nothing")
	}
}
