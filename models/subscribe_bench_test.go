package models_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"sync/atomic"
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// BenchmarkSubscribe subscribes from many requests at once, as when an outage
// is in the news.
func BenchmarkSubscribe(b *testing.B) {
	for _, kind := range []modelstest.Kind{modelstest.SQLite, modelstest.Postgres} {
		b.Run(string(kind), func(b *testing.B) {
			db := modelstest.Open(b, kind)
			db.Outage("messages-down", "messenger")
			db.VAPIDKey()
			key, err := ecdh.P256().GenerateKey(rand.Reader)
			if err != nil {
				b.Fatal(err)
			}
			p256dh := base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes())
			var count atomic.Int64
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_, err := db.Subscribe(b.Context(), models.NewSubscription{
						Browser: models.Browser{
							Endpoint: fmt.Sprintf("https://fcm.googleapis.com/fcm/send/%d", count.Add(1)),
							P256DH:   p256dh, Auth: "AAAAAAAAAAAAAAAAAAAAAA",
						},
						Follows:  []models.NewFollow{{Topic: "outage/messages-down", Level: "all"}},
						TimeZone: "Europe/London",
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
