-- +goose Up
ALTER TABLE subscriptions ADD COLUMN gone_at TIMESTAMPTZ;
CREATE INDEX subscriptions_gone ON subscriptions (id, gone_at) WHERE gone_at IS NOT NULL;

CREATE TABLE expired_subscriptions (
    secret_hash BYTEA PRIMARY KEY,
    gone_at     TIMESTAMPTZ NOT NULL
);
CREATE INDEX expired_subscriptions_by_gone_at ON expired_subscriptions (gone_at);

-- +goose Down
DROP TABLE expired_subscriptions;
DROP INDEX subscriptions_gone;
DELETE FROM subscriptions WHERE gone_at IS NOT NULL;
ALTER TABLE subscriptions DROP COLUMN gone_at;
