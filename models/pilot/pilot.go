// Package pilot says who gets a large alert first, and whether it then goes on. It knows
// nothing of the database.
package pilot

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Share is the part of an audience that gets an alert first: one reader in each hundred.
const Share = 100

// SizeOf returns how many of a number of readers get the alert first.
func SizeOf(readers int) int { return (readers + Share - 1) / Share }

// InTurn takes at most a number of items, from each push service in turn, and keeps their
// order.
func InTurn[T any](items []T, service func(T) string, most int) []T {
	order := make([]int, len(items))
	turns := make([]int, len(items))
	taken := map[string]int{}
	for i, item := range items {
		of := service(item)
		order[i], turns[i] = i, taken[of]
		taken[of]++
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(turns[i], turns[j]) })
	order = slices.Sorted(slices.Values(order[:min(most, len(order))]))
	chosen := make([]T, len(order))
	for i, at := range order {
		chosen[i] = items[at]
	}
	return chosen
}

// Answers are what a push service has answered to a pilot's pushes.
type Answers struct {
	Service string
	// Readers are the pilot's at this push service. Those that are in neither Accepted nor
	// Refused have no answer that says anything.
	Readers, Accepted, Refused int
}

// refused returns the share of the answers that refuse a push; false if there is none.
func (a Answers) refused() (float64, bool) {
	answered := a.Accepted + a.Refused
	return float64(a.Refused) / float64(max(answered, 1)), answered > 0
}

// Judge returns why an alert stops itself after its pilot; "" if it goes on. Once a push
// service refuses everything, only a sample is sent to it, so that its answers stand for
// all of its readers. A push service that has not answered is not judged.
func Judge(answers []Answers, maxRefused float64) (reason string) {
	var readers, refused, mostly float64
	var worst Answers
	for _, a := range answers {
		share, ok := a.refused()
		if !ok {
			continue
		}
		readers += float64(a.Readers)
		refused += share * float64(a.Readers)
		if of := share * float64(a.Readers); of > mostly {
			worst, mostly = a, of
		}
	}
	if refused <= maxRefused*readers {
		return ""
	}
	share, _ := worst.refused()
	return fmt.Sprintf("It stopped itself: push services refused %s of the first pushes, and at most %s may be refused. "+
		"%s refused %s of its own. Readers who have the alert keep it; nobody else gets it. Send it again when the cause is removed.",
		percent(refused/readers), percent(maxRefused), worst.Service, percent(share))
}

func percent(share float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(100*share, 'f', 1, 64), ".0") + "%"
}
