-- +goose Up
-- The browsers that people have linked to themselves, for drafts to be sent to.
CREATE TABLE linked_browsers (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id       INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    subscription_id INTEGER NOT NULL UNIQUE REFERENCES subscriptions (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    created_at      DATETIME NOT NULL
);
CREATE INDEX linked_browsers_by_person ON linked_browsers (person_id);

-- SQLite cannot change a CHECK: the table is copied.
ALTER TABLE notices RENAME TO old_notices;
DROP INDEX notices_waiting;
DROP INDEX notices_by_subscription;
CREATE TABLE notices (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription_id INTEGER NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL CHECK (kind IN ('welcome', 'test', 'draft')),
    state           TEXT NOT NULL CHECK (state IN ('waiting', 'accepted', 'failed')),
    epoch           INTEGER NOT NULL,
    due_at          DATETIME NOT NULL,
    deadline        DATETIME NOT NULL,
    status          INTEGER NOT NULL,
    reason          TEXT NOT NULL,
    created_at      DATETIME NOT NULL,
    answered_at     DATETIME,
    content         TEXT NOT NULL DEFAULT ''
);
INSERT INTO notices (id, subscription_id, kind, state, epoch, due_at, deadline, status, reason, created_at, answered_at)
    SELECT id, subscription_id, kind, state, epoch, due_at, deadline, status, reason, created_at, answered_at FROM old_notices;
DROP TABLE old_notices;
CREATE INDEX notices_waiting ON notices (due_at) WHERE state = 'waiting';
CREATE INDEX notices_by_subscription ON notices (subscription_id);

-- +goose Down
ALTER TABLE notices RENAME TO new_notices;
DROP INDEX notices_waiting;
DROP INDEX notices_by_subscription;
CREATE TABLE notices (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription_id INTEGER NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL CHECK (kind IN ('welcome', 'test')),
    state           TEXT NOT NULL CHECK (state IN ('waiting', 'accepted', 'failed')),
    epoch           INTEGER NOT NULL,
    due_at          DATETIME NOT NULL,
    deadline        DATETIME NOT NULL,
    status          INTEGER NOT NULL,
    reason          TEXT NOT NULL,
    created_at      DATETIME NOT NULL,
    answered_at     DATETIME
);
INSERT INTO notices (id, subscription_id, kind, state, epoch, due_at, deadline, status, reason, created_at, answered_at)
    SELECT id, subscription_id, kind, state, epoch, due_at, deadline, status, reason, created_at, answered_at FROM new_notices WHERE kind <> 'draft';
DROP TABLE new_notices;
CREATE INDEX notices_waiting ON notices (due_at) WHERE state = 'waiting';
CREATE INDEX notices_by_subscription ON notices (subscription_id);
DROP TABLE linked_browsers;
