// Package deathsig starts processes that do not outlive this one, also when it is
// killed: the kernel sends them a signal then (PR_SET_PDEATHSIG).
package deathsig

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// Start starts a command that gets a signal when this process ends, however it ends.
func Start(command *exec.Cmd, signal syscall.Signal) error {
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	command.SysProcAttr.Pdeathsig = signal
	started := make(chan error)
	starter() <- func() { started <- command.Start() }
	return <-started
}

// Run is [Start], and waits for the command to end.
func Run(command *exec.Cmd, signal syscall.Signal) error {
	if err := Start(command, signal); err != nil {
		return err
	}
	return command.Wait()
}

// starter runs what starts processes on one thread, which ends with this process: the
// signal is sent when the thread ends that started a process.
var starter = sync.OnceValue(func() chan<- func() {
	starts := make(chan func())
	go func() {
		runtime.LockOSThread()
		for start := range starts {
			start()
		}
	}()
	return starts
})
