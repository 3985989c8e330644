package modelstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// startCluster makes a PostgreSQL cluster in a temporary folder and starts it
// on a Unix socket there; no port is opened. The server ends with the process,
// also when that is killed.
func startCluster() (serverURL string, stop func(), err error) {
	initdb, err := findBinary("initdb")
	if err != nil {
		return "", nil, err
	}
	postgres, err := findBinary("postgres")
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "newsbell-postgres-")
	if err != nil {
		return "", nil, err
	}
	credential, err := unprivileged(dir)
	if err != nil {
		return "", nil, err
	}
	data := filepath.Join(dir, "data")
	if err := run(credential, dir, initdb, "-D", data, "-U", "newsbell", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"); err != nil {
		return "", nil, err
	}
	process, err := start(credential, dir, postgres, "-D", data, "-k", dir, "-h", "",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200")
	if err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = process.Signal(syscall.SIGINT) // fast shutdown
		_, _ = process.Wait()
		_ = os.RemoveAll(dir)
	}
	serverURL = "postgres:///postgres?user=newsbell&host=" + url.QueryEscape(dir)
	if err := awaitServer(serverURL); err != nil {
		stop()
		return "", nil, err
	}
	return serverURL, stop, nil
}

func findBinary(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		return "", fmt.Errorf("PostgreSQL's %s is not installed", name)
	}
	return found[len(found)-1], nil
}

// unprivileged hands dir to a user that PostgreSQL accepts: it refuses to run
// as root.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(nobody.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, int(uid), int(gid))
}

func run(credential *syscall.Credential, dir, name string, args ...string) error {
	command := exec.Command(name, args...)
	command.Dir = dir
	command.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(name), err, bytes.TrimSpace(output))
	}
	return nil
}

func start(credential *syscall.Credential, dir, name string, args ...string) (*os.Process, error) {
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command := exec.Command(name, args...)
	command.Dir, command.Stdout, command.Stderr = dir, log, log
	command.SysProcAttr = &syscall.SysProcAttr{Credential: credential, Pdeathsig: syscall.SIGQUIT}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // Pdeathsig is sent when the starting thread ends
		started <- command.Start()
		select {}
	}()
	err = <-started
	return command.Process, err
}

func awaitServer(serverURL string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		conn, err := pgx.Connect(ctx, serverURL)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-retry.C:
		}
	}
}
