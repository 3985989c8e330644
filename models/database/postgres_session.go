package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// connectWithin bounds the making of a connection, unless its URL does.
	connectWithin = 5 * time.Second
	// answerWithin is how long PostgreSQL may be silent when it was asked.
	answerWithin = 8 * time.Second
	// A connection that was idle for checkIdleAfter is asked before it is used
	// again, and must answer within checkWithin.
	checkIdleAfter = time.Second
	checkWithin    = 2 * time.Second
)

// A process that stops in the middle of a transaction keeps its locks. PostgreSQL ends its
// session after this time, before its shards go to other workers.
const (
	idleInTransaction   = "idle_in_transaction_session_timeout"
	idleInTransactionMS = "2000"
)

// postgresSessions prepares the connections of a pool and drops the dead ones.
type postgresSessions struct {
	// idleTimeout bounds transactions. It is set by statements: PgBouncer refuses
	// it as a startup parameter.
	idleTimeout string
	// pooled says that transactions share the server's sessions, so that nothing
	// can be set for a session.
	pooled bool
	// silences counts the connections that were found dead. Older connections are not used
	// again: the same cause has usually cut off all of them.
	silences atomic.Int64
}

// postgresSession is what is known of a connection.
type postgresSession struct {
	silences int64 // before it was made
	used     time.Time
}

const sessionKey = "newsbell"

// newPostgresSessions prepares for connections of a configuration.
func newPostgresSessions(config *pgx.ConnConfig, pooled bool) *postgresSessions {
	p := &postgresSessions{idleTimeout: idleInTransactionMS, pooled: pooled}
	if own, ok := config.RuntimeParams[idleInTransaction]; ok {
		p.idleTimeout = own
		delete(config.RuntimeParams, idleInTransaction)
	}
	if pooled {
		config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	config.AfterNetConnect = func(_ context.Context, _ *pgconn.Config, conn net.Conn) (net.Conn, error) {
		return newPatientConn(conn, answerWithin, func() { p.silences.Add(1) }), nil
	}
	return p
}

func (p *postgresSessions) open(config *pgx.ConnConfig) *sql.DB {
	never := func(context.Context, stdlib.ShouldPingParams) bool { return false } // check does
	return stdlib.OpenDB(*config,
		stdlib.OptionAfterConnect(p.prepare), stdlib.OptionShouldPing(never), stdlib.OptionResetSession(p.check))
}

// boundTransaction is the statement that bounds a transaction by itself.
func (p *postgresSessions) boundTransaction() transactionStart {
	return transactionStart{"SELECT set_config(?, ?, true)", []any{idleInTransaction, p.idleTimeout}}
}

// prepare makes a new connection ours. Times are read as UTC, whatever the zone
// of the process.
func (p *postgresSessions) prepare(ctx context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	conn.PgConn().CustomData()[sessionKey] = &postgresSession{silences: p.silences.Load(), used: time.Now()}
	if p.pooled {
		return nil
	}
	_, err := conn.Exec(ctx, "SELECT set_config($1, $2, false)", pgx.QueryExecModeExec, idleInTransaction, p.idleTimeout)
	return err
}

// check reports whether a connection can be used again.
func (p *postgresSessions) check(ctx context.Context, conn *pgx.Conn) error {
	session, ok := conn.PgConn().CustomData()[sessionKey].(*postgresSession)
	if !ok || session.silences < p.silences.Load() {
		return driver.ErrBadConn
	}
	if time.Since(session.used) > checkIdleAfter {
		checking, cancel := context.WithTimeout(ctx, checkWithin)
		defer cancel()
		if err := conn.PgConn().Ping(checking); err != nil {
			if ctx.Err() == nil {
				p.silences.Add(1)
			}
			return errors.Join(driver.ErrBadConn, err)
		}
	}
	session.used = time.Now()
	return nil
}
