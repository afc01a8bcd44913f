package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/job"
	"kexin/store"
)

// Duties 值守 are what goes on beside requests without anybody asking. Of
// several servers on one database one does each at a time, under a lease;
// where it dies, another takes the duty up when the lease runs out.
const (
	sealEvery = 500 * time.Millisecond // entries of the log wait a second at most (security A9)
	beatEvery = 2 * time.Second        // keys that changed are known within five (A2)
	lookEvery = 20 * time.Second       // for backups and keys that are due
	leaseFor  = 30 * time.Second
	lastSeal  = 5 * time.Second // for what waits when the server stops
	sealFull  = 500             // entries that the store seals in one transaction
)

// A planned names a schedule of a merchant.
type planned struct {
	org  kexin.ID
	name string
}

// A duties is the machinery of Run.
type duties struct {
	halt  chan struct{} // closed by Halt: background work ends
	quiet chan struct{} // closed when it has ended
	once  sync.Once
	look  chan struct{}    // look at once
	plans map[planned]bool // schedules that stand
	tried time.Time        // when a backup was tried last
	keys  sync.Mutex       // one drive of keys at a time in this process
}

func newDuties() *duties {
	return &duties{halt: make(chan struct{}), quiet: make(chan struct{}), look: make(chan struct{}, 1), plans: map[planned]bool{}}
}

// Run does what goes on beside requests until ctx ends: what Attend does, it
// seals the logs, and in the background it carries out jobs, imports among
// them, drives rotations of keys and makes the daily backup. Halt ends the
// second half before the first, so that requests which are still being
// answered are logged.
func (a *App) Run(ctx context.Context) {
	work, stop := context.WithCancel(ctx)
	defer stop()
	a.jobs.Start()
	var back, all sync.WaitGroup
	back.Go(func() { a.every(work, sweepEach, a.sweepStage) })
	back.Go(func() { a.lookAfter(work) })
	back.Go(func() { a.every(work, witnessEvery, a.witnessRound) })
	back.Go(func() { a.runPost(work) })
	all.Go(func() {
		select {
		case <-a.duties.halt:
			stop()
		case <-work.Done():
		}
		back.Wait()
		close(a.duties.quiet)
	})
	all.Go(func() { a.every(ctx, sealEvery, a.sealWaiting) })
	a.Attend(ctx)
	all.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSeal)
	defer cancel()
	a.failed(last, "jobs", a.jobs.Stop(last))
	a.sealWaiting(last)
}

// Attend does what acts depend on until ctx ends: it writes list pages within a
// second, and shows that this process lives. A command that works beside no
// server needs no more: it seals nothing, since it may not know the witnesses
// that have to be asked first. What it wrote is sealed by the server that
// starts next.
func (a *App) Attend(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { a.every(ctx, beatEvery, a.beat) })
	a.pages.run(ctx, a.store, a.log)
	all.Wait()
}

// Halt ends what goes on in the background: nothing new is taken up, what is
// under way ends at its next step with its progress stored. When ctx ends
// first it is cancelled; leases are given back all the same. Requests are
// still served. An unavailable error says that some work has not ended.
func (a *App) Halt(ctx context.Context) error {
	a.duties.once.Do(func() { close(a.duties.halt) })
	err := a.jobs.Stop(ctx)
	select {
	case <-a.duties.quiet:
		return err
	case <-ctx.Done():
		return &kexin.Error{Op: "app.halt", Code: kexin.Unavailable, Key: "job.running", Err: ctx.Err()}
	}
}

// every calls f at once and then again and again.
func (a *App) every(ctx context.Context, pause time.Duration, f func(context.Context)) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		f(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// failed logs why a duty was not done; the end of the server is no failure.
func (a *App) failed(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		a.log.Error(what, "err", err.Error())
	}
}

func (a *App) beat(ctx context.Context) { a.failed(ctx, "no sign of life", a.store.Beat(ctx)) }

// sealWaiting seals what waits of every merchant whose sealer this server is.
func (a *App) sealWaiting(ctx context.Context) {
	orgs, _, err := a.store.Unsealed(ctx)
	a.failed(ctx, "log not sealed", err)
	for _, org := range orgs {
		if a.sealing.isStopped(org) {
			continue // said once, when a witness said so
		}
		mine, err := a.store.Lease(ctx, "seal:"+org.String(), leaseFor)
		for n := sealFull; err == nil && mine && n == sealFull && ctx.Err() == nil; {
			n, err = a.seal(ctx, org)
		}
		if kexin.CodeOf(err) != kexin.Conflict { // it was sealed for an evidence file meanwhile
			a.failed(ctx, "log not sealed", err)
		}
	}
}

// hold does a duty while this server has its lease, which is renewed
// meanwhile; a lease that is lost ends it. False where another server has it.
func (a *App) hold(ctx context.Context, name string, f func(context.Context) error) (bool, error) {
	mine, err := a.store.Lease(ctx, name, leaseFor)
	if err != nil || !mine {
		return false, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var kept sync.WaitGroup
	kept.Go(func() { a.renew(ctx, cancel, name) })
	err = f(ctx)
	cancel()
	kept.Wait()
	a.failed(ctx, "lease not given back", a.store.Unlease(context.WithoutCancel(ctx), name))
	return true, err
}

func (a *App) renew(ctx context.Context, lost context.CancelFunc, name string) {
	tick := time.NewTicker(leaseFor / 3)
	defer tick.Stop()
	sure := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		mine, err := a.store.Lease(ctx, name, leaseFor)
		switch {
		case err == nil && mine:
			sure = time.Now()
		case err == nil || time.Since(sure) > leaseFor:
			lost()
		}
	}
}

// Look has duties that may be due looked at now.
func (a *App) Look() {
	select {
	case a.duties.look <- struct{}{}:
	default:
	}
}

// lookAfter makes schedules, backups and rotations happen.
func (a *App) lookAfter(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		a.failed(ctx, "schedules", a.plan(ctx))
		a.failed(ctx, "keys", a.driveKeys(ctx))
		a.failed(ctx, "backup", a.backupDaily(ctx))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-a.duties.look:
		}
	}
}

// The jobs of this package and when they fall due.
const (
	jobDaily  = "daily" // of one merchant
	jobSweep  = "sweep" // of the server, whose merchant number is 0
	dailyAt   = 2*60 + 40
	sweepEach = time.Hour
)

// Jobs is the queue, for use-cases that put work down.
func (a *App) Jobs() *job.Queue { return a.jobs }

// newJobs makes the queue with what each kind of job does.
func (a *App) newJobs() *job.Queue {
	return job.New(job.Config{DB: a.store.DB(), ID: a.store.NewID, Log: a.log, Handlers: map[string]job.Handler{
		jobDaily:     a.daily,
		jobFigures:   a.refigure,
		jobSweep:     a.sweep,
		a.importKind: a.importJob,
	}})
}

// plan puts down the schedules of merchants that are new to this server.
func (a *App) plan(ctx context.Context) error {
	all, err := a.store.Holders(ctx)
	if err != nil {
		return err
	}
	list := []job.Schedule{{Name: jobSweep, Kind: jobSweep, Every: sweepEach}}
	for _, o := range all {
		list = append(list, job.Schedule{Org: o.ID, Name: jobDaily, Kind: jobDaily, Minute: dailyAt, Zone: o.Zone},
			job.Schedule{Org: o.ID, Name: jobFigures, Kind: jobFigures, Minute: figuresAt, Zone: o.Zone})
	}
	for _, s := range list {
		if a.duties.plans[planned{s.Org, s.Name}] {
			continue
		}
		if err := a.jobs.Plan(ctx, s); err != nil {
			return err
		}
		a.duties.plans[planned{s.Org, s.Name}] = true
	}
	return nil
}

// jobKeep is how long finished jobs are kept.
const jobKeep = 30 * 24 * time.Hour

// daily does a merchant's work of the day: what is over is deleted, rotations
// end, and the log commits to every person's last entry.
func (a *App) daily(ctx context.Context, run *job.Run) error {
	err := a.store.Update(ctx, run.Org, func(tx *store.Tx) error {
		if _, err := a.jobs.Purge(tx.Tx, run.Org, tx.Now.Add(-jobKeep)); err != nil {
			return err
		}
		if err := tx.PurgeMeters(); err != nil {
			return err
		}
		_, err := tx.PurgeAlerts(securityKeep())
		return err
	})
	if err != nil {
		return err
	}
	if err := a.driveOf(ctx, run.Org); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if _, err := a.seal(ctx, run.Org); err != nil && kexin.CodeOf(err) != kexin.Conflict {
			return err
		}
		if done, err := a.store.DailyHeads(ctx, run.Org); done || err != nil {
			return err
		}
		if err := run.Stop(); err != nil {
			return err
		}
	}
	return job.ErrYield
}

// sweep deletes what the server needs no more: sessions, links, what the
// throttle counted, what imports kept for a while, its own finished jobs, and
// old databases that restores have left beside it.
func (a *App) sweep(ctx context.Context, run *job.Run) error {
	return errors.Join(a.store.SweepSessions(ctx), a.PurgeImports(ctx), a.jobs.Sweep(ctx, run.Org, kexin.At(a.now()).Add(-jobKeep)),
		a.store.Scrub(ctx), db.DropBefore(ctx, a.store.DB(), beforeAge))
}
