package program

import "testing"

func TestABaseURLIsNormalizedAsInBrowsers(t *testing.T) {
	for value, want := range map[string]string{
		"https://push.example":             "https://push.example",
		"https://push.example/":            "https://push.example",
		"HTTPS://Push.Example:443":         "https://push.example",
		"http://localhost:80/":             "http://localhost",
		"http://localhost:08080":           "http://localhost:8080",
		"https://push.example:":            "https://push.example",
		"https://bücher.example":           "https://xn--bcher-kva.example",
		"https://BÜCHER.example":           "https://xn--bcher-kva.example",
		"https://paper.example/alerts":     "https://paper.example/alerts",
		"https://paper.example:443/a/B.c/": "https://paper.example/a/B.c",
		"http://127.0.0.1:8080":            "http://127.0.0.1:8080",
		"http://[::1]:8080":                "http://[::1]:8080",
		"http://[0:0:0::1]":                "http://[::1]",
	} {
		s := DefaultSettings()
		s.BaseURL = value
		if c, err := s.Check(); err != nil || c.BaseURL != want {
			t.Errorf("--base-url %s: %q, %v; want %q", value, c.BaseURL, err, want)
		}
	}
}

func TestAnAmbiguousBaseURLIsInvalid(t *testing.T) {
	for _, value := range []string{
		"push.example", "//push.example", "ftp://push.example", "https://", "https://:8080", " https://push.example",
		"https://push.example?", "https://push.example/?a", "https://push.example#", "https://editors@push.example",
		"https://push.example:0", "https://push.example:65536", "https://push.example:x", "https://push.example.",
		"https://push.example//alerts", "https://push.example/../alerts", "https://push.example/./alerts", "https://push.example/alerts//",
		"https://push.example/a%20b", "https://push.example/ä", `https://push.example/a\b`, "https://pu_sh.example/a b", "https://push .example",
		"http://127.1", "http://0x7f000001", "http://2130706433", "http://[::1%25lo]",
	} {
		s := DefaultSettings()
		s.BaseURL = value
		if c, err := s.Check(); err == nil {
			t.Errorf("--base-url %s is accepted as %q", value, c.BaseURL)
		}
	}
}
