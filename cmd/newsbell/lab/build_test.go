package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"newsbell/models/modelstest"
)

// TestMain also removes the executable of [build].
func TestMain(m *testing.M) {
	modelstest.Main(m, func() { _ = os.RemoveAll(built.folder) })
}

// built is the executable, built when the first test needs it, without the race detector,
// which would make a fleet three times slower.
var built struct {
	once   sync.Once
	folder string
	err    error
}

func build(t *testing.T) (program string) {
	t.Helper()
	built.once.Do(func() {
		if built.folder, built.err = os.MkdirTemp("", "newsbell-built-"); built.err != nil {
			return
		}
		command := exec.Command("go", "build", "-o", built.folder, "newsbell/cmd/newsbell")
		command.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := command.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.folder, "newsbell")
}
