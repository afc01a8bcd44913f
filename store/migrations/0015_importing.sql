-- +goose Up
-- Steps of imports take turns at this row (Tx.Importing). It is not the batch
-- itself, so that a person who cancels a batch need not wait between its steps.
CREATE TABLE importing (
  org_id BIGINT PRIMARY KEY,
  steps  BIGINT NOT NULL
);

-- +goose Down
