-- +goose Up
-- Departments and the merchant's own row decide who sees what: they carry a
-- code like every row that gives rights (security.md A2). Rows from before get
-- theirs from the program, once, when it first opens the database.
ALTER TABLE dept ADD COLUMN mac {blob};
ALTER TABLE org ADD COLUMN mac {blob};

-- +goose Down
