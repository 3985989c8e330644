package models_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"newsbell/models"
)

// Whatever an editor writes, and no character is cut in two.
func TestTextsAreCutAtAGraphemeAndNeverRefused(t *testing.T) {
	const graphemes, bytes = 120, 360
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text") + strings.Repeat(rapid.SampledFrom([]string{"a", "é", "👩‍👩‍👧‍👧", "e\u0301\u0302\u0303", "字"}).Draw(t, "filler"), rapid.IntRange(0, 400).Draw(t, "times"))
		short := models.Cut(text, graphemes, bytes)
		if len(short) > bytes || uniseg.GraphemeClusterCount(short) > graphemes {
			t.Fatalf("%d bytes, %d graphemes", len(short), uniseg.GraphemeClusterCount(short))
		}
		if utf8.ValidString(text) && !utf8.ValidString(short) {
			t.Fatal("a character was cut in two")
		}
		if kept, wasCut := strings.CutSuffix(short, "…"); wasCut && short != text && !strings.HasPrefix(text, kept) {
			t.Fatalf("%q is not the beginning of %q", kept, text)
		} else if !wasCut && short != text {
			t.Fatal("cut without an ellipsis")
		}
	})
}

// One character may have any number of marks.
func TestACharacterThatIsTooLongIsCut(t *testing.T) {
	for _, text := range []string{"Z" + strings.Repeat("\u0301", 300), "👩" + strings.Repeat("\u200d👩", 300)} {
		if uniseg.GraphemeClusterCount(text) != 1 {
			t.Fatalf("%q has several characters", text)
		}
		first, _ := utf8.DecodeRuneInString(text)
		short := models.Cut(text, 120, 360)
		if !strings.HasPrefix(short, string(first)) || !strings.HasSuffix(short, "…") || len(short) > 360 || !utf8.ValidString(short) {
			t.Errorf("%d bytes are cut to %q", len(text), short)
		}
	}
}
