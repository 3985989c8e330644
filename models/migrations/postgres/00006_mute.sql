-- +goose Up
DROP INDEX follows_audience;
ALTER TABLE follows DROP CONSTRAINT follows_level_check;
ALTER TABLE follows RENAME COLUMN level TO min_level;
ALTER TABLE follows ALTER COLUMN min_level DROP NOT NULL;
ALTER TABLE follows ADD COLUMN muted SMALLINT NOT NULL DEFAULT 0;
UPDATE follows SET muted = CASE min_level WHEN 3 THEN 2 ELSE 1 END, min_level = NULL WHERE min_level > 2;
ALTER TABLE follows
    ADD CONSTRAINT follows_min_level_check CHECK (min_level BETWEEN 0 AND 2),
    ADD CONSTRAINT follows_muted_check CHECK (muted BETWEEN 0 AND 2),
    ADD CONSTRAINT follows_some_check CHECK (min_level IS NOT NULL OR muted > 0);
CREATE INDEX follows_audience ON follows (topic_id, subscription_id) INCLUDE (min_level, muted);

UPDATE subscriptions SET paused_until = NULL WHERE paused_until < '2000-01-01';

-- +goose Down
DROP INDEX follows_audience;
ALTER TABLE follows
    DROP CONSTRAINT follows_min_level_check, DROP CONSTRAINT follows_muted_check, DROP CONSTRAINT follows_some_check;
UPDATE follows SET min_level = CASE muted WHEN 2 THEN 3 ELSE 4 END WHERE muted > 0;
ALTER TABLE follows DROP COLUMN muted;
ALTER TABLE follows ALTER COLUMN min_level SET NOT NULL;
ALTER TABLE follows RENAME COLUMN min_level TO level;
ALTER TABLE follows ADD CONSTRAINT follows_level_check CHECK (level BETWEEN 0 AND 4);
CREATE INDEX follows_audience ON follows (topic_id, subscription_id) INCLUDE (level);
