-- +goose Up
-- Rows of imports that wait for the owner of the customer they are about.
CREATE INDEX import_row_handed ON import_row (org_id, batch_id, record_id) WHERE outcome='same' AND cells_c IS NOT NULL;

-- +goose Down
