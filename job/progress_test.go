package job

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
)

// work does total steps in batches of ten, one transaction each.
func steps(w *world, total int64, after func(r *Run, n int64)) Handler {
	return func(ctx context.Context, r *Run) error {
		var n int64
		_, _ = fmt.Sscan(r.Cursor, &n)
		for n < total {
			if err := r.Stop(); err != nil {
				return err
			}
			to := min(n+10, total)
			if err := w.d.Update(ctx, func(tx *db.Tx) error {
				for i := n; i < to; i++ {
					if _, err := tx.Exec(`INSERT INTO work (org_id, n) VALUES ($1, $2)`, r.Org, i); err != nil {
						return err
					}
				}
				return r.Progress(tx, to, total, "job.storing", fmt.Sprint(to))
			}); err != nil {
				return err
			}
			n = to
			if after != nil {
				after(r, n)
			}
		}
		return nil
	}
}

func (w *world) worked() (n int64) {
	w.t.Helper()
	if err := w.d.View(bg, func(tx *db.Tx) error { return tx.Row(`SELECT COUNT(*) FROM work WHERE org_id = 1`).Scan(&n) }); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestProgressAndCancel(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		var q *Queue
		q = w.queue(map[string]Handler{"k": steps(w, 100, func(r *Run, n int64) {
			if n == 30 {
				if err := w.d.Update(bg, func(tx *db.Tx) error { return q.Cancel(tx, 1, r.ID) }); err != nil {
					t.Error(err)
				}
			}
		})})
		id, _ := w.put(q, Spec{Kind: "k"})
		w.work(q)
		j := w.get(q, id)
		if j.State != Cancelled || j.Done < 30 || j.Done > 40 || j.Total != 100 || j.Message != "job.storing" || j.Done != w.worked() || !j.Cancel {
			t.Errorf("%+v, %d rows", j, w.worked())
		}
		if err := w.d.Update(bg, func(tx *db.Tx) error { return q.Cancel(tx, 1, id) }); kexin.CodeOf(err) != kexin.Conflict {
			t.Errorf("cancelled twice: %v", err)
		}
		if err := w.d.Update(bg, func(tx *db.Tx) error { return q.Cancel(tx, 2, id) }); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("another merchant's: %v", err)
		}
		waits, _ := w.put(q, Spec{Kind: "other"})
		if err := w.d.Update(bg, func(tx *db.Tx) error { return q.Cancel(tx, 1, waits) }); err != nil {
			t.Error(err)
		}
		if j := w.get(q, waits); j.State != Cancelled || j.Finished == 0 {
			t.Errorf("%+v", j)
		}
	})
}

// Attempts count runs without progress: a long job outlives many restarts.
func TestProgressResetsAttempts(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		stumble := errors.New("stumble")
		total := int64(100)
		q := w.queue(map[string]Handler{"k": func(ctx context.Context, r *Run) error {
			var n int64
			_, _ = fmt.Sscan(r.Cursor, &n)
			if n == total {
				return nil
			}
			if err := w.d.Update(ctx, func(tx *db.Tx) error { return r.Progress(tx, n+10, total, "", fmt.Sprint(n+10)) }); err != nil {
				return err
			}
			return stumble
		}})
		id, _ := w.put(q, Spec{Kind: "k", Attempts: 2})
		for range 12 {
			w.work(q)
			w.clock.add(time.Hour)
		}
		if j := w.get(q, id); j.State != Done || j.Done != total {
			t.Errorf("%+v", j)
		}
	})
}
