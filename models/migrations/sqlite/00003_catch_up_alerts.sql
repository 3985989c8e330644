-- +goose NO TRANSACTION
-- A table that others refer to is made anew while foreign keys are off, which
-- cannot be done inside a transaction (https://sqlite.org/lang_altertable.html
-- section 7). It may run again when it was cut off before it was noted.

-- +goose Up
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE alerts_2 (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    update_id   INTEGER NOT NULL REFERENCES updates (id),
    outage_id   INTEGER NOT NULL REFERENCES outages (id),
    priority    BOOLEAN NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('holding', 'sending', 'sent', 'stopped', 'superseded')),
    hold_until  DATETIME NOT NULL,
    deadline    DATETIME NOT NULL,
    catch_up_until DATETIME,
    audience    INTEGER NOT NULL,
    planned_upto INTEGER NOT NULL,
    planned_at  DATETIME,
    finished_at DATETIME,
    created_at  DATETIME NOT NULL
);
INSERT INTO alerts_2 (id, update_id, outage_id, priority, state, hold_until, deadline, audience, planned_upto, planned_at, finished_at, created_at)
    SELECT id, update_id, outage_id, priority, state, hold_until, deadline, audience, planned_upto, planned_at, finished_at, created_at FROM alerts;
DROP TABLE alerts;
ALTER TABLE alerts_2 RENAME TO alerts;
CREATE INDEX alerts_unfinished ON alerts (state) WHERE state IN ('holding', 'sending');
CREATE UNIQUE INDEX alerts_by_update ON alerts (update_id) WHERE catch_up_until IS NULL;
CREATE INDEX alerts_by_outage ON alerts (outage_id);
COMMIT;
PRAGMA foreign_keys = ON;

-- +goose Down
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
DELETE FROM shards WHERE alert_id IN (SELECT id FROM alerts WHERE catch_up_until IS NOT NULL);
DELETE FROM failures WHERE alert_id IN (SELECT id FROM alerts WHERE catch_up_until IS NOT NULL);
CREATE TABLE alerts_2 (
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
INSERT INTO alerts_2 SELECT id, update_id, outage_id, priority, state, hold_until, deadline, audience, planned_upto, planned_at, finished_at, created_at
    FROM alerts WHERE catch_up_until IS NULL;
DROP TABLE alerts;
ALTER TABLE alerts_2 RENAME TO alerts;
CREATE INDEX alerts_unfinished ON alerts (state) WHERE state IN ('holding', 'sending');
COMMIT;
PRAGMA foreign_keys = ON;
