package job

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
)

func TestStop(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		reached := make(chan bool)
		var once sync.Once
		q := w.queue(map[string]Handler{"k": steps(w, 100000, func(*Run, int64) { once.Do(func() { close(reached) }) })})
		id, _ := w.put(q, Spec{Kind: "k", Attempts: 1})
		q.Start()
		<-reached
		if err := q.Stop(bg); err != nil {
			t.Fatal(err)
		}
		j := w.get(q, id)
		if j.State != Waiting || j.Attempt != 0 || j.Done == 0 || j.Done != w.worked() || j.Cursor != fmt.Sprint(j.Done) {
			t.Errorf("%+v, %d rows", j, w.worked())
		}
		if err := errors.Join(q.Stop(bg), q.StopAndCancel(bg)); err != nil {
			t.Errorf("stopped again: %v", err)
		}
		w.put(q, Spec{Kind: "k"})
		q.Start()
		select {
		case <-q.looped:
		default:
			t.Error("it still looks for work after Stop")
		}
		if got := w.get(q, id); got.Done != j.Done {
			t.Error("it went on after Stop")
		}
		never := w.queue(nil)
		if err := never.Stop(bg); err != nil {
			t.Error(err)
		}
		if never.Start(); never.started {
			t.Error("it begins after Stop")
		}
		next := w.queue(map[string]Handler{"k": steps(w, j.Done+20, nil)})
		w.work(next)
		if got := w.get(q, id); got.State != Done || got.Done != j.Done+20 {
			t.Errorf("%+v", got)
		}
	})
}

// Handlers that do not look for Stop are cancelled after Grace; the lease goes
// back at once.
func TestStopAndCancel(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		for _, stop := range []func(*Queue) error{
			func(q *Queue) error { return q.Stop(bg) },
			func(q *Queue) error { return q.StopAndCancel(bg) },
		} {
			running := make(chan bool)
			q := w.queue(map[string]Handler{"k": func(ctx context.Context, r *Run) error {
				close(running)
				<-ctx.Done()
				if !errors.Is(r.Stop(), ErrYield) {
					t.Error("Stop does not say so")
				}
				return ctx.Err()
			}}, func(c *Config) { c.Grace = 20 * time.Millisecond })
			id, _ := w.put(q, Spec{Kind: "k"})
			q.Start()
			<-running
			if err := stop(q); err != nil {
				t.Error(err)
			}
			if j := w.get(q, id); j.State != Waiting || j.Attempt != 0 || j.Error != "" {
				t.Errorf("%+v", j)
			}
			if err := w.d.Update(bg, func(tx *db.Tx) error { return q.Cancel(tx, 1, id) }); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestStopReportsTheStubborn(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		running, release := make(chan bool), make(chan bool)
		q := w.queue(map[string]Handler{"k": func(context.Context, *Run) error { close(running); <-release; return nil }})
		id, _ := w.put(q, Spec{Kind: "k"})
		q.Start()
		<-running
		ctx, cancel := context.WithTimeout(bg, 20*time.Millisecond)
		defer cancel()
		if err := q.StopAndCancel(ctx); kexin.CodeOf(err) != kexin.Unavailable {
			t.Error(err)
		}
		close(release)
		if err := q.StopAndCancel(bg); err != nil {
			t.Error(err)
		}
		if j := w.get(q, id); j.State != Done { // it did finish
			t.Errorf("%+v", j)
		}
	})
}
