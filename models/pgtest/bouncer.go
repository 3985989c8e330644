package pgtest

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// Bouncer is a PgBouncer before a PostgreSQL, with its defaults but for the way
// it pools.
type Bouncer struct {
	folder  string
	port    int
	user    string
	process *os.Process
}

// StartBouncer starts a PgBouncer before the server of a URL. It pools by
// "session" or by "transaction", with a few sessions of the server.
func StartBouncer(serverURL, pooling string) (*Bouncer, error) {
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		return nil, errors.New("PgBouncer is not installed")
	}
	server, err := pgconn.ParseConfig(serverURL)
	if err != nil {
		return nil, err
	}
	b := &Bouncer{user: server.User}
	if b.folder, err = os.MkdirTemp("", "newsbell-pgbouncer-"); err != nil {
		return nil, err
	}
	credential, err := unprivileged(b.folder)
	if err == nil {
		b.port, err = freePort()
	}
	if err == nil {
		err = b.configure(server, pooling)
	}
	if err == nil {
		b.process, err = start(credential, b.folder, program, b.file("pgbouncer.ini"))
	}
	if err == nil {
		err = awaitServer(b.URL(server.Database))
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// URL is that of a database behind the pooler.
func (b *Bouncer) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User(b.user), Host: fmt.Sprintf("127.0.0.1:%d", b.port), Path: database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Close ends the pooler and deletes its folder.
func (b *Bouncer) Close() error {
	var err error
	if b.process != nil {
		err = b.process.Signal(syscall.SIGTERM) // at once
		_, waitErr := b.process.Wait()
		err = errors.Join(err, waitErr)
	}
	return errors.Join(err, os.RemoveAll(b.folder))
}

// poolSize is how many sessions of the server the pooler has for a database:
// fewer than a process has connections, so that those that pool transactions
// change sessions all the time.
var poolSize = map[string]int{"session": 40, "transaction": 3}

func (b *Bouncer) configure(server *pgconn.Config, pooling string) error {
	settings := fmt.Sprintf(`[databases]
* = host=%s port=%d
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = trust
auth_file = %s
pool_mode = %s
default_pool_size = %d
`, server.Host, server.Port, b.port, b.file("users"), pooling, poolSize[pooling])
	return errors.Join(
		os.WriteFile(b.file("users"), fmt.Appendf(nil, "%q \"\"\n", b.user), 0o644),
		os.WriteFile(b.file("pgbouncer.ini"), []byte(settings), 0o644))
}

func (b *Bouncer) file(name string) string { return filepath.Join(b.folder, name) }

// freePort returns a port that is not in use.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
