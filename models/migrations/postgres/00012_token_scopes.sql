-- +goose Up
-- Tokens could do everything. The rows of people are never deleted, so that an owner needs
-- no foreign key, which SQLite could not drop again.
ALTER TABLE tokens ADD COLUMN scopes TEXT NOT NULL DEFAULT '["read","publish"]';
ALTER TABLE tokens ADD COLUMN owner_id BIGINT;
ALTER TABLE tokens ADD COLUMN expires_at TIMESTAMPTZ;
ALTER TABLE tokens ADD COLUMN last_used_at TIMESTAMPTZ;

-- +goose Down
ALTER TABLE tokens DROP COLUMN last_used_at;
ALTER TABLE tokens DROP COLUMN expires_at;
ALTER TABLE tokens DROP COLUMN owner_id;
ALTER TABLE tokens DROP COLUMN scopes;
