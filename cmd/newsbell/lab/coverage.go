package lab

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// The demo replays the coverage of a real outage.
//
//go:embed coverage/outage-2021-11-03.json
var coverageFile []byte

// coverage is the coverage of an outage.
type coverage struct {
	Apps   []struct{ Slug, Name string }
	Outage struct {
		Slug, Headline, Standfirst string
		Apps                       []string
		BeganAt                    time.Time `json:"began_at"`
		CoverageOpenedAt           time.Time `json:"coverage_opened_at"`
		ResolvedAt                 time.Time `json:"resolved_at"`
	}
	Updates []coverageUpdate
}

// coverageUpdate is one entry, with the time at which it was published.
type coverageUpdate struct {
	At                          time.Time
	Kind, Alert, Headline, Body string
	Apps                        []string
	States                      map[string]string
}

func readCoverage() (coverage, error) {
	var c coverage
	if err := json.Unmarshal(coverageFile, &c); err != nil {
		return c, fmt.Errorf("read the coverage: %w", err)
	}
	return c, nil
}

// reaches reports whether an update is for a reader with these follows: levels by topic. It
// implements the audience's rule independently, so that the demo can check the notifier.
func (c coverage) reaches(u coverageUpdate, follows map[string]string) bool {
	if u.Alert == "none" {
		return false
	}
	admits := []string{"all"}
	if u.Alert == "key" {
		admits = append(admits, "key")
	}
	if u.Kind == "resolution" {
		admits = []string{"all", "key", "resolution"}
	}
	switch follows["outage/"+c.Outage.Slug] {
	case "muted":
		return false
	case "hushed":
		return u.Kind == "resolution"
	}
	if slices.Contains(admits, follows["outage/"+c.Outage.Slug]) {
		return true
	}
	for _, app := range u.Apps {
		if slices.Contains(admits, follows["app/"+app]) {
			return true
		}
	}
	for app, state := range u.States {
		level, isFollowed := follows["app/"+app]
		if isFollowed && (state == "up" || slices.Contains(admits, level)) {
			return true
		}
	}
	return false
}
