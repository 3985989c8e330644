-- +goose Up
-- What a person, or the holder of a token, has written on an outage and not yet published.
CREATE TABLE drafts (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    outage_id INTEGER NOT NULL REFERENCES outages (id) ON DELETE CASCADE,
    person_id INTEGER REFERENCES people (id) ON DELETE CASCADE,
    token_id  INTEGER REFERENCES tokens (id) ON DELETE CASCADE,
    version   INTEGER NOT NULL,
    content   TEXT NOT NULL,
    saved_at  DATETIME NOT NULL,
    CHECK ((person_id IS NULL) <> (token_id IS NULL)),
    UNIQUE (outage_id, person_id),
    UNIQUE (outage_id, token_id)
);

-- +goose Down
DROP TABLE drafts;
