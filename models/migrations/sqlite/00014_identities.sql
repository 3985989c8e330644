-- +goose Up
CREATE TABLE identities (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id  INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    UNIQUE (issuer, subject)
);

-- +goose Down
DROP TABLE identities;
