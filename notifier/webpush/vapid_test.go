package webpush

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

const testSubject = "mailto:editors@newsbell.org"

func TestVerifierAcceptsTheTokenOfRFC8292(t *testing.T) {
	const jwt = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9." +
		"eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0." +
		"i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA"
	const key = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"

	got, err := verifyToken(jwt, key)
	if want := (claims{"https://push.example.net", 1453523768, "mailto:push@example.com"}); err != nil || got != want {
		t.Errorf("claims = %+v, %v; want %+v", got, err, want)
	}
	if _, err := verifyToken(strings.Replace(jwt, ".i3C", ".i3D", 1), key); err == nil {
		t.Error("a changed signature passes")
	}
}

func TestTokenIsSignedForItsOriginAndEndsWithinADay(t *testing.T) {
	key, clock := newTestKey(t)
	jwt, err := tokenOf(key, "https://fcm.googleapis.com")
	if err != nil {
		t.Fatal(err)
	}
	got, err := verifyToken(jwt, key.PublicKey())
	if err != nil || got.Audience != "https://fcm.googleapis.com" || got.Subject != testSubject {
		t.Errorf("claims = %+v, %v", got, err)
	}
	if life := time.Unix(got.Expires, 0).Sub(clock.now); life < 12*time.Hour-time.Second || life > 14*time.Hour {
		t.Errorf("token lives for %v", life)
	}
}

func TestAuthorizationHoldsTokenAndPublicKey(t *testing.T) {
	key, _ := newTestKey(t)
	header, err := key.Authorization("https://web.push.apple.com")
	if err != nil {
		t.Fatal(err)
	}
	parts := regexp.MustCompile(`^vapid t=([\w.-]+), k=([\w-]+)$`).FindStringSubmatch(header)
	if parts == nil || parts[2] != key.PublicKey() {
		t.Fatalf("authorization = %q", header)
	}
	if _, err := verifyToken(parts[1], parts[2]); err != nil {
		t.Error(err)
	}
}

func TestTokenIsKeptUntilAnHourBeforeItsEnd(t *testing.T) {
	key, clock := newTestKey(t)
	token := func() string {
		jwt, err := tokenOf(key, "https://web.push.apple.com")
		if err != nil {
			t.Fatal(err)
		}
		return jwt
	}
	first := token()
	clock.now = clock.now.Add(10*time.Hour + 59*time.Minute)
	if token() != first {
		t.Error("the token changed too early")
	}
	clock.now = clock.now.Add(2*time.Hour + 2*time.Minute)
	if token() == first {
		t.Error("the token is used in its last hour")
	}
}

// A token that was signed with a wrong clock is invalid once the clock is corrected.
func TestTokenIsReplacedWhenTheClockIsCorrected(t *testing.T) {
	for _, off := range []time.Duration{-20 * time.Hour, 20 * time.Hour} {
		key, _ := newTestKey(t)
		key.now = func() time.Time { return modelstest.Corrected(time.Now(), off) }
		if _, err := tokenOf(key, "https://web.push.apple.com"); err != nil {
			t.Fatal(err)
		}
		key.now = time.Now
		jwt, err := tokenOf(key, "https://web.push.apple.com")
		if err != nil {
			t.Fatal(err)
		}
		got, err := verifyToken(jwt, key.PublicKey())
		if left := time.Until(time.Unix(got.Expires, 0)); err != nil || left < 11*time.Hour || left > 24*time.Hour {
			t.Errorf("after a clock that was %v off, the token lives for %v, %v", off, left, err)
		}
	}
}

func TestRefusedTokenIsReplacedOnceAnHour(t *testing.T) {
	var given []string
	service := newService(t, func(w http.ResponseWriter, r *http.Request) {
		given = append(given, r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusForbidden)
	}, (*httptest.Server).Start, func(c *http.Client) Sender { return NewFastSender(c) })
	clock := &testClock{now: time.Now()}
	service.key.now = func() time.Time { return clock.now }
	for range 6 {
		service.Send(t.Context(), service.push("x"))
		clock.now = clock.now.Add(20 * time.Minute)
	}
	slices.Sort(given)
	if different := len(slices.Compact(given)); different != 2 {
		t.Errorf("%d tokens in two hours of refusals, want 2", different)
	}
}

func TestEachOriginHasOneTokenUnderConcurrency(t *testing.T) {
	key, _ := newTestKey(t)
	var tokens sync.Map
	var senders sync.WaitGroup
	for n := range 64 {
		senders.Go(func() {
			origin := fmt.Sprintf("https://push%d.example.org", n%4)
			jwt, err := tokenOf(key, origin)
			if err != nil {
				t.Error(err)
			}
			if other, _ := tokens.LoadOrStore(origin, jwt); other != jwt {
				t.Errorf("%s has two tokens", origin)
			}
		})
	}
	senders.Wait()
}

func TestTheNumberOfTokensIsLimited(t *testing.T) {
	key, clock := newTestKey(t)
	for n := range maxTokens + 5 {
		clock.now = clock.now.Add(time.Second)
		if _, err := tokenOf(key, fmt.Sprintf("https://%d.notify.windows.com", n)); err != nil {
			t.Fatal(err)
		}
	}
	if len(key.tokens) != maxTokens {
		t.Errorf("%d tokens are kept, want %d", len(key.tokens), maxTokens)
	}
}

func TestGeneratedKeysSign(t *testing.T) {
	for range 20 { // some of them have leading zeros
		key, _ := newTestKey(t)
		if point, err := base64.RawURLEncoding.DecodeString(key.PublicKey()); err != nil || len(point) != 65 {
			t.Fatalf("public key = %q", key.PublicKey())
		}
		jwt, err := tokenOf(key, "https://fcm.googleapis.com")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := verifyToken(jwt, key.PublicKey()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNewVAPIDKeyFailsOnInvalidKeys(t *testing.T) {
	private, public := generateKeys(t)
	_, other := generateKeys(t)
	zero := base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	for name, stored := range map[string]models.VAPIDKey{
		"no private key":           {PublicKey: public},
		"no base64url":             {PublicKey: public, PrivateKey: "not a key"},
		"a short private key":      {PublicKey: public, PrivateKey: private[:40]},
		"a private key of zero":    {PublicKey: public, PrivateKey: zero},
		"another's public key":     {PublicKey: other, PrivateKey: private},
		"no public key":            {PrivateKey: private},
		"public and private mixed": {PublicKey: private, PrivateKey: public},
	} {
		if _, err := NewVAPIDKey(stored, testSubject); err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), private) {
			t.Errorf("%s: the error contains the private key", name)
		}
	}
}

func TestSubjectMustBeAPublicContact(t *testing.T) {
	private, public := generateKeys(t)
	for subject, good := range map[string]bool{
		"mailto:editors@newsbell.org":        true,
		"https://newsbell.org/contact":       true,
		"https://newsbell.org:8443/":         true,
		"":                                   false,
		"editors@newsbell.org":               false,
		"http://newsbell.org":                false,
		"https://localhost":                  false,
		"https://newsbell.localhost":         false,
		"https://LOCALHOST":                  false,
		"https://news.local/":                false,
		"https://news.Invalid":               false,
		"https://127.0.0.1":                  false,
		"https://[::1]/":                     false,
		"https://newsbell":                   false,
		"https://newsbell.":                  false,
		"https://":                           false,
		"mailto:":                            false,
		"mailto:desk":                        false,
		"mailto:editors@localhost":           false,
		"mailto:editors@mac.local":           false,
		"mailto:editors@newsbell.invalid":    false,
		"mailto:Desk <editors@newsbell.org>": false,
		"mailto:a@newsbell.org,b@localhost":  false,
		"tel:+1234":                          false,
	} {
		_, err := NewVAPIDKey(models.VAPIDKey{PublicKey: public, PrivateKey: private}, subject)
		if (err == nil) != good {
			t.Errorf("subject %q: error = %v", subject, err)
		}
	}
}

// testClock is a fake clock.
type testClock struct{ now time.Time }

func newTestKey(t testing.TB) (*VAPIDKey, *testClock) {
	t.Helper()
	private, public := generateKeys(t)
	key, err := NewVAPIDKey(models.VAPIDKey{ID: 1, PublicKey: public, PrivateKey: private}, testSubject)
	if err != nil {
		t.Fatal(err)
	}
	clock := &testClock{now: time.Now()}
	key.now = func() time.Time { return clock.now }
	return key, clock
}

func generateKeys(t testing.TB) (private, public string) {
	t.Helper()
	private, public, err := GenerateVAPIDKeys()
	if err != nil {
		t.Fatal(err)
	}
	return private, public
}

type claims struct {
	Audience string `json:"aud"`
	Expires  int64  `json:"exp"`
	Subject  string `json:"sub"`
}

// verifyToken checks a JWT as a push service does (RFC 8292 §2).
func verifyToken(jwt, publicKey string) (claims, error) {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return claims{}, fmt.Errorf("%d parts", len(parts))
	}
	var header struct{ Typ, Alg string }
	var c claims
	if err := decodeJSON(parts[0], &header); err != nil || header.Alg != "ES256" || header.Typ != "JWT" {
		return claims{}, fmt.Errorf("header = %+v, %v", header, err)
	}
	if err := decodeJSON(parts[1], &c); err != nil {
		return claims{}, err
	}
	point, err := base64.RawURLEncoding.DecodeString(publicKey)
	if err != nil {
		return claims{}, err
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return claims{}, err
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return claims{}, fmt.Errorf("signature of %d bytes: %v", len(signature), err)
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(key, digest[:], r, s) {
		return claims{}, fmt.Errorf("signature does not verify")
	}
	return c, nil
}

func decodeJSON(part string, into any) error {
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// tokenOf returns the token of a request to an origin.
func tokenOf(key *VAPIDKey, origin string) (string, error) {
	header, err := key.Authorization(origin)
	token, _, _ := strings.Cut(strings.TrimPrefix(header, "vapid t="), ",")
	return token, err
}
