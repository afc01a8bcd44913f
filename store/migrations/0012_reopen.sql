-- +goose Up
-- Why a refused list was let in again: the lawyer's note, sealed (IMP-03).
ALTER TABLE import_batch ADD COLUMN note_c {blob};

-- +goose Down
