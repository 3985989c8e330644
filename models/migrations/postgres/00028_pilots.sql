-- +goose Up
-- Until pilot_until at the latest, an alert is sent to a hundredth of each shard alone.
-- stop_reason says why it stopped itself.
ALTER TABLE alerts ADD COLUMN pilot_until TIMESTAMPTZ;
ALTER TABLE alerts ADD COLUMN stop_reason TEXT NOT NULL DEFAULT '';
-- The shard's part of the pilot has been sent.
ALTER TABLE shards ADD COLUMN piloted BOOLEAN NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE shards DROP COLUMN piloted;
ALTER TABLE alerts DROP COLUMN stop_reason;
ALTER TABLE alerts DROP COLUMN pilot_until;
