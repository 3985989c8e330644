package static

import (
	"slices"
	"strings"
)

// EditorProblem is what is wrong with a field of the editor's form.
type EditorProblem struct {
	// Field is "headline", "states.messenger" and so on; empty for the whole form.
	Field string
	// Words say what is wrong, as in "is required".
	Words string
}

// fieldNames are the names of the fields in the form.
var fieldNames = map[string]string{
	"kind": "Kind", "corrects": "Corrects", "headline": "Headline", "body": "Text", "apps": "Apps", "alert": "Alert",
}

// choices are the sentences for fields in which no choice was made.
var choices = map[string]string{"kind": "Choose a kind.", "alert": "Choose who to alert."}

// Problem says what is wrong with a field, in sentences; empty if nothing is.
func (e EditorOutagePage) Problem(field string) string {
	var sentences []string
	for _, p := range e.Problems {
		if p.Field == field {
			sentences = append(sentences, e.sentence(p))
		}
	}
	return strings.Join(sentences, " ")
}

// fieldProblem is a problem with the ID of its field, to link to it.
type fieldProblem struct{ ID, Sentence string }

// ProblemList returns all problems. ID is empty if the form does not have the field.
func (e EditorOutagePage) ProblemList() []fieldProblem {
	problems := make([]fieldProblem, len(e.Problems))
	for i, p := range e.Problems {
		problems[i] = fieldProblem{e.fieldID(p.Field), e.sentence(p)}
	}
	return problems
}

// fieldID returns the ID of a field's element; empty if the form does not have it.
func (e EditorOutagePage) fieldID(field string) string {
	if slug, ok := strings.CutPrefix(field, "states."); ok && e.app(slug) >= 0 {
		return "state-" + slug
	}
	if _, ok := fieldNames[field]; ok {
		return "field-" + field
	}
	return ""
}

// sentence says what is wrong with which field.
func (e EditorOutagePage) sentence(p EditorProblem) string {
	if words, ok := choices[p.Field]; ok {
		return words
	}
	name, isNamed := fieldNames[p.Field]
	slug, isState := strings.CutPrefix(p.Field, "states.")
	switch at := e.app(slug); {
	case p.Field == "":
		return p.Words
	case isState && at >= 0:
		name = "New state of " + e.Apps[at].Name
	case isState:
		name = "New state of " + slug
	case !isNamed:
		name = p.Field
	}
	if strings.HasPrefix(p.Words, "is ") || strings.HasPrefix(p.Words, "must ") {
		return name + " " + p.Words + "."
	}
	return name + ": " + p.Words + "."
}

// app returns the index of an app among the form's, or -1.
func (e EditorOutagePage) app(slug string) int {
	return slices.IndexFunc(e.Apps, func(a App) bool { return a.Slug == slug })
}
