-- +goose Up
-- What a record is found by is taken away by what it was made of, as its search
-- tokens are: an index over the record, with three or four entries a customer,
-- had no other use. The numbers of an erased person's orders were left.
DELETE FROM record_key WHERE (org_id, record_id) IN
  (SELECT o.org_id, o.id FROM tombstone t JOIN sale_order o ON o.org_id=t.org_id AND o.subject_id=t.subject_id);
DROP INDEX record_key_record;

-- +goose Down
