-- +goose Up
CREATE TABLE people (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'chief')),
    password_hash TEXT NOT NULL,
    created_at    DATETIME NOT NULL,
    removed_at    DATETIME
);
CREATE UNIQUE INDEX people_by_email ON people (email) WHERE removed_at IS NULL;

-- The invitation that a server prints while there are no people has no email.
CREATE TABLE invitations (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('invite', 'reset')),
    secret_hash BLOB NOT NULL UNIQUE,
    email       TEXT NOT NULL,
    role        TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'chief')),
    invited_by  TEXT NOT NULL,
    created_at  DATETIME NOT NULL,
    expires_at  DATETIME NOT NULL,
    used_at     DATETIME
);
CREATE INDEX invitations_by_email ON invitations (email);

-- Sessions had no owner that SQL can read, so the old ones end.
DROP TABLE sessions;
CREATE TABLE sessions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    secret_hash  BLOB NOT NULL UNIQUE,
    person_id    INTEGER REFERENCES people (id) ON DELETE CASCADE,
    token_id     INTEGER REFERENCES tokens (id) ON DELETE CASCADE,
    browser      TEXT NOT NULL,
    created_at   DATETIME NOT NULL,
    last_used_at DATETIME NOT NULL,
    expires_at   DATETIME NOT NULL,
    CHECK ((person_id IS NULL) <> (token_id IS NULL))
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_by_person ON sessions (person_id);

-- +goose Down
DROP TABLE sessions;
DROP TABLE invitations;
DROP TABLE people;
CREATE TABLE sessions (
    token      TEXT PRIMARY KEY,
    data       BLOB NOT NULL,
    expires_at DATETIME NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
