package lab

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"newsbell/notifier/pushtest"
)

func newDemo(out *bytes.Buffer) *Demo {
	return &Demo{
		Readers: 120, Listen: "127.0.0.1:0", Duration: time.Minute, Fast: true, Once: true, LogLevel: "error", out: out,
	}
}

func TestTheDemoDeliversEverythingOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := newDemo(&out).Run(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if last := lines[len(lines)-1]; !strings.HasSuffix(last, " expected, 0 missing, 0 doubled") || strings.HasPrefix(last, "delivered 0 ") {
		t.Errorf("last line: %q", last)
	}
}

func TestTheDemoFailsWhenOneNotificationIsLost(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	demo := newDemo(&out)
	demo.rehearsed = func(service *pushtest.Server, readers demoReaders) {
		service.Script(readers[0].Endpoint(), pushtest.Answer{Swallow: true})
	}
	if err := demo.Run(t.Context()); !errors.Is(err, errNotOnce) || !strings.Contains(out.String(), " 1 missing, 0 doubled") {
		t.Errorf("error = %v\n%s", err, &out)
	}
}

// testKey is any VAPID key.
const testKey = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"

func TestTheCountFindsWhatIsDoubledAndUnexpected(t *testing.T) {
	c, err := readCoverage()
	if err != nil {
		t.Fatal(err)
	}
	service, err := pushtest.New(pushtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	reader, err := service.NewReader(testKey)
	if err != nil {
		t.Fatal(err)
	}
	readers := demoReaders{{Reader: reader, follows: map[string]string{"app/whatsapp": "all"}}}
	result, err := c.count(readers, map[int64]coverageUpdate{1: c.Updates[0]})
	if err != nil || result != (comparison{}) || result.err() != nil {
		t.Errorf("a reader who expects nothing: %+v, %v", result, err)
	}
	if (comparison{Expected: 1, Delivered: 1, Doubled: 1}).err() == nil || (comparison{Unexpected: 1}).err() == nil {
		t.Error("doubled or unexpected messages are no failure")
	}
}
