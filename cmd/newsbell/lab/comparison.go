package lab

import (
	"errors"
	"fmt"
)

// comparison compares the expected with the decrypted notifications of each reader.
type comparison struct {
	Expected, Delivered, Missing, Doubled int
	// Unexpected is the number of notifications to readers they were not for.
	Unexpected int
}

// errNotOnce is returned if a notification was missing, repeated or unexpected.
var errNotOnce = errors.New("not every alert reached its readers exactly once")

func (t comparison) String() string {
	return fmt.Sprintf("delivered %d of %d expected, %d missing, %d doubled", t.Delivered, t.Expected, t.Missing, t.Doubled)
}

func (t comparison) err() error {
	if t.Missing+t.Doubled+t.Unexpected > 0 || t.Delivered != t.Expected {
		return errNotOnce
	}
	return nil
}

// count compares the readers' notifications with the published updates, by ID.
func (c coverage) count(readers demoReaders, published map[int64]coverageUpdate) (comparison, error) {
	var t comparison
	for i, reader := range readers {
		received, err := reader.received()
		if err != nil {
			return t, fmt.Errorf("reader %d: %w", i, err)
		}
		for id, update := range published {
			times := received[id]
			switch expected := c.reaches(update, reader.follows); {
			case !expected:
				t.Unexpected += times
			case times == 0:
				t.Expected++
				t.Missing++
			default:
				t.Expected++
				t.Delivered++
				t.Doubled += times - 1
			}
		}
	}
	return t, nil
}

// expect returns the number of readers that an update is for.
func (c coverage) expect(readers demoReaders, u coverageUpdate) (n int) {
	for _, reader := range readers {
		if c.reaches(u, reader.follows) {
			n++
		}
	}
	return n
}
