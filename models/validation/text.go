package validation

import (
	"strings"
	"unicode/utf8"

	"newsbell/models/text"
)

// Text checks a text that must be there, in valid UTF-8, of at most max bytes.
func (p *Problems) Text(field, value string, max int) {
	switch {
	case !utf8.ValidString(value):
		p.Add(field, "must be valid UTF-8")
	case text.IsBlank(value):
		p.Add(field, "is required")
	case len(value) > max:
		p.Add(field, "must be at most %d bytes", max)
	case strings.ContainsRune(value, 0):
		p.Add(field, "must not contain the NUL character")
	}
}

// OptionalText checks a text that may be empty.
func (p *Problems) OptionalText(field, value string, max int) {
	if value != "" {
		p.Text(field, value, max)
	}
}
