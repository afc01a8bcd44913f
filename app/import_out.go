package app

import (
	"context"
	"io"
	"iter"

	"kexin"
	"kexin/i18n"
	"kexin/intake"
	"kexin/ledger"
	"kexin/store"
)

// WriteRefusedRows writes the rows of a batch that are not taken in, in their
// own columns, with a code and a sentence each: the refused ones, and those
// set aside because nothing says where they come from. The file can be mended
// and imported again. Before the import is confirmed the rows are read from
// the upload, afterwards from what is kept of them. The cells are the importer's
// own and go to nobody else, and once, until he has the file made anew; each time
// is in the log before the first byte is written, when begin is called (security
// A14). Errors: not_found, conflict where they were handed back.
func (a *App) WriteRefusedRows(ctx context.Context, actor kexin.Actor, id kexin.ID, w io.Writer, begin func()) error {
	var b store.Import
	err := a.store.View(ctx, actor.Org, func(tx *store.Tx) (err error) {
		if b, err = a.mine(tx, actor, id, true); err == nil && b.By != actor.User {
			err = notFound("app.import")
		}
		return err
	})
	if err != nil {
		return err
	}
	found := unpack[importFound](string(b.Found))
	var rows iter.Seq[intake.Refused]
	var failed error
	switch {
	case heldNow(b):
		return &kexin.Error{Op: "app.import", Code: kexin.Forbidden, Key: "import.held"}
	case b.State == impReady && len(b.Found) > 0:
		r, err := a.start(ctx, actor.Org, id, nil)
		if err != nil {
			return err
		}
		defer r.close()
		if err := r.understand(); err != nil {
			return err
		}
		found.Guess = r.guess
		if rows = r.refusedNow(ctx, actor.Lang, &failed); r.reader.list != kexin.Customer && !r.plan.Coarse {
			rows = r.refusedParts(ctx, actor.Lang, &failed)
		}
	case settled(b.State) && b.Rows && len(b.Found) > 0:
		rows = a.refusedThen(ctx, actor, b, &failed)
	default:
		return &kexin.Error{Op: "app.import", Code: kexin.NotFound, Key: "import.rows_gone"}
	}
	if err := a.handing(ctx, actor, b); err != nil {
		return err
	}
	begin()
	if err := intake.WriteRefused(w, found.Guess, rows); err != nil {
		return err
	}
	return failed
}

// RenewRefused makes the file of refused rows anew for the importer, who has had
// it once. Errors: not_found where there are none.
func (a *App) RenewRefused(ctx context.Context, actor kexin.Actor, id kexin.ID) (out Batch, err error) {
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		b, err := a.mine(tx, actor, id, true)
		if err != nil {
			return err
		}
		if heldNow(b) {
			return &kexin.Error{Op: "app.import", Code: kexin.Forbidden, Key: "import.held"}
		}
		if !handsBack(b, actor) {
			return &kexin.Error{Op: "app.import", Code: kexin.NotFound, Key: "import.rows_gone"}
		}
		if err := tx.Unfetch(id); err != nil {
			return err
		}
		out, err = a.batch(tx, actor, id)
		return err
	})
	return out, err
}

// handsBack reports a batch whose refused rows its importer may have.
func handsBack(b store.Import, actor kexin.Actor) bool {
	return b.By == actor.User && len(b.Found) > 0 && !heldNow(b) && (b.State == impReady || settled(b.State) && b.Rows)
}

// heldNow reports a result that its maker may not see yet, nor the rows that it
// would not take in: they name whom it did not find.
func heldNow(b store.Import) bool {
	return held(unpack[importCounts](b.Counts), unpack[importPlan](b.Plan), b)
}

// handing writes that the rows leave.
func (a *App) handing(ctx context.Context, actor kexin.Actor, b store.Import) error {
	c := unpack[importCounts](b.Counts)
	return a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		if err := tx.Fetch(b.ID); err != nil {
			return err
		}
		return tx.Log(store.Event{Actor: ledger.Who(actor), Refs: ledger.Refs{Purpose: actor.Purpose, Batch: b.ID},
			Facts: &ledger.ImportHanded{Rows: int64(c.Outcomes[kexin.OutRefused] + c.Outcomes[kexin.OutAside])}})
	})
}

// refusedNow reads them from the upload.
func (r *importRun) refusedNow(ctx context.Context, lang string, failed *error) iter.Seq[intake.Refused] {
	return func(yield func(intake.Refused) bool) {
		for lines, err := range r.steps(ctx, 0, nil) {
			if *failed = err; err != nil {
				return
			}
			for _, l := range lines {
				code := l.refused
				if code == "" && l.aside != "" {
					code = codeAside
				}
				if code != "" && !yield(refusedRow(lang, l.cells, code)) {
					return
				}
			}
		}
	}
}

// codeAside is the code of rows set aside in the file that is handed back.
const codeAside = "no_source"

func refusedRow(lang string, cells []string, code string) intake.Refused {
	return intake.Refused{Cells: cells, Code: code, Sentence: i18n.T(lang, "issue."+code, nil)}
}

// keptAtOnce is how many kept rows are read in one transaction.
const keptAtOnce = 500

// refusedThen reads them from what is kept.
func (a *App) refusedThen(ctx context.Context, actor kexin.Actor, b store.Import, failed *error) iter.Seq[intake.Refused] {
	return func(yield func(intake.Refused) bool) {
		for n := 0; ; {
			var part []intake.Refused
			*failed = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
				rows, err := tx.KeptRows(b.ID, n, keptAtOnce)
				if err != nil || len(rows) == 0 {
					return err
				}
				keys, err := tx.ImportKeys(b.ID)
				if err != nil {
					return err
				}
				seal, err := tx.CellSealer(keys)
				if err != nil {
					return err
				}
				for _, x := range rows {
					plain, err := store.OpenCells(seal, b.ID, x.N, x.Cells)
					if err != nil {
						return err
					}
					code := x.Code
					if x.Outcome == kexin.OutAside {
						code = codeAside
					}
					part, n = append(part, refusedRow(actor.Lang, unpackCells(plain), code)), x.N
				}
				return nil
			})
			if *failed != nil || len(part) == 0 {
				return
			}
			for _, x := range part {
				if !yield(x) {
					return
				}
			}
		}
	}
}
