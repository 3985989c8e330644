package notifier

import (
	"context"
	"slices"
	"testing"
	"time"

	"newsbell/models"
)

func TestAReaderWhoMutedUntilTheResolutionGetsItAndThenFollowsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		hushed := n.reader("outage/messages-down:hushed", "app/messenger:all")
		muted := n.reader("outage/messages-down:muted", "app/messenger:all")
		counts := n.finished(n.publish(models.Draft{Headline: "Messages fail", Apps: []string{"messenger"}}))
		if counts != (models.Counts{}) {
			t.Errorf("counts = %+v; want no reader notified", counts)
		}
		n.finished(n.publish(models.Draft{Kind: models.Resolution, Headline: "It's back", Apps: []string{"messenger"}}))
		if titles := n.gets(hushed, 1); !slices.Equal(titles, []string{"It's back"}) {
			t.Errorf("the reader who muted it until its resolution got %q", titles)
		}
		if messages := muted.Messages(); len(messages) > 0 {
			t.Errorf("the reader who muted it for good got %d messages", len(messages))
		}
		n.stop()
		n.Clock.Advance(24 * time.Hour)
		n.start(2)
		n.followsEnd("messages-down")
	})
}

// followsEnd waits until an outage's follows have ended.
func (n *installation) followsEnd(outage string) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		found, err := n.Store.Outage(ctx, outage)
		if err != nil {
			n.t.Fatal(err)
		}
		if found.FollowsEndedAt != nil {
			return
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			n.t.Fatalf("follows of %s have not ended: %v", outage, err)
		}
	}
}
