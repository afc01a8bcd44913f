-- +goose Up
-- At which browser somebody asked whether a number is known: the detector looks
-- at a person's questions and at those of one browser (security.md A4).
ALTER TABLE asked ADD COLUMN device BIGINT NOT NULL DEFAULT 0;
CREATE INDEX asked_device ON asked (org_id, device, at);

-- +goose Down
