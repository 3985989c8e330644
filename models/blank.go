package models

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// trimmed is a text as it is stored: without blanks around it, and empty when
// nothing of it can be seen.
func trimmed(text string) string {
	if isBlank(text) && utf8.ValidString(text) {
		return ""
	}
	return strings.TrimSpace(text)
}

// isBlank tells whether nothing of a text can be seen.
func isBlank(text string) bool { return !strings.ContainsFunc(text, isVisible) }

// isVisible tells whether a character leaves a mark of its own: a letter, a
// number, a sign, one of private use. Spaces, control characters and marks that
// go onto others do not, nor do letters and signs that are drawn as nothing.
func isVisible(r rune) bool {
	switch r {
	case '\u2800', // Braille without a dot
		'\U0001D159': // a note without a head
		return false
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S, unicode.Co) &&
		!unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}
