-- +goose Up
-- Which question a message brings the link of, so that taking the question back
-- pulls back the message too (WDR-01); 0 = of none.
ALTER TABLE sending ADD COLUMN ref_id BIGINT NOT NULL DEFAULT 0;

-- +goose Down
