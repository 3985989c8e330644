package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"newsbell/models/modelstest"
)

// The short form of make chaos. That a push service answers 403 to everybody is
// left to the longer one: it waits a minute before it tries again.
func TestNobodyIsMissedWhateverBreaks(t *testing.T) {
	modelstest.EmptyPostgres(t) // says what is missing, if it is
	var out bytes.Buffer
	c := chaosCommand{
		Subscribers: 10_000, Workers: 2, slack: time.Minute, out: &out, progress: io.Discard,
		Only: []string{"a worker", "PostgreSQL", "NATS", "pushes", "the alert after"},
	}
	err := c.Run(t.Context())
	if err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
	if kept := strings.Count(out.String(), " kept"); kept != 7 {
		t.Errorf("%d of 7 troubles ended well:\n%s", kept, &out)
	}
}

func TestAChaosThatDoesNotExistIsRefused(t *testing.T) {
	_, err := (&chaosCommand{Subscribers: 10, Workers: 1, Only: []string{"rain"}}).check()
	for _, flag := range []string{"--subscribers", "--workers", "--only"} {
		if err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("error = %v; want a word about %s", err, flag)
		}
	}
}
