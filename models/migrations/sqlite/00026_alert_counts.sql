-- +goose Up
-- What happened to an alert's readers at a push service in an interval. after_ms is when the
-- interval begins, in milliseconds after the end of the undo window; -1 is for what was
-- recorded before intervals were counted. Receipts have no push service.
CREATE TABLE alert_counts (
    alert_id     INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    push_service TEXT NOT NULL,
    after_ms     INTEGER NOT NULL,
    accepted     INTEGER NOT NULL DEFAULT 0,
    gone         INTEGER NOT NULL DEFAULT 0,
    failed       INTEGER NOT NULL DEFAULT 0,
    waiting      INTEGER NOT NULL DEFAULT 0,
    deferred     INTEGER NOT NULL DEFAULT 0,
    unauthorized INTEGER NOT NULL DEFAULT 0,
    rejected     INTEGER NOT NULL DEFAULT 0,
    throttled    INTEGER NOT NULL DEFAULT 0,
    unanswered   INTEGER NOT NULL DEFAULT 0,
    shown        INTEGER NOT NULL DEFAULT 0,
    clicked      INTEGER NOT NULL DEFAULT 0,
    dismissed    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (alert_id, push_service, after_ms)
) WITHOUT ROWID;
INSERT INTO alert_counts (alert_id, push_service, after_ms, accepted, gone, failed, waiting, deferred)
    SELECT shards.alert_id, service.key, -1,
        sum(coalesce(json_extract(service.value, '$[0]'), 0)), sum(coalesce(json_extract(service.value, '$[1]'), 0)),
        sum(coalesce(json_extract(service.value, '$[2]'), 0)), sum(coalesce(json_extract(service.value, '$[3]'), 0)),
        sum(coalesce(json_extract(service.value, '$[4]'), 0))
    FROM shards, json_each(CASE WHEN json_valid(shards.hosts) THEN shards.hosts ELSE '{}' END) AS service
    GROUP BY shards.alert_id, service.key;

-- +goose Down
DROP TABLE alert_counts;
