package app

import (
	"context"
	"hash/maphash"

	"kexin/kind"
	"kexin/law"
	"kexin/ledger"
	"kexin/store"
)

// A list asks of every number in it whether it belongs to a customer of the
// importer's, whose number he sees masked. What is imported is there for all to
// see; what is tried and thrown away is not, so tries are few, and numbers that
// were made up to be tried are not looked at (security A4).

// tails counts different phones of a list by their last four digits, which a
// mask shows. A window of so many is judged by itself.
type tails struct {
	seed  maphash.Seed
	seen  map[uint64]struct{}
	n     map[string]int // by tail
	pairs int            // of phones that share one
	found bool
}

const tailsWindow = 200_000

func newTails() *tails {
	return &tails{seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}, n: map[string]int{}}
}

func (t *tails) add(phones []string) {
	for _, p := range phones {
		h := maphash.String(t.seed, p)
		if _, had := t.seen[h]; had {
			continue
		}
		t.seen[h] = struct{}{}
		tail := kind.Tail(p)
		t.pairs += t.n[tail]
		t.n[tail]++
		if len(t.seen) == tailsWindow {
			t.found = t.madeUp()
			clear(t.seen)
			clear(t.n)
			t.pairs = 0
		}
	}
}

// madeUp reports phones that share their tails far more often than numbers
// that people were given: of n of those, n² ÷ 20,000 pairs do.
func (t *tails) madeUp() bool {
	n := len(t.seen)
	least := law.DetectSameLast4 * (law.DetectSameLast4 - 1) / 2
	return t.found || t.pairs >= least && t.pairs > law.ImportTailTimes*n*n/20_000
}

// tried counts a result that tells which rows are customers of the importer's.
// Once he has thrown away as many as he may, a result is coarse until it is
// imported; leaders and officer hear of it when he has.
func (r *importRun) tried(tx *store.Tx, plan *importPlan) error {
	n, err := tx.Tries(r.b.By)
	if err != nil {
		return err
	}
	plan.Coarse = n >= law.ImportTries
	if plan.Coarse || r.hits == 0 {
		return nil
	}
	plan.Tried = true
	if err := tx.Try(r.b.By, 1); err != nil || n+1 < law.ImportTries {
		return err
	}
	return tx.Alert("import_tries", map[string]string{"member": r.b.By.String()})
}

// refuseMadeUp refuses a list of numbers that were made up to be tried. Nothing
// of it is kept, and nothing told of it.
func (a *App) refuseMadeUp(ctx context.Context, r *importRun) error {
	err := a.store.Update(ctx, r.actor.Org, func(tx *store.Tx) error {
		b, err := tx.Import(r.b.ID)
		if err != nil || b.State != impReading {
			return err
		}
		b.Counts, b.Done, b.Total = pack(newCounts()), 0, 0
		b.Fault = pack(importFault{Key: "import.made_up"})
		if err := tx.Alert("import_made_up", map[string]string{"member": r.b.By.String(), "batch": b.ID.String()}); err != nil {
			return err
		}
		return a.end(tx, &b, impFailed, &ledger.ImportPurged{Why: "refused"}, ledger.Who(r.actor))
	})
	if err == nil {
		r.close()
		a.unstage(r.actor.Org, r.b.ID)
	}
	return err
}
