-- +goose Up
-- Macros: {blob} {json} {rowless}. Instants are ms UTC, days are TEXT, ids are
-- made by the program. Tenant tables begin with org_id in every key and index.

-- Global: found before a merchant is known.
CREATE TABLE server (
  id           BIGINT PRIMARY KEY,
  installation TEXT   NOT NULL,
  key_epoch    BIGINT NOT NULL,
  made_at      BIGINT NOT NULL,
  backup_at    BIGINT NOT NULL,
  backup_error TEXT   NOT NULL,
  recipient    TEXT   NOT NULL
);
CREATE TABLE node (
  id        BIGINT PRIMARY KEY,
  lease_to  BIGINT NOT NULL,
  key_epoch BIGINT NOT NULL,
  holder    TEXT   NOT NULL
);
CREATE TABLE keeper (
  id      TEXT   PRIMARY KEY,
  canary  {blob} NOT NULL,
  state   TEXT   NOT NULL,
  made_at BIGINT NOT NULL
);
CREATE TABLE org (
  id       BIGINT PRIMARY KEY,
  name     TEXT   NOT NULL,
  uscc     TEXT   NOT NULL,
  size     TEXT   NOT NULL,
  zone     TEXT   NOT NULL,
  contact  TEXT   NOT NULL,
  address  TEXT   NOT NULL,
  pio      TEXT   NOT NULL,
  mutual   BOOLEAN NOT NULL,
  demo     BOOLEAN NOT NULL,
  version  BIGINT NOT NULL,
  epoch    BIGINT NOT NULL,
  made_at  BIGINT NOT NULL
);
CREATE TABLE login (
  name       TEXT   PRIMARY KEY,
  org_id     BIGINT NOT NULL,
  member_id  BIGINT NOT NULL,
  hash       TEXT   NOT NULL,
  changed_at BIGINT NOT NULL,
  mac        {blob} NOT NULL
);
CREATE INDEX login_member ON login (org_id, member_id);
CREATE TABLE session (
  digest    {blob} PRIMARY KEY,
  id        BIGINT NOT NULL,
  org_id    BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  device    {blob} NOT NULL,
  label     TEXT   NOT NULL,
  made_at   BIGINT NOT NULL,
  seen_at   BIGINT NOT NULL,
  ends_at   BIGINT NOT NULL,
  step_at   BIGINT NOT NULL,
  stage     TEXT   NOT NULL,
  lang      TEXT   NOT NULL,
  mac       {blob} NOT NULL
);
CREATE INDEX session_member ON session (org_id, member_id);
CREATE TABLE api_token (
  digest    {blob} PRIMARY KEY,
  id        BIGINT NOT NULL,
  org_id    BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  name      TEXT   NOT NULL,
  purpose   TEXT   NOT NULL,
  acts      TEXT   NOT NULL,
  made_at   BIGINT NOT NULL,
  ends_at   BIGINT NOT NULL,
  used_at   BIGINT NOT NULL,
  mac       {blob} NOT NULL
);
CREATE INDEX api_token_member ON api_token (org_id, member_id);
CREATE TABLE link (
  digest  {blob} PRIMARY KEY,
  id      BIGINT NOT NULL,
  kind    TEXT   NOT NULL,
  org_id  BIGINT NOT NULL,
  data    {json} NOT NULL,
  made_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  mac     {blob} NOT NULL
);
CREATE INDEX link_org ON link (org_id, kind);
CREATE TABLE throttle (
  name    TEXT   PRIMARY KEY,
  n       BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);
CREATE INDEX throttle_seen ON throttle (seen_at);
CREATE TABLE shown (
  name   TEXT   PRIMARY KEY,
  at     BIGINT NOT NULL,
  org_id BIGINT NOT NULL,
  by_id  BIGINT NOT NULL
);

-- Keys. In a backup these two tables go into the keyring file alone.
CREATE TABLE org_key (
  org_id  BIGINT NOT NULL,
  use     BIGINT NOT NULL,
  ver     BIGINT NOT NULL,
  state   TEXT   NOT NULL,
  keeper  TEXT   NOT NULL,
  wrapped {blob} NOT NULL,
  made_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, use, ver)
);
CREATE TABLE subject_key (
  org_id     BIGINT NOT NULL,
  subject_id BIGINT NOT NULL,
  part       BIGINT NOT NULL,
  gen        BIGINT NOT NULL,
  wrap_ver   BIGINT NOT NULL,
  wrapped    {blob} NOT NULL,
  PRIMARY KEY (org_id, subject_id, part, gen)
) {rowless};

-- People of the merchant.
CREATE TABLE dept (
  org_id    BIGINT NOT NULL,
  id        BIGINT NOT NULL,
  parent_id BIGINT NOT NULL,
  name      TEXT   NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE TABLE member (
  org_id     BIGINT NOT NULL,
  id         BIGINT NOT NULL,
  name       TEXT   NOT NULL,
  position   TEXT   NOT NULL,
  dept_id    BIGINT NOT NULL,
  active     BOOLEAN NOT NULL,
  leaving_on TEXT   NOT NULL,
  ends_on    TEXT   NOT NULL,
  totp       BOOLEAN NOT NULL,
  told_at    BIGINT NOT NULL,
  made_at    BIGINT NOT NULL,
  mac        {blob} NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE TABLE totp (
  org_id    BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  seed_c    {blob},
  next_c    {blob},
  last_step BIGINT NOT NULL,
  tries     BIGINT NOT NULL,
  since_at  BIGINT NOT NULL,
  sure_at   BIGINT NOT NULL,
  PRIMARY KEY (org_id, member_id)
);
CREATE TABLE recovery_code (
  org_id    BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  digest    {blob} NOT NULL,
  used_at   BIGINT NOT NULL,
  PRIMARY KEY (org_id, member_id, digest)
);
CREATE TABLE device (
  org_id    BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  digest    {blob} NOT NULL,
  label     TEXT   NOT NULL,
  made_at   BIGINT NOT NULL,
  shown_at  BIGINT NOT NULL,
  mac       {blob} NOT NULL,
  PRIMARY KEY (org_id, member_id, digest)
);
CREATE TABLE spent (
  org_id    BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  kind      TEXT   NOT NULL,
  bucket    BIGINT NOT NULL,
  n         BIGINT NOT NULL,
  PRIMARY KEY (org_id, member_id, kind, bucket)
);
CREATE TABLE touched (
  org_id     BIGINT NOT NULL,
  member_id  BIGINT NOT NULL,
  day        BIGINT NOT NULL,
  subject_id BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  noted_at   BIGINT NOT NULL,
  PRIMARY KEY (org_id, member_id, day, subject_id)
);
CREATE TABLE asked (
  org_id    BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  id        BIGINT NOT NULL,
  at        BIGINT NOT NULL,
  whole     {blob} NOT NULL,
  tail      BIGINT NOT NULL,
  head      BIGINT NOT NULL,
  PRIMARY KEY (org_id, member_id, id)
);
CREATE TABLE alert (
  org_id  BIGINT NOT NULL,
  id      BIGINT NOT NULL,
  at      BIGINT NOT NULL,
  code    TEXT   NOT NULL,
  args    {json} NOT NULL,
  done_at BIGINT NOT NULL,
  done_by BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE TABLE frozen (
  org_id    BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  kind      TEXT   NOT NULL,
  at        BIGINT NOT NULL,
  PRIMARY KEY (org_id, member_id, kind)
);

-- One person in the eyes of one merchant.
CREATE TABLE subject (
  org_id  BIGINT NOT NULL,
  id      BIGINT NOT NULL,
  tag_c   {blob} NOT NULL,
  person  BOOLEAN NOT NULL,
  into_id BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
) {rowless};
CREATE TABLE subject_head (
  org_id BIGINT NOT NULL,
  subj   {blob} NOT NULL,
  sseq   BIGINT NOT NULL,
  head   {blob} NOT NULL,
  PRIMARY KEY (org_id, subj)
) {rowless};
CREATE TABLE tombstone (
  org_id     BIGINT NOT NULL,
  subject_id BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  tag        {blob} NOT NULL,
  PRIMARY KEY (org_id, subject_id)
);

-- Records. *_c columns are sealed under the person's key.
CREATE TABLE customer (
  org_id     BIGINT NOT NULL,
  id         BIGINT NOT NULL,
  subject_id BIGINT NOT NULL,
  owner_id   BIGINT NOT NULL,
  state      BIGINT NOT NULL,
  rev        BIGINT NOT NULL,
  made_at    BIGINT NOT NULL,
  edited_at  BIGINT NOT NULL,
  made_by    BIGINT NOT NULL,
  batch_id   BIGINT NOT NULL,
  name_c     {blob},
  type       TEXT   NOT NULL,
  salutation TEXT   NOT NULL,
  gender     TEXT   NOT NULL,
  phone_c    {blob},
  phones_c   {blob},
  wechat_c   {blob},
  email_c    {blob},
  region     TEXT   NOT NULL,
  address_c  {blob},
  birthday_c {blob},
  need       TEXT   NOT NULL,
  stage      TEXT   NOT NULL,
  source     TEXT   NOT NULL,
  source_on  TEXT   NOT NULL,
  tags       TEXT   NOT NULL,
  remark_c   {blob},
  flagged    BOOLEAN NOT NULL,
  next_at    BIGINT NOT NULL,
  last_at    BIGINT NOT NULL,
  orders     BIGINT NOT NULL,
  sum        BIGINT NOT NULL,
  first_on   TEXT   NOT NULL,
  last_on    TEXT   NOT NULL,
  uscc       TEXT   NOT NULL,
  custom     {json},
  PRIMARY KEY (org_id, id)
);
CREATE INDEX customer_owner ON customer (org_id, owner_id, id);
CREATE INDEX customer_next ON customer (org_id, next_at, id);
CREATE INDEX customer_owner_next ON customer (org_id, owner_id, next_at, id);
CREATE INDEX customer_last ON customer (org_id, last_at, id);
CREATE INDEX customer_owner_last ON customer (org_id, owner_id, last_at, id);
CREATE INDEX customer_sum ON customer (org_id, sum, id);
CREATE INDEX customer_owner_sum ON customer (org_id, owner_id, sum, id);
CREATE INDEX customer_source ON customer (org_id, source_on, id);
CREATE INDEX customer_owner_source ON customer (org_id, owner_id, source_on, id);
CREATE INDEX customer_region ON customer (org_id, region, id);
CREATE INDEX customer_subject ON customer (org_id, subject_id);

CREATE TABLE contact (
  org_id      BIGINT NOT NULL,
  id          BIGINT NOT NULL,
  subject_id  BIGINT NOT NULL,
  owner_id    BIGINT NOT NULL,
  state       BIGINT NOT NULL,
  rev         BIGINT NOT NULL,
  made_at     BIGINT NOT NULL,
  edited_at   BIGINT NOT NULL,
  made_by     BIGINT NOT NULL,
  batch_id    BIGINT NOT NULL,
  customer_id BIGINT NOT NULL,
  name_c      {blob},
  title       TEXT   NOT NULL,
  phone_c     {blob},
  wechat_c    {blob},
  email_c     {blob},
  custom      {json},
  PRIMARY KEY (org_id, id),
  CONSTRAINT contact_customer FOREIGN KEY (org_id, customer_id) REFERENCES customer (org_id, id)
);
CREATE INDEX contact_parent ON contact (org_id, customer_id, id);
CREATE INDEX contact_owner ON contact (org_id, owner_id, id);

CREATE TABLE sale_order (
  org_id      BIGINT NOT NULL,
  id          BIGINT NOT NULL,
  subject_id  BIGINT NOT NULL,
  owner_id    BIGINT NOT NULL,
  state       BIGINT NOT NULL,
  rev         BIGINT NOT NULL,
  made_at     BIGINT NOT NULL,
  edited_at   BIGINT NOT NULL,
  made_by     BIGINT NOT NULL,
  batch_id    BIGINT NOT NULL,
  customer_id BIGINT NOT NULL,
  no_c        {blob},
  ordered_on  TEXT   NOT NULL,
  status      TEXT   NOT NULL,
  amount      BIGINT NOT NULL,
  remark_c    {blob},
  flagged     BOOLEAN NOT NULL,
  custom      {json},
  PRIMARY KEY (org_id, id),
  CONSTRAINT sale_order_customer FOREIGN KEY (org_id, customer_id) REFERENCES customer (org_id, id)
);
CREATE INDEX sale_order_parent ON sale_order (org_id, customer_id, id);
CREATE INDEX sale_order_on ON sale_order (org_id, ordered_on, id);
CREATE INDEX sale_order_owner_on ON sale_order (org_id, owner_id, ordered_on, id);
CREATE INDEX sale_order_amount ON sale_order (org_id, amount, id);
CREATE INDEX sale_order_owner_amount ON sale_order (org_id, owner_id, amount, id);

CREATE TABLE order_line (
  org_id      BIGINT NOT NULL,
  id          BIGINT NOT NULL,
  subject_id  BIGINT NOT NULL,
  owner_id    BIGINT NOT NULL,
  state       BIGINT NOT NULL,
  rev         BIGINT NOT NULL,
  made_at     BIGINT NOT NULL,
  edited_at   BIGINT NOT NULL,
  made_by     BIGINT NOT NULL,
  batch_id    BIGINT NOT NULL,
  order_id    BIGINT NOT NULL,
  item_c      {blob},
  qty         BIGINT NOT NULL,
  price       BIGINT NOT NULL,
  amount      BIGINT NOT NULL,
  custom      {json},
  PRIMARY KEY (org_id, id),
  CONSTRAINT order_line_order FOREIGN KEY (org_id, order_id) REFERENCES sale_order (org_id, id)
);
CREATE INDEX order_line_parent ON order_line (org_id, order_id, id);
CREATE INDEX order_line_owner ON order_line (org_id, owner_id, id);

CREATE TABLE deal (
  org_id      BIGINT NOT NULL,
  id          BIGINT NOT NULL,
  subject_id  BIGINT NOT NULL,
  owner_id    BIGINT NOT NULL,
  state       BIGINT NOT NULL,
  rev         BIGINT NOT NULL,
  made_at     BIGINT NOT NULL,
  edited_at   BIGINT NOT NULL,
  made_by     BIGINT NOT NULL,
  batch_id    BIGINT NOT NULL,
  customer_id BIGINT NOT NULL,
  need        TEXT   NOT NULL,
  stage       TEXT   NOT NULL,
  amount      BIGINT NOT NULL,
  close_on    TEXT   NOT NULL,
  remark_c    {blob},
  flagged     BOOLEAN NOT NULL,
  custom      {json},
  PRIMARY KEY (org_id, id),
  CONSTRAINT deal_customer FOREIGN KEY (org_id, customer_id) REFERENCES customer (org_id, id)
);
CREATE INDEX deal_parent ON deal (org_id, customer_id, id);
CREATE INDEX deal_owner ON deal (org_id, owner_id, id);
CREATE INDEX deal_amount ON deal (org_id, amount, id);
CREATE INDEX deal_owner_amount ON deal (org_id, owner_id, amount, id);
CREATE INDEX deal_close ON deal (org_id, close_on, id);
CREATE INDEX deal_owner_close ON deal (org_id, owner_id, close_on, id);

CREATE TABLE visit (
  org_id      BIGINT NOT NULL,
  id          BIGINT NOT NULL,
  subject_id  BIGINT NOT NULL,
  owner_id    BIGINT NOT NULL,
  state       BIGINT NOT NULL,
  rev         BIGINT NOT NULL,
  made_at     BIGINT NOT NULL,
  edited_at   BIGINT NOT NULL,
  made_by     BIGINT NOT NULL,
  batch_id    BIGINT NOT NULL,
  customer_id BIGINT NOT NULL,
  way         TEXT   NOT NULL,
  note_c      {blob},
  flagged     BOOLEAN NOT NULL,
  at          BIGINT NOT NULL,
  next_at     BIGINT NOT NULL,
  custom      {json},
  PRIMARY KEY (org_id, id),
  CONSTRAINT visit_customer FOREIGN KEY (org_id, customer_id) REFERENCES customer (org_id, id)
);
CREATE INDEX visit_parent ON visit (org_id, customer_id, id);
CREATE INDEX visit_at ON visit (org_id, at, id);
CREATE INDEX visit_owner_at ON visit (org_id, owner_id, at, id);

CREATE TABLE task (
  org_id      BIGINT NOT NULL,
  id          BIGINT NOT NULL,
  subject_id  BIGINT NOT NULL,
  owner_id    BIGINT NOT NULL,
  state       BIGINT NOT NULL,
  rev         BIGINT NOT NULL,
  made_at     BIGINT NOT NULL,
  edited_at   BIGINT NOT NULL,
  made_by     BIGINT NOT NULL,
  batch_id    BIGINT NOT NULL,
  customer_id BIGINT NOT NULL,
  title_c     {blob},
  flagged     BOOLEAN NOT NULL,
  due_at      BIGINT NOT NULL,
  done_at     BIGINT NOT NULL,
  custom      {json},
  PRIMARY KEY (org_id, id)
);
CREATE INDEX task_parent ON task (org_id, customer_id, id);
CREATE INDEX task_due ON task (org_id, due_at, id);
CREATE INDEX task_owner_due ON task (org_id, owner_id, due_at, id);

-- Where a customer comes from: one row for each enquiry, visit or order told.
CREATE TABLE origin (
  org_id      BIGINT NOT NULL,
  customer_id BIGINT NOT NULL,
  kind        TEXT   NOT NULL,
  day         TEXT   NOT NULL,
  way         TEXT   NOT NULL,
  staff_id    BIGINT NOT NULL,
  batch_id    BIGINT NOT NULL,
  PRIMARY KEY (org_id, customer_id, kind, day, way)
) {rowless};

-- What a record can be found by. Not unique: families share phones.
CREATE TABLE record_key (
  org_id     BIGINT NOT NULL,
  kind       BIGINT NOT NULL,
  idx        {blob} NOT NULL,
  record_id  BIGINT NOT NULL,
  object     BIGINT NOT NULL,
  field      BIGINT NOT NULL,
  kv         BIGINT NOT NULL,
  PRIMARY KEY (org_id, kind, idx, record_id)
) {rowless};
CREATE INDEX record_key_record ON record_key (org_id, record_id);
CREATE TABLE name_token (
  org_id    BIGINT NOT NULL,
  tok       BIGINT NOT NULL,
  owner_id  BIGINT NOT NULL,
  record_id BIGINT NOT NULL,
  PRIMARY KEY (org_id, tok, owner_id, record_id)
) {rowless};

-- Consent. No row means not given.
CREATE TABLE notice (
  org_id       BIGINT NOT NULL,
  version      BIGINT NOT NULL,
  params       {json} NOT NULL,
  body         {json} NOT NULL,
  hash         {blob} NOT NULL,
  published_at BIGINT NOT NULL,
  by_id        BIGINT NOT NULL,
  PRIMARY KEY (org_id, version)
);
CREATE TABLE consent (
  org_id     BIGINT NOT NULL,
  id         BIGINT NOT NULL,
  subject_id BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  event      TEXT   NOT NULL,
  record_c   {blob} NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX consent_subject ON consent (org_id, subject_id, id);
CREATE TABLE consent_state (
  org_id      BIGINT NOT NULL,
  subject_id  BIGINT NOT NULL,
  purpose     TEXT   NOT NULL,
  channel     TEXT   NOT NULL,
  receiver    BIGINT NOT NULL,
  state       TEXT   NOT NULL,
  valid_from  BIGINT NOT NULL,
  valid_until BIGINT NOT NULL,
  grade       TEXT   NOT NULL,
  epoch       BIGINT NOT NULL,
  leaf        {blob} NOT NULL,
  mac         {blob} NOT NULL,
  PRIMARY KEY (org_id, subject_id, purpose, channel, receiver)
);
CREATE TABLE suppression (
  org_id BIGINT NOT NULL,
  ver    BIGINT NOT NULL,
  hash   {blob} NOT NULL,
  state  TEXT   NOT NULL,
  since  BIGINT NOT NULL,
  mac    {blob} NOT NULL,
  PRIMARY KEY (org_id, ver, hash)
);

-- Import.
CREATE TABLE import_batch (
  org_id    BIGINT NOT NULL,
  id        BIGINT NOT NULL,
  by_id     BIGINT NOT NULL,
  state     TEXT   NOT NULL,
  source    TEXT   NOT NULL,
  manifest  {json} NOT NULL,
  found_c   {blob},
  plan      {json} NOT NULL,
  counts    {json} NOT NULL,
  file_key  {blob},
  rows_key  {blob},
  size      BIGINT NOT NULL,
  sha       {blob},
  error     {json} NOT NULL,
  version   BIGINT NOT NULL,
  done      BIGINT NOT NULL,
  total     BIGINT NOT NULL,
  at        BIGINT NOT NULL,
  done_at   BIGINT NOT NULL,
  purge_at  BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX import_batch_purge ON import_batch (org_id, purge_at);
CREATE TABLE import_row (
  org_id    BIGINT NOT NULL,
  batch_id  BIGINT NOT NULL,
  n         BIGINT NOT NULL,
  outcome   TEXT   NOT NULL,
  code      TEXT   NOT NULL,
  record_id BIGINT NOT NULL,
  score     BIGINT NOT NULL,
  mark      {blob},
  cells_c   {blob},
  PRIMARY KEY (org_id, batch_id, n)
) {rowless};
CREATE INDEX import_row_mark ON import_row (org_id, mark) WHERE mark IS NOT NULL;
CREATE INDEX import_row_open ON import_row (org_id, batch_id, n) WHERE outcome='review';

-- The ledger: one log per merchant.
CREATE TABLE ledger_entry (
  org_id BIGINT NOT NULL,
  id     BIGINT NOT NULL,
  epoch  BIGINT NOT NULL,
  idx    BIGINT,
  at     BIGINT NOT NULL,
  type   TEXT   NOT NULL,
  leaf   {blob} NOT NULL,
  hash   {blob} NOT NULL,
  subj   {blob},
  sseq   BIGINT NOT NULL,
  who_c  {blob},
  body_c {blob},
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX ledger_idx ON ledger_entry (org_id, epoch, idx);
CREATE INDEX ledger_open ON ledger_entry (org_id, id) WHERE idx IS NULL;
CREATE INDEX ledger_subj ON ledger_entry (org_id, subj, sseq);
CREATE TABLE ledger_tile (
  org_id BIGINT NOT NULL,
  epoch  BIGINT NOT NULL,
  level  BIGINT NOT NULL,
  n      BIGINT NOT NULL,
  data   {blob} NOT NULL,
  PRIMARY KEY (org_id, epoch, level, n)
) {rowless};
CREATE TABLE checkpoint (
  org_id BIGINT NOT NULL,
  epoch  BIGINT NOT NULL,
  size   BIGINT NOT NULL,
  note   TEXT   NOT NULL,
  at     BIGINT NOT NULL,
  PRIMARY KEY (org_id, epoch, size)
);
CREATE TABLE cosignature (
  org_id  BIGINT NOT NULL,
  epoch   BIGINT NOT NULL,
  size    BIGINT NOT NULL,
  witness TEXT   NOT NULL,
  line    TEXT   NOT NULL,
  at      BIGINT NOT NULL,
  PRIMARY KEY (org_id, epoch, size, witness)
);

-- +goose Down
