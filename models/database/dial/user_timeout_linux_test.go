package dial_test

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"newsbell/models/database/dial"
)

func TestAPeerThatIsGoneWithoutAWordIsNoticedWithinSeconds(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := dial.Dialer().DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for option, want := range map[int]int{unix.TCP_USER_TIMEOUT: 4000, unix.TCP_KEEPIDLE: 2, unix.TCP_KEEPINTVL: 1, unix.TCP_KEEPCNT: 2} {
		var got int
		var optionErr error
		err := raw.Control(func(fd uintptr) { got, optionErr = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, option) })
		if err != nil || optionErr != nil || got != want {
			t.Errorf("socket option %d is %d, %v, %v; want %d", option, got, err, optionErr, want)
		}
	}
}
