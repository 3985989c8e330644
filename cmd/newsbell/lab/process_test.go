package lab

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// labProgram tells a test that it runs in a lab that will be killed, and what the lab's
// processes run.
const labProgram = "NEWSBELL_TEST_LAB"

func TestTheProcessesOfALabEndWhenItIsKilled(t *testing.T) {
	if program := os.Getenv(labProgram); program != "" {
		startLab(t, program)
		return
	}
	output, end, err := os.Pipe() // it ends with the last process that has it
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	lab := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	lab.Env, lab.Stderr = append(os.Environ(), labProgram+"="+build(t), "TMPDIR="+t.TempDir()), end
	if err := lab.Start(); err != nil {
		t.Fatal(err)
	}
	end.Close()
	if err := output.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(output)
	pids := startedIn(t, lines)
	if err := lab.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = lab.Wait()
	if rest, err := io.ReadAll(lines); err != nil {
		t.Errorf("of processes %v, some outlived their lab: %v\n%s", pids, err, rest)
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// startLab starts a push service and a server, which it freezes, and goes on as long as
// the first.
func startLab(t *testing.T, program string) {
	r, err := newRig(program, "")
	if err != nil {
		t.Fatal(err)
	}
	service, err := r.startPushService(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server, err := r.startServer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := server.freeze(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(os.Stderr, "started", service.command.Process.Pid, server.command.Process.Pid)
	<-service.exited
}

// startedIn waits for the lab's line with the IDs of its processes.
func startedIn(t *testing.T, lines *bufio.Reader) []int {
	t.Helper()
	var said strings.Builder
	for {
		line, err := lines.ReadString('\n')
		said.WriteString(line)
		pids := make([]int, 2)
		if _, scanErr := fmt.Sscanf(line, "started %d %d", &pids[0], &pids[1]); scanErr == nil {
			return pids
		}
		if err != nil {
			t.Fatalf("the lab did not start: %v\n%s", err, said.String())
		}
	}
}
