package lab

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"newsbell/models/modelstest"
)

// The short form of make chaos. Only the long form tests a push service that answers 403 to
// everybody, because it waits a minute before it tries again, and readers who have bad luck
// several times, each time waiting twice as long.
func TestNoReaderIsMissedDuringFaults(t *testing.T) {
	t.Parallel()
	modelstest.EmptyPostgres(t) // says what is missing, if it is
	var out bytes.Buffer
	c := Chaos{
		Subscribers: 10_000, Workers: 2, slack: time.Minute, inARow: 2, out: &out, progress: io.Discard, program: build(t),
		Only: []string{"a worker", "PostgreSQL", "NATS", "pushes", "the alert after"},
	}
	err := c.Run(t.Context())
	if err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
	if kept := strings.Count(out.String(), " kept"); kept != 7 {
		t.Errorf("%d of 7 faults went well:\n%s", kept, &out)
	}
}

func TestFaultsThatNeedANetworkNamespaceAreSkippedWithAReason(t *testing.T) {
	var out bytes.Buffer
	left, err := skipNetwork(&out, faults, errors.New("operation not permitted"))
	if err != nil || len(left) == 0 || slices.ContainsFunc(left, fault.needsNetwork) {
		t.Errorf("left are %d, %v; want those that need none", len(left), err)
	}
	words := strings.Count(out.String(), "skipped: ")
	if reasons := strings.Count(out.String(), "operation not permitted"); words != len(faults)-len(left) || reasons != words || words == 0 {
		t.Errorf("%d of %d have words, and %d a reason:\n%s", words, len(faults)-len(left), reasons, &out)
	}
}

func TestAnUnknownFaultIsAnError(t *testing.T) {
	_, err := (&Chaos{Subscribers: 10, Workers: 1, Only: []string{"rain"}}).check()
	for _, flag := range []string{"--subscribers", "--workers", "--only"} {
		if err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("error = %v; want a word about %s", err, flag)
		}
	}
}
