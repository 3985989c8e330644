-- +goose Up
CREATE TABLE apps (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    slug             TEXT NOT NULL UNIQUE,
    name             TEXT NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('up', 'failing', 'recovering')),
    state_changed_at DATETIME NOT NULL,
    created_at       DATETIME NOT NULL
);

CREATE TABLE outages (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    slug        TEXT NOT NULL UNIQUE,
    headline    TEXT NOT NULL,
    standfirst  TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('ongoing', 'resolved')),
    began_at    DATETIME NOT NULL,
    resolved_at DATETIME,
    created_at  DATETIME NOT NULL
);
CREATE INDEX outages_by_began_at ON outages (began_at);

CREATE TABLE outage_apps (
    outage_id INTEGER NOT NULL REFERENCES outages (id) ON DELETE CASCADE,
    app_id    INTEGER NOT NULL REFERENCES apps (id),
    PRIMARY KEY (outage_id, app_id)
) WITHOUT ROWID;
CREATE INDEX outage_apps_by_app ON outage_apps (app_id);

CREATE TABLE updates (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    outage_id    INTEGER NOT NULL REFERENCES outages (id),
    kind         TEXT NOT NULL CHECK (kind IN ('update', 'resolution', 'correction')),
    alert_level  TEXT NOT NULL CHECK (alert_level IN ('none', 'all', 'key')),
    headline     TEXT NOT NULL,
    body         TEXT NOT NULL,
    published_at DATETIME NOT NULL
);
CREATE INDEX updates_by_outage ON updates (outage_id, published_at);

CREATE TABLE update_apps (
    update_id INTEGER NOT NULL REFERENCES updates (id) ON DELETE CASCADE,
    app_id    INTEGER NOT NULL REFERENCES apps (id),
    state     TEXT CHECK (state IN ('up', 'failing', 'recovering')),
    PRIMARY KEY (update_id, app_id)
) WITHOUT ROWID;

CREATE TABLE topics (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('outage', 'app')),
    slug TEXT NOT NULL,
    UNIQUE (kind, slug)
);

CREATE TABLE vapid_keys (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    public_key  TEXT NOT NULL UNIQUE,
    private_key TEXT NOT NULL,
    current     BOOLEAN NOT NULL,
    created_at  DATETIME NOT NULL
);
CREATE UNIQUE INDEX vapid_keys_one_current ON vapid_keys (current) WHERE current;

CREATE TABLE subscriptions (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint          TEXT NOT NULL,
    endpoint_hash     BLOB NOT NULL UNIQUE,
    p256dh            BLOB NOT NULL,
    auth              BLOB NOT NULL,
    secret_hash       BLOB NOT NULL UNIQUE,
    vapid_key_id      INTEGER NOT NULL REFERENCES vapid_keys (id),
    time_zone         TEXT NOT NULL,
    paused_until      DATETIME,
    needs_resubscribe BOOLEAN NOT NULL,
    created_at        DATETIME NOT NULL,
    updated_at        DATETIME NOT NULL
);
CREATE INDEX subscriptions_by_vapid_key ON subscriptions (vapid_key_id);

CREATE TABLE follows (
    topic_id        INTEGER NOT NULL REFERENCES topics (id),
    subscription_id INTEGER NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    level           INTEGER NOT NULL CHECK (level BETWEEN 0 AND 3),
    created_at      DATETIME NOT NULL,
    PRIMARY KEY (topic_id, subscription_id)
) WITHOUT ROWID;
CREATE INDEX follows_by_subscription ON follows (subscription_id);

CREATE TABLE alerts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    update_id   INTEGER NOT NULL UNIQUE REFERENCES updates (id),
    outage_id   INTEGER NOT NULL REFERENCES outages (id),
    priority    BOOLEAN NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('holding', 'sending', 'sent', 'stopped', 'superseded')),
    hold_until  DATETIME NOT NULL,
    deadline    DATETIME NOT NULL,
    audience    INTEGER NOT NULL,
    planned_upto INTEGER NOT NULL,
    planned_at  DATETIME,
    finished_at DATETIME,
    created_at  DATETIME NOT NULL
);
CREATE INDEX alerts_unfinished ON alerts (state) WHERE state IN ('holding', 'sending');

CREATE TABLE alert_topics (
    alert_id INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    topic_id INTEGER NOT NULL REFERENCES topics (id),
    reach    INTEGER NOT NULL CHECK (reach BETWEEN 0 AND 2),
    PRIMARY KEY (alert_id, topic_id)
) WITHOUT ROWID;

CREATE TABLE shards (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    alert_id   INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    after_id   INTEGER NOT NULL,
    upto_id    INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    epoch      INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('unfinished', 'finished')),
    due_at     DATETIME NOT NULL,
    accepted   INTEGER NOT NULL,
    gone       INTEGER NOT NULL,
    failed     INTEGER NOT NULL,
    waiting    INTEGER NOT NULL,
    hosts      TEXT NOT NULL,
    ledger     BLOB NOT NULL,
    UNIQUE (alert_id, after_id)
);
CREATE INDEX shards_unfinished ON shards (due_at) WHERE state = 'unfinished';

CREATE TABLE failures (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    alert_id        INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    subscription_id INTEGER NOT NULL,
    push_host       TEXT NOT NULL,
    status          INTEGER NOT NULL,
    reason          TEXT NOT NULL,
    created_at      DATETIME NOT NULL
);
CREATE INDEX failures_by_alert ON failures (alert_id);
CREATE INDEX failures_by_subscription ON failures (subscription_id);

CREATE TABLE tokens (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL UNIQUE,
    secret_hash  BLOB NOT NULL UNIQUE,
    revoked_at   DATETIME,
    created_at   DATETIME NOT NULL
);

CREATE TABLE sessions (
    token      TEXT PRIMARY KEY,
    data       BLOB NOT NULL,
    expires_at DATETIME NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE audit_entries (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    actor      TEXT NOT NULL,
    action     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    created_at DATETIME NOT NULL
);

-- +goose Down
DROP TABLE audit_entries;
DROP TABLE sessions;
DROP TABLE tokens;
DROP TABLE failures;
DROP TABLE shards;
DROP TABLE alert_topics;
DROP TABLE alerts;
DROP TABLE follows;
DROP TABLE subscriptions;
DROP TABLE vapid_keys;
DROP TABLE topics;
DROP TABLE update_apps;
DROP TABLE updates;
DROP TABLE outage_apps;
DROP TABLE outages;
DROP TABLE apps;
