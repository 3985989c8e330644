-- +goose Up
-- Entries from before have no hash and are not in the chain.
ALTER TABLE audit_entries ADD COLUMN before TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_entries ADD COLUMN after TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_entries ADD COLUMN hash BLOB;

-- The ends of the chain. Its first entry makes the row.
CREATE TABLE audit_chains (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    first_id INTEGER NOT NULL,
    last_id  INTEGER NOT NULL,
    hash     BLOB NOT NULL
);

CREATE TABLE audit_keys (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    key        BLOB NOT NULL,
    created_at DATETIME NOT NULL
);

-- +goose Down
DROP TABLE audit_keys;
DROP TABLE audit_chains;
ALTER TABLE audit_entries DROP COLUMN hash;
ALTER TABLE audit_entries DROP COLUMN after;
ALTER TABLE audit_entries DROP COLUMN before;
