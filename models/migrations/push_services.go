package migrations

import (
	"context"
	"database/sql"
	"newsbell/models/database"

	"github.com/pressly/goose/v3"
)

// pushServices is the migration of version 10, in Go because of the endpoints: each is one
// row however it is spelled, and its push service is a column. Topics are keyed, except
// for alerts that may be half sent, and stored reasons name no addresses of the local
// network.
type pushServices struct{ database.Dialect }

func (m pushServices) migration() *goose.Migration {
	migration := goose.NewGoMigration(10, &goose.GoFunc{RunTx: m.up}, &goose.GoFunc{RunTx: m.down})
	migration.Source = "00010_push_services.go"
	return migration
}

func (m pushServices) up(ctx context.Context, tx *sql.Tx) error {
	if err := (endpointMigration{m.Dialect, tx}).normalise(ctx); err != nil {
		return err
	}
	return execAll(ctx, tx,
		"ALTER TABLE subscriptions ADD COLUMN push_service TEXT "+m.column(),
		"ALTER TABLE receipt_keys ADD COLUMN plain_topics_upto BIGINT NOT NULL DEFAULT 0",
		"UPDATE receipt_keys SET plain_topics_upto = (SELECT COALESCE(MAX(id), 0) FROM alerts)",
		"UPDATE failures SET reason = 'the network failed' WHERE "+isRawReason,
		"UPDATE notices SET reason = 'the network failed' WHERE "+isRawReason,
	)
}

func (m pushServices) down(ctx context.Context, tx *sql.Tx) error {
	if err := (endpointMigration{m.Dialect, tx}).hashAsSpelled(ctx); err != nil {
		return err
	}
	return execAll(ctx, tx,
		"ALTER TABLE subscriptions DROP COLUMN push_service",
		"ALTER TABLE receipt_keys DROP COLUMN plain_topics_upto",
	)
}

// isRawReason reports whether a reason has the words of Go's network packages.
const isRawReason = `status = 0 AND (reason LIKE '%dial %' OR reason LIKE '%lookup %' OR reason LIKE '%read %'
	OR reason LIKE '%write %' OR reason LIKE '%connect to %' OR reason LIKE '%tls: %' OR reason LIKE '%x509: %')`

// column computes in SQL what [endpoints.PushService] is of an endpoint in its
// normal form.
func (m pushServices) column() string {
	if m.Numbered {
		return "GENERATED ALWAYS AS (split_part(endpoint, '/', 3)) STORED"
	}
	const rest = "substr(endpoint, instr(endpoint, '://') + 3)"
	return "GENERATED ALWAYS AS (substr(" + rest + ", 1, instr(" + rest + ", '/') - 1)) VIRTUAL"
}

func execAll(ctx context.Context, tx *sql.Tx, statements ...string) error {
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
