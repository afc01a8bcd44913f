package app

import (
	"context"
	"encoding/json"
	"strconv"

	"kexin"
	"kexin/gate"
	"kexin/job"
	"kexin/store"
)

// Every night the figures that are kept beside rows are held against the rows.
const (
	jobFigures  = "figures"
	figuresAt   = 3*60 + 20
	figuresStep = 1000 // records compared in a transaction
)

// A refigured is how far such a comparison is.
type refigured struct {
	At    int      `json:"at"` // of store.KeptFigures
	After kexin.ID `json:"after"`
	Wrong []int64  `json:"wrong"` // by object
}

// refigure compares a merchant's kept figures with his rows and mends what
// differs. What differed was changed past the program, or the program has a
// fault: the log and an alert say how many records, and no more.
func (a *App) refigure(ctx context.Context, run *job.Run) error {
	var fields []kexin.FieldID
	for _, k := range store.KeptFigures {
		fields = append(fields, k.Fields...)
	}
	sys := gate.ForSystem(gate.Rebuild, fields...)
	at := refigured{Wrong: make([]int64, len(store.KeptFigures))}
	if run.Cursor != "" {
		if err := json.Unmarshal([]byte(run.Cursor), &at); err != nil || len(at.Wrong) != len(store.KeptFigures) {
			return &kexin.Error{Op: "app.refigure", Err: err}
		}
	}
	for at.At < len(store.KeptFigures) {
		next := at
		err := a.store.Update(ctx, run.Org, func(tx *store.Tx) error {
			next = refigured{At: at.At, Wrong: append([]int64(nil), at.Wrong...)}
			n, last, err := tx.Refigure(sys, store.KeptFigures[at.At].Object, at.After, figuresStep)
			if err != nil {
				return err
			}
			next.Wrong[at.At] += int64(n)
			if next.After = last; last == 0 {
				next.At++
			}
			if next.At == len(store.KeptFigures) {
				if err := next.tell(tx); err != nil {
					return err
				}
			}
			return run.Progress(tx.Tx, int64(next.At), int64(len(store.KeptFigures)), "", pack(next))
		})
		if err != nil {
			return err
		}
		if at = next; at.At == len(store.KeptFigures) {
			break
		}
		if err := run.Stop(); err != nil {
			return err
		}
	}
	if at.wrong() > 0 {
		a.log.Error("kept figures differed from their rows and were mended", "org", run.Org.String(), "orders", at.Wrong[0], "customers", at.Wrong[1])
	}
	return nil
}

func (r refigured) wrong() (n int64) {
	for _, w := range r.Wrong {
		n += w
	}
	return n
}

func (r refigured) tell(tx *store.Tx) error {
	if r.wrong() == 0 {
		return nil
	}
	return tx.Alert("figures_mended", map[string]string{"records": strconv.FormatInt(r.wrong(), 10)})
}
