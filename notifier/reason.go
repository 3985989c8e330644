package notifier

import (
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"
)

// reasonOf is what the body says: Apple's "reason", Mozilla's "message", a
// line of text; or else the status in words.
func reasonOf(status int, body []byte) string {
	var said struct{ Reason, Message string }
	text := string(body)
	if json.Unmarshal(body, &said) == nil {
		text = said.Reason + said.Message
	}
	if text = safeText(text); text == "" || text[0] == '<' {
		return http.StatusText(status)
	}
	return text
}

// safeText keeps a line of printable ASCII and leaves out every word that is
// long enough to be an endpoint or a key.
func safeText(text string) string {
	const longest, longestWord = 120, 32
	var kept []string
	length := 0
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == utf8.RuneError }) {
		if len(word) > longestWord || strings.Contains(word, "://") {
			word = "..."
		}
		if length += len(word) + 1; length > longest {
			break
		}
		kept = append(kept, word)
	}
	return strings.Join(kept, " ")
}
