package pilot_test

import (
	"slices"
	"strings"
	"testing"

	"newsbell/models/pilot"
)

func TestReadersAreChosenFromEachPushServiceInTurn(t *testing.T) {
	var readers []string
	for range 90 {
		readers = append(readers, "google")
	}
	readers = append(readers, "apple", "mozilla", "mozilla", "mozilla")
	got := pilot.InTurn(readers, func(of string) string { return of }, 6)
	if want := []string{"google", "google", "google", "apple", "mozilla", "mozilla"}; !slices.Equal(got, want) {
		t.Errorf("chosen: %v; want %v", got, want)
	}
	if got := pilot.InTurn(readers[:2], func(of string) string { return of }, 6); len(got) != 2 {
		t.Errorf("chosen of two readers: %v", got)
	}
}

func TestAPilotIsOneInAHundredRoundedUp(t *testing.T) {
	for readers, want := range map[int]int{0: 0, 1: 1, 100: 1, 101: 2, 120_400: 1204} {
		if got := pilot.SizeOf(readers); got != want {
			t.Errorf("the pilot of %d readers has %d; want %d", readers, got, want)
		}
	}
}

func TestAPilotIsJudgedByWhatPushServicesAnswered(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []pilot.Answers
		want    string // part of the reason; "" if the alert goes on
	}{
		{"nothing is known", nil, ""},
		{"a push service that does not answer is not judged", []pilot.Answers{{"a", 100, 0, 0}, {"b", 10, 10, 0}}, ""},
		{"exactly as much as allowed is refused", []pilot.Answers{{"a", 100, 80, 20}}, ""},
		{"more is refused", []pilot.Answers{{"a", 1000, 795, 205}}, "refused 20.5% of the first pushes, and at most 20% may be"},
		{"everything is refused", []pilot.Answers{{"a", 10, 0, 10}}, "refused 100% of the first"},
		{"a sample stands for all readers of a push service", []pilot.Answers{{"a", 500, 500, 0}, {"b", 500, 0, 64}}, "refused 50% of the first"},
		{"a small push service refuses everything", []pilot.Answers{{"a", 900, 900, 0}, {"b", 100, 0, 100}}, ""},
		{"the worst push service is named", []pilot.Answers{{"a", 500, 400, 100}, {"b", 500, 0, 500}}, "b refused 100% of its own"},
	} {
		got := pilot.Judge(c.answers, 0.2)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q; want %q", c.name, got, c.want)
		}
	}
}
