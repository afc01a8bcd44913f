-- +goose Up
-- What a member made under a key of the sender's own: asked for again within a
-- day, the first answer is given and nothing is made a second time.
CREATE TABLE once (
  org_id    BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  key       {blob} NOT NULL,
  what      TEXT   NOT NULL,
  body      {blob} NOT NULL,
  record_id BIGINT NOT NULL,
  link_c    {blob},
  at        BIGINT NOT NULL,
  PRIMARY KEY (org_id, member_id, key)
);

-- +goose Down
