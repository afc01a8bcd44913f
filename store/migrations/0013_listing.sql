-- +goose Up
-- A page of one stage is found inside the index of its order: stage and state
-- stand at the end of each, so that no row is read which is not shown.
DROP INDEX customer_owner;
DROP INDEX customer_next;
DROP INDEX customer_owner_next;
DROP INDEX customer_last;
DROP INDEX customer_owner_last;
DROP INDEX customer_sum;
DROP INDEX customer_owner_sum;
DROP INDEX customer_source;
DROP INDEX customer_owner_source;
CREATE INDEX customer_owner ON customer (org_id, owner_id, id, state, stage);
CREATE INDEX customer_next ON customer (org_id, next_at, id, state, stage);
CREATE INDEX customer_owner_next ON customer (org_id, owner_id, next_at, id, state, stage);
CREATE INDEX customer_last ON customer (org_id, last_at, id, state, stage);
CREATE INDEX customer_owner_last ON customer (org_id, owner_id, last_at, id, state, stage);
CREATE INDEX customer_sum ON customer (org_id, sum, id, state, stage);
CREATE INDEX customer_owner_sum ON customer (org_id, owner_id, sum, id, state, stage);
CREATE INDEX customer_source ON customer (org_id, source_on, id, state, stage);
CREATE INDEX customer_owner_source ON customer (org_id, owner_id, source_on, id, state, stage);

-- +goose Down
