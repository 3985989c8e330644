package pushtest

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestVerifyTokenTakesTheTokenOfRFC8292(t *testing.T) {
	const token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9." +
		"eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0." +
		"i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA"
	const key = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
	expires := time.Unix(1453523768, 0)

	got, err := verifyToken(token, key, "https://push.example.net", expires.Add(-time.Hour))
	if err != nil || !got.Equal(expires) {
		t.Errorf("expires %v, %v", got, err)
	}
	changed := strings.Replace(token, ".i3C", ".i3D", 1)
	if _, err := verifyToken(changed, key, "https://push.example.net", expires.Add(-time.Hour)); err == nil {
		t.Error("a changed signature passes")
	}
}

func TestPushIsRefusedWithoutAGoodToken(t *testing.T) {
	s := newService(t, Options{})
	reader, now := s.reader(), time.Now()
	other := newKey(t)
	public := publicKey(t, s.key)
	for name, test := range map[string]struct{ authorization, message string }{
		"none":                 {"", "the Authorization header is not of VAPID"},
		"another scheme":       {"Bearer abc", "the Authorization header is not of VAPID"},
		"not a JWT":            {"vapid t=abc, k=" + public, "the token is not a JWT"},
		"not JSON":             {"vapid t=a.b.c, k=" + public, "the token is not JSON"},
		"another algorithm":    {"vapid t=" + sign(t, s.key, "none", s.claims()) + ", k=" + public, "alg must be ES256"},
		"signed by another":    {"vapid t=" + sign(t, other, "ES256", s.claims()) + ", k=" + public, "the signature is wrong"},
		"no signature":         {"vapid t=" + sign(t, s.key, "ES256", s.claims()) + "AA, k=" + public, "the signature is not 64 bytes"},
		"key off the curve":    {"vapid t=" + sign(t, s.key, "ES256", s.claims()) + ", k=BAAA", "the VAPID key is not a point on P-256"},
		"for another service":  {authorization(t, s.key, s.claims().with("aud", "https://push.example.net")), "aud is not this push service"},
		"expired":              {authorization(t, s.key, s.claims().with("exp", now.Add(-time.Second).Unix())), "exp has passed"},
		"too far ahead":        {authorization(t, s.key, s.claims().with("exp", now.Add(25*time.Hour).Unix())), "exp is more than 24 hours ahead"},
		"no contact":           {authorization(t, s.key, s.claims().with("sub", "desk")), "sub is not an https or mailto URL"},
		"a contact of http":    {authorization(t, s.key, s.claims().with("sub", "http://newsbell.org")), "sub is not an https or mailto URL"},
		"another subscription": {authorization(t, other, s.claims()), "VAPID public key mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.push(reader, "news", header("Authorization", test.authorization))
			want := refusal{Code: 401, Errno: 109, Status: "Unauthorized", Message: test.message}
			if got.status != http.StatusUnauthorized || got.refusal != want {
				t.Errorf("answer = %d %+v", got.status, got.refusal)
			}
		})
	}
	if got := reader.Messages(); len(got) != 0 {
		t.Errorf("the reader got %v", got)
	}
}

func TestTokenThatWasGoodIsRefusedOnceItExpires(t *testing.T) {
	clock := newClock()
	s := newService(t, Options{Now: clock.Now})
	reader := s.reader()
	token := header("Authorization", authorization(t, s.key, s.claims()))
	if got := s.push(reader, "news", token); got.status != http.StatusCreated {
		t.Fatalf("answer = %d %+v", got.status, got.refusal)
	}
	clock.Advance(time.Hour)
	if got := s.push(reader, "news", token); got.refusal.Message != "exp has passed" {
		t.Errorf("answer = %d %+v", got.status, got.refusal)
	}
}

func TestServerRemembersABoundedNumberOfTokens(t *testing.T) {
	s := newService(t, Options{Plain: true})
	for range maxTokens + 10 {
		s.tokens.remember(strings.Repeat("x", len(s.tokens.verified)+1), verifiedToken{})
	}
	if n := len(s.tokens.verified); n > maxTokens {
		t.Errorf("%d tokens", n)
	}
}
