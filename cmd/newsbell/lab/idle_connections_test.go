package lab

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"newsbell/cmd/newsbell/client"
	"newsbell/cmd/newsbell/program/programtest"
)

// The whole program, with fewer files than the number of connections that are opened.
func TestIdleConnectionsLeaveFilesForAlerts(t *testing.T) {
	const files, hoarded, readers = 400, 420, 20
	ctx := t.Context()
	r, err := newRig(limitedTo(t, files), "")
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	service, err := r.startPushService(ctx)
	if err == nil {
		err = r.seed(ctx, []int{readers}, func(int) {})
	}
	if err == nil {
		err = r.resetSimulated(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	server, err := r.startServer(ctx, "--undo-window", "0s", "--trusted-proxies", "127.0.0.9")
	if err != nil {
		t.Fatal(err)
	}
	programtest.AwaitReady(t, r.api.BaseURL)
	address := strings.TrimPrefix(r.api.BaseURL, "http://")
	for range hoarded {
		hoard(t, address)
	}
	if response, err := clientFrom("127.0.0.2").Get(r.api.BaseURL + "/readyz"); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("another address asks whether it is ready: %v, %v", response, err)
	}

	published, err := r.publish(ctx, "update", "all", "Messages fail for many")
	if err == nil {
		err = r.api.Watch(ctx, published, func(client.Alert) {})
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, err := service.received(ctx); err != nil || got.Accepted != readers {
		t.Errorf("%d of %d readers have the alert: %v", got.Accepted, readers, err)
	}
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", server.command.Process.Pid))
	if err != nil && os.Getenv("CI") != "true" {
		t.Skipf("this system does not tell of a process's files: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if left := files - len(open); left < files/4 {
		t.Errorf("%d of %d files are left for the database and push services", left, files)
	}
}

// hoard opens a connection, requests a page, and keeps the connection open.
func hoard(t *testing.T, address string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\n", address)
}

// clientFrom returns an HTTP client that uses another address of this machine.
func clientFrom(address string) *http.Client {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
}

// limitedTo returns a program that runs this one with a limit of open files.
func limitedTo(t *testing.T, files int) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "limited")
	script := fmt.Sprintf("#!/bin/sh\nulimit -n %d && exec '%s' \"$@\"\n", files, build(t))
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return program
}
