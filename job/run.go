package job

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"kexin"
	"kexin/internal/db"
)

// The errors of Run.Stop, for the handler to return.
var (
	ErrCancelled = errors.New("cancelled by a person")
	ErrYield     = errors.New("the process is ending: to be continued")
	errLost      = errors.New("the lease is lost")
)

// A Run is one go at a job, in the hands of its handler.
type Run struct {
	Org     kexin.ID
	ID      kexin.ID
	Kind    string
	Args    string // JSON as enqueued; PostgreSQL may have spaced it otherwise
	Cursor  string // where the last go got to, "" at the start
	Done    int64  // as it stood then
	Total   int64
	Attempt int64 // 1 for the first go since the last progress

	q        *Queue
	attempts int64
	lease    string
	ctx      context.Context
	stop     context.CancelCauseFunc

	mu        sync.Mutex
	cancelled bool
	stopping  bool
	renewed   time.Time
}

// Progress records how far the job is, in the transaction that got it there:
// both are stored or neither. It renews the lease and starts the count of
// attempts afresh. A conflict error says that the lease was lost and another
// process has the job: give the error back, so that nothing is stored twice.
func (r *Run) Progress(tx *db.Tx, done, total int64, message, cursor string) error {
	var cancelled bool
	err := tx.Row(sqlProgress, r.Org, r.ID, r.lease, tx.Now.Add(r.q.cfg.Lease), done, total, message, cursor).Scan(&cancelled)
	if kexin.CodeOf(err) == kexin.NotFound {
		r.stop(errLost)
		return &kexin.Error{Op: "job.progress", Code: kexin.Conflict, Key: "job.lost", Err: errLost}
	}
	if err != nil {
		return err
	}
	tx.AfterCommit(func() {
		r.Cursor, r.Done, r.Total, r.Attempt = cursor, done, total, 1
		r.seen(cancelled)
	})
	return nil
}

// Cancelled reports whether a person asked the job to stop.
func (r *Run) Cancelled() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cancelled
}

// Stop is nil as long as the handler may begin another batch, else the error
// to return: ErrCancelled, or ErrYield where the process ends.
func (r *Run) Stop() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.cancelled:
		return ErrCancelled
	case r.stopping || r.ctx.Err() != nil:
		return ErrYield
	}
	return nil
}

// seen notes a successful renewal.
func (r *Run) seen(cancelled bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cancelled = r.cancelled || cancelled
	r.renewed = time.Now()
}

// do runs the handler, keeps its lease meanwhile, and writes down what came of
// it.
func (q *Queue) do(r *Run) {
	defer q.end(r)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		q.keep(r)
	}()
	err := handle(q.cfg.Handlers[r.Kind], r)
	lost := errors.Is(context.Cause(r.ctx), errLost)
	cut := r.ctx.Err() != nil
	r.stop(nil)
	<-kept
	if lost {
		q.cfg.Log.Warn("a job went on without its lease", "org", r.Org.String(), "job", r.ID.String(), "kind", r.Kind)
		return
	}
	if cut && err != nil && !errors.Is(err, ErrCancelled) {
		err = ErrYield
	}
	q.report("job.finish", q.finish(r, err))
}

// handle calls the handler; a panic or the end of its goroutine is a failure.
func handle(h Handler, r *Run) error {
	result := make(chan error, 1)
	go func() {
		err := error(&kexin.Error{Op: "job.handler", Code: kexin.Internal, Key: "job.panic"})
		defer func() {
			if p := recover(); p != nil {
				r.q.cfg.Log.Error("panic in a job", "kind", r.Kind, "job", r.ID.String())
			}
			result <- err
		}()
		err = h(r.ctx, r)
	}()
	return <-result
}

func (q *Queue) end(r *Run) {
	q.mu.Lock()
	delete(q.runs, r)
	q.mu.Unlock()
	q.ended.Done()
	q.Wake()
}

// keep renews the lease until the run ends. Without success for a whole lease
// it must be taken as lost: the handler is stopped.
func (q *Queue) keep(r *Run) {
	tick := time.NewTicker(q.cfg.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-tick.C:
		}
		q.renew(r)
	}
}

func (q *Queue) renew(r *Run) {
	var cancelled bool
	err := q.cfg.DB.Update(r.ctx, func(tx *db.Tx) error {
		return tx.Row(sqlRenew, r.Org, r.ID, r.lease, tx.Now.Add(q.cfg.Lease)).Scan(&cancelled)
	})
	r.mu.Lock()
	late := time.Since(r.renewed) > q.cfg.Lease
	r.mu.Unlock()
	switch {
	case err == nil:
		r.seen(cancelled)
	case kexin.CodeOf(err) == kexin.NotFound || late:
		r.stop(errLost)
	}
}

// seeCancel has every run look whether it is cancelled.
func (q *Queue) seeCancel() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for r := range q.runs {
		go q.renew(r)
	}
}

// finish writes the end of a run: the job's end, or when it goes on. It does
// so under no context, for the run's is over and the outcome must be stored.
func (q *Queue) finish(r *Run, err error) error {
	o := r.outcome(err)
	if o.code != "" {
		q.cfg.Log.Warn("a job failed", "org", r.Org.String(), "job", r.ID.String(), "kind", r.Kind, "attempt", r.Attempt, "err", err)
	}
	return q.cfg.DB.Update(context.Background(), func(tx *db.Tx) error {
		end := tx.Now
		if !o.state.Finished() {
			end = 0
		}
		_, err := tx.Exec(sqlFinish, r.Org, r.ID, r.lease, int64(o.state), tx.Now.Add(o.wait), o.attempt, o.code, end)
		return err
	})
}

// An outcome is what becomes of a job after a run.
type outcome struct {
	state   State
	code    string        // why it failed
	wait    time.Duration // until it is tried again
	attempt int64
}

func (r *Run) outcome(err error) outcome {
	o := outcome{state: Done, attempt: r.Attempt}
	switch {
	case err == nil:
	case errors.Is(err, ErrCancelled):
		o.state = Cancelled
	case errors.Is(err, ErrYield): // not its fault: the go does not count
		o.state, o.attempt = Waiting, r.Attempt-1
	case hopeless(err) || r.Attempt >= r.attempts:
		o.state, o.code = Failed, codeOf(err)
	default:
		o.state, o.code, o.wait = Waiting, codeOf(err), backoff(r.Attempt)
	}
	return o
}

// hopeless reports whether trying again would end the same.
func hopeless(err error) bool {
	switch kexin.CodeOf(err) {
	case kexin.Invalid, kexin.Conflict, kexin.NotFound, kexin.Withheld, kexin.Forbidden:
		return true
	}
	return false
}

// codeOf is what may be shown of an error: its law, key or code, never a text.
func codeOf(err error) string {
	var e *kexin.Error
	switch {
	case errors.As(err, &e) && e.Law != "":
		return string(e.Law)
	case e != nil && e.Key != "":
		return e.Key
	}
	return string(kexin.CodeOf(err))
}

// backoffMost is the longest wait after a failure.
const backoffMost = 72 * time.Minute

// backoff is the wait after the n-th failure: 5 s, 15 s, 45 s … up to an hour,
// a fifth more or less so that those who failed together part.
func backoff(n int64) time.Duration {
	d := 5 * time.Second
	for ; n > 1 && d < time.Hour; n-- {
		d *= 3
	}
	d = min(d, time.Hour)
	return d*4/5 + rand.N(d*2/5)
}
