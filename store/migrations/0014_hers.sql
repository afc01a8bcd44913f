-- +goose Up
-- When she last turned to the shop herself: came, called or wrote. Only that
-- carries following her up, not what the shop does (law, crm.followup).
ALTER TABLE customer ADD COLUMN hers_at BIGINT NOT NULL DEFAULT 0;
UPDATE customer SET hers_at=(SELECT COALESCE(MAX(v.at),0) FROM visit v WHERE v.org_id=customer.org_id AND v.customer_id=customer.id AND v.state=0 AND v.way='store');

-- +goose Down
