-- +goose Up
-- Entries from before have no hash and are not in the chain.
ALTER TABLE audit_entries ADD COLUMN before TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_entries ADD COLUMN after TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_entries ADD COLUMN hash BYTEA;

-- The ends of the chain. Its first entry makes the row.
CREATE TABLE audit_chains (
    id       BIGINT PRIMARY KEY CHECK (id = 1),
    first_id BIGINT NOT NULL,
    last_id  BIGINT NOT NULL,
    hash     BYTEA NOT NULL
);

CREATE TABLE audit_keys (
    id         BIGINT PRIMARY KEY CHECK (id = 1),
    key        BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE audit_keys;
DROP TABLE audit_chains;
ALTER TABLE audit_entries DROP COLUMN hash;
ALTER TABLE audit_entries DROP COLUMN after;
ALTER TABLE audit_entries DROP COLUMN before;
-- The chain numbers its entries itself.
SELECT setval(pg_get_serial_sequence('audit_entries', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM audit_entries), false);
