package models

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

// problems collects what Validate methods find.
type problems []Problem

func (p *problems) add(field, format string, args ...any) {
	*p = append(*p, Problem{Field: field, Message: fmt.Sprintf(format, args...)})
}

// nested adds the problems of err under a field of their own.
func (p *problems) nested(field string, err error) {
	if invalid, ok := errors.AsType[*Invalid](err); ok {
		for _, problem := range invalid.Problems {
			p.add(field+"."+problem.Field, "%s", problem.Message)
		}
	}
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return &Invalid{Problems: p}
}
