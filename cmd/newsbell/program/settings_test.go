package program

import (
	"strings"
	"testing"
	"time"
)

func TestAllProblemsOfTheSettingsAreReportedAtOnce(t *testing.T) {
	s := DefaultSettings()
	s.Listen, s.BaseURL, s.Sender, s.Workers = "nowhere", "ftp://x/y", "pigeon", "-1"
	s.SubscribeLimit, s.NoticeLimit, s.TrustedProxies = "many", "few", []string{"the proxy"}
	s.EmbedOrigin, s.GuessLimit = []string{"news.example"}, "no"
	s.ConnectionLimit = "none"
	s.UndoWindow, s.TTLKey, s.LogLevel, s.AllowPushHost = "soon", "1ns", "loud", []string{"http://10.0.0.1"}
	s.GoneGrace, s.TimeZone = "a month", "Middle/Earth"
	s.PilotAbove, s.PilotRefused = "all", "101"
	s.DatabaseURL, s.NATSURL, s.VAPIDSubject = "mysql://x", "nowhere", "mailto:root@localhost"
	_, err := s.Check()
	if err == nil {
		t.Fatal("no error")
	}
	for _, flag := range []string{"listen", "base-url", "sender", "workers", "undo-window", "time-zone", "gone-grace", "pilot-above", "pilot-refused", "subscribe-limit", "notice-limit", "guess-limit", "connection-limit", "trusted-proxies", "embed-origin", "ttl-key", "log-level", "allow-push-host", "database-url", "nats-url", "vapid-subject"} {
		if !strings.Contains(err.Error(), "--"+flag+":") {
			t.Errorf("no problem of --%s in\n%v", flag, err)
		}
	}
}

func TestSettingsHaveDefaultsThatWork(t *testing.T) {
	c, err := DefaultSettings().Check()
	if err != nil {
		t.Fatal(err)
	}
	if c.BaseURL != "http://localhost:8080" || c.undoWindow != 10*time.Second || !strings.HasSuffix(c.DatabaseURL, "/newsbell-data/newsbell.db") {
		t.Errorf("config = %+v", c)
	}
}

func TestAnEmbedOriginIsWrittenAsInBrowsers(t *testing.T) {
	for origin, isRight := range map[string]bool{
		"https://news.example": true, "https://news.example:8443": true, "http://localhost:8080": true, "http://127.0.0.1": true,
		"http://news.example": false, "https://news.example/": false, "https://News.example": false, "https://news.example:443": false,
		"http://localhost:80": false, "https://*.news.example": false, "*": false, "null": false, "": false,
		"https://reader@news.example": false, "https://news.example?x": false, "http://localhost.news.example": false,
	} {
		s := DefaultSettings()
		s.EmbedOrigin = []string{origin}
		if _, err := s.Check(); (err == nil) != isRight {
			t.Errorf("--embed-origin %q: %v", origin, err)
		}
	}
}
