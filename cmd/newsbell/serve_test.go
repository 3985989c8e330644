package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"newsbell/models/modelstest"
)

// TestMain lets the test binary also be the program that tests run as a child.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
		return
	}
	modelstest.Main(m)
}

func TestTheFirstStartMakesEverythingAndSaysWhere(t *testing.T) {
	s := defaultSettings()
	s.DataDir, s.Listen, s.LogLevel = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0", "error"
	c, err := s.check()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	address, stop := serve(t, c, nil, &out)
	for _, word := range []string{"made data folder", "made database", "ran migration", "made VAPID key"} {
		if !strings.Contains(out.String(), word) {
			t.Errorf("nothing of %q in\n%s", word, &out)
		}
	}
	info, err := os.Stat(filepath.Join(s.DataDir, "newsbell.db"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("database: %v, %v; want it for its owner alone", info, err)
	}
	if status := get(t, address+"/readyz"); status != http.StatusOK {
		t.Errorf("readyz: %d", status)
	}
	stop()
	out.Reset()
	_, stop = serve(t, c, nil, &out)
	stop()
	if out.Len() != 0 {
		t.Errorf("the second start made\n%s", &out)
	}
}

// The commands of the README, on both databases.
func TestANewsroomWorksFromTheCommandLine(t *testing.T) {
	for _, kind := range []modelstest.Kind{modelstest.SQLite, modelstest.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			s := defaultSettings()
			s.DatabaseURL, s.Listen, s.LogLevel = modelstest.Open(t, kind).URL, "127.0.0.1:0", "error"
			c, err := s.check()
			if err != nil {
				t.Fatal(err)
			}
			address, stop := serve(t, c, nil, io.Discard)
			defer stop()
			token := output(t, "token", "create", "desk", "--database-url", s.DatabaseURL)
			publish := func(args ...string) string {
				t.Helper()
				return output(t, append([]string{"publish", "--url", address, "--token", strings.TrimSpace(token)}, args...)...)
			}
			publish("app", "messenger", "Messenger")
			publish("outage", "messages-down", "Messages are down", "--app", "messenger")
			if out := publish("update", "messages-down", "Meta confirms", "--state", "messenger=failing", "--undo", "0s", "--wait"); !strings.Contains(out, "alert 1 is sent: 0 readers") {
				t.Errorf("update: %s", out)
			}
			publish("update", "messages-down", "A slip")
			if out := publish("stop", "2"); !strings.Contains(out, "alert 2 is stopped") {
				t.Errorf("stop: %s", out)
			}
			publish("resolution", "messages-down", "Back", "--state", "messenger=up")
			publish("correction", "messages-down", "It was 9 o'clock", "--corrects", "1")
			if err := run(t.Context(), []string{"publish", "--url", address, "--token", strings.TrimSpace(token), "correction", "messages-down", "It was 10", "--corrects", "99"}); err == nil || !strings.Contains(err.Error(), "corrects: must be an update of this outage") {
				t.Errorf("a correction of what is not there: %v", err)
			}
			if err := run(t.Context(), []string{"publish", "--url", address, "--token", strings.TrimSpace(token), "update", "messages-down", "More"}); err == nil || !strings.Contains(err.Error(), "resolved") {
				t.Errorf("an update of a resolved outage: %v", err)
			}
			if out := output(t, "vapid", "list", "--database-url", s.DatabaseURL); !strings.Contains(out, "true") {
				t.Errorf("vapid list: %s", out)
			}
			output(t, "token", "revoke", "desk", "--database-url", s.DatabaseURL)
			if out := output(t, "token", "list", "--database-url", s.DatabaseURL); !strings.Contains(out, "desk") {
				t.Errorf("token list: %s", out)
			}
			output(t, "migrate", "--database-url", s.DatabaseURL)
		})
	}
}

func TestABrokenDatabaseIsNamedAtStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "newsbell.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"migrate", "--database-url", path}); err == nil || !strings.Contains(err.Error(), "open database") {
		t.Errorf("error = %v", err)
	}
}

// serve runs a program until stop, and waits until it is ready.
func serve(t *testing.T, c config, rootCAs *x509.CertPool, out io.Writer) (address string, stop func()) {
	t.Helper()
	p, stop := start(t, c, rootCAs, out)
	address = localURL(p.listener.Addr())
	awaitReady(t, address)
	return address, stop
}

// start runs a program until stop.
func start(t *testing.T, c config, rootCAs *x509.CertPool, out io.Writer) (p *program, stop func()) {
	t.Helper()
	p, err := newProgram(c, rootCAs, out)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return p, stop
}

func awaitReady(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for get(t, address+"/readyz") != http.StatusOK {
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			t.Fatal("not ready:", err)
		}
	}
}

func get(t *testing.T, url string) int {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

// output runs a command line and returns what it prints.
func output(t *testing.T, args ...string) string {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = write
	defer func() { os.Stdout = stdout }()
	err = run(t.Context(), args)
	write.Close()
	out, readErr := io.ReadAll(read)
	if err != nil || readErr != nil {
		t.Fatalf("newsbell %s: %v, %v", strings.Join(args, " "), err, readErr)
	}
	return string(out)
}
