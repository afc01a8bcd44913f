-- +goose Up
-- Which record of a list of what hangs on customers a row made or added to, so
-- that an import leads to what it stored.
ALTER TABLE import_row ADD COLUMN part_id BIGINT NOT NULL DEFAULT 0;

-- +goose Down
