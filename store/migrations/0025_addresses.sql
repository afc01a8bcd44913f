-- +goose Up
-- Numbers and e-mail addresses of a member of staff, by their hashes: none ever
-- proves a customer. One that he replaced counts for a while longer.
CREATE TABLE member_address (
  org_id    BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  kind      BIGINT NOT NULL,
  ver       BIGINT NOT NULL,
  hash      {blob} NOT NULL,
  left_at   BIGINT NOT NULL,
  PRIMARY KEY (org_id, member_id, kind, hash)
);
CREATE INDEX member_address_hash ON member_address (org_id, kind, hash);
INSERT INTO member_address(org_id,member_id,kind,ver,hash,left_at) SELECT org_id,member_id,1,ver,hash,0 FROM member_phone;
DROP TABLE member_phone;

-- +goose Down
