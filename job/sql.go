package job

// The statements. All but those of Untenanted are about one merchant.
const (
	sqlInsert = `INSERT INTO job (org_id, id, kind, args, state, priority, run_at, attempt, max_attempts, lease_until, lease_by, dedup_key,
 done, total, unit, message, cursor, error_code, created_at, finished_at, cancel)
 VALUES ($1, $2, $3, $4, 0, $5, $6, 0, $7, 0, '', $8, 0, 0, $9, '', '', '', $10, 0, FALSE)
 ON CONFLICT (org_id, kind, dedup_key) WHERE state IN (0, 1) AND dedup_key <> '' DO NOTHING`
	sqlSame = `SELECT id FROM job WHERE org_id = $1 AND kind = $2 AND dedup_key = $3 AND state IN (0, 1)`

	columns = `id, kind, args, state, run_at, attempt, done, total, unit, message, cursor, error_code, created_at, finished_at, cancel`
	sqlGet  = `SELECT ` + columns + ` FROM job WHERE org_id = $1 AND id = $2`
	sqlFind = `SELECT ` + columns + ` FROM job WHERE org_id = $1 AND ($2 = '' OR kind = $2) AND id < $3 ORDER BY id DESC LIMIT $4`

	sqlCancel = `UPDATE job SET cancel = TRUE, state = CASE state WHEN 0 THEN 4 ELSE state END,
 finished_at = CASE state WHEN 0 THEN $3 ELSE finished_at END WHERE org_id = $1 AND id = $2 AND state IN (0, 1)`
	sqlPurge = `DELETE FROM job WHERE org_id = $1 AND state >= 2 AND finished_at < $2`

	// Taking up work: who has some, what is next, take it.
	sqlDue   = `SELECT org_id, MIN(run_at) FROM job WHERE state = 0 AND run_at <= $1 GROUP BY org_id ORDER BY org_id`
	sqlBusy  = `SELECT COUNT(*) FROM job WHERE org_id = $1 AND state = 1`
	sqlNext  = `SELECT id, kind FROM job WHERE org_id = $1 AND state = 0 AND run_at <= $2 AND ` // and the kinds
	sqlFirst = ` ORDER BY priority, run_at, id LIMIT 1`
	sqlClaim = `UPDATE job SET state = 1, attempt = attempt + 1, lease_until = $3, lease_by = $4 WHERE org_id = $1 AND id = $2 AND state = 0
 RETURNING args, attempt, max_attempts, cursor, done, total, cancel`

	// While it runs: every statement is fenced by the lease's name.
	sqlRenew    = `UPDATE job SET lease_until = $4 WHERE org_id = $1 AND id = $2 AND lease_by = $3 AND state = 1 RETURNING cancel`
	sqlProgress = `UPDATE job SET lease_until = $4, attempt = 1, done = $5, total = $6, message = $7, cursor = $8, error_code = ''
 WHERE org_id = $1 AND id = $2 AND lease_by = $3 AND state = 1 RETURNING cancel`
	sqlFinish = `UPDATE job SET state = $4, run_at = $5, attempt = $6, error_code = $7, finished_at = $8, lease_until = 0, lease_by = ''
 WHERE org_id = $1 AND id = $2 AND lease_by = $3 AND state = 1`

	// Leases that ran out: the process was killed, or lost the database; and those
	// that reach further than any can.
	sqlExpired = `SELECT org_id, id FROM job WHERE state = 1 AND (lease_until < $1 OR lease_until > $2) ORDER BY org_id, id LIMIT 100`
	sqlReturn  = `UPDATE job SET state = CASE WHEN cancel THEN 4 WHEN attempt >= max_attempts THEN 3 ELSE 0 END,
 finished_at = CASE WHEN cancel OR attempt >= max_attempts THEN CAST($3 AS BIGINT) ELSE 0 END,
 error_code = CASE WHEN NOT cancel AND attempt >= max_attempts THEN 'job.lost' ELSE error_code END,
 run_at = $3, lease_until = 0, lease_by = '' WHERE org_id = $1 AND id = $2 AND state = 1 AND (lease_until < $3 OR lease_until > $4)`

	// What waits for a time that nobody named: put down, or put off, by a clock that
	// was ahead.
	sqlAhead = `SELECT org_id, id FROM job WHERE state = 0 AND run_at > $1 AND (attempt > 0 OR created_at > $1) ORDER BY org_id, id LIMIT 100`
	sqlNow   = `UPDATE job SET run_at = $3 WHERE org_id = $1 AND id = $2 AND state = 0 AND run_at > $4`

	sqlCounts = `SELECT state, COUNT(*) FROM job GROUP BY state ORDER BY state`

	sqlTimes = `SELECT every, minute, zone, next_at FROM job_schedule WHERE org_id = $1 AND name = $2`
	sqlPlan  = `INSERT INTO job_schedule (org_id, name, kind, args, priority, every, minute, zone, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
 ON CONFLICT (org_id, name) DO UPDATE SET kind = excluded.kind, args = excluded.args, priority = excluded.priority, every = excluded.every,
 minute = excluded.minute, zone = excluded.zone, next_at = excluded.next_at`
	sqlRipe    = `SELECT org_id, name FROM job_schedule WHERE next_at <= $1 ORDER BY next_at, org_id LIMIT 100`
	sqlFire    = `SELECT kind, args, priority, every, minute, zone, next_at FROM job_schedule WHERE org_id = $1 AND name = $2`
	sqlAdvance = `UPDATE job_schedule SET next_at = $4 WHERE org_id = $1 AND name = $2 AND next_at = $3`
)

// Untenanted lists the statements of this package that look over all
// merchants, with the reason. They read ids and times alone, and what they
// find is then taken up by a statement about one merchant. A test prints the
// list and refuses others.
var Untenanted = map[string]string{
	sqlCounts:  "how many jobs there are in each state, for the operator's figures",
	sqlDue:     "Due: which merchants have work that is due",
	sqlExpired: "Due: which leases ran out",
	sqlAhead:   "Due: which jobs wait for the time of a clock that was ahead",
	sqlRipe:    "Due: which schedules have come round",
}
