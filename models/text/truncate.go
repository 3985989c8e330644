package text

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

const ellipsis = "…"

// Truncate shortens a text to a number of graphemes and of bytes, including the
// ellipsis. It never cuts inside a grapheme, unless the first alone is too long.
func Truncate(s string, graphemes, bytes int) string {
	if len(s) <= bytes && uniseg.GraphemeClusterCount(s) <= graphemes {
		return s
	}
	end := 0
	for g, state, rest := 0, -1, s; g < graphemes-1 && rest != ""; g++ {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if end+len(cluster)+len(ellipsis) > bytes {
			break
		}
		end += len(cluster)
	}
	if end == 0 {
		end = runesWithin(s, bytes-len(ellipsis))
	}
	return strings.TrimRight(s[:end], " \n") + ellipsis
}

// runesWithin returns the length of the first runes of s that fit into max bytes.
func runesWithin(s string, max int) (end int) {
	for end < len(s) {
		_, size := utf8.DecodeRuneInString(s[end:])
		if end+size > max {
			break
		}
		end += size
	}
	return end
}
