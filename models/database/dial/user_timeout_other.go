//go:build !linux

package dial

import "syscall"

func boundSilence(string, string, syscall.RawConn) error { return nil }
