package notifier

import (
	"testing"

	"newsbell/models"
)

// BenchmarkPayload is what it costs that each reader gets a payload of their
// own.
func BenchmarkPayload(b *testing.B) {
	m, err := newMessage(testNotifications, newsAlert(), testReceipts)
	if err != nil {
		b.Fatal(err)
	}
	const page = 1000
	room := make([]byte, 0, page*m.maxSize())
	b.ReportAllocs()
	for reader := int64(1); b.Loop(); reader++ {
		if reader%page == 0 {
			room = room[:0]
		}
		room = m.appendTo(room, reader)
	}
}

// newsAlert is as long as alerts are.
func newsAlert() models.Alert {
	return models.Alert{
		ID:     1234,
		Outage: models.Outage{Slug: "facebook-instagram-whatsapp-down", Apps: []models.App{{Slug: "instagram", Name: "Instagram"}}},
		Update: models.Update{
			ID: 4321, Headline: "Facebook, Instagram and WhatsApp fail to deliver messages",
			BodyText: "Tens of thousands of people report that their messages are not sent, most of them in Europe and in the United States. Meta says that it is looking into it.",
		},
	}
}
