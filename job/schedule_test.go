package job

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kexin"
	"kexin/internal/db"
)

func at(s string) kexin.Instant {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return kexin.At(t)
}

func TestNext(t *testing.T) {
	for _, c := range []struct {
		s               Schedule
		last, now, want string
	}{
		{Schedule{Minute: 150}, "", "2026-11-22T00:00:00+08:00", "2026-11-22T02:30:00+08:00"},
		{Schedule{Minute: 150}, "", "2026-11-22T02:30:00+08:00", "2026-11-23T02:30:00+08:00"},
		{Schedule{Minute: 0}, "", "2026-12-31T23:59:59+08:00", "2027-01-01T00:00:00+08:00"},
		{Schedule{Minute: 150, Zone: "Europe/Berlin"}, "", "2026-03-28T12:00:00+01:00", "2026-03-29T03:30:00+02:00"}, // 02:30 does not exist
		{Schedule{Every: time.Hour}, "2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z", "2026-11-22T01:00:00Z"},
		{Schedule{Every: time.Hour}, "2026-11-22T00:00:00Z", "2026-11-22T05:10:00Z", "2026-11-22T06:00:00Z"},
		{Schedule{Every: time.Hour}, "2026-11-22T09:00:00Z", "2026-11-22T05:10:00Z", "2026-11-22T06:10:00Z"},
	} {
		var last kexin.Instant
		if c.last != "" {
			last = at(c.last)
		}
		if got, err := c.s.next(last, at(c.now)); err != nil || got != at(c.want) {
			t.Errorf("%+v after %s: %s, want %s, %v", c.s, c.now, got.Time(), c.want, err)
		}
	}
	for _, bad := range []Schedule{{Minute: -1}, {Minute: 1440}, {Every: -1}, {Every: time.Microsecond}, {Every: time.Hour, Minute: 5}, {Zone: "Mars/Base"}} {
		if _, err := bad.next(0, 1); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// The next time lies ahead, by no more than a step, and asking just before it
// gives the same.
func TestNextProperty(t *testing.T) {
	zones := []string{"", "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"}
	rapid.Check(t, func(t *rapid.T) {
		now := kexin.Instant(rapid.Int64Range(1_600_000_000_000, 2_000_000_000_000).Draw(t, "now"))
		s := Schedule{Minute: rapid.Int64Range(0, 1439).Draw(t, "minute"), Zone: rapid.SampledFrom(zones).Draw(t, "zone")}
		longest := 26 * time.Hour
		if rapid.Bool().Draw(t, "every") {
			s = Schedule{Every: time.Duration(rapid.Int64Range(1, 1e6).Draw(t, "ms")) * time.Millisecond}
			longest = s.Every
		}
		next, err := s.next(now-1000, now)
		if err != nil || next <= now || next.Sub(now) > longest {
			t.Fatalf("%+v at %d: %d %v", s, now, next, err)
		}
		if same, err := s.next(now-1000, next-1); s.Every == 0 && (err != nil || same != next) {
			t.Fatalf("%+v: %d, a moment before it %d", s, next, same)
		}
	})
}

func TestScheduleFires(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		w.clock.ms.Store(int64(at("2026-11-22T10:00:00+08:00")))
		runs := map[string]int{}
		handlers := map[string]Handler{"k": func(_ context.Context, r *Run) error { runs[r.Args]++; return nil }}
		a, b := w.queue(handlers), w.queue(handlers)
		plan := func() {
			if err := w.d.Update(bg, func(tx *db.Tx) error {
				for _, s := range []Schedule{
					{Org: 1, Name: "nightly", Kind: "k", Args: `"night"`, Minute: 150},
					{Org: 1, Name: "hourly", Kind: "k", Args: `"hour"`, Every: time.Hour},
					{Org: 2, Name: "hourly", Kind: "k", Args: `"other"`, Every: time.Hour},
				} {
					if err := a.Schedule(tx, s); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(when string, night, hour, other int) {
			t.Helper()
			w.work(a)
			w.work(b)
			if runs[`"night"`] != night || runs[`"hour"`] != hour || runs[`"other"`] != other {
				t.Errorf("%s: %v", when, runs)
			}
		}
		plan()
		expect("at once", 0, 0, 0)
		w.clock.add(59 * time.Minute)
		plan() // at the next start: the times stay
		expect("before the hour", 0, 0, 0)
		w.clock.add(time.Minute)
		expect("after an hour", 0, 1, 1)
		w.clock.add(40 * time.Hour)
		expect("after a day and a half without a process", 1, 2, 2)
		w.clock.add(24 * time.Hour)
		expect("the next night", 2, 3, 3)
		if err := w.d.Update(bg, func(tx *db.Tx) error { // by a clock that was a year ahead
			_, err := tx.Exec("UPDATE job_schedule SET next_at=$1", int64(at("2027-11-25T02:30:00+08:00")))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		plan()
		w.clock.add(24 * time.Hour)
		expect("the night after the clock was right again", 3, 4, 4)
	})
}

// While the last one is unfinished no second is put down; two processes that
// look at the same moment put down one.
func TestScheduleOnce(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		a, b := w.queue(nil), w.queue(nil)
		if err := w.d.Update(bg, func(tx *db.Tx) error {
			return a.Schedule(tx, Schedule{Org: 1, Name: "n", Kind: "k", Every: time.Second})
		}); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			w.clock.add(time.Second)
			errs := make(chan error)
			for _, q := range []*Queue{a, b} {
				go func() { errs <- q.fire(bg) }()
			}
			for range 2 {
				if err := <-errs; err != nil {
					t.Error(err)
				}
			}
		}
		var all []Job
		if err := w.d.View(bg, func(tx *db.Tx) (err error) { all, err = a.Find(tx, 1, "", 0, 10); return err }); err != nil || len(all) != 1 {
			t.Errorf("%d jobs, %v", len(all), err)
		}
		if err := w.d.Update(bg, func(tx *db.Tx) error { return a.Schedule(tx, Schedule{Org: 1, Name: "bad", Minute: 9999}) }); kexin.CodeOf(err) != kexin.Invalid {
			t.Error(err)
		}
	})
}
