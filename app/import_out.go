package app

import (
	"context"
	"io"
	"iter"

	"kexin"
	"kexin/i18n"
	"kexin/intake"
	"kexin/store"
)

// WriteRefusedRows writes the rows of a batch that are not taken in, in their
// own columns, with a code and a sentence each: the refused ones, and those
// set aside because nothing says where they come from. The file can be mended
// and imported again. Before the import is confirmed the rows are read from
// the upload, afterwards from what is kept of them. begin is called before the
// first byte is written.
func (a *App) WriteRefusedRows(ctx context.Context, actor kexin.Actor, id kexin.ID, w io.Writer, begin func()) error {
	var b store.Import
	err := a.store.View(ctx, actor.Org, func(tx *store.Tx) (err error) {
		b, err = a.mine(tx, actor, id, true)
		return err
	})
	if err != nil {
		return err
	}
	found := unpack[importFound](string(b.Found))
	var rows iter.Seq[intake.Refused]
	var failed error
	switch {
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
		rows = r.refusedNow(ctx, actor.Lang, &failed)
	case settled(b.State) && b.Rows && len(b.Found) > 0:
		rows = a.refusedThen(ctx, actor, b, &failed)
	default:
		return &kexin.Error{Op: "app.import", Code: kexin.NotFound, Key: "import.rows_gone"}
	}
	begin()
	if err := intake.WriteRefused(w, found.Guess, rows); err != nil {
		return err
	}
	return failed
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
