-- +goose Up
ALTER TABLE updates ADD COLUMN body_html TEXT NOT NULL DEFAULT '';
ALTER TABLE updates ADD COLUMN body_text TEXT NOT NULL DEFAULT '';
-- Older than any renderer: the program renders these rows, and those of older
-- programs that still write beside it.
ALTER TABLE updates ADD COLUMN renderer INTEGER NOT NULL DEFAULT 0;

-- Times that no program can write as JSON.
UPDATE outages SET began_at = created_at WHERE began_at < '1900-01-01 00:00:00Z' OR began_at > '9999-12-31 23:59:59Z';
UPDATE subscriptions SET paused_until = NULL WHERE paused_until < '1900-01-01 00:00:00Z';
UPDATE subscriptions SET paused_until = '9999-12-31 00:00:00Z' WHERE paused_until > '9999-12-31 23:59:59Z';

-- +goose Down
ALTER TABLE updates DROP COLUMN renderer;
ALTER TABLE updates DROP COLUMN body_text;
ALTER TABLE updates DROP COLUMN body_html;
