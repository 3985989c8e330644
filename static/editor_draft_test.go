package static

import (
	"strings"
	"testing"
)

func TestANotificationIsCutBetweenGraphemes(t *testing.T) {
	const family = "👩‍👩‍👧‍👦" // one grapheme of 7 code points
	for _, c := range []struct{ text, want string }{
		{"", ""}, {"down", "down"}, {"12345", "12345"}, {"123456", "1234…"}, {"123 567", "123…"},
		{strings.Repeat(family, 5), strings.Repeat(family, 5)}, {strings.Repeat(family, 6), strings.Repeat(family, 4) + "…"},
	} {
		if got := cut(c.text, 5); got != c.want {
			t.Errorf("%q is cut to %q; want %q", c.text, got, c.want)
		}
	}
	for _, shown := range (EditorNotification{strings.Repeat("x", 300), "Short"}).InBrowsers() {
		if len(shown.Title) != shown.Headline-1+len("…") || shown.Body != "Short" {
			t.Errorf("%s shows %q, %q", shown.Browser, shown.Title, shown.Body)
		}
	}
}
