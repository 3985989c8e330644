// Package text cleans and shortens what people write.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Trim returns a text without blanks around it; empty if nothing of it can be seen.
func Trim(s string) string {
	if IsBlank(s) && utf8.ValidString(s) {
		return ""
	}
	return strings.TrimSpace(s)
}

// IsBlank reports whether nothing of a text can be seen.
func IsBlank(s string) bool { return !strings.ContainsFunc(s, isVisible) }

// isVisible reports whether a character leaves a mark of its own: a letter, a
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
