-- +goose Up
ALTER TABLE subscriptions ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0 CHECK (refusals >= 0);
ALTER TABLE subscriptions ADD COLUMN refused_since DATETIME;
ALTER TABLE subscriptions ADD COLUMN refused_until DATETIME;

-- +goose Down
ALTER TABLE subscriptions DROP COLUMN refused_until;
ALTER TABLE subscriptions DROP COLUMN refused_since;
ALTER TABLE subscriptions DROP COLUMN refusals;
