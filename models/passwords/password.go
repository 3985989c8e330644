// Package passwords hashes people's passwords with Argon2id (RFC 9106), and says which
// passwords are too weak. It never stores or logs one.
package passwords

import (
	"context"
	"fmt"
	"sync"

	"github.com/alexedwards/argon2id"
)

// parameters make one hash cost about 30 ms of a core and 19 MiB, the minimum that OWASP
// recommends. Every hash names its own, so that they can be raised.
var parameters = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// MakeCheap lowers the cost of the hashes that this process makes from now on to 1 MiB. It
// is for tests, which hash for almost every person they need, and otherwise spend much of
// their time on it.
func MakeCheap() {
	cheap := *parameters
	cheap.Memory, cheap.Iterations = 1<<10, 1
	parameters = &cheap
}

// atOnce limits how many hashes are computed at once in a process. Others wait, so that
// a flood of sign-ins takes no more than 38 MiB and two cores.
var atOnce = make(chan struct{}, 2)

// Hash returns a password's hash in the PHC string format, with its salt and parameters.
func Hash(ctx context.Context, password string) (string, error) {
	if err := begin(ctx); err != nil {
		return "", err
	}
	defer end()
	hash, err := argon2id.CreateHash(password, parameters)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}

// Match reports whether a hash is a password's. An empty hash matches no password, but
// costs as much as any other, so that the time does not say whether there is one.
func Match(ctx context.Context, hash, password string) (bool, error) {
	if err := begin(ctx); err != nil {
		return false, err
	}
	defer end()
	isEmpty := hash == ""
	if isEmpty {
		hash = nobodys()
	}
	matches, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("compare password: %w", err)
	}
	return matches && !isEmpty, nil
}

// nobodys is a hash of an empty password, which nobody can have.
var nobodys = sync.OnceValue(func() string {
	hash, err := argon2id.CreateHash("", parameters)
	if err != nil {
		panic(err) // no randomness
	}
	return hash
})

func begin(ctx context.Context) error {
	select {
	case atOnce <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		end()
		return err
	}
	return nil
}

func end() { <-atOnce }
