// Package netns runs programs in a network namespace of their own, where packets
// can be dropped and the machine's network is not touched.
package netns

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// insideVariable tells a process that its network is its own.
const insideVariable = "NEWSBELL_OWN_NETWORK"

// Inside reports whether this process was started by [Command].
func Inside() bool { return os.Getenv(insideVariable) != "" }

// Available returns nil if this process may make network namespaces with
// firewalls; else an error that says what is missing.
func Available(ctx context.Context) error {
	command := nft(ctx, rulesOf(1))
	command.SysProcAttr = ownNetwork()
	return run(command)
}

// Command prepares a program that runs in a new network namespace. It must call
// [Enter] first. When ctx ends it is asked to end.
func Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, name, args...)
	command.Env = append(os.Environ(), insideVariable+"=1")
	command.SysProcAttr = ownNetwork()
	command.SysProcAttr.Setpgid = true // Ctrl-C is for the parent, which asks it to end
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	return command
}

// Enter brings the loopback interface of a new network namespace up, the only
// one that it has.
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

// ownNetwork starts a process in a new network namespace. A user who is not root
// needs a user namespace for that, in which they keep their name.
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
