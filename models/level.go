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
