package pushtest

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// service is a server with an application server that pushes to it.
type service struct {
	*Server
	t      testing.TB
	key    *ecdsa.PrivateKey
	client *http.Client
}

func newService(t testing.TB, o Options) *service {
	t.Helper()
	server, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: server.CertPool()}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 10,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &service{Server: server, t: t, key: newKey(t), client: &http.Client{Transport: transport}}
}

func (s *service) reader() *Reader {
	s.t.Helper()
	reader, err := s.NewReader(publicKey(s.t, s.key))
	if err != nil {
		s.t.Fatal(err)
	}
	return reader
}

// answered is what a push got.
type answered struct {
	proto, body string
	status      int
	header      http.Header
	refusal     refusal
}

// push sends a plaintext, after changes to the request.
func (s *service) push(reader *Reader, plaintext string, changes ...func(*http.Request)) answered {
	s.t.Helper()
	answer, err := s.try(s.t.Context(), s.request(reader.Endpoint(), sealFor(s.t, reader, plaintext), changes...))
	if err != nil {
		s.t.Fatal(err)
	}
	return answer
}

// request is one that is taken, before the changes.
func (s *service) request(endpoint string, body []byte, changes ...func(*http.Request)) *http.Request {
	s.t.Helper()
	request, err := http.NewRequest(http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("TTL", "60")
	request.Header.Set("Content-Encoding", "aes128gcm")
	request.Header.Set("Content-Type", "application/octet-stream")
	request.Header.Set("Authorization", authorization(s.t, s.key, s.claims()))
	for _, change := range changes {
		change(request)
	}
	return request
}

func (s *service) try(ctx context.Context, request *http.Request) (answered, error) {
	response, err := s.client.Do(request.WithContext(ctx))
	if err != nil {
		return answered{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	answer := answered{proto: response.Proto, body: string(body), status: response.StatusCode, header: response.Header}
	_ = json.Unmarshal(body, &answer.refusal) // it is JSON when it refuses
	return answer, err
}

type claims map[string]any

func (s *service) claims() claims {
	return claims{"aud": s.URL(), "exp": s.options.Now().Add(time.Hour).Unix(), "sub": "mailto:desk@newsbell.org"}
}

func (c claims) with(name string, value any) claims {
	c[name] = value
	return c
}

func header(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Del(name)
		for _, value := range values {
			r.Header.Set(name, value)
		}
	}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func publicKey(t testing.TB, key *ecdsa.PrivateKey) string {
	t.Helper()
	public, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return encode(public)
}

func authorization(t testing.TB, key *ecdsa.PrivateKey, c claims) string {
	t.Helper()
	return "vapid t=" + sign(t, key, "ES256", c) + ", k=" + publicKey(t, key)
}

func sign(t testing.TB, key *ecdsa.PrivateKey, alg string, c claims) string {
	t.Helper()
	payload, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	signed := encode([]byte(`{"typ":"JWT","alg":"`+alg+`"}`)) + "." + encode(payload)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + encode(signature)
}

func sealFor(t testing.TB, reader *Reader, plaintext string) []byte {
	t.Helper()
	return seal(t, reader.private.PublicKey(), reader.auth[:], append([]byte(plaintext), 2))
}

// seal encrypts a record (RFC 8291 section 3), delimiter and padding included.
func seal(t testing.TB, reader *ecdh.PublicKey, auth, record []byte) []byte {
	t.Helper()
	sender, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := sender.ECDH(reader)
	if err != nil {
		t.Fatal(err)
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	public := sender.PublicKey().Bytes()
	input, _ := hkdf.Key(sha256.New, shared, auth, "WebPush: info\x00"+string(reader.Bytes())+string(public), 32)
	key, _ := hkdf.Key(sha256.New, input, salt, "Content-Encoding: aes128gcm\x00", 16)
	nonce, _ := hkdf.Key(sha256.New, input, salt, "Content-Encoding: nonce\x00", 12)
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	body := append(append(salt, 0, 0, 16, 0, 65), public...)
	return gcm.Seal(body, nonce, record, nil)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// clock is moved by hand.
type clock struct{ now atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.now.Store(time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) Now() time.Time { return time.Unix(0, c.now.Load()) }

func (c *clock) Advance(d time.Duration) { c.now.Add(int64(d)) }
