// Package validation collects what is wrong with an input, field by field, so that
// its sender can correct everything at once.
package validation

import (
	"errors"
	"fmt"
	"strings"
)

// Problem says what is wrong with one field of an input.
type Problem struct {
	// Field is the input's JSON path: "headline", "states.messenger".
	Field   string
	Message string
}

// Invalid is an input that breaks a rule of the domain, with every problem found.
type Invalid struct{ Problems []Problem }

func (e *Invalid) Error() string {
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = p.Field + ": " + p.Message
	}
	return "invalid: " + strings.Join(parts, "; ")
}

// Problems collects problems. The zero value has none.
type Problems []Problem

// Add adds a problem with a field.
func (p *Problems) Add(field, format string, args ...any) {
	*p = append(*p, Problem{Field: field, Message: fmt.Sprintf(format, args...)})
}

// AddAll adds the problems of an [*Invalid]. Other errors add nothing.
func (p *Problems) AddAll(err error) {
	if invalid, ok := errors.AsType[*Invalid](err); ok {
		*p = append(*p, invalid.Problems...)
	}
}

// AddNested adds the problems of an [*Invalid] below a field. Other errors add nothing.
func (p *Problems) AddNested(field string, err error) {
	if invalid, ok := errors.AsType[*Invalid](err); ok {
		for _, problem := range invalid.Problems {
			p.Add(field+"."+problem.Field, "%s", problem.Message)
		}
	}
}

// Err returns an [*Invalid] with all problems, or nil if there are none.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return &Invalid{Problems: p}
}
