-- +goose Up
-- Two merchants and one customer 推荐. Global tables are found before a
-- merchant is known, or read by several merchants; their rows carry a code of
-- the server's own key.
CREATE TABLE card (
  org_id    BIGINT PRIMARY KEY,
  legal     TEXT   NOT NULL,
  uscc      TEXT   NOT NULL,
  shown     TEXT   NOT NULL,
  address   TEXT   NOT NULL,
  phone     TEXT   NOT NULL,
  about     TEXT   NOT NULL,
  needs     TEXT   NOT NULL,
  photo     {blob},
  edited_at BIGINT NOT NULL,
  mac       {blob} NOT NULL
);
CREATE TABLE alliance (
  id         BIGINT PRIMARY KEY,
  name       TEXT   NOT NULL,
  founder_id BIGINT NOT NULL,
  made_at    BIGINT NOT NULL,
  mac        {blob} NOT NULL
);
CREATE TABLE membership (
  alliance_id BIGINT NOT NULL,
  org_id      BIGINT NOT NULL,
  state       TEXT   NOT NULL,
  joined_at   BIGINT NOT NULL,
  changed_at  BIGINT NOT NULL,
  mac         {blob} NOT NULL,
  PRIMARY KEY (alliance_id, org_id)
);
CREATE UNIQUE INDEX membership_org ON membership (org_id);
CREATE TABLE portal_link (
  digest     {blob} PRIMARY KEY,
  id         BIGINT NOT NULL,
  org_id     BIGINT NOT NULL,
  kind       TEXT   NOT NULL,
  ref_id     BIGINT NOT NULL,
  made_at    BIGINT NOT NULL,
  ends_at    BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL,
  mac        {blob} NOT NULL
);
CREATE INDEX portal_link_ref ON portal_link (org_id, kind, ref_id);
CREATE TABLE portal_session (
  digest    {blob} PRIMARY KEY,
  org_id    BIGINT NOT NULL,
  kind      TEXT   NOT NULL,
  ref_id    BIGINT NOT NULL,
  link_id   BIGINT NOT NULL,
  made_at   BIGINT NOT NULL,
  ends_at   BIGINT NOT NULL,
  proved_at BIGINT NOT NULL,
  holder    BIGINT NOT NULL,
  gpc       BOOLEAN NOT NULL,
  device    {blob},
  token_c   {blob},
  mac       {blob} NOT NULL
);
CREATE INDEX portal_session_ends ON portal_session (ends_at);
CREATE TABLE tally (
  name   BIGINT NOT NULL,
  bucket BIGINT NOT NULL,
  n      BIGINT NOT NULL,
  at     BIGINT NOT NULL,
  PRIMARY KEY (name, bucket)
);
CREATE INDEX tally_at ON tally (at);

-- A number of a member of staff, by its hash: it never proves a customer.
CREATE TABLE member_phone (
  org_id    BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  ver       BIGINT NOT NULL,
  hash      {blob} NOT NULL,
  PRIMARY KEY (org_id, member_id)
);
CREATE INDEX member_phone_hash ON member_phone (org_id, hash);

-- How often she was asked (CON-05).
CREATE TABLE ask (
  org_id     BIGINT NOT NULL,
  id         BIGINT NOT NULL,
  subject_id BIGINT NOT NULL,
  purpose    TEXT   NOT NULL,
  receiver   BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  refused_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX ask_subject ON ask (org_id, subject_id, id);

-- One referral is two rows with one id, one in each merchant.
CREATE TABLE referral (
  org_id      BIGINT NOT NULL,
  id          BIGINT NOT NULL,
  side        TEXT   NOT NULL,
  peer_id     BIGINT NOT NULL,
  ask_id      BIGINT NOT NULL,
  subject_id  BIGINT NOT NULL,
  customer_id BIGINT NOT NULL,
  member_id   BIGINT NOT NULL,
  need        TEXT   NOT NULL,
  said        TEXT   NOT NULL,
  way         TEXT   NOT NULL,
  state       TEXT   NOT NULL,
  told        BOOLEAN NOT NULL,
  grade       TEXT   NOT NULL,
  channel     TEXT   NOT NULL,
  wants       TEXT   NOT NULL,
  epoch       BIGINT NOT NULL,
  proved_at   BIGINT NOT NULL,
  calls       BIGINT NOT NULL,
  notice      BIGINT NOT NULL,
  gpc         BOOLEAN NOT NULL,
  doubt       TEXT   NOT NULL,
  outcome     TEXT   NOT NULL,
  given_c     {blob},
  words_c     {blob},
  answer      {blob},
  tries       BIGINT NOT NULL,
  made_at     BIGINT NOT NULL,
  changed_at  BIGINT NOT NULL,
  due_at      BIGINT NOT NULL,
  mac         {blob} NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX referral_side ON referral (org_id, side, id);
CREATE INDEX referral_ask ON referral (org_id, ask_id);
CREATE INDEX referral_subject ON referral (org_id, subject_id);
CREATE INDEX referral_customer ON referral (org_id, customer_id);
CREATE INDEX referral_due ON referral (due_at, org_id) WHERE due_at > 0;

-- Signed messages between merchants: what goes out, and what came in.
CREATE TABLE outbox (
  org_id   BIGINT NOT NULL,
  peer_id  BIGINT NOT NULL,
  seq      BIGINT NOT NULL,
  kind     TEXT   NOT NULL,
  ref_id   BIGINT NOT NULL,
  envelope {blob} NOT NULL,
  made_at  BIGINT NOT NULL,
  sent_at  BIGINT NOT NULL,
  tries    BIGINT NOT NULL,
  next_at  BIGINT NOT NULL,
  ack      {blob},
  PRIMARY KEY (org_id, peer_id, seq)
);
CREATE INDEX outbox_wait ON outbox (next_at, org_id) WHERE sent_at = 0;
CREATE TABLE inbox (
  org_id  BIGINT NOT NULL,
  peer_id BIGINT NOT NULL,
  seq     BIGINT NOT NULL,
  hash    {blob} NOT NULL,
  kind    TEXT   NOT NULL,
  ref_id  BIGINT NOT NULL,
  at      BIGINT NOT NULL,
  ack     {blob} NOT NULL,
  PRIMARY KEY (org_id, peer_id, seq)
);

-- One-time codes, and what is sent to her.
CREATE TABLE challenge (
  org_id     BIGINT NOT NULL,
  id         BIGINT NOT NULL,
  act        TEXT   NOT NULL,
  subject_id BIGINT NOT NULL,
  receiver   BIGINT NOT NULL,
  number     {blob} NOT NULL,
  text_hash  {blob} NOT NULL,
  code       {blob} NOT NULL,
  made_at    BIGINT NOT NULL,
  tries      BIGINT NOT NULL,
  used_at    BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX challenge_number ON challenge (org_id, number, act, id);
CREATE TABLE sending (
  org_id     BIGINT NOT NULL,
  id         BIGINT NOT NULL,
  subject_id BIGINT NOT NULL,
  channel    TEXT   NOT NULL,
  kind       TEXT   NOT NULL,
  state      TEXT   NOT NULL,
  to_c       {blob},
  text_c     {blob},
  provider   TEXT   NOT NULL,
  tries      BIGINT NOT NULL,
  made_at    BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  ends_at    BIGINT NOT NULL,
  done_at    BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX sending_subject ON sending (org_id, subject_id, id);
CREATE INDEX sending_wait ON sending (at, org_id) WHERE state = 'queued';

-- Walk-in vouchers 到店券 are nobody's; credits are counts.
CREATE TABLE voucher (
  org_id  BIGINT NOT NULL,
  id      BIGINT NOT NULL,
  peer_id BIGINT NOT NULL,
  digest  {blob} NOT NULL,
  need    TEXT   NOT NULL,
  made_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  used_by BIGINT NOT NULL,
  mac     {blob} NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX voucher_digest ON voucher (org_id, digest);
CREATE TABLE credit (
  org_id  BIGINT NOT NULL,
  peer_id BIGINT NOT NULL,
  side    TEXT   NOT NULL,
  kind    TEXT   NOT NULL,
  month   TEXT   NOT NULL,
  n       BIGINT NOT NULL,
  PRIMARY KEY (org_id, peer_id, side, kind, month)
);

-- What she keeps, as it was signed.
CREATE TABLE receipt (
  org_id      BIGINT NOT NULL,
  id          BIGINT NOT NULL,
  subject_id  BIGINT NOT NULL,
  referral_id BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  doc_c       {blob} NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX receipt_referral ON receipt (org_id, referral_id, id);

-- +goose Down
