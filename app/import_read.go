package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kexin"
	"kexin/intake"
	"kexin/job"
	"kexin/law"
	"kexin/ledger"
	"kexin/store"
)

// An importFound is what the file looks like. It is sealed at rest, because
// samples and headers stand in it.
type importFound struct {
	Guess   intake.Guess    `json:"guess"` // without its sample
	Targets []intake.Target `json:"targets"`
	Columns []columnFound   `json:"columns"` // in the order of Guess.Columns
}

// A columnFound is what was seen in one column.
type columnFound struct {
	Sample []string `json:"sample"` // masked
	Filled int      `json:"filled"`
	Bad    int      `json:"bad"` // values that could not be read as the target
}

// readImport is the dry run: it reads the whole file, judges every row as the
// import would, and shows what would become of it. Nothing is stored but
// figures. A list of home owners is refused here and nothing of it is kept
// (law IMP-03).
func (a *App) readImport(ctx context.Context, run *job.Run, id kexin.ID) error {
	org := run.Org
	r, err := a.start(ctx, org, id, run)
	if err != nil {
		return a.unreadable(ctx, org, id, err)
	}
	defer r.close()
	if err := a.setState(ctx, r, impReading, impReceived, impReading); err != nil {
		return err
	}
	if err := r.understand(); err != nil {
		return a.unreadable(ctx, org, id, err)
	}
	verdict, err := r.dryRun(ctx)
	switch {
	case err != nil:
		return a.unreadable(ctx, org, id, err)
	case r.tails.madeUp():
		return a.refuseMadeUp(ctx, r)
	case verdict.Refuse && r.plan.Reopens == 0:
		return a.refuseList(ctx, r, verdict)
	case verdict.Refuse:
		r.counts.List = measures(verdict) // let in on a lawyer's note: what was seen stays with it
	}
	return a.result(ctx, r)
}

func (r *importRun) close() {
	if r.file != nil {
		_ = r.file.Close()
	}
}

// setState moves a batch on, from one of two states.
func (a *App) setState(ctx context.Context, r *importRun, to string, from ...string) error {
	return a.store.Update(ctx, r.actor.Org, func(tx *store.Tx) error {
		b, err := tx.Import(r.b.ID)
		if err != nil {
			return err
		}
		if !slices.Contains(from, b.State) {
			return badState("app.import")
		}
		if b.State != to {
			b.State = to
			if err := tx.SaveImport(b); err != nil {
				return err
			}
			b.Version++
		}
		r.b = b
		return nil
	})
}

// dryRun passes over the file once.
func (r *importRun) dryRun(ctx context.Context) (intake.Verdict, error) {
	note, err := newNotebook(r.a.stageDir(r.actor.Org, r.b.ID))
	if err != nil {
		return intake.Verdict{}, err
	}
	defer note.Close()
	owners := intake.NewDetector(r.guess.Columns, r.targets)
	r.look = newColumnLook(r)
	skipped := 0
	each := func(row intake.Row) {
		owners.Add(row)
		if row.Skip != "" {
			skipped++
		}
	}
	told := time.Time{}
	for lines, err := range r.steps(ctx, 0, each) {
		if err != nil {
			return intake.Verdict{}, err
		}
		if err := r.tryOut(ctx, lines, note); err != nil {
			return intake.Verdict{}, err
		}
		if err := r.halted(ctx); err != nil {
			return intake.Verdict{}, err
		}
		if now := time.Now(); now.Sub(told) > time.Second {
			told = now
			if err := r.progress(ctx); err != nil {
				return intake.Verdict{}, err
			}
		}
	}
	r.counts.Skipped = skipped
	for _, p := range r.tiers {
		if p != kexin.TierNone {
			if r.counts.Tiers == nil {
				r.counts.Tiers = map[kexin.Tier]int{}
			}
			r.counts.Tiers[p]++
		}
	}
	r.counts.Ratio = ratio(r.counts.Tiers)
	return owners.Verdict(), nil
}

// tryOut judges one step on a snapshot of the store and the notebook.
func (r *importRun) tryOut(ctx context.Context, lines []*line, note *notebook) error {
	return r.a.store.View(ctx, r.actor.Org, func(tx *store.Tx) error {
		b, rulings, err := r.judge(tx, lines, note)
		if err != nil {
			return err
		}
		if err := b.freeze(); err != nil {
			return err
		}
		r.counts.count(rulings)
		r.seq = b.rules.seq
		r.tookAll(rulings)
		for _, x := range rulings {
			r.weigh(x)
			r.ask(b, x)
		}
		return nil
	})
}

// ask notes what a row asks.
func (r *importRun) ask(b *book, x ruling) {
	if x.line.refused != "" || x.line.aside != "" {
		return
	}
	r.tails.add(x.line.facts.Phones)
	r.tails.add(x.line.vals[kexin.ContPhone].Strings())
	switch {
	case x.code == codeOutside && len(r.known) < law.LookupImportPerFile:
		r.known = append(r.known, x.line.facts.Phones...)
	case x.code == refusedNobody && !b.rules.seesAll():
		r.miss(x.line.part.who(), x.line.part.phones)
	case x.code == refusedNobody:
	case x.outcome == kexin.OutReview && x.line.part != nil && !x.line.part.rings(x.person) && !b.rules.seesAll(): // her number is tried
		r.hits++
		r.miss(x.line.part.who(), x.line.part.phones)
	case (x.code == refusedDiffers || keptOf(x.code) != nil) && !b.rules.seesAll(): // or what else is hers
		r.hits++
		r.miss(x.line.part.who()+r.reader.canon(x.line), nil)
	case x.code != codeOutside && (x.person != nil && x.person.known != nil || x.line.part != nil):
		r.hits++
	}
}

// miss notes what a row of what hangs on customers asked and did not find: a
// customer among those of the importer, whether a colleague has her or nobody, or
// beside a record number a phone that is not hers, or a record as the row has it.
// Each is a lookup; the same is asked once.
func (r *importRun) miss(what string, phones []string) {
	who := sha256.Sum256([]byte(what))
	if r.missed[who] || len(r.missed) > missedMost {
		return
	}
	if r.missed == nil {
		r.missed = map[[32]byte]bool{}
	}
	r.missed[who] = true
	if len(r.known) < law.LookupImportPerFile {
		r.known = append(r.known, phones...)
	}
}

// missedMost is how many are counted: by then the result is a leader's to see.
const missedMost = 10_000

// weigh notes the gravest tier of each distinct person (law IMP-07).
func (r *importRun) weigh(x ruling) {
	if x.outcome == kexin.OutRefused {
		return
	}
	at := uint64(1)<<63 | uint64(x.line.n) // a row that is nobody's yet
	if x.person != nil && r.reader.list != kexin.Contact && (x.outcome == kexin.OutNew || x.outcome == kexin.OutSame || x.outcome == kexin.OutUnchanged) {
		if id := x.person.id(); id != 0 {
			at = uint64(id)
		} else {
			at = uint64(1)<<62 | uint64(x.person.seq)
		}
	}
	t, was := r.reader.tier(x.line), r.tiers[at]
	if was == kexin.TierNone || t != kexin.TierNone && t < was {
		r.tiers[at] = t
	}
}

// progress writes how far reading is, and ends it where the batch was
// cancelled meanwhile.
func (r *importRun) progress(ctx context.Context) error {
	rows := r.counts.Rows
	return r.a.store.Update(ctx, r.actor.Org, func(tx *store.Tx) error {
		b, err := tx.Import(r.b.ID)
		if err != nil {
			return err
		}
		if b.State != impReading {
			return errStopped
		}
		return tx.ImportRead(r.b.ID, rows)
	})
}

// errStopped ends a pass over a batch that is no longer to be read.
var errStopped = errors.New("import stopped")

// result stores the figures of a dry run and counts, as lookups, the rows that
// the importer learns to be known outside his scope (security A4).
func (a *App) result(ctx context.Context, r *importRun) error {
	return a.store.Update(ctx, r.actor.Org, func(tx *store.Tx) error {
		b, err := tx.Import(r.b.ID)
		if err != nil {
			return err
		}
		if b.State != impReading {
			return nil
		}
		plan := unpack[importPlan](b.Plan)
		if err := r.charge(tx, &plan); err != nil {
			return err
		}
		if err := r.tried(tx, &plan); err != nil {
			return err
		}
		b.State, b.Plan, b.Counts = impReady, pack(plan), pack(r.counts)
		b.Found = []byte(pack(r.found()))
		b.Done, b.Total = int64(r.counts.Rows), int64(r.counts.Rows)
		b.Due = tx.Now.Add(asideFor(b.Source))
		return tx.SaveImport(b)
	})
}

// charge counts the rows that are known elsewhere as lookups, as far as the
// importer has any left. A result that would tell more is held for a leader, and
// so is every one of somebody about to leave: by what is new and what is not he
// could find out numbers that he sees masked.
func (r *importRun) charge(tx *store.Tx, plan *importPlan) error {
	asked := r.counts.Outside + len(r.missed)
	n := asked - plan.Told
	spend, err := tx.LookupSpend(r.actor)
	if err != nil {
		return err
	}
	left := spend.Left()
	plan.Held = plan.Held || n > left || r.actor.Leaving
	if n <= 0 || left == 0 {
		return nil
	}
	plan.Told = asked
	return tx.SpendImport(r.actor, r.b.ID, min(n, left), r.known)
}

func (r *importRun) found() importFound {
	g := r.guess
	g.Sample = nil
	return importFound{Guess: g, Targets: r.targets, Columns: r.look.columns}
}

// measures are what the detector saw, to be kept with the batch.
func measures(v intake.Verdict) map[string]float64 {
	out := map[string]float64{"score": v.Score}
	for _, f := range v.Features {
		out[f.Name] = f.Value
	}
	return out
}

// refuseList refuses a list of home owners as a whole. Both keys are destroyed
// in the transaction that writes the refusal; then the file goes.
func (a *App) refuseList(ctx context.Context, r *importRun, v intake.Verdict) error {
	c := newCounts()
	c.List = measures(v)
	err := a.store.Update(ctx, r.actor.Org, func(tx *store.Tx) error {
		b, err := tx.Import(r.b.ID)
		if err != nil {
			return err
		}
		no := law.Refuse("app.import", "E_IMP_OWNER_LIST", nil)
		b.Counts, b.Done, b.Total = pack(c), 0, 0
		b.Fault = pack(importFault{Key: no.Key, Law: no.Law})
		return a.end(tx, &b, impRefused, &ledger.ImportRefused{Law: no.Law, Rows: int64(r.counts.Rows)}, ledger.Who(r.actor))
	})
	if err == nil {
		r.close()
		a.unstage(r.actor.Org, r.b.ID)
	}
	return err
}

// unreadable ends a batch whose file is at fault; what is the machine's fault
// is given back, to be tried again. What was stored before stays, and so do
// the rows that were set aside from it.
func (a *App) unreadable(ctx context.Context, org, id kexin.ID, cause error) error {
	var e *kexin.Error
	switch {
	case errors.Is(cause, errStopped):
		return nil
	case !errors.As(cause, &e) || !hopelessImport(e.Code):
		return cause
	}
	err := a.store.Update(ctx, org, func(tx *store.Tx) error {
		b, err := tx.Import(id)
		if err != nil {
			return err
		}
		if !working(b.State) {
			return nil
		}
		system := ledger.Actor{Kind: ledger.BySystem}
		b.Fault = pack(importFault{Key: keyOr(e), Law: e.Law, Args: e.Args})
		if b.Done > 0 && b.State != impReading {
			return a.close(tx, &b, impFailed, &ledger.ImportCancelled{Rows: b.Done}, system)
		}
		return a.end(tx, &b, impFailed, &ledger.ImportPurged{Why: "refused"}, system)
	})
	if err == nil {
		a.unstage(org, id)
	}
	return err
}

// hopelessImport reports errors that no repetition mends.
func hopelessImport(c kexin.Code) bool {
	switch c {
	case kexin.Invalid, kexin.NotFound, kexin.Forbidden, kexin.Withheld:
		return true
	}
	return false
}

// sweepStage removes staged files of batches that are over, as a crash between
// the last transaction and the removal of the file leaves them.
func (a *App) sweepStage(ctx context.Context) {
	entries, err := os.ReadDir(filepath.Join(a.data, stageRoot))
	if err != nil {
		return
	}
	for _, e := range entries {
		o, i, _ := strings.Cut(e.Name(), "-")
		org, err1 := kexin.ParseID(o)
		id, err2 := kexin.ParseID(i)
		if err1 != nil || err2 != nil || org == 0 || id == 0 {
			continue
		}
		over := false
		err := a.store.View(ctx, org, func(tx *store.Tx) error {
			b, err := tx.Import(id)
			over = err == nil && !b.File && b.State != impDeclared || kexin.CodeOf(err) == kexin.NotFound
			return nil
		})
		if err == nil && over {
			a.unstage(org, id)
		}
	}
}
