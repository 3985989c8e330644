-- +goose Up
-- An update that is published at a time. A problem says why it was not.
CREATE TABLE scheduled_updates (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    outage_id     INTEGER NOT NULL REFERENCES outages (id) ON DELETE CASCADE,
    person_id     INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    draft_id      INTEGER NOT NULL,
    draft_version INTEGER NOT NULL,
    content       TEXT NOT NULL,
    request_key   TEXT NOT NULL,
    publish_at    DATETIME NOT NULL,
    created_at    DATETIME NOT NULL,
    problem       TEXT NOT NULL
);
CREATE INDEX scheduled_updates_by_outage ON scheduled_updates (outage_id);
CREATE INDEX scheduled_updates_due ON scheduled_updates (publish_at) WHERE problem = '';

-- +goose Down
-- What is scheduled returns to its writers' drafts, unless they have written others.
INSERT INTO drafts (outage_id, person_id, version, content, saved_at)
SELECT outage_id, person_id, 1, content, created_at FROM scheduled_updates u
WHERE NOT EXISTS (SELECT 1 FROM drafts d WHERE d.outage_id = u.outage_id AND d.person_id = u.person_id)
    AND NOT EXISTS (SELECT 1 FROM scheduled_updates o WHERE o.outage_id = u.outage_id AND o.person_id = u.person_id AND o.id > u.id);
DROP TABLE scheduled_updates;
