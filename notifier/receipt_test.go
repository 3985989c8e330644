package notifier

import (
	"encoding/json"
	"net/http"
	"testing"

	"newsbell/models"
	"newsbell/models/receipts"
	"newsbell/notifier/pushtest"
	"newsbell/notifier/webpush"
)

func TestEachReaderGetsAReceiptOfTheirOwn(t *testing.T) {
	senders := map[string]func(*http.Client) webpush.Sender{
		"fast":       func(client *http.Client) webpush.Sender { return webpush.NewFastSender(client) },
		"webpush-go": func(client *http.Client) webpush.Sender { return webpush.NewReferenceSender(client) },
	}
	for name, sender := range senders {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, n *installation) {
				n.stop()
				n.sender = sender
				n.start(1)
				readers := n.readers(2*pageSize+5, everything)
				first := n.publish(models.Draft{})
				n.finished(first)
				second := n.publish(models.Draft{Kind: models.Resolution})
				n.finished(second)

				var shown, wrong []models.Receipt
				seen := map[string]bool{}
				for _, reader := range readers {
					for i, about := range n.notificationsOf(reader, 2) {
						proof := about.Data.Receipt
						if seen[proof] || about.Data.Alert != []int64{first, second}[i] {
							t.Fatalf("%+v is not this reader's own", about)
						}
						seen[proof] = true
						shown = append(shown, models.Receipt{AlertID: about.Data.Alert, Proof: proof, Event: receipts.Shown})
						wrong = append(wrong,
							models.Receipt{AlertID: first + second - about.Data.Alert, Proof: proof, Event: receipts.Clicked},
							models.Receipt{AlertID: about.Data.Alert, Proof: proof[:len(proof)-4] + "AAAA", Event: receipts.Clicked})
					}
				}
				if err := n.RecordReceipts(t.Context(), append(wrong, shown...)...); err != nil {
					t.Fatal(err)
				}
				if err := n.FlushReceipts(t.Context()); err != nil {
					t.Fatal(err)
				}
				for _, id := range []int64{first, second} {
					if counts := n.finished(id); counts.Shown != len(readers) || counts.Clicked != 0 {
						t.Errorf("counts = %+v; want all shown, and no forged click", counts)
					}
				}
			})
		})
	}
}

func TestAResolutionOffersToFollowTheOutagesFirstApp(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.App("instagram")
		n.Outage("all-down", "whatsapp")
		n.Exec("INSERT INTO outage_apps (outage_id, app_id) SELECT 2, id FROM apps WHERE slug = 'instagram'")
		reader := n.reader("outage/all-down:all")
		n.finished(n.publishIn("all-down", models.Draft{}))
		n.finished(n.publishIn("all-down", models.Draft{Kind: models.Resolution}))
		got := n.notificationsOf(reader, 2)
		if a := got[0].Actions; a[0].Action != "open" || a[1].Action != "mute" {
			t.Errorf("actions of an alert = %+v", a)
		}
		follow := models.NotificationAction{Action: "follow", Title: "Follow instagram", Navigate: "https://news.example/preferences#follow=app/instagram"}
		if a := got[1].Actions; a[0] != follow || a[1].Action != "open" || got[1].Data.App != "instagram" {
			t.Errorf("actions of a resolution = %+v", a)
		}
	})
}

// notificationsOf waits until a reader has a number of them, and reads them.
func (n *installation) notificationsOf(r *pushtest.Reader, size int) (all []models.Notification) {
	n.t.Helper()
	n.gets(r, size)
	for _, m := range r.Messages() {
		var payload declarative
		if err := json.Unmarshal(m.Plaintext, &payload); err != nil {
			n.t.Fatal(err)
		}
		all = append(all, payload.Notification)
	}
	return all
}
