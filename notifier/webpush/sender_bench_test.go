package webpush

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkFloor measures the bare cryptography of RFC 8291, which every sender needs.
func BenchmarkFloor(b *testing.B) {
	reader := newReaderKeys(b)
	p256dh := reader.p256dh()
	padded := make([]byte, 513)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			sender, _ := ecdh.P256().GenerateKey(rand.Reader)
			public, _ := ecdh.P256().NewPublicKey(p256dh)
			secret, _ := sender.ECDH(public)
			salt := make([]byte, 16)
			rand.Read(salt)
			ikm, _ := hkdf.Key(sha256.New, secret, reader.auth, "WebPush: info\x00"+string(p256dh)+string(sender.PublicKey().Bytes()), 32)
			prk, _ := hkdf.Extract(sha256.New, ikm, salt)
			key, _ := hkdf.Expand(sha256.New, prk, "Content-Encoding: aes128gcm\x00", 16)
			nonce, _ := hkdf.Expand(sha256.New, prk, "Content-Encoding: nonce\x00", 12)
			block, _ := aes.NewCipher(key)
			gcm, _ := cipher.NewGCM(block)
			gcm.Seal(nil, nonce, padded, nil)
		}
	})
}

func BenchmarkEncrypt(b *testing.B) {
	reader := newReaderKeys(b)
	p256dh, payload := reader.p256dh(), make([]byte, 400)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		var body []byte
		for pb.Next() {
			var err error
			if body, err = Encrypt(body[:0], payload, p256dh, reader.auth); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// The senders' figures include the push service's work, which runs in the same process.

func BenchmarkFastSender(b *testing.B) {
	benchmarkSender(b, func(c *http.Client) Sender { return NewFastSender(c) })
}

func BenchmarkWebPushSender(b *testing.B) {
	benchmarkSender(b, func(c *http.Client) Sender { return NewReferenceSender(c) })
}

func benchmarkSender(b *testing.B, newSender func(*http.Client) Sender) {
	discard := func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
	}
	s := newService(b, discard, func(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() }, newSender)
	p := s.push(string(make([]byte, 400)))
	b.ReportAllocs()
	b.SetParallelism(100)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if answer := s.Send(b.Context(), p); answer.Verdict != Accepted {
				b.Errorf("answer = %+v", answer)
			}
		}
	})
}
