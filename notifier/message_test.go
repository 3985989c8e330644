package notifier

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/rivo/uniseg"

	"newsbell/models"
	"newsbell/models/receipts"
)

var testNotifications = models.Notifications{BaseURL: "https://news.example", Lang: "en"}

// declarative is a payload as a browser reads it.
type declarative struct {
	WebPush      int                 `json:"web_push"`
	Notification models.Notification `json:"notification"`
}

// testReceipts makes the receipts of testReader, whose payloads are in testdata.
var testReceipts = receipts.NewKey(bytes.Repeat([]byte{1}, 32), 0)

const testReader = 12

// The browser tests show the same files in a real Chromium.
func TestAMessageIsThePayloadThatTheServiceWorkerKnows(t *testing.T) {
	update := models.Update{ID: 9, Headline: "Resolved: messages are back", BodyText: "Online again after four hours."}
	resolution := update
	resolution.Kind = models.Resolution
	apps := []models.App{{Slug: "instagram", Name: "Instagram"}, {Slug: "messenger", Name: "Messenger"}}
	for file, update := range map[string]models.Update{"payload.json": update, "resolution.json": resolution} {
		m := testMessage(t, models.Alert{
			ID: 7, Priority: true, Update: update, Outage: models.Outage{Slug: "messages-down", Apps: apps},
		})
		payload := m.appendTo(nil, testReader)
		checkReceipts(t, payload, 7, testReader)
		var indented bytes.Buffer
		if err := json.Indent(&indented, payload, "", "  "); err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if got := indented.String() + "\n"; got != string(want) {
			t.Errorf("%s = %s\nwant %s", file, got, want)
		}
		if len(m.topic) != 32 || m.urgency != "high" {
			t.Errorf("topic %q, urgency %q; want 32 characters and high", m.topic, m.urgency)
		}
	}
}

// The texts are cut to what is left of 2 kB, also when all else is as long as
// it can be and JSON needs several bytes for each of theirs.
func TestTheLongestStoryStaysBelow2kB(t *testing.T) {
	for _, kind := range []models.UpdateKind{models.OrdinaryUpdate, models.Resolution} {
		for _, words := range []string{"a ", "👩‍👩‍👧‍👧 ", `"<&>" `, "字", "a\u2028"} {
			long := strings.Repeat(words, 2000)
			slug := strings.Repeat("a", 80)
			o := models.Notifications{BaseURL: "https://" + strings.Repeat("n", 52), Lang: "en"}
			m, err := newMessage(o, models.Alert{
				ID:     math.MaxInt64,
				Outage: models.Outage{Slug: slug, Apps: []models.App{{Slug: slug, Name: long[:80]}}},
				Update: models.Update{ID: math.MaxInt64, Kind: kind, Headline: long, BodyText: long},
			}, testReceipts)
			if err != nil {
				t.Fatal(err)
			}
			payload := m.appendTo(nil, math.MaxInt64)
			if len(payload) > 2048 || len(payload) > m.maxSize() {
				t.Errorf("the %s %q has %d bytes", kind, words, len(payload))
			}
			n := checkReceipts(t, payload, math.MaxInt64, math.MaxInt64)
			if strings.HasPrefix(words, "a") && uniseg.GraphemeClusterCount(n.Title) != 120 || n.Body == "" {
				t.Errorf("the %s %q says only %q and %q", kind, words, n.Title, n.Body)
			}
		}
	}
}

// A longer bucket would be a longer body for each of a million readers.
func TestAnAlertIsPaddedTo1kB(t *testing.T) {
	m := testMessage(t, newsAlert())
	if size := m.maxSize(); size <= 512 || size > 1024 {
		t.Errorf("%d bytes are padded to another length", size)
	}
}

func TestAPayloadIsMadeWithoutAllocating(t *testing.T) {
	m := testMessage(t, newsAlert())
	room := make([]byte, 0, m.maxSize())
	var reader int64
	if allocations := testing.AllocsPerRun(1000, func() { reader++; m.appendTo(room, reader) }); allocations >= 1 {
		t.Errorf("%v allocations a payload", allocations)
	}
}

func TestAMessageMayHaveNoAppToFollow(t *testing.T) {
	m := testMessage(t, models.Alert{ID: 1, Outage: models.Outage{Slug: "messages-down"}, Update: models.Update{Kind: models.Resolution, Headline: "Back"}})
	if n := checkReceipts(t, m.appendTo(nil, 1), 1, 1); n.Actions[0].Action != "open" || n.Actions[1].Action != "mute" {
		t.Errorf("actions = %+v", n.Actions)
	}
}

// checkReceipts reads a payload and checks that it holds the receipt of its
// reader, wherever there is to be one.
func checkReceipts(t *testing.T, payload []byte, alertID, subscriptionID int64) models.Notification {
	t.Helper()
	var d declarative
	if err := json.Unmarshal(payload, &d); err != nil {
		t.Fatalf("%s: %v", payload, err)
	}
	n := d.Notification
	if reader, ok := testReceipts.Reader(alertID, n.Data.Receipt); !ok || reader != subscriptionID {
		t.Errorf("%q is the receipt of %d, %v; want %d", n.Data.Receipt, reader, ok, subscriptionID)
	}
	if want := fmt.Sprintf("/go/%d/%s", alertID, n.Data.Receipt); !strings.HasSuffix(n.Navigate, want) {
		t.Errorf("it leads to %s; want %s", n.Navigate, want)
	}
	for _, a := range n.Actions {
		if a.Action == "open" && a.Navigate != n.Navigate {
			t.Errorf("the button leads to %s; want %s", a.Navigate, n.Navigate)
		}
	}
	return n
}

func testMessage(t *testing.T, alert models.Alert) message {
	t.Helper()
	m, err := newMessage(testNotifications, alert, testReceipts)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
