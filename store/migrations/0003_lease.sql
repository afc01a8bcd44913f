-- +goose Up
-- Who does what only one server may do at a time. About these machines only:
-- not in a backup.
CREATE TABLE lease (
  name  TEXT   PRIMARY KEY,
  node  BIGINT NOT NULL,
  until BIGINT NOT NULL
);

-- +goose Down
