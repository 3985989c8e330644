-- +goose Up
ALTER TABLE updates ADD COLUMN body_html TEXT NOT NULL DEFAULT '';
ALTER TABLE updates ADD COLUMN body_text TEXT NOT NULL DEFAULT '';
-- Older than any renderer: the program renders these rows, and those of older
-- programs that still write beside it.
ALTER TABLE updates ADD COLUMN renderer INTEGER NOT NULL DEFAULT 0;

-- Times that no program can read any more.
UPDATE outages SET began_at = created_at WHERE began_at NOT GLOB '[12][0-9][0-9][0-9]-*' OR began_at < '1900';
UPDATE subscriptions SET paused_until = CASE WHEN paused_until GLOB '[0-9][0-9][0-9][0-9][0-9]*' THEN '9999-12-31 00:00:00+00:00' END
    WHERE paused_until NOT GLOB '[1-9][0-9][0-9][0-9]-*';

-- +goose Down
ALTER TABLE updates DROP COLUMN renderer;
ALTER TABLE updates DROP COLUMN body_text;
ALTER TABLE updates DROP COLUMN body_html;
