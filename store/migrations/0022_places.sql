-- +goose Up
-- Of the log's entries only those with a place stand in the index of places.
-- One that waited lay in its middle, before all others, to be taken out again.
DROP INDEX ledger_idx;
CREATE UNIQUE INDEX ledger_idx ON ledger_entry (org_id, epoch, idx) WHERE idx IS NOT NULL;

-- +goose Down
