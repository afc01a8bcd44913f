package job

import (
	"context"
	"sort"
	"strconv"
	"time"

	"kexin"
	"kexin/internal/db"
)

// Start runs due jobs until Stop. It looks when something is put down here,
// when a job ends, and once in Poll for what came from elsewhere.
func (q *Queue) Start() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.started || q.stopping {
		return
	}
	q.started = true
	go q.loop()
}

func (q *Queue) loop() {
	defer close(q.looped)
	tick := time.NewTicker(q.cfg.Poll)
	defer tick.Stop()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	q.rounds(ctx)
	for {
		select {
		case <-q.quit:
			return
		case <-tick.C:
			q.rounds(ctx)
		case <-q.wake:
			q.fill(ctx)
		}
	}
}

// rounds does what depends on the time alone, then fills the workers.
func (q *Queue) rounds(ctx context.Context) {
	q.report("job.expired", q.returnExpired(ctx))
	q.report("job.schedule", q.fire(ctx))
	q.fill(ctx)
}

// fill starts due jobs as long as workers are free.
func (q *Queue) fill(ctx context.Context) {
	runs, err := q.take(ctx, q.free())
	q.report("job.take", err)
	for _, r := range runs {
		go q.do(r)
	}
}

func (q *Queue) free() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.cfg.Workers - len(q.runs)
}

func (q *Queue) report(op string, err error) {
	if err != nil {
		q.cfg.Log.Warn("queue", "op", op, "err", err)
	}
}

// Work runs everything that is due, one job after another, until nothing is,
// and gives the number of runs: for the command line and for tests.
func (q *Queue) Work(ctx context.Context) (n int, err error) {
	for ctx.Err() == nil {
		if err := q.returnExpired(ctx); err != nil {
			return n, err
		}
		if err := q.fire(ctx); err != nil {
			return n, err
		}
		runs, err := q.take(ctx, 1)
		if err != nil || len(runs) == 0 {
			return n, err
		}
		q.do(runs[0])
		n++
	}
	return n, ctx.Err()
}

// take claims up to n due jobs. Merchants take turns: each gets one, from the
// one after the last on, until n are taken or nobody has more.
func (q *Queue) take(ctx context.Context, n int) (runs []*Run, err error) {
	if n <= 0 || len(q.cfg.Handlers) == 0 {
		return nil, nil
	}
	orgs, err := q.due(ctx)
	for len(orgs) > 0 && len(runs) < n && err == nil {
		left := orgs[:0:0]
		for _, org := range orgs {
			if len(runs) == n {
				break
			}
			var r *Run
			if r, err = q.claim(ctx, org); err != nil {
				break
			}
			if r != nil {
				runs, left = append(runs, r), append(left, org)
			}
		}
		orgs = left
	}
	return runs, err
}

// due are the merchants with due jobs, those after the last one served first.
func (q *Queue) due(ctx context.Context) (orgs []kexin.ID, err error) {
	err = q.cfg.DB.View(ctx, func(tx *db.Tx) error {
		orgs = nil
		return tx.Each(sqlDue, []any{tx.Now}, func(r *db.Rows) error {
			var org kexin.ID
			err := r.Scan(&org, new(kexin.Instant))
			orgs = append(orgs, org)
			return err
		})
	})
	q.mu.Lock()
	i := sort.Search(len(orgs), func(i int) bool { return orgs[i] > q.last })
	q.mu.Unlock()
	return append(orgs[i:len(orgs):len(orgs)], orgs[:i]...), err
}

// claim takes the next job of one merchant, nil where there is none, where
// enough of his are running, or where another process was faster.
func (q *Queue) claim(ctx context.Context, org kexin.ID) (run *Run, err error) {
	lease := q.lease()
	err = q.cfg.DB.Update(ctx, func(tx *db.Tx) error {
		run = nil
		var busy int
		if err := tx.Row(sqlBusy, org).Scan(&busy); err != nil || busy >= q.cfg.PerOrg {
			return err
		}
		id, kind, err := q.next(tx, org)
		if err != nil || id == 0 {
			return err
		}
		r := &Run{q: q, Org: org, ID: id, Kind: kind, lease: lease}
		err = tx.Row(sqlClaim, org, id, tx.Now.Add(q.cfg.Lease), lease).
			Scan(&r.Args, &r.Attempt, &r.attempts, &r.Cursor, &r.Done, &r.Total, &r.cancelled)
		if kexin.CodeOf(err) != kexin.NotFound {
			run = r
			return err
		}
		return nil
	})
	if err != nil || run == nil {
		return nil, err
	}
	q.begin(run)
	return run, nil
}

// next finds the merchant's first due job that this process has a handler
// for, 0 where there is none.
func (q *Queue) next(tx *db.Tx, org kexin.ID) (id kexin.ID, kind string, err error) {
	args := []any{org, tx.Now}
	for k := range q.cfg.Handlers {
		args = append(args, k)
	}
	err = tx.Row(sqlNext+q.cfg.DB.In("kind", len(q.cfg.Handlers), 3)+sqlFirst, args...).Scan(&id, &kind)
	if kexin.CodeOf(err) == kexin.NotFound {
		return 0, "", nil
	}
	return id, kind, err
}

// lease names one claim: no two have the same name, so that a run that lost
// its lease can change nothing.
func (q *Queue) lease() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.leases++
	return q.node + "-" + strconv.FormatInt(q.leases, 10)
}

func (q *Queue) begin(r *Run) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last = r.Org
	q.runs[r] = struct{}{}
	r.ctx, r.stop = context.WithCancelCause(context.Background())
	r.renewed = time.Now()
	q.ended.Add(1)
}

// clockOff is how far the clocks of servers may be apart: a time that lies further
// ahead than it can was told by a clock that was wrong.
const clockOff = 5 * time.Minute

// returnExpired gives back the jobs of processes that are gone, and has those wait
// no longer whose time a clock told that was ahead.
func (q *Queue) returnExpired(ctx context.Context) error {
	var lost, wait []jobKey
	ahead := func(tx *db.Tx, most time.Duration) kexin.Instant { return tx.Now.Add(most + clockOff) }
	if err := q.cfg.DB.View(ctx, func(tx *db.Tx) (err error) {
		if lost, err = keysOf(tx, sqlExpired, tx.Now, ahead(tx, q.cfg.Lease)); err == nil {
			wait, err = keysOf(tx, sqlAhead, ahead(tx, backoffMost))
		}
		return err
	}); err != nil {
		return err
	}
	for _, k := range lost {
		if err := q.cfg.DB.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(sqlReturn, k.org, k.id, tx.Now, ahead(tx, q.cfg.Lease))
			return err
		}); err != nil {
			return err
		}
		q.cfg.Log.Warn("a lease ran out", "org", k.org.String(), "job", k.id.String())
	}
	for _, k := range wait {
		if err := q.cfg.DB.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(sqlNow, k.org, k.id, tx.Now, ahead(tx, backoffMost))
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// A jobKey names a job.
type jobKey struct{ org, id kexin.ID }

func keysOf(tx *db.Tx, q string, args ...any) (out []jobKey, err error) {
	err = tx.Each(q, args, func(r *db.Rows) error {
		var k jobKey
		err := r.Scan(&k.org, &k.id)
		out = append(out, k)
		return err
	})
	return out, err
}
