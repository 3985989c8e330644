package static

import "strings"

// FormProblems are what is wrong with the fields of a form, of which each has its own.
type FormProblems []EditorProblem

// formFields are the names of the fields of these forms.
var formFields = map[string]string{
	"name": "Name", "email": "Email address", "password": "Password", "current": "Current password", "role": "Role",
	"passkey": "Name of the passkey", "passkeys": "Passkeys",
	"scopes": "Scopes", "expires": "The end",
	"above_readers": "The number of readers",
	"headline":      "Headline", "standfirst": "Standfirst", "slug": "Address", "apps": "Apps", "state": "State",
}

// Of returns what is wrong with a field, in sentences; empty if nothing is.
func (f FormProblems) Of(field string) string {
	var sentences []string
	for _, p := range f {
		if p.Field == field {
			sentences = append(sentences, formFields[field]+" "+p.Words+".")
		}
	}
	return strings.Join(sentences, " ")
}
