package app

import (
	"context"
	"errors"
	"strconv"

	"kexin"
	"kexin/job"
	"kexin/ledger"
	"kexin/store"
)

// commitImport stores a confirmed batch, stepRows rows in a transaction. Where it
// was interrupted it goes on behind the last row stored: how far it is stands
// in the same transactions as the rows. Errors of the machine are given back,
// to be tried again.
func (a *App) commitImport(ctx context.Context, run *job.Run, id kexin.ID) error {
	org := run.Org
	r, err := a.start(ctx, org, id, run)
	if err != nil {
		return a.unreadable(ctx, org, id, err)
	}
	defer r.close()
	if r.b.State == impStopping {
		return a.stopped(ctx, r)
	}
	if err := a.setState(ctx, r, impRunning, impQueued, impRunning); err != nil {
		return err
	}
	if err := r.understand(); err != nil {
		return a.unreadable(ctx, org, id, later(err))
	}
	done := int(r.b.Done)
	r.counts = unpack[importCounts](r.b.Counts).whole()
	if r.reader.list == kexin.Order && done > 0 {
		if err := r.apartBefore(ctx, done); err != nil {
			return err
		}
	}
	for lines, err := range r.steps(ctx, done, nil) {
		if err != nil {
			return a.unreadable(ctx, org, id, later(err))
		}
		switch err := r.save(ctx, lines, done); {
		case errors.Is(err, errStopped):
			return a.stopped(ctx, r)
		case err != nil:
			return err
		}
		done = lines[len(lines)-1].n
		if err := r.halted(ctx); err != nil {
			return err
		}
	}
	return a.finish(ctx, r)
}

// later makes of a bound that a pass has met while rows are stored an error of the
// machine: the next go begins behind the last row stored with all that a pass may
// ask, and a person may stop it in between.
func later(err error) error {
	var e *kexin.Error
	if errors.As(err, &e) && (e.Key == "import.too_big" || e.Key == "import.too_long") {
		return &kexin.Error{Op: "app.import", Code: kexin.Unavailable, Key: "import.bound", Err: err}
	}
	return err
}

// apartBefore reads which of the rows up to n made no record, and which of them
// wait.
func (r *importRun) apartBefore(ctx context.Context, n int) error {
	r.apart = map[int]bool{}
	return r.a.store.View(ctx, r.actor.Org, func(tx *store.Tx) error {
		for at := 0; at < n; {
			rows, err := tx.Partless(r.b.ID, at, keptAtOnce)
			if err != nil || len(rows) == 0 {
				return err
			}
			for _, x := range rows {
				at, r.apart[x.N] = x.N, x.Outcome == kexin.OutReview || x.Outcome == kexin.OutUnchanged
			}
		}
		return nil
	})
}

// stepYields is how often a step begins anew for people who are stopped meanwhile,
// before it makes the next of them wait.
const stepYields = 3

// save decides and stores one step.
func (r *importRun) save(ctx context.Context, lines []*line, done int) error {
	var counts importCounts
	var judged []ruling
	tries := 0
	err := r.a.store.Update(ctx, r.actor.Org, func(tx *store.Tx) error {
		tries++
		stop, err := tx.Importing(r.b.ID, done, tries > stepYields)
		switch {
		case err != nil:
			return err
		case stop:
			return errStopped
		}
		b, rulings, err := r.judge(tx, lines, nil)
		if err != nil {
			return err
		}
		counts, judged = r.counts.clone(), rulings
		counts.count(rulings)
		s := store.ImportStep{Batch: r.b.ID, Actor: r.actor, First: done + 1, Last: lines[len(lines)-1].n, Counts: pack(counts)}
		if r.reader.list == kexin.Customer {
			b.into(&s)
		} else {
			b.partsInto(&s)
		}
		for _, x := range rulings {
			s.Rows = append(s.Rows, r.row(tx, x))
		}
		if err := tx.ImportStep(s); err != nil {
			return err
		}
		return r.run.Progress(tx.Tx, int64(s.Last), r.b.Total, "", strconv.Itoa(s.Last))
	})
	if err == nil {
		r.counts = counts
		r.tookAll(judged)
	}
	return err
}

// into puts what the book made and changed into a step.
func (b *book) into(s *store.ImportStep) {
	for _, p := range b.touchedPeople() {
		if p.known != nil {
			g := &store.Grown{Known: p.known, Permit: p.permit, Changed: p.changed, Orders: p.newOrders, Origins: p.newOrigins}
			if len(p.newOrders) > 0 {
				g.Order = b.rules.orderFor(p.known.Owner)
			}
			s.Grown = append(s.Grown, g)
			continue
		}
		p.fresh = &store.NewPerson{Owner: p.owner, Permit: b.rules.createFor(p.owner), Vals: p.vals, Orders: p.newOrders, Origins: p.newOrigins}
		if len(p.newOrders) > 0 {
			p.fresh.Order = b.rules.orderFor(p.owner)
		}
		s.New = append(s.New, p.fresh)
	}
}

// row is the outcome of a line as it is stored. The cells of rows that become
// no record are kept under the batch's own key.
func (r *importRun) row(tx *store.Tx, x ruling) store.ImportRow {
	out := store.ImportRow{N: x.line.n, Outcome: x.outcome, Code: x.code, Score: x.score}
	if x.kept() {
		cells := packCells(x.line.cells)
		if x.line.part != nil && x.line.part.item != nil {
			cells = packSum(cells, r.sums[x.line.part.order])
		}
		out.Cells = store.SealCells(r.sealer, r.b.ID, x.line.n, cells)
	}
	if x.mark {
		out.Mark = tx.Mark(r.reader.canon(x.line))
	}
	if p := x.person; p != nil {
		out.Record, out.Person = p.id(), p.fresh
	}
	if x.part != nil {
		out.Part, out.Step = x.part.at.ID, x.part.step
	}
	return out
}

// finish closes a batch whose last row is stored: the key of the file goes
// with it, then the file.
func (a *App) finish(ctx context.Context, r *importRun) error {
	c := r.counts
	return a.over(ctx, r, impDone, &ledger.ImportDone{
		New: int64(c.Outcomes[kexin.OutNew]), Same: int64(c.Outcomes[kexin.OutSame]), Unchanged: int64(c.Outcomes[kexin.OutUnchanged]),
		Review: int64(c.Outcomes[kexin.OutReview]), Refused: int64(c.Outcomes[kexin.OutRefused]), Aside: int64(c.Outcomes[kexin.OutAside]), Rows: int64(c.Rows)})
}

// stopped closes a batch that was cancelled while it ran. What was stored
// stays.
func (a *App) stopped(ctx context.Context, r *importRun) error {
	if err := a.over(ctx, r, impCancelled, &ledger.ImportCancelled{}); err != nil {
		return err
	}
	return job.ErrCancelled
}

// over closes a batch that this run stored.
func (a *App) over(ctx context.Context, r *importRun, state string, facts ledger.Facts) error {
	err := a.store.Update(ctx, r.actor.Org, func(tx *store.Tx) error {
		b, err := tx.Import(r.b.ID)
		if err != nil {
			return err
		}
		if b.State != impRunning && b.State != impStopping && b.State != impQueued {
			return nil
		}
		if x, ok := facts.(*ledger.ImportCancelled); ok {
			x.Rows = b.Done
		}
		return a.close(tx, &b, state, facts, ledger.Who(r.actor))
	})
	if err == nil {
		r.close()
		a.unstage(r.actor.Org, r.b.ID)
	}
	return err
}

// close ends a batch of which rows may be kept: refused ones and those set
// aside for as long as the law lets them be, questions longer. The key of the
// file is destroyed; the file goes once this is stored.
func (a *App) close(tx *store.Tx, b *store.Import, state string, facts ledger.Facts, who ledger.Actor) error {
	plan := unpack[importPlan](b.Plan)
	b.State, b.DoneAt, b.Due = state, tx.Now, tx.Now.Add(asideFor(b.Source))
	if b.Done == 0 {
		b.Counts = pack(newCounts())
	}
	if c := unpack[importCounts](b.Counts); plan.Tried && state == impDone && c.stored() > 0 { // what it told is there for all to see
		if err := tx.Try(b.By, -1); err != nil {
			return err
		}
	}
	if err := tx.Unfetch(b.ID); err != nil { // another file from now on
		return err
	}
	if err := tx.DropImportKeys(b.ID, true, false); err != nil {
		return err
	}
	if err := tx.SaveImport(*b); err != nil {
		return err
	}
	if done, ok := facts.(*ledger.ImportDone); ok {
		done.Self = plan.Self
	}
	return tx.Log(store.Event{Actor: who, Refs: ledger.Refs{Batch: b.ID, Purpose: plan.Actor.Purpose}, Facts: facts})
}
