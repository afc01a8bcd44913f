package app

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"kexin"
	"kexin/job"
	"kexin/ledger"
	"kexin/store"
)

// Imports are jobs: reading a file is one, storing its rows another. All that
// matters stands in the batch itself, so that a job which is taken up again
// goes on where the last commit was.

// jobImport is the kind of both. importTries is how often a batch is taken up
// without getting anywhere before a person must want it: a file that brings the
// process down must not do so for ever.
const (
	jobImport   = "import"
	importTries = 10
)

// importKind names the jobs of files that lie in a data directory. Of several
// servers on one PostgreSQL each has its own directory, and only the one with
// the file can read it. The embedded database has one server.
func importKind(s *store.Store, data string) string {
	if !s.DB().Postgres() {
		return jobImport
	}
	return jobImport + "@" + dirName(data)
}

var dirNames = regexp.MustCompile(`^[A-Z2-7]{12}$`)

// dirName is the name of a data directory, drawn when it is first used. Where it
// cannot be written nothing can be staged either: any name will do.
func dirName(dir string) string {
	file := filepath.Join(dir, "name")
	fresh := rand.Text()[:12]
	for range 3 { // two processes at once: one makes it, both read it
		if b, err := os.ReadFile(file); err == nil && dirNames.Match(b) {
			return string(b)
		}
		if os.MkdirAll(dir, 0o700) != nil || os.WriteFile(file+"."+fresh, []byte(fresh), 0o600) != nil {
			return fresh
		}
		_ = os.Link(file+"."+fresh, file)
		_ = os.Remove(file + "." + fresh)
	}
	return fresh
}

// importArgs are the arguments of such a job.
type importArgs struct {
	Batch kexin.ID `json:"batch"`
}

// putDown enqueues what a batch waits for, for the server that has its file,
// and notes the job in its plan.
func (a *App) putDown(tx *store.Tx, b *store.Import, plan importPlan) error {
	id, _, err := a.jobs.Enqueue(tx.Tx, job.Spec{Org: tx.Org, Kind: plan.Place, Args: pack(importArgs{b.ID}), Priority: job.Soon,
		Attempts: importTries + 1, Unit: "unit.rows"})
	plan.Job = id
	b.Plan = pack(plan)
	return err
}

// importJob does what a batch waits for. An error is the machine's fault: the
// job is tried again, and the page says why it waits.
func (a *App) importJob(ctx context.Context, run *job.Run) error {
	id := unpack[importArgs](run.Args).Batch
	var err error
	for range 3 { // a person's act in between changes what is to be done
		if err = a.importOnce(ctx, run, id); kexin.CodeOf(err) != kexin.Conflict || ctx.Err() != nil {
			break
		}
	}
	a.waits.note(id, err)
	if kexin.CodeOf(err) == kexin.Conflict {
		return &kexin.Error{Op: "app.import", Code: kexin.Unavailable, Key: "db.busy", Err: err}
	}
	return err
}

func (a *App) importOnce(ctx context.Context, run *job.Run, id kexin.ID) error {
	var b store.Import
	err := a.store.View(ctx, run.Org, func(tx *store.Tx) (err error) {
		b, err = tx.Import(id)
		return err
	})
	switch {
	case err != nil:
		return err
	case !working(b.State):
		return nil
	case run.Attempt > importTries && b.State != impReceived && b.State != impReading:
		return a.halt(ctx, run.Org, id)
	case run.Attempt > importTries:
		return a.unreadable(ctx, run.Org, id, &kexin.Error{Op: "app.import", Code: kexin.Invalid, Key: "import.gave_up"})
	case b.State == impReceived || b.State == impReading:
		return a.readImport(ctx, run, id)
	}
	return a.commitImport(ctx, run, id)
}

// halt leaves a batch where it stands: what was stored stays, the file and its
// key wait for somebody to confirm it again, or to stop it, for a week. One
// that was to be stopped is.
func (a *App) halt(ctx context.Context, org, id kexin.ID) error {
	over := false
	err := a.store.Update(ctx, org, func(tx *store.Tx) error {
		b, err := tx.Import(id)
		if err != nil {
			return err
		}
		switch over = b.State == impStopping; {
		case over:
			return a.close(tx, &b, impCancelled, &ledger.ImportCancelled{Rows: b.Done}, ledger.Actor{Kind: ledger.BySystem})
		case b.State == impQueued || b.State == impRunning:
			b.State, b.Due, b.Fault = impHalted, tx.Now.Add(stuckFor), pack(importFault{Key: "import.halted"})
			return tx.SaveImport(b)
		}
		return nil
	})
	if err == nil && over {
		a.unstage(org, id)
	}
	return err
}

// working reports a state in which a job has something to do.
func working(state string) bool {
	switch state {
	case impReceived, impReading, impQueued, impRunning, impStopping:
		return true
	}
	return false
}

// settled reports a state in which all is stored that will be; rows that were
// not may still be kept.
func settled(state string) bool {
	return state == impDone || state == impCancelled || state == impFailed
}

// waits remembers why a batch of this server waits. The job says it too, but
// cannot where the disk is full.
type waits struct {
	mu  sync.Mutex
	why map[kexin.ID]*kexin.Error
}

func (w *waits) note(id kexin.ID, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var e *kexin.Error
	if errors.As(err, &e) && !errors.Is(err, job.ErrYield) && !errors.Is(err, job.ErrCancelled) {
		if w.why == nil {
			w.why = map[kexin.ID]*kexin.Error{}
		}
		w.why[id] = e
		return
	}
	delete(w.why, id)
}

func (w *waits) of(id kexin.ID) *kexin.Error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.why[id]
}

// waitsFor is the catalogue key of why a batch that works does not get on, ""
// where it does.
func (a *App) waitsFor(tx *store.Tx, b store.Import, plan importPlan) (key string, args map[string]string) {
	if !working(b.State) {
		return "", nil
	}
	if e := a.waits.of(b.ID); e != nil {
		return keyOr(e), e.Args
	}
	j, err := a.jobs.Get(tx.Tx, tx.Org, plan.Job)
	switch {
	case err != nil || j.State != job.Waiting || j.Error == "":
		return "", nil
	case strings.HasPrefix(j.Error, "E_"):
		return "law." + j.Error, nil
	case !strings.Contains(j.Error, "."):
		return "error." + j.Error, nil
	}
	return j.Error, nil
}

func keyOr(e *kexin.Error) string {
	if e.Key != "" {
		return e.Key
	}
	return "error." + string(kexin.CodeOf(e))
}

// halted is what ends a pass between two steps: the server stops, or a person
// does not want it any more.
func (r *importRun) halted(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return job.ErrYield
	case r.run == nil:
		return nil
	}
	return r.run.Stop()
}

// CancelImport stops a batch. Before anything was stored the file goes at
// once; a running one stops before its next rows, and what was stored stays.
func (a *App) CancelImport(ctx context.Context, actor kexin.Actor, id kexin.ID) (Batch, error) {
	var out Batch
	gone := false
	err := a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		gone = false
		b, err := a.mine(tx, actor, id, true)
		if err != nil {
			return err
		}
		switch b.State {
		case impDeclared, impReceived, impReading, impReady:
			err = a.end(tx, &b, impCancelled, &ledger.ImportCancelled{}, ledger.Who(actor))
			gone = true
		case impQueued, impRunning, impHalted:
			gone, err = a.stopImport(tx, &b, ledger.Who(actor))
		default:
			err = badState("app.import")
		}
		if err != nil {
			return err
		}
		out, err = a.batch(tx, actor, id)
		return err
	})
	if err != nil {
		return Batch{}, err
	}
	if gone {
		a.unstage(actor.Org, id)
	}
	return out, nil
}

// stopImport stops a confirmed batch: at once where its job only waits, else
// its run does it before the next rows.
func (a *App) stopImport(tx *store.Tx, b *store.Import, who ledger.Actor) (over bool, err error) {
	j, err := a.jobs.Get(tx.Tx, tx.Org, unpack[importPlan](b.Plan).Job)
	switch {
	case err != nil && kexin.CodeOf(err) != kexin.NotFound:
		return false, err
	case err == nil && j.State == job.Running:
		b.State = impStopping
		return false, tx.SaveImport(*b)
	case err == nil && j.State == job.Waiting:
		if err := a.jobs.Cancel(tx.Tx, tx.Org, j.ID); err != nil {
			return false, err
		}
	}
	b.Fault = ""
	return true, a.close(tx, b, impCancelled, &ledger.ImportCancelled{Rows: b.Done}, who)
}
