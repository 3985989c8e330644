package webpush

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"newsbell/models/modelstest"
)

// onEachSender runs a test with both senders, over HTTP/2 with TLS, HTTP/1.1 with TLS and
// plain HTTP/1.1, against a push service with the handler serve.
func onEachSender(t *testing.T, serve http.HandlerFunc, test func(t *testing.T, s *service)) {
	t.Helper()
	for protocol, start := range map[string]func(*httptest.Server){
		"HTTP-2":         func(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() },
		"HTTP-1.1":       (*httptest.Server).StartTLS,
		"plain HTTP-1.1": (*httptest.Server).Start,
	} {
		for name, newSender := range map[string]func(*http.Client) Sender{
			"FastSender":    func(c *http.Client) Sender { return NewFastSender(c) },
			"WebPushSender": func(c *http.Client) Sender { return NewReferenceSender(c) },
		} {
			t.Run(name+"/"+protocol, func(t *testing.T) {
				test(t, newService(t, serve, start, newSender))
			})
		}
	}
}

func TestSenderDeliversThePayloadEncryptedAndSigned(t *testing.T) {
	var got *http.Request
	var body []byte
	serve := func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Location", "https://push.example.org/m/1")
		w.WriteHeader(http.StatusCreated)
	}
	onEachSender(t, serve, func(t *testing.T, s *service) {
		p := s.push("It's back.")
		if answer := s.Send(t.Context(), p); answer != (Answer{Status: 201, Verdict: Accepted}) {
			t.Fatalf("answer = %+v", answer)
		}
		payload, err := s.reader.open(body)
		if err != nil || string(payload) != "It's back." {
			t.Errorf("payload = %q, %v", payload, err)
		}
		if got.Method != "POST" || got.URL.Path != "/push/s3cret" || got.ContentLength != int64(len(body)) {
			t.Errorf("request = %s %s of %d bytes", got.Method, got.URL, got.ContentLength)
		}
		for name, want := range map[string]string{
			"TTL": "3600", "Urgency": "high", "Topic": p.Topic,
			"Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream",
		} {
			if value := got.Header.Get(name); value != want {
				t.Errorf("%s = %q, want %q", name, value, want)
			}
		}
		var jwt, key string
		fmt.Sscanf(strings.Replace(got.Header.Get("Authorization"), ",", " ", 1), "vapid t=%s k=%s", &jwt, &key)
		token, err := verifyToken(jwt, key)
		if err != nil || token.Audience != s.URL || token.Subject != testSubject || key != p.Key.PublicKey() {
			t.Errorf("token = %+v, %v", token, err)
		}
		if left := time.Until(time.Unix(token.Expires, 0)); left < 11*time.Hour || left > 24*time.Hour {
			t.Errorf("token lives for %v", left)
		}
	})
}

func TestSenderPadsToTheSameLengths(t *testing.T) {
	var length int64
	serve := func(w http.ResponseWriter, r *http.Request) {
		length, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(201)
	}
	onEachSender(t, serve, func(t *testing.T, s *service) {
		for payload, want := range map[int]int64{0: 615, 512: 615, 513: 1127, 2048: 2151, MaxPayload: 4096} {
			if answer := s.Send(t.Context(), s.push(strings.Repeat("x", payload))); answer.Verdict != Accepted || length != want {
				t.Errorf("payload of %d: body of %d, want %d; answer = %+v", payload, length, want, answer)
			}
		}
	})
}

func TestSenderOmitsAnEmptyTopicAndUrgency(t *testing.T) {
	var header http.Header
	serve := func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		w.WriteHeader(201)
	}
	onEachSender(t, serve, func(t *testing.T, s *service) {
		p := s.push("x")
		p.Topic, p.Urgency, p.TTL = "", "", 0
		s.Send(t.Context(), p)
		if len(header["Topic"]) != 0 || len(header["Urgency"]) != 0 || header.Get("TTL") != "1" {
			t.Errorf("header = %v", header)
		}
		p.TTL = 365 * 24 * time.Hour
		s.Send(t.Context(), p)
		if header.Get("TTL") != "2419200" {
			t.Errorf("TTL = %s", header.Get("TTL"))
		}
	})
}

func TestSenderReturnsTheVerdictOfEachAnswer(t *testing.T) {
	serve := func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		var status int
		var text string
		fmt.Sscanf(r.URL.Path, "/push/%d/%s", &status, &text)
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(status)
		io.WriteString(w, text)
	}
	onEachSender(t, serve, func(t *testing.T, s *service) {
		for path, want := range map[string]Answer{
			"/push/200/ok":                  {Status: 200, Verdict: Accepted},
			"/push/201/":                    {Status: 201, Verdict: Accepted},
			"/push/202/":                    {Status: 202, Verdict: Accepted},
			"/push/404/":                    {Status: 404, Verdict: Gone, Reason: "Not Found"},
			"/push/410/expired":             {Status: 410, Verdict: Gone, Reason: "expired"},
			"/push/400/VapidPkHashMismatch": {Status: 400, Verdict: KeyMismatch, Reason: "VapidPkHashMismatch"},
			"/push/400/BadWebPushTopic":     {Status: 400, Verdict: Rejected, Reason: "BadWebPushTopic"},
			"/push/401/":                    {Status: 401, Verdict: Unauthorized, Reason: "Unauthorized"},
			"/push/403/BadJwtToken":         {Status: 403, Verdict: Unauthorized, Reason: "BadJwtToken"},
			"/push/413/":                    {Status: 413, Verdict: Rejected, Reason: "Request Entity Too Large"},
			"/push/406/":                    {Status: 406, Verdict: RetryLater, RetryAfter: 30 * time.Second, Reason: "Not Acceptable"},
			"/push/429/":                    {Status: 429, Verdict: RetryLater, RetryAfter: 30 * time.Second, Reason: "Too Many Requests"},
			"/push/500/":                    {Status: 500, Verdict: RetryLater, RetryAfter: 30 * time.Second, Reason: "Internal Server Error"},
			"/push/503/":                    {Status: 503, Verdict: RetryLater, RetryAfter: 30 * time.Second, Reason: "Service Unavailable"},
		} {
			p := s.push("x")
			p.Endpoint = s.URL + path
			if answer := s.Send(t.Context(), p); answer != want {
				t.Errorf("%s: answer = %+v, want %+v", path, answer, want)
			}
		}
	})
}

func TestSenderReadsAnAnswerWithALongHeader(t *testing.T) {
	serve := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Filler", strings.Repeat("f", 20<<10))
		w.Header().Set("X-WNS-Error-Description", "The channel is throttled")
		if r.URL.Path != "/push/s3cret" {
			w.WriteHeader(403)
			return
		}
		w.WriteHeader(201)
	}
	onEachSender(t, serve, func(t *testing.T, s *service) {
		p := s.push("x")
		if answer := s.Send(t.Context(), p); answer != (Answer{Status: 201, Verdict: Accepted}) {
			t.Errorf("answer = %+v", answer)
		}
		p.Endpoint += "/no"
		if answer := s.Send(t.Context(), p); answer != (Answer{Status: 403, Verdict: Unauthorized, Reason: "The channel is throttled"}) {
			t.Errorf("answer = %+v", answer)
		}
	})
}

func TestSenderFollowsNoRedirect(t *testing.T) {
	var visits atomic.Int32
	serve := func(w http.ResponseWriter, r *http.Request) {
		visits.Add(1)
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}
	onEachSender(t, serve, func(t *testing.T, s *service) {
		visits.Store(0)
		if answer := s.Send(t.Context(), s.push("x")); answer.Verdict != Rejected || answer.Status != 307 || visits.Load() != 1 {
			t.Errorf("answer = %+v after %d requests", answer, visits.Load())
		}
	})
}

func TestSenderStopsReadingAnEndlessBody(t *testing.T) {
	serve := func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 16<<10)); err != nil {
				return
			}
		}
	}
	onEachSender(t, serve, func(t *testing.T, s *service) {
		if answer := s.Send(t.Context(), s.push("x")); answer.Verdict != RetryLater || answer.Status != 503 {
			t.Errorf("answer = %+v", answer)
		}
	})
}

func TestSenderRetriesLaterOnTimeout(t *testing.T) {
	serve := func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		answerNever(r)
	}
	onEachSender(t, serve, func(t *testing.T, s *service) {
		s.client.Timeout = 50 * time.Millisecond
		if answer := s.Send(t.Context(), s.push("x")); answer != (Answer{Verdict: RetryLater, Reason: "timed out"}) {
			t.Errorf("answer = %+v", answer)
		}
	})
}

// answerNever waits until the sender has disconnected. Returning then would answer 200,
// which can still arrive over TLS, because the sender announces that it closes before it
// has closed.
func answerNever(r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

func TestSenderRetriesLaterWhenItIsCancelled(t *testing.T) {
	arrived := make(chan struct{}, 1)
	serve := func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		answerNever(r)
	}
	onEachSender(t, serve, func(t *testing.T, s *service) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-arrived
			cancel()
		}()
		if answer := s.Send(ctx, s.push("x")); answer != (Answer{Verdict: RetryLater, Reason: "cancelled"}) {
			t.Errorf("answer = %+v", answer)
		}
	})
}

func TestSenderRetriesLaterWhenTheConnectionBreaks(t *testing.T) {
	serve := func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }
	onEachSender(t, serve, func(t *testing.T, s *service) {
		answer := s.Send(t.Context(), s.push("x"))
		if answer.Verdict != RetryLater || answer.Status != 0 || answer.Reason == "" || strings.Contains(answer.Reason, "s3cret") {
			t.Errorf("answer = %+v", answer)
		}
		s.Close()
		answer = s.Send(t.Context(), s.push("x"))
		if answer.Verdict != RetryLater || answer.Status != 0 || strings.Contains(answer.Reason, "s3cret") {
			t.Errorf("answer without a server = %+v", answer)
		}
	})
}

func TestSenderRejectsInvalidPushes(t *testing.T) {
	var visits atomic.Int32
	serve := func(http.ResponseWriter, *http.Request) { visits.Add(1) }
	onEachSender(t, serve, func(t *testing.T, s *service) {
		for name, spoil := range map[string]func(*Push){
			"a payload too long":   func(p *Push) { p.Payload = make([]byte, MaxPayload+1) },
			"no key":               func(p *Push) { p.P256DH = nil },
			"a key off the curve":  func(p *Push) { p.P256DH = append([]byte{4}, make([]byte, 64)...) },
			"a short auth":         func(p *Push) { p.Auth = p.Auth[:15] },
			"no endpoint":          func(p *Push) { p.Endpoint = "" },
			"an unknown host":      func(p *Push) { p.Endpoint = "https://evil.example/push/s3cret" },
			"an internal address":  func(p *Push) { p.Endpoint = "https://169.254.169.254/x.google.com/" },
			"a name and a port":    func(p *Push) { p.Endpoint = "https://fcm.googleapis.com:8443/push/s3cret" },
			"a user":               func(p *Push) { p.Endpoint = "https://s3cret@fcm.googleapis.com/push/s3cret" },
			"a broken endpoint":    func(p *Push) { p.Endpoint = "https://%zz/" },
			"a broken escape":      func(p *Push) { p.Endpoint += "%zz" },
			"a line break in path": func(p *Push) { p.Endpoint += "\r\nX: y" },
		} {
			p := s.push("x")
			spoil(p)
			answer := s.Send(t.Context(), p)
			if answer.Verdict != Rejected || answer.Status != 0 || answer.Reason == "" || strings.Contains(answer.Reason, "s3cret") {
				t.Errorf("%s: answer = %+v", name, answer)
			}
		}
		if visits.Load() != 0 {
			t.Errorf("%d requests went out", visits.Load())
		}
	})
}

func TestSenderDoesNotChangeThePayload(t *testing.T) {
	serve := func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(201) }
	onEachSender(t, serve, func(t *testing.T, s *service) {
		shared := []byte("payload and what stands behind it")
		p := s.push("")
		p.Payload = shared[:7]
		s.Send(t.Context(), p)
		if string(shared) != "payload and what stands behind it" {
			t.Errorf("the slice is now %q", shared)
		}
	})
}

func TestSenderSendsManyAtOnce(t *testing.T) {
	var mu sync.Mutex
	var bodies [][]byte
	serve := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		bodies = append(bodies, body)
		w.WriteHeader(201)
	}
	onEachSender(t, serve, func(t *testing.T, s *service) {
		bodies = nil
		var sends sync.WaitGroup
		for n := range 200 {
			sends.Go(func() {
				if answer := s.Send(t.Context(), s.push(fmt.Sprintf("%03d", n))); answer.Verdict != Accepted {
					t.Errorf("answer = %+v", answer)
				}
			})
		}
		sends.Wait()
		var payloads []string
		for _, body := range bodies {
			payload, err := s.reader.open(body)
			if err != nil {
				t.Fatal(err)
			}
			payloads = append(payloads, string(payload))
		}
		slices.Sort(payloads)
		for n, payload := range payloads {
			if payload != fmt.Sprintf("%03d", n) {
				t.Fatalf("payload %d = %s", n, payload)
			}
		}
		if len(payloads) != 200 {
			t.Errorf("%d messages, want 200", len(payloads))
		}
	})
}

// service is a push service with one reader, and a sender that may connect to it.
type service struct {
	*httptest.Server
	Sender
	client *http.Client
	key    *VAPIDKey
	reader readerKeys
}

// Send encrypts and sends.
func (s *service) Send(ctx context.Context, p *Push) Answer { return s.Prepare(p)(ctx) }

func newService(t testing.TB, serve http.HandlerFunc, start func(*httptest.Server), newSender func(*http.Client) Sender) *service {
	t.Helper()
	server := httptest.NewUnstartedServer(serve)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	start(server)
	roots := x509.NewCertPool()
	if server.Certificate() != nil {
		roots.AddCert(server.Certificate())
	}
	client := NewClient(ClientOptions{
		Hosts: modelstest.PushHosts(t, server.URL), RootCAs: roots,
		ConnectTimeout: time.Minute, // a busy machine makes hundreds of connections at once slowly
	})
	key, _ := newTestKey(t)
	t.Cleanup(server.Close)
	t.Cleanup(client.CloseIdleConnections)
	return &service{Server: server, Sender: newSender(client), client: client, key: key, reader: newReaderKeys(t)}
}

func (s *service) push(payload string) *Push {
	return &Push{
		SubscriptionID: 7, Endpoint: s.URL + "/push/s3cret", P256DH: s.reader.p256dh(), Auth: s.reader.auth,
		Key: s.key, Payload: []byte(payload), TTL: time.Hour, Urgency: UrgencyHigh,
		Topic: "abcdefghijklmnopqrstuvwxyz-_0123",
	}
}
