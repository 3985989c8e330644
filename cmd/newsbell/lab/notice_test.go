package lab

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"newsbell/cmd/newsbell/client"
	"newsbell/cmd/newsbell/program"
	"newsbell/cmd/newsbell/program/programtest"
	"newsbell/models/modelstest"
	"newsbell/notifier/pushtest"
)

const notices = "/subscription/notices"

// The whole path from the request to the browser.
func TestATestReachesTheBrowserThatRequestsItUpToThirtyTimesAMinute(t *testing.T) {
	for _, kind := range []modelstest.Kind{modelstest.SQLite, modelstest.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			service, err := pushtest.New(pushtest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = service.Close() })
			s := program.DefaultSettings()
			s.DatabaseURL, s.AllowPushHost = modelstest.Open(t, kind).URL, []string{service.URL()}
			s.Listen, s.LogLevel = "127.0.0.1:0", "error"
			c, err := s.Check()
			if err != nil {
				t.Fatal(err)
			}
			c.RootCAs = service.CertPool()
			address, _ := programtest.Serve(t, c, io.Discard)
			reader, api := newBrowser(t, service, address)

			if state := api.test(t); state != "accepted with 201" {
				t.Errorf("the test is %s", state)
			}
			messages, err := reader.Wait(t.Context(), 1)
			if err != nil || !strings.Contains(string(messages[0].Plaintext), "This is a test") {
				t.Fatalf("the browser got %+v, %v", messages, err)
			}
			again := func() error {
				return api.Call(t.Context(), http.MethodPost, notices, map[string]string{"kind": "test"}, nil)
			}
			for range 29 {
				if err := again(); err != nil {
					t.Fatal(err)
				}
			}
			if err := again(); err == nil || !strings.Contains(err.Error(), "wait a minute") {
				t.Errorf("once more: %v", err)
			}
		})
	}
}

// browser is a client with a reader's secret.
type browser struct{ *client.Client }

// newBrowser subscribes a reader.
func newBrowser(t *testing.T, service *pushtest.Server, address string) (*pushtest.Reader, browser) {
	t.Helper()
	api := client.New(address, "")
	var key struct {
		PublicKey string `json:"public_key"`
	}
	if err := api.Call(t.Context(), http.MethodGet, "/vapid-key", nil, &key); err != nil {
		t.Fatal(err)
	}
	reader, err := service.NewReader(key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	var subscribed struct{ Secret string }
	keys := map[string]string{"p256dh": reader.P256DH(), "auth": reader.Auth()}
	err = api.Call(t.Context(), http.MethodPost, "/subscriptions", map[string]any{
		"subscription": map[string]any{"endpoint": reader.Endpoint(), "keys": keys}, "time_zone": "UTC",
	}, &subscribed)
	if err != nil {
		t.Fatal(err)
	}
	return reader, browser{client.New(address, subscribed.Secret)}
}

// test requests a test notification, and returns its final state.
func (b browser) test(t *testing.T) string {
	t.Helper()
	var notice struct {
		ID     int64
		State  string
		Status int
	}
	err := b.Call(t.Context(), http.MethodPost, notices, map[string]string{"kind": "test"}, &notice)
	for err == nil && notice.State == "waiting" {
		if err = pause(t.Context(), 5*time.Millisecond); err == nil {
			err = b.Call(t.Context(), http.MethodGet, fmt.Sprintf("%s/%d", notices, notice.ID), nil, &notice)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s with %d", notice.State, notice.Status)
}
