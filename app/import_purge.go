package app

import (
	"context"
	"errors"
	"strconv"

	"kexin"
	"kexin/ledger"
	"kexin/store"
)

// PurgeImports destroys what has been kept long enough, of all merchants: rows
// set aside and refused ones after seven days, or one where the source is not
// the merchant's own (law IMP-05); questions after thirty, and seven more in which leaders and
// officer know of it; files that nobody confirmed. The log keeps their number.
// What fails keeps nothing else from being destroyed.
func (a *App) PurgeImports(ctx context.Context) error {
	orgs, all := a.store.Merchants(ctx)
	for _, o := range orgs {
		var due []store.Import
		err := a.store.View(ctx, o.ID, func(tx *store.Tx) (err error) { due, err = tx.ImportsDue(); return err })
		for _, b := range due {
			err = errors.Join(err, a.purge(ctx, o.ID, b.ID))
		}
		all = errors.Join(all, err)
	}
	return all
}

func (a *App) purge(ctx context.Context, org, id kexin.ID) error {
	gone := false
	err := a.store.Update(ctx, org, func(tx *store.Tx) error {
		gone = false
		b, err := tx.Import(id)
		if err != nil || b.Due == 0 || b.Due > tx.Now {
			return err
		}
		system := ledger.Actor{Kind: ledger.BySystem}
		switch b.State {
		case impDeclared, impReceived, impReading, impReady:
			gone = true
			return a.end(tx, &b, impCancelled, &ledger.ImportPurged{Why: "cancelled"}, system)
		case impQueued, impRunning, impStopping, impHalted:
			gone = true
			b.Fault = pack(importFault{Key: "import.gave_up"})
			return a.close(tx, &b, impFailed, &ledger.ImportCancelled{Rows: b.Done}, system)
		case impDone, impCancelled, impFailed:
			return a.purgeRows(tx, &b, system)
		}
		b.Due = 0
		return tx.SaveImport(b)
	})
	if err == nil && gone {
		a.unstage(org, id)
	}
	return err
}

// purgeRows destroys the cells of rows whose time is over, and the key once
// nothing is kept under it any more.
func (a *App) purgeRows(tx *store.Tx, b *store.Import, who ledger.Actor) error {
	n, err := tx.DropRows(b.ID, kexin.OutAside)
	if err != nil {
		return err
	}
	if _, err := tx.DropRows(b.ID, kexin.OutRefused); err != nil {
		return err
	}
	rest, err := a.warned(tx, b)
	if err != nil {
		return err
	}
	if rest {
		for _, o := range []kexin.Outcome{kexin.OutReview, kexin.OutSame} {
			k, err := tx.DropRows(b.ID, o)
			if err != nil {
				return err
			}
			n += k
		}
	}
	left, err := tx.WaitingRows(b.ID)
	if err != nil {
		return err
	}
	b.Due = b.DoneAt.Add(reviewFor)
	if w := unpack[importPlan](b.Plan).Warned; w != 0 {
		b.Due = w.Add(warnFor)
	}
	if rest || left == 0 {
		b.Due, b.Found = 0, nil
		if err := tx.DropImportKeys(b.ID, false, true); err != nil {
			return err
		}
	}
	if err := tx.SaveImport(*b); err != nil || n == 0 {
		return err
	}
	return tx.Log(store.Event{Actor: who, Refs: ledger.Refs{Batch: b.ID}, Facts: &ledger.ImportPurged{Rows: n, Why: "aside_expired"}})
}

// warned reports whether the time of rows to judge is over and it was told in
// time; where they have waited long enough, it tells so now.
func (a *App) warned(tx *store.Tx, b *store.Import) (over bool, err error) {
	if tx.Now < b.DoneAt.Add(reviewFor) {
		return false, nil
	}
	plan := unpack[importPlan](b.Plan)
	if plan.Warned != 0 {
		return tx.Now >= plan.Warned.Add(warnFor), nil
	}
	n, err := tx.WaitingRows(b.ID)
	if err != nil || n == 0 {
		return true, err
	}
	plan.Warned = tx.Now
	b.Plan = pack(plan)
	until := string(kexin.DayOf(tx.Now.Add(warnFor).Time().In(tx.Zone)))
	return false, tx.Alert("import_unjudged", map[string]string{"batch": b.ID.String(), "member": b.By.String(), "rows": strconv.FormatInt(n, 10), "until": until})
}
