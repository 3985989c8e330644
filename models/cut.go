package models

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

const ellipsis = "…"

// Cut shortens a text to at most that many graphemes and bytes, the ellipsis
// among them. It never cuts inside of what a reader takes for one character,
// unless the first alone is too long.
func Cut(s string, graphemes, bytes int) string {
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

// runesWithin is how many bytes the first runes of s take that fit into max.
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
