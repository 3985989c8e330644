package models

import (
	"database/sql/driver"
	"fmt"
	"slices"

	"newsbell/models/validation"
)

// Level says which alerts of a topic a follow lets through. A smaller level
// lets more through.
type Level int8

const (
	// LevelNone lets nothing through: the follow is there to mute.
	LevelNone Level = iota - 1
	// LevelAll lets every alert through.
	LevelAll
	// LevelKey lets key moments and the resolution through.
	LevelKey
	// LevelResolution lets only "it's back" through.
	LevelResolution
)

var levelNames = []string{"all", "key", "resolution"}

// ParseLevel reads a level as the API writes it.
func ParseLevel(name string) (Level, error) {
	if i := slices.Index(levelNames, name); i >= 0 {
		return Level(i), nil
	}
	var p validation.Problems
	p.Add("level", `must be "all", "key" or "resolution"`)
	return LevelNone, p.Err()
}

// String is the level as the API writes it; empty for [LevelNone].
func (l Level) String() string {
	if l == LevelNone {
		return ""
	}
	return levelNames[l]
}

// Value is what the database keeps: NULL for [LevelNone].
func (l Level) Value() (driver.Value, error) {
	if l == LevelNone {
		return nil, nil
	}
	return int64(l), nil
}

// Scan reads what Value wrote.
func (l *Level) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*l = LevelNone
	case int64:
		*l = Level(v)
	default:
		return fmt.Errorf("scan level: unexpected %T", value)
	}
	return nil
}

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
