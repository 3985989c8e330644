package modelstest

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// Facts are what a test found, each beside what it wants, by their names.
type Facts map[string][2]any

// Check says which facts of something are not as they should be. Times are the same in
// all zones, and a pointer to a time is the time that it points to.
func Check(t testing.TB, of string, facts Facts) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		if got, want := plain(facts[name][0]), plain(facts[name][1]); got != want {
			t.Errorf("%s: %s = %v; want %v", of, name, got, want)
		}
	}
}

// plain is a value that can be compared.
func plain(value any) any {
	switch v := value.(type) {
	case *time.Time:
		if v == nil {
			return nil
		}
		return v.UTC().Round(0)
	case time.Time:
		return v.UTC().Round(0)
	}
	return value
}
