-- +goose Up
ALTER TABLE subscriptions ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0 CHECK (refusals >= 0);
ALTER TABLE subscriptions ADD COLUMN refused_since TIMESTAMPTZ;
ALTER TABLE subscriptions ADD COLUMN refused_until TIMESTAMPTZ;

-- +goose Down
ALTER TABLE subscriptions DROP COLUMN refused_until;
ALTER TABLE subscriptions DROP COLUMN refused_since;
ALTER TABLE subscriptions DROP COLUMN refusals;
