-- +goose Up
-- The one row says which alerts need a second person; without it, none do.
CREATE TABLE policies (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    above_readers INTEGER CHECK (above_readers >= 0),
    key_moments   BOOLEAN NOT NULL,
    changed_at    DATETIME NOT NULL
);

-- Somebody asks for the approval of one version of their draft, and gets an answer. The
-- update is the one that it was published as.
CREATE TABLE approvals (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    outage_id     INTEGER NOT NULL REFERENCES outages (id) ON DELETE CASCADE,
    draft_id      INTEGER NOT NULL,
    draft_version INTEGER NOT NULL,
    content       TEXT NOT NULL,
    writer_id     INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    asked_at      DATETIME NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'returned')),
    decider_id    INTEGER REFERENCES people (id) ON DELETE SET NULL,
    decided_at    DATETIME,
    reason        TEXT NOT NULL,
    update_id     INTEGER
);
CREATE INDEX approvals_by_draft ON approvals (draft_id);
CREATE INDEX approvals_waiting ON approvals (state) WHERE state = 'waiting';

-- +goose Down
DROP TABLE approvals;
DROP TABLE policies;
