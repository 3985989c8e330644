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

func TestMain(m *testing.M) { modelstest.Main(m) }

// executable is the program, built when the first test needs it, without the race
// detector, which would make a fleet three times slower. It is where make build puts it,
// so that it is linked once.
var executable = sync.OnceValues(func() (string, error) {
	path, err := filepath.Abs("../../../bin/newsbell")
	if err != nil {
		return "", err
	}
	command := exec.Command("go", "build", "-o", path, "newsbell/cmd/newsbell")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

func build(t *testing.T) (program string) {
	t.Helper()
	program, err := executable()
	if err != nil {
		t.Fatal(err)
	}
	return program
}
