package modelstest

import (
	"flag"
	"fmt"
	"testing"
)

// FewerChecks sets how often rapid checks a long test, unless the command line does: go test -run Nights -rapid.checks 500 ./models
func FewerChecks(t *testing.T, checks int) {
	t.Helper()
	often := flag.Lookup("rapid.checks")
	before := often.Value.String()
	if before != often.DefValue {
		return
	}
	if err := flag.Set(often.Name, fmt.Sprint(checks)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(often.Name, before) })
}
