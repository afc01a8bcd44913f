package job

import (
	"context"
	"time"

	"kexin"
)

// Stop takes up no more work, tells handlers to end at their next batch, and
// waits for them for Config.Grace or until ctx ends; those still at work then
// are stopped as by StopAndCancel. What was not finished waits for the next
// process with its cursor. It may be called again and together with
// StopAndCancel.
func (q *Queue) Stop(ctx context.Context) error {
	q.halt(func(r *Run) {
		r.mu.Lock()
		r.stopping = true
		r.mu.Unlock()
	})
	wait, cancel := context.WithTimeout(ctx, q.cfg.Grace)
	defer cancel()
	if q.wait(wait) == nil {
		return nil
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	return q.StopAndCancel(last)
}

// StopAndCancel cancels the contexts of running handlers and waits until they
// have returned and their leases are given back, or ctx ends. An unavailable
// error says that some have not: their leases run out by themselves.
func (q *Queue) StopAndCancel(ctx context.Context) error {
	q.halt(func(r *Run) { r.stop(ErrYield) })
	return q.wait(ctx)
}

// halt ends the loop, then tells every run.
func (q *Queue) halt(tell func(*Run)) {
	q.mu.Lock()
	if !q.stopping {
		q.stopping = true
		close(q.quit)
	}
	started := q.started
	q.mu.Unlock()
	if started {
		<-q.looped
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for r := range q.runs {
		tell(r)
	}
}

func (q *Queue) wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		q.ended.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return &kexin.Error{Op: "job.stop", Code: kexin.Unavailable, Key: "job.running", Err: ctx.Err()}
	}
}
