package dial

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// boundSilence sets TCP_USER_TIMEOUT, which also bounds how long keep-alive
// probes go on without an answer.
func boundSilence(network, _ string, raw syscall.RawConn) (err error) {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	controlErr := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(silentFor.Milliseconds()))
	})
	if controlErr != nil {
		return controlErr
	}
	return err
}
