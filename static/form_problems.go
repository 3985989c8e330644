package static

import "strings"

// FormProblems are what is wrong with the fields of a form about people.
type FormProblems []EditorProblem

// personFields are the names of the fields of these forms.
var personFields = map[string]string{
	"name": "Name", "email": "Email address", "password": "Password", "current": "Current password", "role": "Role",
}

// Of returns what is wrong with a field, in sentences; empty if nothing is.
func (f FormProblems) Of(field string) string {
	var sentences []string
	for _, p := range f {
		if p.Field == field {
			sentences = append(sentences, personFields[field]+" "+p.Words+".")
		}
	}
	return strings.Join(sentences, " ")
}
