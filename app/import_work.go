package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kexin"
	"kexin/store"
)

// importsAtOnce is how many batches of one merchant are worked on together
// (security A14).
const importsAtOnce = 2

// importWork is what the workers of imports share in memory. All that matters
// stands in the batches themselves: after a crash they are found there.
type importWork struct {
	mu      sync.Mutex
	look    chan struct{}
	orgs    map[kexin.ID]bool // merchants with something new
	busy    map[kexin.ID]bool
	trouble map[kexin.ID]*kexin.Error // why a batch waits, for its page
}

func newImportWork() *importWork {
	return &importWork{look: make(chan struct{}, 1), orgs: map[kexin.ID]bool{}, busy: map[kexin.ID]bool{}, trouble: map[kexin.ID]*kexin.Error{}}
}

// wake has the worker look at a merchant's batches at once.
func (w *importWork) wake(org kexin.ID) {
	w.mu.Lock()
	w.orgs[org] = true
	w.mu.Unlock()
	select {
	case w.look <- struct{}{}:
	default:
	}
}

// woken are the merchants to look at.
func (w *importWork) woken() (out []kexin.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range w.orgs {
		out = append(out, id)
	}
	clear(w.orgs)
	return out
}

func (a *App) troubleOf(id kexin.ID) *kexin.Error {
	a.work.mu.Lock()
	defer a.work.mu.Unlock()
	return a.work.trouble[id]
}

// take claims a batch for this process, up to importsAtOnce of a merchant.
func (w *importWork) take(id kexin.ID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy[id] {
		return false
	}
	w.busy[id] = true
	return true
}

func (w *importWork) done(id kexin.ID, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.busy, id)
	var e *kexin.Error
	if delete(w.trouble, id); errors.As(err, &e) {
		w.trouble[id] = &kexin.Error{Code: e.Code, Key: keyOr(e), Args: e.Args}
	}
}

func keyOr(e *kexin.Error) string {
	if e.Key != "" {
		return e.Key
	}
	return "error." + string(kexin.CodeOf(e))
}

// How often all merchants are looked at for what a crash left, how often for
// what is due, and how long what was the machine's fault waits.
const (
	importLook  = time.Minute
	importPurge = time.Hour
	importRetry = 5 * time.Second
)

// RunImports carries out imports that wait, of all merchants, until ctx ends:
// reading, storing, stopping, and destroying what is due. What is under way
// then ends with its transaction and is found again at the next start.
func (a *App) RunImports(ctx context.Context) {
	a.sweepStage(ctx)
	a.PurgeImports(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	look, purge := time.NewTicker(importLook), time.NewTicker(importPurge)
	defer look.Stop()
	defer purge.Stop()
	a.startAll(ctx, &all)
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.work.look:
			for _, org := range a.work.woken() {
				a.startImports(ctx, &all, org)
			}
		case <-look.C:
			a.startAll(ctx, &all)
		case <-purge.C:
			a.PurgeImports(ctx)
		}
	}
}

// startAll begins what waits of every merchant.
func (a *App) startAll(ctx context.Context, all *sync.WaitGroup) {
	orgs, err := a.store.Merchants(ctx)
	if err != nil && ctx.Err() == nil {
		a.log.Error("imports not looked for", "err", err.Error())
	}
	for _, o := range orgs {
		a.startImports(ctx, all, o.ID)
	}
}

// startImports begins what waits of one merchant and is not under way.
func (a *App) startImports(ctx context.Context, all *sync.WaitGroup, org kexin.ID) {
	for i, id := range a.waiting(ctx, org) {
		if i == importsAtOnce {
			return
		}
		if !a.here(org, id) || !a.work.take(id) {
			continue
		}
		all.Go(func() {
			mine, err := a.hold(ctx, "import:"+id.String(), func(ctx context.Context) error { return a.ImportJob(ctx, org, id) })
			a.work.done(id, err)
			switch {
			case ctx.Err() != nil || err == nil && !mine:
			case err == nil:
				a.work.wake(org)
			default:
				a.log.Error("import waits", "batch", id.String(), "err", err.Error())
				time.AfterFunc(importRetry, func() { a.work.wake(org) })
			}
		})
	}
}

// waiting are a merchant's batches with something to do, the oldest first.
func (a *App) waiting(ctx context.Context, org kexin.ID) (out []kexin.ID) {
	err := a.store.View(ctx, org, func(tx *store.Tx) error {
		out = nil
		for _, states := range [][2]string{{impRunning, impStopping}, {impQueued, impQueued}, {impReceived, impReading}} {
			all, err := tx.ImportsIn(states[0], states[1])
			if err != nil {
				return err
			}
			for _, b := range all {
				out = append(out, b.ID)
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		a.log.Error("imports not looked for", "err", err.Error())
	}
	return out
}

// here reports whether this server is the one to carry a batch out: the file
// was staged on its disk. On a database of its own every batch is.
func (a *App) here(org, id kexin.ID) bool {
	if !a.store.DB().Postgres() {
		return true
	}
	_, err := os.Stat(filepath.Join(a.stageDir(org, id), stageName))
	return err == nil
}

// ImportJob does what a batch waits for: reads its file, or stores its rows.
// An error is the machine's fault: the job is to be tried again.
func (a *App) ImportJob(ctx context.Context, org, id kexin.ID) error {
	var b store.Import
	err := a.store.View(ctx, org, func(tx *store.Tx) (err error) {
		b, err = tx.Import(id)
		return err
	})
	switch {
	case err != nil:
		return err
	case b.State == impReceived || b.State == impReading:
		return a.readImport(ctx, org, id)
	case b.State == impQueued || b.State == impRunning || b.State == impStopping:
		return a.commitImport(ctx, org, id)
	}
	return nil
}
