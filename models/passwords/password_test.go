package passwords_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"newsbell/models/passwords"
)

const good = "a lantern over the harbour"

func TestAHashMatchesOnlyItsPassword(t *testing.T) {
	hash, err := passwords.Hash(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(hash, good) {
		t.Errorf("hash = %s", hash)
	}
	if other, err := passwords.Hash(t.Context(), good); err != nil || other == hash {
		t.Errorf("two hashes of a password are the same, %v", err)
	}
	for password, want := range map[string]bool{good: true, good + " ": false, strings.ToUpper(good): false, "": false} {
		if got, err := passwords.Match(t.Context(), hash, password); err != nil || got != want {
			t.Errorf("%q matches: %v, %v; want %v", password, got, err, want)
		}
	}
}

func TestNoPasswordMatchesAnEmptyHashAndThatCostsAsMuch(t *testing.T) {
	hash, err := passwords.Hash(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	cost := func(hash, password string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if matches, err := passwords.Match(t.Context(), hash, password); err != nil || matches {
			t.Errorf("%q matches %q: %v, %v", password, hash, matches, err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	cost("", "") // the first one makes a hash
	with, without := cost(hash, "wrong"), cost("", "wrong")
	if without < 19<<20 || without>>20 != with>>20 {
		t.Errorf("a wrong password needs %d bytes, and %d without a hash", with, without)
	}
}

func TestHashingWaitsNoLongerThanItsCaller(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := passwords.Match(ctx, "", good); !errors.Is(err, context.Canceled) {
		t.Errorf("a hash is compared for a caller that has left: %v", err)
	}
	if _, err := passwords.Hash(ctx, good); !errors.Is(err, context.Canceled) {
		t.Errorf("a hash is made for a caller that has left: %v", err)
	}
}

func TestWeakPasswordsAreNamed(t *testing.T) {
	for password, want := range map[string]string{
		good:                             "",
		"fünfzehnkäsewaffeln":            "",
		"ünïcödélêttérs":                 "",
		"":                               "is required",
		"elevenchars":                    "must have at least 12 characters",
		"ünïcödé lêt":                    "must have at least 12 characters", // more than 12 bytes
		strings.Repeat("abcdefghij", 26): "must have at most 256 bytes",
		"Ada@News.Example":               "must not be the email address",
		"Password1234":                   "must be harder to guess",
		"aaaaaaaaaaaa":                   "must be harder to guess",
		"            ":                   "must be harder to guess",
		"abababababab":                   "must be harder to guess",
		"twelve chars\xff":               "must be valid UTF-8",
	} {
		if got := passwords.Weakness(password, "ada@news.example"); got != want {
			t.Errorf("%q: %q; want %q", password, got, want)
		}
	}
}
