package program_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"newsbell/cmd/newsbell/program"
	"newsbell/cmd/newsbell/program/programtest"
)

func TestTheFirstStartCreatesEverythingAndPrintsWhere(t *testing.T) {
	s := program.DefaultSettings()
	s.DataDir, s.Listen, s.LogLevel = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0", "error"
	c, err := s.Check()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	address, stop := programtest.Serve(t, c, &out)
	for _, word := range []string{"created data folder", "created database", "ran migration", "created VAPID key"} {
		if !strings.Contains(out.String(), word) {
			t.Errorf("no %q in\n%s", word, &out)
		}
	}
	info, err := os.Stat(filepath.Join(s.DataDir, "newsbell.db"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("database: %v, %v; want access only for its owner", info, err)
	}
	if status := programtest.Get(t, address+"/readyz"); status != http.StatusOK {
		t.Errorf("readyz: %d", status)
	}
	stop()
	out.Reset()
	_, stop = programtest.Serve(t, c, &out)
	stop()
	if out.Len() != 0 {
		t.Errorf("the second start created\n%s", &out)
	}
}
