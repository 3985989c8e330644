package models

import (
	"strings"
	"unicode/utf8"
)

// text checks a text that must be there, in valid UTF-8, of at most max bytes.
func (p *problems) text(field, text string, max int) {
	switch {
	case strings.TrimSpace(text) == "":
		p.add(field, "is required")
	case !utf8.ValidString(text):
		p.add(field, "must be valid UTF-8")
	case len(text) > max:
		p.add(field, "must be at most %d bytes", max)
	case strings.ContainsRune(text, 0):
		p.add(field, "must not contain the NUL character")
	}
}

// optionalText checks a text that may be empty.
func (p *problems) optionalText(field, text string, max int) {
	if text != "" && strings.TrimSpace(text) != "" {
		p.text(field, text, max)
	}
}
