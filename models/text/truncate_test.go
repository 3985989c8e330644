package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"newsbell/models/text"
)

// Whatever an editor writes, and no character is cut in two.
func TestTextsAreCutAtAGraphemeAndNeverRefused(t *testing.T) {
	const graphemes, bytes = 120, 360
	rapid.Check(t, func(t *rapid.T) {
		long := rapid.String().Draw(t, "text") + strings.Repeat(rapid.SampledFrom([]string{"a", "é", "👩‍👩‍👧‍👧", "e\u0301\u0302\u0303", "字"}).Draw(t, "filler"), rapid.IntRange(0, 400).Draw(t, "times"))
		short := text.Truncate(long, graphemes, bytes)
		if len(short) > bytes || uniseg.GraphemeClusterCount(short) > graphemes {
			t.Fatalf("%d bytes, %d graphemes", len(short), uniseg.GraphemeClusterCount(short))
		}
		if utf8.ValidString(long) && !utf8.ValidString(short) {
			t.Fatal("a character was cut in two")
		}
		if kept, wasCut := strings.CutSuffix(short, "…"); wasCut && short != long && !strings.HasPrefix(long, kept) {
			t.Fatalf("%q is not the beginning of %q", kept, long)
		} else if !wasCut && short != long {
			t.Fatal("cut without an ellipsis")
		}
	})
}

// One character may have any number of marks.
func TestACharacterThatIsTooLongIsCut(t *testing.T) {
	for _, long := range []string{"Z" + strings.Repeat("\u0301", 300), "👩" + strings.Repeat("\u200d👩", 300)} {
		if uniseg.GraphemeClusterCount(long) != 1 {
			t.Fatalf("%q has several characters", long)
		}
		first, _ := utf8.DecodeRuneInString(long)
		short := text.Truncate(long, 120, 360)
		if !strings.HasPrefix(short, string(first)) || !strings.HasSuffix(short, "…") || len(short) > 360 || !utf8.ValidString(short) {
			t.Errorf("%d bytes are cut to %q", len(long), short)
		}
	}
}
