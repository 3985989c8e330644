-- +goose Up
CREATE TABLE passkeys (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id     INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    handle        BLOB NOT NULL,
    credential_id BLOB NOT NULL UNIQUE,
    credential    BLOB NOT NULL,
    name          TEXT NOT NULL,
    created_at    DATETIME NOT NULL,
    last_used_at  DATETIME,
    suspended_at  DATETIME
);
CREATE INDEX passkeys_by_person ON passkeys (person_id);

CREATE TABLE challenges (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    secret_hash BLOB NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    person_id   INTEGER REFERENCES people (id) ON DELETE CASCADE,
    data        BLOB NOT NULL,
    expires_at  DATETIME NOT NULL
);
CREATE INDEX challenges_by_expiry ON challenges (expires_at);
CREATE INDEX challenges_by_person ON challenges (person_id);

-- +goose Down
DROP TABLE challenges;
DROP TABLE passkeys;
