// Package netns runs programs in a network namespace, where packets can be dropped without
// affecting the machine's network.
package netns

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// insideVariable is set in processes that run in a new network namespace.
const insideVariable = "NEWSBELL_OWN_NETWORK"

// Inside reports whether this process was started by [Command].
func Inside() bool { return os.Getenv(insideVariable) != "" }

// Available returns an error that says what is missing if this process cannot create network
// namespaces with firewalls.
func Available(ctx context.Context) error {
	command := nft(ctx, rulesOf(1))
	command.SysProcAttr = ownNetwork()
	return run(command)
}

// Command returns a command that runs in a new network namespace. The program must call
// [Enter] first. When ctx is done, it gets a signal to end.
func Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, name, args...)
	command.Env = append(os.Environ(), insideVariable+"=1")
	command.SysProcAttr = ownNetwork()
	command.SysProcAttr.Setpgid = true // Ctrl-C is for the parent, which asks it to end
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	return command
}

// Enter brings up the loopback interface of a new network namespace, the only interface that
// it has.
func Enter() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("bring loopback up: %w", err)
	}
	defer unix.Close(socket)
	loopback, err := unix.NewIfreq("lo")
	if err == nil {
		err = unix.IoctlIfreq(socket, unix.SIOCGIFFLAGS, loopback)
	}
	if err == nil {
		loopback.SetUint16(loopback.Uint16() | unix.IFF_UP)
		err = unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, loopback)
	}
	if err != nil {
		return fmt.Errorf("bring loopback up: %w", err)
	}
	return nil
}

// ownNetwork returns the attributes of a process in a new network namespace. Without root,
// that needs a user namespace, which maps the user to itself.
func ownNetwork() *syscall.SysProcAttr {
	if os.Getuid() == 0 {
		return &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	}
	return &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
		AmbientCaps: []uintptr{unix.CAP_NET_ADMIN},
	}
}
