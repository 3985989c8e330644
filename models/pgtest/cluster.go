// Package pgtest runs a throwaway PostgreSQL from the installed binaries, for tests and
// for chaos, which needs one that it may break.
package pgtest

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
	"strconv"
	"syscall"
	"time"

	"newsbell/models/pgtest/deathsig"

	"github.com/jackc/pgx/v5"
	"github.com/shirou/gopsutil/v4/disk"
)

// Cluster is a PostgreSQL in a temporary folder, on a Unix socket there. The
// server ends with the process, also when that is killed.
type Cluster struct {
	folder     string
	address    string // of TCP; empty for the socket alone
	credential *syscall.Credential
	postgres   *os.Process
}

// ErrNotInstalled says that this machine lacks PostgreSQL's binaries.
var ErrNotInstalled = errors.New("PostgreSQL is not installed")

// Port is where a cluster listens that is started by [StartOn].
const Port = 5432

// Start makes a cluster and starts it. It opens no port.
func Start() (*Cluster, error) { return StartOn("") }

// StartOn makes a cluster that listens on [Port] of an address too, without a password.
func StartOn(address string) (*Cluster, error) {
	initdb, err := findBinary("initdb")
	if err != nil {
		return nil, err
	}
	c := &Cluster{address: address}
	if c.folder, err = os.MkdirTemp(parent(), "newsbell-postgres-"); err != nil {
		return nil, err
	}
	if c.credential, err = unprivileged(c.folder); err == nil {
		err = run(c.credential, c.folder, initdb, "-D", c.data(), "-U", "newsbell", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
	}
	if err == nil {
		err = c.Resume()
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// URL is that of the cluster's first database, which is empty.
func (c *Cluster) URL() string {
	return fmt.Sprintf("postgres:///postgres?user=newsbell&port=%d&host=%s", Port, url.QueryEscape(c.folder))
}

// TCPURL is that of the same database by TCP, after [StartOn].
func (c *Cluster) TCPURL() string {
	return fmt.Sprintf("postgres://newsbell@%s:%d/postgres?sslmode=disable", c.address, Port)
}

// Halt ends the server with a fast shutdown: connections are closed, and what was
// committed is kept.
func (c *Cluster) Halt() error {
	if c.postgres == nil {
		return nil
	}
	err := c.postgres.Signal(syscall.SIGINT) // fast shutdown
	_, waitErr := c.postgres.Wait()
	c.postgres = nil
	return errors.Join(err, waitErr)
}

// Resume starts the server, again after [Cluster.Halt], and waits until it answers.
func (c *Cluster) Resume() error {
	postgres, err := findBinary("postgres")
	if err != nil {
		return err
	}
	c.postgres, err = start(c.credential, c.folder, postgres, "-D", c.data(), "-k", c.folder, "-h", c.address, "-p", strconv.Itoa(Port),
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=500")
	if err != nil {
		return err
	}
	return awaitServer(c.URL())
}

// Close ends the server and deletes the folder.
func (c *Cluster) Close() error {
	return errors.Join(c.Halt(), os.RemoveAll(c.folder))
}

// inMemory is a file system in memory, on which a database is made ten times as
// fast, and memoryNeeded what it must have free, in bytes.
const (
	inMemory     = "/dev/shm"
	memoryNeeded = 4 << 30
)

// parent is the folder that the cluster's is made in; empty for the usual one.
func parent() string {
	if usage, err := disk.Usage(inMemory); err != nil || usage.Free < memoryNeeded {
		return ""
	}
	return inMemory
}

func (c *Cluster) data() string { return filepath.Join(c.folder, "data") }

func findBinary(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		return "", fmt.Errorf("%w: there is no %s", ErrNotInstalled, name)
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
	command.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	err = deathsig.Start(command, syscall.SIGQUIT)
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
