-- +goose Up
ALTER TABLE subscriptions ADD COLUMN quiet_from INTEGER CHECK (quiet_from BETWEEN 0 AND 1439);
ALTER TABLE subscriptions ADD COLUMN quiet_until INTEGER CHECK (quiet_until BETWEEN 0 AND 1439)
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL));
ALTER TABLE subscriptions ADD COLUMN key_wakes BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE subscriptions ADD COLUMN hourly_cap INTEGER NOT NULL DEFAULT 0 CHECK (hourly_cap BETWEEN 0 AND 60);
ALTER TABLE subscriptions ADD COLUMN recent BLOB NOT NULL DEFAULT x'';

CREATE TABLE follows_2 (
    topic_id        INTEGER NOT NULL REFERENCES topics (id),
    subscription_id INTEGER NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    level           INTEGER NOT NULL CHECK (level BETWEEN 0 AND 4),
    created_at      DATETIME NOT NULL,
    PRIMARY KEY (topic_id, subscription_id)
) WITHOUT ROWID;
INSERT INTO follows_2 SELECT topic_id, subscription_id, level, created_at FROM follows;
DROP TABLE follows;
ALTER TABLE follows_2 RENAME TO follows;
CREATE INDEX follows_by_subscription ON follows (subscription_id);

ALTER TABLE updates ADD COLUMN corrects_id INTEGER REFERENCES updates (id);
ALTER TABLE outages ADD COLUMN follows_ended_at DATETIME;
CREATE INDEX outages_to_end ON outages (resolved_at) WHERE state = 'resolved' AND follows_ended_at IS NULL;

CREATE TABLE catch_ups (
    outage_id       INTEGER NOT NULL REFERENCES outages (id) ON DELETE CASCADE,
    subscription_id INTEGER NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    first_alert_id  INTEGER NOT NULL,
    alert_id        INTEGER NOT NULL,
    reach           INTEGER NOT NULL CHECK (reach BETWEEN 0 AND 2),
    due_at          DATETIME NOT NULL,
    PRIMARY KEY (outage_id, subscription_id)
) WITHOUT ROWID;
CREATE INDEX catch_ups_due ON catch_ups (outage_id, due_at);
CREATE INDEX catch_ups_by_subscription ON catch_ups (subscription_id);

ALTER TABLE shards ADD COLUMN held INTEGER NOT NULL DEFAULT 0;

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
CREATE INDEX notices_waiting ON notices (due_at) WHERE state = 'waiting';
CREATE INDEX notices_by_subscription ON notices (subscription_id);

CREATE TABLE receipts (
    shard_id  INTEGER PRIMARY KEY REFERENCES shards (id) ON DELETE CASCADE,
    shown     BLOB NOT NULL,
    clicked   BLOB NOT NULL,
    dismissed BLOB NOT NULL
);

CREATE TABLE receipt_keys (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    key        BLOB NOT NULL,
    created_at DATETIME NOT NULL
);

-- +goose Down
DROP TABLE receipt_keys;
DROP TABLE receipts;
DROP TABLE notices;
ALTER TABLE shards DROP COLUMN held;
DROP TABLE catch_ups;
DROP INDEX outages_to_end;
ALTER TABLE outages DROP COLUMN follows_ended_at;
ALTER TABLE updates DROP COLUMN corrects_id;
UPDATE follows SET level = 3 WHERE level = 4;
ALTER TABLE subscriptions DROP COLUMN recent;
ALTER TABLE subscriptions DROP COLUMN hourly_cap;
ALTER TABLE subscriptions DROP COLUMN key_wakes;
ALTER TABLE subscriptions DROP COLUMN quiet_until;
ALTER TABLE subscriptions DROP COLUMN quiet_from;
