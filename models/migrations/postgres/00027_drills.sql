-- +goose Up
-- A drill is an outage that only editors see. It has no topic, so that follows cannot lead to
-- it: the linked browsers that take part in it have rows of their own.
ALTER TABLE outages ADD COLUMN kind TEXT NOT NULL DEFAULT 'outage' CHECK (kind IN ('outage', 'drill'));

CREATE TABLE drill_follows (
    outage_id         BIGINT NOT NULL REFERENCES outages (id) ON DELETE CASCADE,
    linked_browser_id BIGINT NOT NULL REFERENCES linked_browsers (id) ON DELETE CASCADE,
    created_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (outage_id, linked_browser_id)
);
CREATE INDEX drill_follows_by_browser ON drill_follows (linked_browser_id);

-- When an app was retired: it cannot be chosen for a new outage.
ALTER TABLE apps ADD COLUMN retired_at TIMESTAMPTZ;

-- +goose Down
ALTER TABLE apps DROP COLUMN retired_at;
DROP TABLE drill_follows;
-- Older releases would show drills to everybody.
DELETE FROM alerts WHERE outage_id IN (SELECT id FROM outages WHERE kind = 'drill');
DELETE FROM updates WHERE outage_id IN (SELECT id FROM outages WHERE kind = 'drill');
DELETE FROM outages WHERE kind = 'drill';
ALTER TABLE outages DROP COLUMN kind;
