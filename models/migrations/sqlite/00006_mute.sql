-- +goose Up
CREATE TABLE follows_2 (
    topic_id        INTEGER NOT NULL REFERENCES topics (id),
    subscription_id INTEGER NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    min_level       INTEGER CHECK (min_level BETWEEN 0 AND 2),
    muted           INTEGER NOT NULL DEFAULT 0 CHECK (muted BETWEEN 0 AND 2),
    created_at      DATETIME NOT NULL,
    CHECK (min_level IS NOT NULL OR muted > 0),
    PRIMARY KEY (topic_id, subscription_id)
) WITHOUT ROWID;
INSERT INTO follows_2 (topic_id, subscription_id, min_level, muted, created_at)
    SELECT topic_id, subscription_id, CASE WHEN level <= 2 THEN level END,
        CASE level WHEN 3 THEN 2 WHEN 4 THEN 1 ELSE 0 END, created_at FROM follows;
DROP TABLE follows;
ALTER TABLE follows_2 RENAME TO follows;
CREATE INDEX follows_by_subscription ON follows (subscription_id);

UPDATE subscriptions SET paused_until = NULL WHERE paused_until < '2000-01-01';

-- +goose Down
CREATE TABLE follows_2 (
    topic_id        INTEGER NOT NULL REFERENCES topics (id),
    subscription_id INTEGER NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    level           INTEGER NOT NULL CHECK (level BETWEEN 0 AND 4),
    created_at      DATETIME NOT NULL,
    PRIMARY KEY (topic_id, subscription_id)
) WITHOUT ROWID;
INSERT INTO follows_2 (topic_id, subscription_id, level, created_at)
    SELECT topic_id, subscription_id, CASE muted WHEN 2 THEN 3 WHEN 1 THEN 4 ELSE min_level END, created_at FROM follows;
DROP TABLE follows;
ALTER TABLE follows_2 RENAME TO follows;
CREATE INDEX follows_by_subscription ON follows (subscription_id);
