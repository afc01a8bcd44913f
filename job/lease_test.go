package job

import (
	"context"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
)

// A process that lost its lease stores nothing more, whatever it still does.
func TestLostLease(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		reached, resume := make(chan bool), make(chan bool)
		slow := w.queue(map[string]Handler{"k": steps(w, 50, func(_ *Run, n int64) {
			if n == 20 {
				close(reached)
				<-resume
			}
		})})
		id, _ := w.put(slow, Spec{Kind: "k"})
		done := make(chan error)
		go func() { _, err := slow.Work(bg); done <- err }()
		<-reached
		w.clock.add(time.Minute) // the lease of 30 s has run out
		other := w.queue(map[string]Handler{"k": steps(w, 50, nil)})
		if n := w.work(other); n != 1 {
			t.Errorf("%d runs", n)
		}
		if j := w.get(other, id); j.State != Done || j.Done != 50 {
			t.Errorf("%+v", j)
		}
		close(resume)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if j := w.get(other, id); j.State != Done || w.worked() != 50 {
			t.Errorf("afterwards: %+v, %d rows", j, w.worked())
		}
	})
}

// A job that kills its process each time is not tried for ever.
func TestPoison(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		q := w.queue(map[string]Handler{"k": func(context.Context, *Run) error { return nil }})
		id, _ := w.put(q, Spec{Kind: "k", Attempts: 3})
		for i := range 3 {
			run, err := q.claim(bg, 1) // and the process is gone
			if err != nil || run == nil || run.Attempt != int64(i+1) {
				t.Fatalf("%+v %v", run, err)
			}
			q.end(run)
			w.clock.add(time.Minute)
			if err := q.returnExpired(bg); err != nil {
				t.Fatal(err)
			}
		}
		if j := w.get(q, id); j.State != Failed || j.Error != "job.lost" || j.Finished == 0 {
			t.Errorf("%+v", j)
		}
	})
}

// A job that gets on each time before its process is killed is never given up,
// however often that happens: only goes without progress count.
func TestKilledButGettingOn(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		q := w.queue(map[string]Handler{"k": func(context.Context, *Run) error { return nil }})
		id, _ := w.put(q, Spec{Kind: "k", Attempts: 3})
		for i := range int64(12) {
			run, err := q.claim(bg, 1)
			if err != nil || run == nil || run.Attempt > 2 || run.Done != i {
				t.Fatalf("go %d: %+v %v", i, run, err)
			}
			if err := w.d.Update(bg, func(tx *db.Tx) error { return run.Progress(tx, i+1, 12, "", "") }); err != nil {
				t.Fatal(err)
			}
			q.end(run) // and the process is gone
			w.clock.add(time.Minute)
			if err := q.returnExpired(bg); err != nil {
				t.Fatal(err)
			}
		}
		w.work(q)
		if j := w.get(q, id); j.State != Done || j.Done != 12 {
			t.Errorf("%+v", j)
		}
	})
}

// What a clock that was ahead has claimed, put off or put down does not lie until
// its time: the process is gone.
func TestClockAhead(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		runs := map[string]int{}
		fail := true
		q := w.queue(map[string]Handler{"k": func(_ context.Context, r *Run) error {
			if runs[r.Args]++; r.Args == `"off"` && fail {
				return &kexin.Error{Code: kexin.Unavailable}
			}
			return nil
		}})
		off, _ := w.put(q, Spec{Kind: "k", Args: `"off"`})
		w.work(q)
		fail = false
		gone, _ := w.put(q, Spec{Kind: "k", Args: `"gone"`})
		run, err := q.claim(bg, 1)
		if err != nil || run == nil {
			t.Fatal(run, err)
		}
		q.end(run)
		when := w.clock.instant().Add(48 * time.Hour)
		later, _ := w.put(q, Spec{Kind: "k", Args: `"later"`, RunAt: when})
		down, _ := w.put(q, Spec{Kind: "k", Args: `"down"`})
		const year = 365 * kexin.DayMS
		if err := w.d.Update(bg, func(tx *db.Tx) error {
			for q, id := range map[string]kexin.ID{"run_at=run_at+$1": off, "lease_until=lease_until+$1": gone, "run_at=run_at+$1,created_at=created_at+$1": down} {
				if _, err := tx.Exec("UPDATE job SET "+q+" WHERE org_id=1 AND id=$2", int64(year), id); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		w.work(q)
		for args, want := range map[string]int{`"off"`: 2, `"gone"`: 1, `"down"`: 1, `"later"`: 0} {
			if runs[args] != want {
				t.Errorf("%s ran %d times", args, runs[args])
			}
		}
		if j := w.get(q, later); j.RunAt != when {
			t.Errorf("a job for later: %+v", j)
		}
	})
}

// A long batch keeps its lease by renewal alone.
func TestRenewal(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		w.clock.ms.Store(time.Now().UnixMilli())
		release := make(chan bool)
		q := w.queue(map[string]Handler{"k": func(context.Context, *Run) error { <-release; return nil }}, func(c *Config) { c.Lease = 150 * time.Millisecond })
		id, _ := w.put(q, Spec{Kind: "k"})
		lease := func() (at kexin.Instant) {
			if err := w.d.View(bg, func(tx *db.Tx) error {
				return tx.Row(`SELECT lease_until FROM job WHERE org_id = 1 AND id = $1`, id).Scan(&at)
			}); err != nil {
				t.Fatal(err)
			}
			return at
		}
		q.Start()
		until(t, "it runs", func() bool { return lease() != 0 })
		for range 3 {
			was := lease()
			w.clock.add(50 * time.Millisecond)
			until(t, "the lease is renewed", func() bool { return lease() > was })
		}
		close(release)
		until(t, "it is done", func() bool { return w.get(q, id).State == Done })
	})
}
