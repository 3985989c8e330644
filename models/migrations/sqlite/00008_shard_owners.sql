-- +goose Up
ALTER TABLE shards ADD COLUMN done BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE shards ADD COLUMN heartbeat INTEGER;
UPDATE shards SET done = TRUE WHERE state = 'finished';
DROP INDEX shards_unfinished;
ALTER TABLE shards DROP COLUMN state;
CREATE INDEX shards_unfinished ON shards (due_at) WHERE NOT done;

-- +goose Down
ALTER TABLE shards ADD COLUMN state TEXT NOT NULL DEFAULT 'unfinished' CHECK (state IN ('unfinished', 'finished'));
UPDATE shards SET state = 'finished' WHERE done;
DROP INDEX shards_unfinished;
ALTER TABLE shards DROP COLUMN done;
ALTER TABLE shards DROP COLUMN heartbeat;
CREATE INDEX shards_unfinished ON shards (due_at) WHERE state = 'unfinished';
