package models

import (
	"slices"

	"newsbell/models/validation"
)

// Mute says whether an outage is kept silent, also for who follows its apps. It
// stands beside a follow's level, which comes back when the mute ends.
type Mute int8

const (
	// NotMuted hears what the level lets through.
	NotMuted Mute = iota
	// MutedUntilResolution hears nothing but the outage's own resolution.
	MutedUntilResolution
	// MutedForGood hears nothing.
	MutedForGood
)

var muteNames = []string{"no", "until_resolution", "for_good"}

// ParseMute reads a mute as the API writes it.
func ParseMute(name string) (Mute, error) {
	if i := slices.Index(muteNames, name); i >= 0 {
		return Mute(i), nil
	}
	var p validation.Problems
	p.Add("muted", `must be "no", "until_resolution" or "for_good"`)
	return NotMuted, p.Err()
}

// String is the mute as the API writes it.
func (m Mute) String() string { return muteNames[m] }

// mutesOnceLevels are the levels by which a client of an older release mutes.
var mutesOnceLevels = map[string]Mute{"muted": MutedForGood, "hushed": MutedUntilResolution}
