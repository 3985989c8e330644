package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"newsbell/cmd/newsbell/program"
	"newsbell/cmd/newsbell/program/programtest"
	"newsbell/models"
	"newsbell/models/modelstest"
)

// The commands in the README, on both databases.
func TestANewsroomWorksFromTheCommandLine(t *testing.T) {
	for _, kind := range []modelstest.Kind{modelstest.SQLite, modelstest.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			s := program.DefaultSettings()
			s.DatabaseURL, s.Listen, s.LogLevel = modelstest.Open(t, kind).URL, "127.0.0.1:0", "error"
			c, err := s.Check()
			if err != nil {
				t.Fatal(err)
			}
			address, stop := programtest.Serve(t, c, io.Discard)
			defer stop()
			token := output(t, "token", "create", "newsroom", "--database-url", s.DatabaseURL)
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
			repeatsOnlyWithAgain(t, address, strings.TrimSpace(token), publish)
			publish("resolution", "messages-down", "Back", "--state", "messenger=up")
			publish("correction", "messages-down", "It was 9 o'clock", "--corrects", "1")
			if err := run(t.Context(), []string{"publish", "--url", address, "--token", strings.TrimSpace(token), "correction", "messages-down", "It was 10", "--corrects", "99"}); err == nil || !strings.Contains(err.Error(), "corrects: must be an update of this outage") {
				t.Errorf("a correction of a missing update: %v", err)
			}
			if err := run(t.Context(), []string{"publish", "--url", address, "--token", strings.TrimSpace(token), "update", "messages-down", "More"}); err == nil || !strings.Contains(err.Error(), "resolved") {
				t.Errorf("an update of a resolved outage: %v", err)
			}
			listsKeys(t, s.DatabaseURL, "true")
			if out := output(t, "vapid", "rotate", "--database-url", s.DatabaseURL); !strings.Contains(out, "new subscriptions use") {
				t.Errorf("vapid rotate: %s", out)
			}
			listsKeys(t, s.DatabaseURL, "true", "false")
			limitsTokens(t, s.DatabaseURL, address)
			output(t, "token", "revoke", "newsroom", "--database-url", s.DatabaseURL)
			if out := output(t, "token", "list", "--database-url", s.DatabaseURL); !strings.Contains(out, "newsroom") {
				t.Errorf("token list: %s", out)
			}
			output(t, "migrate", "--database-url", s.DatabaseURL)
		})
	}
}

// repeatsOnlyWithAgain checks that the words of the first update are sent a second time only
// with --again.
func repeatsOnlyWithAgain(t *testing.T, address, token string, publish func(...string) string) {
	t.Helper()
	repeated := []string{"publish", "--url", address, "--token", token, "update", "messages-down", "meta  CONFIRMS"}
	if err := run(t.Context(), repeated); err == nil || !strings.Contains(err.Error(), "the same words were sent at") {
		t.Errorf("the same words again: %v", err)
	}
	if out := publish("update", "messages-down", "meta  CONFIRMS", "--again", "--undo", "0s", "--wait"); !strings.Contains(out, "is sent") {
		t.Errorf("with --again: %s", out)
	}
}

// limitsTokens checks the scopes and the last day of tokens.
func limitsTokens(t *testing.T, databaseURL, address string) {
	t.Helper()
	create := func(args ...string) []string {
		return append([]string{"token", "create", "--database-url", databaseURL}, args...)
	}
	reader := strings.TrimSpace(output(t, create("reports", "--scope", "read", "--expires", "2031-01-31")...))
	store, err := models.Open(t.Context(), models.Options{URL: databaseURL})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	found, err := store.Authenticate(t.Context(), reader)
	wantEnd := time.Date(2031, 1, 31, 0, 0, 0, 0, time.UTC)
	if err != nil || !slices.Equal(found.Scopes, []models.Scope{models.ScopeRead}) || found.ExpiresAt == nil || !found.ExpiresAt.Equal(wantEnd) {
		t.Errorf("token = %+v, %v; want scope read until %s", found, err, wantEnd)
	}
	if out := output(t, "token", "list", "--database-url", databaseURL); !strings.Contains(out, "2031-01-31 00:00 UTC") {
		t.Errorf("token list does not say when it ends: %s", out)
	}
	if err := run(t.Context(), []string{"publish", "--url", address, "--token", reader, "app", "threads", "Threads"}); err == nil || !strings.Contains(err.Error(), "publish") {
		t.Errorf("a token with scope read publishes: %v", err)
	}
	for wrong, args := range map[string][]string{
		"an unknown scope": create("x", "--scope", "write"), "a day that is no day": create("x", "--expires", "tomorrow"),
		"a day in the past": create("x", "--expires", "2001-01-31"),
	} {
		if err := run(t.Context(), args); err == nil {
			t.Errorf("%s succeeds", wrong)
		}
	}
}

// listsKeys checks the output of newsbell vapid list: a line for each key, newest first,
// which says whether the key is the current one, and no private key.
func listsKeys(t *testing.T, databaseURL string, current ...string) {
	t.Helper()
	store, err := models.Open(t.Context(), models.Options{URL: databaseURL})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	keys, err := store.VAPIDKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := output(t, "vapid", "list", "--database-url", databaseURL)
	lines := strings.Split(strings.TrimSpace(out), "\n")[1:]
	if len(lines) != len(current) || len(keys) != len(current) {
		t.Fatalf("vapid list says %q of %d keys; want %d lines", out, len(keys), len(current))
	}
	for i, line := range lines {
		fields := strings.Fields(line) // ID, date, time, zone, current, subscriptions, public key
		if got := fields[len(fields)-3:]; !slices.Equal(got, []string{current[i], "0", keys[i].PublicKey}) {
			t.Errorf("line %d says %q; want current %s, no subscription and %s", i+1, got, current[i], keys[i].PublicKey)
		}
		if strings.Contains(out, keys[i].PrivateKey) {
			t.Error("vapid list prints a private key")
		}
	}
}

// What docs/newsroom.md says, on both databases.
func TestPeopleAreManagedFromTheCommandLine(t *testing.T) {
	for _, kind := range []modelstest.Kind{modelstest.SQLite, modelstest.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			db := modelstest.Open(t, kind)
			const ada = "ada@news.example"
			invited := output(t, "editor", "invite", "Ada@News.Example", "--role", "chief", "--base-url", "https://news.example/alerts/", "--database-url", db.URL)
			secret, isLink := strings.CutPrefix(strings.TrimSpace(invited), "https://news.example/alerts/editor/invitations/")
			invitation, err := db.Invitation(t.Context(), secret)
			if err != nil || !isLink || invitation.Email != ada || invitation.Role != models.RoleChief {
				t.Fatalf("%q leads to %+v, %v", invited, invitation, err)
			}
			db.Person(ada, models.RoleChief)
			db.Person("bob@news.example", models.RoleViewer)
			if out := output(t, "editor", "list", "--database-url", db.URL); !strings.Contains(out, ada) || !strings.Contains(out, "viewer") {
				t.Errorf("list: %s", out)
			}
			reset := output(t, "editor", "reset", ada, "--database-url", db.URL)
			secret, isLink = strings.CutPrefix(strings.TrimSpace(reset), "http://localhost:8080/editor/invitations/")
			if invitation, err = db.Invitation(t.Context(), secret); err != nil || !isLink || invitation.Kind != models.KindReset {
				t.Errorf("%q leads to %+v, %v", reset, invitation, err)
			}
			for _, wrong := range [][]string{{"invite", ada}, {"invite", "ada"}, {"invite", "eve@news.example", "--role", "owner"}, {"invite", "eve@news.example", "--base-url", "news.example"}, {"reset", "eve@news.example"}, {"remove", "eve@news.example"}} {
				if err := run(t.Context(), append(append([]string{"editor"}, wrong...), "--database-url", db.URL)); err == nil {
					t.Errorf("editor %s succeeds", strings.Join(wrong, " "))
				}
			}
			verifiesAudit(t, db)
			output(t, "editor", "remove", ada, "--database-url", db.URL) // even the last chief
			if people, err := db.People(t.Context()); err != nil || len(people) != 1 || people[0].Email != "bob@news.example" {
				t.Errorf("people = %+v, %v; want Bob", people, err)
			}
		})
	}
}

// verifiesAudit checks newsbell audit verify on a log of 2 people, and puts the log back as
// it was.
func verifiesAudit(t *testing.T, db *modelstest.DB) {
	t.Helper()
	verify := []string{"audit", "verify", "--database-url", db.URL}
	_, head, _ := strings.Cut(strings.TrimSpace(output(t, verify...)), "\nhead ")
	if out := output(t, append(verify, "--head", head)...); !strings.Contains(out, "are as they were written; 0 older ones") {
		t.Errorf("audit verify --head %s: %s", head, out)
	}
	for wrong, want := range map[string]string{"x": "is not the head", strings.Repeat("9", 3) + ":" + strings.Repeat("0a", 32): "is missing"} {
		if err := run(t.Context(), append(verify, "--head", wrong)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("audit verify --head %s: %v; want %q", wrong, err, want)
		}
	}
	db.Exec("UPDATE audit_entries SET actor = actor || 'x' WHERE id = 3")
	if err := run(t.Context(), verify); err == nil || err.Error() != "audit entry 3 was changed" {
		t.Errorf("audit verify of a changed entry: %v", err)
	}
	db.Exec("UPDATE audit_entries SET actor = substr(actor, 1, length(actor) - 1) WHERE id = 3")
}

func TestEachStartPrintsANewLinkForTheFirstAccountUntilThereIsOne(t *testing.T) {
	folder := t.TempDir()
	start := func() string { return linesOfServe(t, folder) }
	first, second := linkIn(start()), linkIn(start())
	store, err := models.Open(t.Context(), models.Options{URL: filepath.Join(folder, "newsbell.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := store.Invitation(t.Context(), first); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the first start's link still works: %v", err)
	}
	if _, err := store.AcceptInvitation(t.Context(), second, models.NewPerson{Name: "Ada", Email: "ada@news.example", Password: modelstest.Password}); err != nil {
		t.Errorf("the second start's link: %v", err)
	}
	if lines := start(); linkIn(lines) != "" || !strings.Contains(lines, "for editors") {
		t.Errorf("a start beside people prints %q", lines)
	}
}

// linesOfServe starts a server, stops it once it listens, and returns what it printed.
func linesOfServe(t *testing.T, folder string) string {
	t.Helper()
	printed, end := captureOutput(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"serve", "--data-dir", folder, "--listen", "127.0.0.1:0", "--log-level", "error"})
		end()
		ended <- err
	}()
	var lines strings.Builder
	reader := bufio.NewReader(printed)
	for {
		line, err := reader.ReadString('\n')
		lines.WriteString(line)
		if strings.HasPrefix(line, "for editors") {
			cancel() // what is printed next comes before the end
		}
		if err != nil {
			break
		}
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return lines.String()
}

// linkIn returns the secret of the link in what a server printed; empty if there is none.
func linkIn(lines string) string {
	_, after, _ := strings.Cut(lines, "/editor/invitations/")
	secret, _, _ := strings.Cut(after, "\n")
	return secret
}

func TestServeWritesACPUProfileUntilItEnds(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "cpu.pprof")
	printed, end := captureOutput(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"serve", "--data-dir", filepath.Join(folder, "data"), "--listen", "127.0.0.1:0", "--log-level", "error", "--cpu-profile", file})
		end()
		ended <- err
	}()
	if _, err := bufio.NewReader(printed).ReadString('\n'); err != nil {
		t.Fatal(err, <-ended)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	profile, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer profile.Close()
	content, err := gzip.NewReader(profile)
	if err != nil {
		t.Fatalf("the profile is not a gzip file: %v", err)
	}
	if all, err := io.ReadAll(content); err != nil || !bytes.Contains(all, []byte("nanoseconds")) {
		t.Errorf("the profile is incomplete: %d bytes, %v", len(all), err)
	}
	if err := run(t.Context(), []string{"serve", "--data-dir", filepath.Join(folder, "data"), "--listen", "127.0.0.1:0", "--cpu-profile", folder}); err == nil {
		t.Error("a folder is accepted as the profile's file")
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

// captureOutput captures standard output until end is called or the test ends.
func captureOutput(t *testing.T) (printed io.Reader, end func()) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = write
	end = sync.OnceFunc(func() {
		os.Stdout = stdout
		_ = write.Close()
	})
	t.Cleanup(end)
	return read, end
}

// output runs a command line and returns what it prints.
func output(t *testing.T, args ...string) string {
	t.Helper()
	printed, end := captureOutput(t)
	err := run(t.Context(), args)
	end()
	out, readErr := io.ReadAll(printed)
	if err != nil || readErr != nil {
		t.Fatalf("newsbell %s: %v, %v", strings.Join(args, " "), err, readErr)
	}
	return string(out)
}

func TestEveryFlagCanBeSetByTheEnvironment(t *testing.T) {
	t.Setenv("NEWSBELL_SENDER", "pigeon")
	t.Setenv("NEWSBELL_DATA_DIR", t.TempDir())
	err := run(t.Context(), []string{"serve"})
	if err == nil || !strings.Contains(err.Error(), `"pigeon"`) {
		t.Errorf("error = %v", err)
	}
}
