// Package job is the durable queue and the schedule (任务与定时): work is put
// down in the transaction that causes it, in the same database, and done
// behind it. A job survives kill -9: its lease runs out, another process takes
// it up, and a handler that keeps a cursor goes on where the last commit was.
//
// It owns the tables job and job_schedule and has their SQL. Each transaction
// touches one merchant; Untenanted lists the statements that look over all.
package job

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"kexin"
	"kexin/internal/db"
)

// A State is where a job stands.
type State int64

// The states. The numbers stand in the database and in its indexes.
const (
	Waiting   State = 0 // until RunAt, then until its turn
	Running   State = 1 // under a lease
	Done      State = 2
	Failed    State = 3 // ErrorCode says why
	Cancelled State = 4 // by a person; what was stored stays
)

// Finished reports whether nothing more happens to the job.
func (s State) Finished() bool { return s >= Done }

// Priorities: of one merchant's jobs that are due, those with the smallest
// number run first. Merchants take turns whatever their priorities.
const (
	Soon       int64 = 1 // somebody looks at the progress
	Normal     int64 = 5
	Background int64 = 9
)

// A Spec is a job to be done.
type Spec struct {
	Org      kexin.ID
	Kind     string        // names the handler
	Args     string        // JSON for the handler: ids and codes, never a person's data
	Dedup    string        // while one of this kind and key is unfinished, no second; "" = no rule
	Priority int64         // 0 = Normal
	RunAt    kexin.Instant // not before; 0 = now
	Attempts int64         // runs without progress before it fails; 0 = 10
	Unit     string        // what Total counts: catalogue key such as "unit.rows"
}

// A Job is one row as a person may follow it.
type Job struct {
	Org      kexin.ID
	ID       kexin.ID
	Kind     string
	Args     string
	State    State
	RunAt    kexin.Instant
	Attempt  int64 // runs since the last progress
	Done     int64
	Total    int64 // 0 = not known
	Unit     string
	Message  string // catalogue key of what it is doing
	Cursor   string // how far it came, in the handler's own words
	Error    string // code, law or key of the last failure
	Created  kexin.Instant
	Finished kexin.Instant
	Cancel   bool // asked to stop
}

// A Handler does one job. It works in batches: one Update for each, with
// Run.Progress in it, and asks Run.Stop between them. It may run more than once
// for the same job, so what it does outside the database must bear repeating.
//
// nil finishes the job. ErrCancelled and ErrYield come from Run.Stop. Errors
// that no repetition mends (invalid, conflict, not_found, withheld, forbidden)
// fail the job; after others it is tried again later.
type Handler func(ctx context.Context, run *Run) error

// A Config is what a Queue needs.
type Config struct {
	DB       *db.DB
	Handlers map[string]Handler // by kind; a job of another kind waits
	ID       func(kexin.Instant) kexin.ID
	Workers  int           // jobs at once in this process; 0 = 4
	PerOrg   int           // jobs at once of one merchant, over all processes; 0 = 2
	Lease    time.Duration // after which a silent job is taken up by others; 0 = 30 s
	Poll     time.Duration // how often it looks for what came from elsewhere; 0 = 1 s
	Grace    time.Duration // how long Stop waits for running work; 0 = 20 s
	Log      *slog.Logger  // nil = discard
}

// A Queue puts down, runs and reports jobs. It is safe for concurrent use.
type Queue struct {
	cfg  Config
	node string // who holds a lease: this process, not this machine
	wake chan struct{}

	mu       sync.Mutex
	runs     map[*Run]struct{}
	last     kexin.ID // merchant served last
	leases   int64    // leases taken so far, for their names
	started  bool
	stopping bool
	quit     chan struct{} // closed by Stop
	looped   chan struct{} // closed when the loop has ended
	ended    sync.WaitGroup
}

// New makes a queue that runs nothing until Start or Work.
func New(cfg Config) *Queue {
	cfg.Workers = cmp.Or(cfg.Workers, 4)
	cfg.PerOrg = cmp.Or(cfg.PerOrg, 2)
	cfg.Lease = cmp.Or(cfg.Lease, 30*time.Second)
	cfg.Poll = cmp.Or(cfg.Poll, time.Second)
	cfg.Grace = cmp.Or(cfg.Grace, 20*time.Second)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Queue{cfg: cfg, node: rand.Text()[:12], wake: make(chan struct{}, 1), runs: map[*Run]struct{}{},
		quit: make(chan struct{}), looped: make(chan struct{})}
}

// Enqueue puts a job down in the caller's transaction: it exists if and only
// if that commits, and is looked at once. Where an unfinished job has the same
// kind and dedup key it gives that one's id and false. Such a job may already
// be running and past what the caller wants done: let the key name the work,
// not the wish to have it looked at.
func (q *Queue) Enqueue(tx *db.Tx, s Spec) (id kexin.ID, made bool, err error) {
	if s.Args == "" {
		s.Args = "{}"
	}
	id = q.cfg.ID(tx.Now)
	n, err := tx.Exec(sqlInsert, s.Org, id, s.Kind, s.Args, cmp.Or(s.Priority, Normal), cmp.Or(s.RunAt, tx.Now), cmp.Or(s.Attempts, 10), s.Dedup, s.Unit, tx.Now)
	if err != nil {
		return 0, false, err
	}
	if n == 0 {
		return id, false, tx.Row(sqlSame, s.Org, s.Kind, s.Dedup).Scan(&id)
	}
	tx.AfterCommit(q.Wake)
	return id, true, nil
}

// Cancel asks a job to stop. One that waits is cancelled at once; one that
// runs sees it between two batches. Errors: not_found, and conflict where it
// has finished.
func (q *Queue) Cancel(tx *db.Tx, org, id kexin.ID) error {
	j, err := q.Get(tx, org, id)
	if err != nil {
		return err
	}
	if j.State.Finished() {
		return &kexin.Error{Op: "job.cancel", Code: kexin.Conflict, Key: "job.finished"}
	}
	_, err = tx.Exec(sqlCancel, org, id, tx.Now)
	tx.AfterCommit(q.seeCancel)
	return err
}

// Get gives one job. Errors: not_found.
func (q *Queue) Get(tx *db.Tx, org, id kexin.ID) (Job, error) {
	j := Job{Org: org}
	return j, tx.Row(sqlGet, org, id).Scan(j.columns()...)
}

// Find gives a merchant's jobs of one kind, the newest first: those older than
// before (0 = from the newest on), at most limit. Kind "" is all kinds.
func (q *Queue) Find(tx *db.Tx, org kexin.ID, kind string, before kexin.ID, limit int) (all []Job, err error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	err = tx.Each(sqlFind, []any{org, kind, before, limit}, func(r *db.Rows) error {
		j := Job{Org: org}
		err := r.Scan(j.columns()...)
		all = append(all, j)
		return err
	})
	return all, err
}

// Purge deletes a merchant's jobs that finished before an instant.
func (q *Queue) Purge(tx *db.Tx, org kexin.ID, before kexin.Instant) (int64, error) {
	return tx.Exec(sqlPurge, org, before)
}

// Sweep is Purge in a transaction of its own.
func (q *Queue) Sweep(ctx context.Context, org kexin.ID, before kexin.Instant) error {
	return q.cfg.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := q.Purge(tx, org, before)
		return err
	})
}

// Counts is how many jobs are in each state, over all merchants: for the
// figures of whoever runs the server.
func (q *Queue) Counts(ctx context.Context) (out map[State]int64, err error) {
	err = q.cfg.DB.View(ctx, func(tx *db.Tx) error {
		out = map[State]int64{}
		return tx.Each(sqlCounts, nil, func(r *db.Rows) error {
			var s, n int64
			err := r.Scan(&s, &n)
			out[State(s)] = n
			return err
		})
	})
	return out, err
}

// columns are the variables for the columns of sqlGet and sqlFind.
func (j *Job) columns() []any {
	return []any{&j.ID, &j.Kind, &j.Args, (*int64)(&j.State), &j.RunAt, &j.Attempt, &j.Done, &j.Total, &j.Unit, &j.Message, &j.Cursor,
		&j.Error, &j.Created, &j.Finished, &j.Cancel}
}

// Wake has the queue look for due jobs now.
func (q *Queue) Wake() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
