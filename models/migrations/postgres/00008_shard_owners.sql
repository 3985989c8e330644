-- Workers of older releases look for the column state. Without it they claim
-- nothing and end nothing: of a shard's owner they know nothing.

-- +goose Up
ALTER TABLE shards
    ADD COLUMN done      BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN heartbeat BIGINT;
UPDATE shards SET done = TRUE WHERE state = 'finished';
DROP INDEX shards_unfinished;
ALTER TABLE shards DROP COLUMN state;
CREATE INDEX shards_unfinished ON shards (due_at) WHERE NOT done;

-- +goose Down
ALTER TABLE shards ADD COLUMN state TEXT NOT NULL DEFAULT 'unfinished' CHECK (state IN ('unfinished', 'finished'));
UPDATE shards SET state = 'finished' WHERE done;
ALTER TABLE shards ALTER COLUMN state DROP DEFAULT;
DROP INDEX shards_unfinished;
ALTER TABLE shards
    DROP COLUMN done,
    DROP COLUMN heartbeat;
CREATE INDEX shards_unfinished ON shards (due_at) WHERE state = 'unfinished';
