package pushtest

import (
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"path"
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
	s.Faults(f.pick)
	return nil
}

func (f FaultRates) pick(endpoint string) *Answer {
	if number, ok := simulatedNumber(path.Base(endpoint)); ok && number < f.Stale {
		return &Answer{Status: staleStatuses[number%len(staleStatuses)]}
	}
	if f.isGone(endpoint) {
		return &Answer{Status: http.StatusGone}
	}
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
