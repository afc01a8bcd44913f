-- +goose Up
-- When the rows that were not taken in were handed back: once, until the
-- importer has them made anew (security.md A14).
ALTER TABLE import_batch ADD COLUMN fetched_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
