package newsroom

import (
	"errors"

	"newsbell/models"
	"newsbell/models/validation"
	"newsbell/static"
)

// problemsOf returns the problems of a form about people or tokens, and whether the error is one
// that its sender can correct. A conflict is about the email address: two people cannot
// have the same.
func problemsOf(err error) (static.FormProblems, bool) {
	if errors.Is(err, models.ErrConflict) {
		return static.FormProblems{{Field: "email", Words: "already has an account"}}, true
	}
	invalid, ok := errors.AsType[*validation.Invalid](err)
	if !ok {
		return nil, false
	}
	var problems static.FormProblems
	for _, p := range invalid.Problems {
		problems = append(problems, static.EditorProblem{Field: p.Field, Words: p.Message})
	}
	return problems, true
}
