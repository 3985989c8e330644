-- +goose Up
ALTER TABLE updates ADD COLUMN request_key TEXT;
ALTER TABLE updates ADD COLUMN request_hash BLOB;
CREATE UNIQUE INDEX updates_by_request_key ON updates (outage_id, request_key) WHERE request_key IS NOT NULL;

-- +goose Down
DROP INDEX updates_by_request_key;
ALTER TABLE updates DROP COLUMN request_hash;
ALTER TABLE updates DROP COLUMN request_key;
