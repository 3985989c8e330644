package pushtest

import (
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"path"
	"sync"
)

// FaultRates are the shares, from 0 to 1, of pushes that fail at random.
type FaultRates struct {
	// Status are shares by HTTP status; RetryAfter goes with all of them.
	Status     map[int]float64 `json:"status"`
	RetryAfter string          `json:"retry_after"`
	// Reset and Hang are shares of pushes without an answer.
	Reset float64 `json:"reset"`
	Hang  float64 `json:"hang"`
	// Gone is the share of endpoints, always the same ones, that answer 410.
	Gone float64 `json:"gone"`
	// InARow bounds how many pushes in a row to one endpoint fail at random, and so how
	// long its retries take. 0: any number.
	InARow int `json:"in_a_row"`
	// Stale is the number of simulated readers, the first ones, that are refused with 401,
	// 403 and 400 in turn.
	Stale int `json:"stale"`
}

// SetFaultRates sets the rates; zero rates end the faults.
func (s *Server) SetFaultRates(f FaultRates) error {
	sum := f.Reset + f.Hang
	for status, share := range f.Status {
		if status < 200 || status > 599 || share < 0 {
			return errors.New("a fault is a share of 0 or more of a status from 200 to 599")
		}
		sum += share
	}
	if f.Reset < 0 || f.Hang < 0 || f.Gone < 0 || f.Gone > 1 || sum > 1 {
		return errors.New("shares are from 0 to 1, and so is their sum")
	}
	faults := randomFaults{rates: f, inARow: map[string]int{}}
	s.Faults(faults.next)
	return nil
}

// randomFaults are faults at some rates, safe for concurrent use.
type randomFaults struct {
	rates FaultRates

	mu     sync.Mutex
	inARow map[string]int // by endpoint
}

// next returns the fault of the next push to an endpoint; nil if it has none.
func (r *randomFaults) next(endpoint string) *Answer {
	if answer := r.rates.lasting(endpoint); answer != nil {
		return answer
	}
	if r.rates.InARow == 0 {
		return r.rates.pick()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inARow[endpoint] < r.rates.InARow {
		if answer := r.rates.pick(); answer != nil {
			r.inARow[endpoint]++
			return answer
		}
	}
	delete(r.inARow, endpoint)
	return nil
}

// lasting returns the answer that an endpoint always gets; nil if it has none.
func (f FaultRates) lasting(endpoint string) *Answer {
	if number, ok := simulatedNumber(path.Base(endpoint)); ok && number < f.Stale {
		return &Answer{Status: staleStatuses[number%len(staleStatuses)]}
	}
	if f.isGone(endpoint) {
		return &Answer{Status: http.StatusGone}
	}
	return nil
}

// pick returns a fault at random; nil for most pushes.
func (f FaultRates) pick() *Answer {
	dice := rand.Float64()
	for status, share := range f.Status {
		if dice -= share; dice < 0 {
			return &Answer{Status: status, RetryAfter: f.RetryAfter}
		}
	}
	if dice -= f.Reset; dice < 0 {
		return &Answer{Reset: true}
	}
	if dice -= f.Hang; dice < 0 {
		return &Answer{Hang: true}
	}
	return nil
}

var staleStatuses = [...]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusBadRequest}

func (f FaultRates) isGone(endpoint string) bool {
	if f.Gone == 0 {
		return false
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(endpoint))
	return float64(hash.Sum32()%10_000) < f.Gone*10_000
}
