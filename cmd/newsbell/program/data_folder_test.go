package program_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"newsbell/cmd/newsbell/program"
	"newsbell/cmd/newsbell/program/programtest"
	"newsbell/models/modelstest"
)

func TestADatabaseThatOtherUsersCanReadIsLoggedAtTheStart(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	file := filepath.Join(folder, "newsbell.db")
	content, err := os.ReadFile(modelstest.Open(t, modelstest.SQLite).URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, made := range []error{os.Mkdir(folder, 0o700), os.WriteFile(file, content, 0o600)} {
		if made != nil {
			t.Fatal(made)
		}
	}
	for modes, want := range map[[2]os.FileMode][]string{
		{0o700, 0o600}: nil,
		{0o777, 0o600}: {"chmod 700 " + folder},
		{0o700, 0o644}: {"chmod 600 " + file},
		{0o777, 0o640}: {"chmod 700 " + folder, "chmod 600 " + file},
	} {
		for path, mode := range map[string]os.FileMode{folder: modes[0], file: modes[1]} {
			if err := os.Chmod(path, mode); err != nil { // independent of the umask
				t.Fatal(err)
			}
		}
		said := programtest.NewLog()
		p, stop := runServer(t, file, "", said)
		programtest.AwaitReady(t, p.URL())
		stop()
		text := said.Await(t, "")
		if strings.Count(text, " fix=") != len(want) {
			t.Errorf("%v: the log says\n%s", modes, text)
		}
		for _, words := range want {
			if !strings.Contains(text, words) {
				t.Errorf("%v: no %q in\n%s", modes, words, text)
			}
		}
	}
}

func TestAnUnwritableFolderEndsTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	readOnly := filepath.Join(t.TempDir(), "read-only")
	if err := os.Mkdir(readOnly, 0o500); err != nil {
		t.Fatal(err)
	}
	folders := []string{filepath.Join(file, "data")}
	if os.Getuid() != 0 { // root can write everywhere
		folders = append(folders, readOnly)
	}
	for _, folder := range folders {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		s := program.DefaultSettings()
		s.DataDir, s.Listen, s.LogLevel = folder, "127.0.0.1:0", "error"
		c, err := s.Check()
		if err != nil {
			t.Fatal(err)
		}
		p, err := program.New(c, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(p.Run(ctx), p.Close())
		if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), filepath.Dir(folder)) {
			t.Errorf("%s: %v; want an error that names it", folder, err)
		}
	}
}
