-- +goose Up
-- Where on the public web a list was read: its address may name a person, so
-- it is sealed (IMP-08).
ALTER TABLE import_batch ADD COLUMN page_c {blob};

-- +goose Down
