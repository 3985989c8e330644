package models

import (
	"database/sql/driver"
	"fmt"
	"slices"

	"newsbell/models/validation"
)

// Level is the minimum level of the alerts that a follow admits. A smaller level
// admits more.
type Level int8

const (
	// LevelNone admits nothing: the follow is only a mute.
	LevelNone Level = iota - 1
	// LevelAll admits every alert.
	LevelAll
	// LevelKey admits key moments and the resolution.
	LevelKey
	// LevelResolution admits only "it's back".
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

// Mute says whether an outage is muted, also for followers of its apps. A follow keeps its
// level beside a mute; it is back when the mute ends.
type Mute int8

const (
	// NotMuted admits what the level admits.
	NotMuted Mute = iota
	// MutedUntilResolution admits nothing but the outage's own resolution.
	MutedUntilResolution
	// MutedForGood admits nothing.
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

// mutesOnceLevels are the levels with which a client of an older release mutes.
var mutesOnceLevels = map[string]Mute{"muted": MutedForGood, "hushed": MutedUntilResolution}
