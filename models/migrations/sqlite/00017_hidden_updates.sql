-- +goose Up
-- An update is hidden until its undo window ends. Its position is the order in which updates
-- became visible; NULL while it is hidden. held is the draft of a hidden update.
ALTER TABLE updates ADD COLUMN position INTEGER;
ALTER TABLE updates ADD COLUMN held TEXT;
UPDATE updates SET position = id;
CREATE UNIQUE INDEX updates_by_position ON updates (outage_id, position);
CREATE INDEX updates_hidden ON updates (id) WHERE position IS NULL;

-- +goose Down
-- Readers never saw what was undone; older releases would show it.
DELETE FROM alerts WHERE state = 'stopped' AND update_id IN (SELECT id FROM updates WHERE position IS NULL);
DELETE FROM updates WHERE position IS NULL AND id NOT IN (SELECT update_id FROM alerts);
DROP INDEX updates_hidden;
DROP INDEX updates_by_position;
ALTER TABLE updates DROP COLUMN held;
ALTER TABLE updates DROP COLUMN position;
