package notifier

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/preferences"
)

func TestAReaderInQuietHoursGetsOneCatchUpWhenTheyEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		reader := n.reader(everything)
		sub := models.Subscription{ID: 1} // the first
		quiet := &preferences.QuietHours{From: 18 * 60, Until: 7 * 60}
		if _, err := n.ChangeSubscription(t.Context(), sub, models.SubscriptionChange{SetQuietHours: true, QuietHours: quiet}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			n.finished(n.publish(models.Draft{}))
		}
		n.Clock.Advance(3 * time.Hour)
		counts := n.finished(n.publish(models.Draft{Kind: models.Resolution, Headline: "It's back", Body: "Online again."}))
		if counts != (models.Counts{Audience: 1, Deferred: 1}) || len(reader.Messages()) != 0 {
			t.Errorf("counts = %+v, %d messages at night", counts, len(reader.Messages()))
		}
		n.Clock.Advance(10 * time.Hour)
		if titles := n.gets(reader, 1); !slices.Equal(titles, []string{"It's back"}) {
			t.Errorf("in the morning the reader got %q", titles)
		}
		var payload declarative
		if err := json.Unmarshal(reader.Messages()[0].Plaintext, &payload); err != nil {
			t.Fatal(err)
		}
		if body := payload.Notification.Body; body != "Resolved after 3 h.\nOnline again." {
			t.Errorf("it says %q", body)
		}
	})
}
