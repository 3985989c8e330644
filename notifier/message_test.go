package notifier

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"newsbell/models"
)

var testMessages = messageOptions{baseURL: "https://news.example", lang: "en"}

// The browser tests show the same file in a real Chromium.
func TestAMessageIsThePayloadThatTheServiceWorkerKnows(t *testing.T) {
	m, err := testMessages.of(models.Alert{
		ID: 7, Priority: true,
		Outage: models.Outage{Slug: "messages-down"},
		Update: models.Update{ID: 9, Headline: "Resolved: messages are back", Body: "Online again after **four hours**."},
	})
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, m.payload, "", "  "); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/payload.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := indented.String() + "\n"; got != string(want) {
		t.Errorf("payload = %s\nwant %s", got, want)
	}
	if len(m.topic) != 32 || m.urgency != "high" {
		t.Errorf("topic %q, urgency %q; want 32 characters and high", m.topic, m.urgency)
	}
}

// Whatever an editor writes: the payload stays below 2 kB before JSON's own
// escapes, and no character is cut in two.
func TestTextsAreCutAtAGraphemeAndNeverRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text") + strings.Repeat(rapid.SampledFrom([]string{"a", "é", "👩‍👩‍👧‍👧", "e\u0301\u0302\u0303", "字"}).Draw(t, "filler"), rapid.IntRange(0, 400).Draw(t, "times"))
		short := cut(text, titleGraphemes, titleBytes)
		if len(short) > titleBytes || uniseg.GraphemeClusterCount(short) > titleGraphemes {
			t.Fatalf("%d bytes, %d graphemes", len(short), uniseg.GraphemeClusterCount(short))
		}
		if utf8.ValidString(text) && !utf8.ValidString(short) {
			t.Fatal("a character was cut in two")
		}
		if kept, wasCut := strings.CutSuffix(short, ellipsis); wasCut && short != text && !strings.HasPrefix(text, kept) {
			t.Fatalf("%q is not the beginning of %q", kept, text)
		} else if !wasCut && short != text {
			t.Fatal("cut without an ellipsis")
		}
	})
}

func TestALongStoryFitsInAMessage(t *testing.T) {
	long := strings.Repeat("👩‍👩‍👧‍👧 \"<&>\" ", 2000)
	m, err := testMessages.of(models.Alert{
		Outage: models.Outage{Slug: strings.Repeat("a", 80)},
		Update: models.Update{Headline: long, Body: long},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.payload) > MaxPayload {
		t.Errorf("payload has %d bytes", len(m.payload))
	}
}

func TestABodyIsReadWithoutItsMarks(t *testing.T) {
	cases := map[string]string{
		"We have **asked** [Meta](https://meta.example) what is wrong.": "We have asked Meta what is wrong.",
		"# Title\n\nFirst line\nsecond line\n\n- one\n- two":            "Title\nFirst line second line\none\ntwo",
		"See <https://meta.example> and `code`":                         "See https://meta.example and code",
		"":                                                              "",
	}
	for markdown, want := range cases {
		if got := plainText(markdown); got != want {
			t.Errorf("plainText(%q) = %q; want %q", markdown, got, want)
		}
	}
}
