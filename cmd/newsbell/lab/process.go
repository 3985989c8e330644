package lab

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"newsbell/cmd/newsbell/program"
	"newsbell/models/pgtest/deathsig"

	"github.com/shirou/gopsutil/v4/process"
)

// child is this program in another process, as the benchmark and chaos run it. It does not outlive this process.
type child struct {
	command *exec.Cmd
	watched *process.Process
	exited  chan struct{}
	err     error // of Wait, once exited
	peak    atomic.Uint64
	ending  sync.Once
}

// startChild starts a command of the rig's program, which logs to the rig's log. It waits
// for the line of output that ready accepts, and returns ready's result.
func (r *rig) startChild(ctx context.Context, env []string, ready func(line string) (string, bool), args ...string) (*child, string, error) {
	command := exec.Command(r.program, args...)
	command.Env = append(slices.DeleteFunc(os.Environ(), program.IsSetting), env...)
	command.Stderr = r.log
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for this process, which ends the others
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := deathsig.Start(command, syscall.SIGKILL); err != nil {
		return nil, "", fmt.Errorf("start %s: %w", args[0], err)
	}
	c := &child{command: command, exited: make(chan struct{})}
	if c.watched, err = process.NewProcess(int32(command.Process.Pid)); err != nil {
		return nil, "", fmt.Errorf("watch %s: %w", args[0], err)
	}
	found := make(chan string, 1)
	go func() {
		defer close(c.exited)
		lines := bufio.NewScanner(output)
		for lines.Scan() {
			if answer, ok := ready(lines.Text()); ok {
				found <- answer
				break
			}
		}
		_, _ = io.Copy(io.Discard, output)
		c.err = command.Wait()
	}()
	select {
	case answer := <-found:
		return c, answer, nil
	case <-c.exited:
		return nil, "", fmt.Errorf("%s ended at once: %v", args[0], c.err)
	case <-ctx.Done():
		_ = c.stop()
		return nil, "", ctx.Err()
	}
}

// end signals the process to end, once: a second signal would interrupt its shutdown.
func (c *child) end() (err error) {
	c.ending.Do(func() { err = c.command.Process.Signal(syscall.SIGTERM) })
	return err
}

// stop signals the process to end, and waits for it.
func (c *child) stop() error {
	_ = c.end()
	<-c.exited
	return c.err
}

// kill kills the process.
func (c *child) kill() {
	_ = c.command.Process.Kill()
	<-c.exited
}

func (c *child) hasExited() bool {
	select {
	case <-c.exited:
		return true
	default:
		return false
	}
}

// freeze suspends the process; thaw resumes it.
func (c *child) freeze() error { return c.command.Process.Signal(syscall.SIGSTOP) }
func (c *child) thaw() error   { return c.command.Process.Signal(syscall.SIGCONT) }

// cpu returns the CPU time of the process on all cores.
func (c *child) cpu() (time.Duration, error) {
	times, err := c.watched.Times()
	if err != nil {
		return 0, err
	}
	return time.Duration((times.User + times.System) * float64(time.Second)), nil
}

// watchMemory records the peak of resident memory until ctx is done.
func (c *child) watchMemory(ctx context.Context) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		if memory, err := c.watched.MemoryInfo(); err == nil && memory.RSS > c.peak.Load() {
			c.peak.Store(memory.RSS)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
