package pushtest

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestPushIsTakenAndDecrypted(t *testing.T) {
	s := newService(t, Options{})
	reader := s.reader()

	got := s.push(reader, "news", header("TTL", "90"), header("Urgency", "high"), header("Topic", strings.Repeat("a", 32)))
	if got.status != http.StatusCreated || !strings.HasPrefix(got.header.Get("Location"), s.URL()+"/message/") {
		t.Fatalf("answer = %d %+v, Location %q", got.status, got.refusal, got.header.Get("Location"))
	}
	messages := reader.Messages()
	if len(messages) != 1 {
		t.Fatalf("messages = %v, failures %v", messages, reader.Failures())
	}
	m := messages[0]
	if string(m.Plaintext) != "news" || m.TTL != 90*time.Second || m.Urgency != "high" || m.Topic != strings.Repeat("a", 32) || m.ReceivedAt.IsZero() {
		t.Errorf("message = %+v", m)
	}
}

func TestPushIsRefusedWhenItIsNotAsRFC8030AndRFC8291SayIt(t *testing.T) {
	s := newService(t, Options{})
	reader := s.reader()
	for name, test := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"no TTL":                    {header("TTL"), 400},
		"TTL below zero":            {header("TTL", "-1"), 400},
		"TTL in words":              {header("TTL", "a day"), 400},
		"TTL over 31 bits":          {header("TTL", "2147483648"), 400},
		"no encoding":               {header("Content-Encoding"), 415},
		"an old encoding":           {header("Content-Encoding", "aesgcm"), 415},
		"an unknown urgency":        {header("Urgency", "urgent"), 400},
		"an empty urgency":          {header("Urgency", ""), 400},
		"an empty topic":            {header("Topic", ""), 400},
		"a topic of 33 characters":  {header("Topic", strings.Repeat("a", 33)), 400},
		"a topic not of base64url":  {header("Topic", "outage/messenger"), 400},
		"a topic no base64 can be":  {header("Topic", "abcde"), 400},
		"no body":                   {body(func([]byte) []byte { return nil }), 400},
		"a body cut in its header":  {body(func(b []byte) []byte { return b[:40] }), 400},
		"nothing after the header":  {body(func(b []byte) []byte { return b[:86] }), 400},
		"a key ID of another size":  {body(func(b []byte) []byte { b[20] = 64; return b }), 400},
		"a key off the curve":       {body(func(b []byte) []byte { b[40] ^= 1; return b }), 400},
		"a compressed key":          {body(func(b []byte) []byte { b[21] = 2; return b }), 400},
		"a record size of the text": {body(func(b []byte) []byte { b[18], b[19] = 0, byte(len(b)-86); return b }), 400},
		"a body over 4096 bytes":    {body(func(b []byte) []byte { return append(b, make([]byte, 4097-len(b))...) }), 413},
		"a body far over it":        {body(func(b []byte) []byte { return append(b, make([]byte, 1<<20)...) }), 413},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.push(reader, "news", test.change)
			if got.status != test.status || got.refusal.Code != test.status || got.refusal.Message == "" {
				t.Errorf("answer = %d %+v, want %d", got.status, got.refusal, test.status)
			}
		})
	}
	if len(reader.Messages())+len(reader.Failures()) != 0 {
		t.Error("something came through")
	}
}

func TestPushOfExactly4096BytesIsTaken(t *testing.T) {
	s := newService(t, Options{})
	reader := s.reader()
	if got := s.push(reader, strings.Repeat("x", 3993)); got.status != http.StatusCreated {
		t.Fatalf("answer = %d %+v", got.status, got.refusal)
	}
	if got := reader.Messages(); len(got) != 1 || len(got[0].Plaintext) != 3993 {
		t.Errorf("messages = %v, %v", got, reader.Failures())
	}
}

func TestEachUrgencyIsTaken(t *testing.T) {
	s := newService(t, Options{})
	reader := s.reader()
	for _, urgency := range []string{"very-low", "low", "normal", "high"} {
		if got := s.push(reader, "news", header("Urgency", urgency)); got.status != http.StatusCreated {
			t.Errorf("%s: answer = %d %+v", urgency, got.status, got.refusal)
		}
	}
}

// body changes the body of a request.
func body(change func([]byte) []byte) func(*http.Request) {
	return func(r *http.Request) {
		var buffer bytes.Buffer
		_, _ = buffer.ReadFrom(r.Body)
		changed, _ := http.NewRequest(r.Method, r.URL.String(), bytes.NewReader(change(buffer.Bytes())))
		r.Body, r.GetBody, r.ContentLength = changed.Body, changed.GetBody, changed.ContentLength
	}
}
