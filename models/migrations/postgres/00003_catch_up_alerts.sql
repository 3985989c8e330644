-- +goose Up
ALTER TABLE alerts ADD COLUMN catch_up_until TIMESTAMPTZ;
ALTER TABLE alerts DROP CONSTRAINT alerts_update_id_key;
CREATE UNIQUE INDEX alerts_by_update ON alerts (update_id) WHERE catch_up_until IS NULL;
CREATE INDEX alerts_by_outage ON alerts (outage_id);

-- +goose Down
DROP INDEX alerts_by_outage;
DROP INDEX alerts_by_update;
DELETE FROM alerts WHERE catch_up_until IS NOT NULL;
ALTER TABLE alerts DROP COLUMN catch_up_until;
ALTER TABLE alerts ADD CONSTRAINT alerts_update_id_key UNIQUE (update_id);
