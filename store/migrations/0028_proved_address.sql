-- +goose Up
-- Which address a visit proved, not only that it proved one.
ALTER TABLE portal_session RENAME COLUMN holder TO address;

-- +goose Down
