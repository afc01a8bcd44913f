-- +goose Up
-- Each entry about a person says which of his stood before it, and his row which is
-- the last: his entries are found by going back. An index over all persons was
-- written at a place of its own for each entry.
ALTER TABLE ledger_entry ADD COLUMN before_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE subject_head ADD COLUMN last_id BIGINT NOT NULL DEFAULT 0;
UPDATE ledger_entry SET before_id=COALESCE((SELECT p.id FROM ledger_entry p
  WHERE p.org_id=ledger_entry.org_id AND p.subj=ledger_entry.subj AND p.sseq=ledger_entry.sseq-1), 0) WHERE sseq>1;
UPDATE subject_head SET last_id=COALESCE((SELECT e.id FROM ledger_entry e
  WHERE e.org_id=subject_head.org_id AND e.subj=subject_head.subj AND e.sseq=subject_head.sseq), 0);
DROP INDEX ledger_subj;
-- What is looked for by its type is rare, and the log is long.
CREATE INDEX ledger_rare ON ledger_entry (org_id, type, id) WHERE type='heads' OR type='line.sent' OR type='token.made' OR type='subject.erased';

-- +goose Down
