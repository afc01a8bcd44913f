package job

import (
	"cmp"
	"context"
	"time"

	"kexin"
	"kexin/internal/db"
)

// A Schedule puts a job down again and again, Every so often or daily at
// Minute. While the last one is unfinished it does not put down another, and
// what fell due while no process ran is made up for once, not many times.
type Schedule struct {
	Org      kexin.ID
	Name     string // unique within the merchant
	Kind     string
	Args     string // JSON, as in Spec
	Priority int64  // 0 = Background
	Every    time.Duration
	Minute   int64  // minutes after midnight, where Every is 0
	Zone     string // of midnight: IANA name, "" = Asia/Shanghai
}

// location is the schedule's zone.
func (s Schedule) location() (*time.Location, error) {
	if s.Zone == "" {
		s.Zone = "Asia/Shanghai"
	}
	l, err := time.LoadLocation(s.Zone)
	if err != nil {
		return nil, &kexin.Error{Op: "job.schedule", Code: kexin.Invalid, Field: "zone", Err: err}
	}
	return l, nil
}

// next is the first time after now: whole steps of Every from last on, or the
// next time that the clock on the wall shows Minute.
func (s Schedule) next(last, now kexin.Instant) (kexin.Instant, error) {
	if s.Every > 0 {
		step := kexin.Instant(s.Every.Milliseconds())
		if step == 0 || s.Minute != 0 {
			return 0, &kexin.Error{Op: "job.schedule", Code: kexin.Invalid, Field: "every"}
		}
		if last > now || last == 0 {
			last = now
		}
		return last + (now-last)/step*step + step, nil
	}
	if s.Every < 0 || s.Minute < 0 || s.Minute >= 24*60 {
		return 0, &kexin.Error{Op: "job.schedule", Code: kexin.Invalid, Field: "minute"}
	}
	zone, err := s.location()
	if err != nil {
		return 0, err
	}
	t := now.Time().In(zone)
	for day := t.Day(); ; day++ {
		at := kexin.At(time.Date(t.Year(), t.Month(), day, int(s.Minute/60), int(s.Minute%60), 0, 0, zone))
		if at > now {
			return at, nil
		}
	}
}

// Schedule makes or changes a schedule in the caller's transaction. One whose
// times stay the same keeps its next time, so that it may be called at every
// start; not one that a clock has told which was ahead.
func (q *Queue) Schedule(tx *db.Tx, s Schedule) error {
	next, err := s.next(0, tx.Now)
	if err != nil {
		return err
	}
	var was Schedule
	var wasNext kexin.Instant
	err = tx.Row(sqlTimes, s.Org, s.Name).Scan((*int64)(&was.Every), &was.Minute, &was.Zone, &wasNext)
	switch {
	case kexin.CodeOf(err) == kexin.NotFound:
	case err != nil:
		return err
	case was.Every == s.Every && was.Minute == s.Minute && was.Zone == s.Zone:
		next = min(next, wasNext)
	}
	if s.Args == "" {
		s.Args = "{}"
	}
	_, err = tx.Exec(sqlPlan, s.Org, s.Name, s.Kind, s.Args, cmp.Or(s.Priority, Background), int64(s.Every), s.Minute, s.Zone, next)
	return err
}

// Plan makes or changes a schedule in a transaction of its own, as every start
// of a server does.
func (q *Queue) Plan(ctx context.Context, s Schedule) error {
	return q.cfg.DB.Update(ctx, func(tx *db.Tx) error { return q.Schedule(tx, s) })
}

// fire puts down the jobs of the schedules that have come round. Of several
// processes the one that moves the next time on does it.
func (q *Queue) fire(ctx context.Context) error {
	var ripe []Schedule
	if err := q.cfg.DB.View(ctx, func(tx *db.Tx) error {
		ripe = nil
		return tx.Each(sqlRipe, []any{tx.Now}, func(r *db.Rows) error {
			var s Schedule
			err := r.Scan(&s.Org, &s.Name)
			ripe = append(ripe, s)
			return err
		})
	}); err != nil {
		return err
	}
	for _, s := range ripe {
		if err := q.cfg.DB.Update(ctx, func(tx *db.Tx) error { return q.fireOne(tx, s) }); err != nil {
			return err
		}
	}
	return nil
}

func (q *Queue) fireOne(tx *db.Tx, s Schedule) error {
	var due kexin.Instant
	err := tx.Row(sqlFire, s.Org, s.Name).Scan(&s.Kind, &s.Args, &s.Priority, (*int64)(&s.Every), &s.Minute, &s.Zone, &due)
	if kexin.CodeOf(err) == kexin.NotFound || err == nil && due > tx.Now {
		return nil // another process was faster
	}
	if err != nil {
		return err
	}
	next, err := s.next(due, tx.Now)
	if err != nil {
		return err
	}
	n, err := tx.Exec(sqlAdvance, s.Org, s.Name, due, next)
	if err != nil || n == 0 {
		return err
	}
	_, _, err = q.Enqueue(tx, Spec{Org: s.Org, Kind: s.Kind, Args: s.Args, Dedup: "schedule:" + s.Name, Priority: s.Priority})
	return err
}
