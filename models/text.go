package models

import (
	"strings"
	"unicode/utf8"
)

// text checks a text that must be there, in valid UTF-8, of at most max bytes.
func (p *problems) text(field, value string, max int) {
	switch {
	case !utf8.ValidString(value):
		p.add(field, "must be valid UTF-8")
	case isBlank(value):
		p.add(field, "is required")
	case len(value) > max:
		p.add(field, "must be at most %d bytes", max)
	case strings.ContainsRune(value, 0):
		p.add(field, "must not contain the NUL character")
	}
}

// optionalText checks a text that may be empty.
func (p *problems) optionalText(field, value string, max int) {
	if value != "" {
		p.text(field, value, max)
	}
}
