-- +goose Up
-- Work to be done behind requests, and what is done again and again. Package
-- job owns both tables. State: 0 waits, 1 runs, 2 done, 3 failed, 4 cancelled.
CREATE TABLE job (
  org_id       BIGINT  NOT NULL,
  id           BIGINT  NOT NULL,
  kind         TEXT    NOT NULL,
  args         {json}  NOT NULL,
  state        BIGINT  NOT NULL,
  priority     BIGINT  NOT NULL,
  run_at       BIGINT  NOT NULL,
  attempt      BIGINT  NOT NULL,
  max_attempts BIGINT  NOT NULL,
  lease_until  BIGINT  NOT NULL,
  lease_by     TEXT    NOT NULL,
  dedup_key    TEXT    NOT NULL,
  done         BIGINT  NOT NULL,
  total        BIGINT  NOT NULL,
  unit         TEXT    NOT NULL,
  message      TEXT    NOT NULL,
  cursor       TEXT    NOT NULL,
  error_code   TEXT    NOT NULL,
  created_at   BIGINT  NOT NULL,
  finished_at  BIGINT  NOT NULL,
  cancel       BOOLEAN NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX job_dedup ON job (org_id, kind, dedup_key) WHERE state IN (0, 1) AND dedup_key <> '';
CREATE INDEX job_due ON job (run_at, org_id) WHERE state = 0;
CREATE INDEX job_next ON job (org_id, priority, run_at, id) WHERE state = 0;
CREATE INDEX job_lease ON job (org_id, lease_until) WHERE state = 1;
CREATE TABLE job_schedule (
  org_id   BIGINT NOT NULL,
  name     TEXT   NOT NULL,
  kind     TEXT   NOT NULL,
  args     {json} NOT NULL,
  priority BIGINT NOT NULL,
  every    BIGINT NOT NULL,
  minute   BIGINT NOT NULL,
  zone     TEXT   NOT NULL,
  next_at  BIGINT NOT NULL,
  PRIMARY KEY (org_id, name)
);
CREATE INDEX job_schedule_due ON job_schedule (next_at);

-- +goose Down
