package store

import (
	"context"
	"errors"

	"kexin"
	"kexin/vault"
)

// The alerts about what somebody wrote into the database past the program.
const (
	alertRow  = "row_forged"  // a row that gives rights
	alertCell = "cell_forged" // a sealed value, moved or changed
)

// misplaced names the record whose sealed value does not open where it stands:
// it was changed, or belongs to another merchant, person, record or field.
func misplaced(table string, id kexin.ID, err error) error {
	if !errors.Is(err, vault.ErrTampered) {
		return err
	}
	return &kexin.Error{Op: "store.cell", Err: errors.Join(&Forged{table, id}, err)}
}

// watch looks at how a transaction ended: where it met what this program did
// not write, nothing of it is given away and the protection officer is alerted
// (security.md A2, A16). met is a row that was passed over inside.
func (s *Store) watch(ctx context.Context, org kexin.ID, met *Forged, err error) error {
	code := alertRow
	if kexin.CodeOf(err) == kexin.Internal && errors.Is(err, vault.ErrTampered) {
		code = alertCell
	}
	var f *Forged
	switch {
	case errors.As(err, &f):
	case code == alertCell:
		f = &Forged{Table: "key"}
	case met != nil:
		f = met
	default:
		return err
	}
	if e := s.alarm(context.WithoutCancel(ctx), org, code, f); e != nil {
		return errors.Join(err, e)
	}
	if code == alertCell {
		return &kexin.Error{Op: "store.cell", Code: kexin.Unavailable, Key: "error.cell_forged", Err: err}
	}
	return err
}

// alarm writes the alert, once while it is open.
func (s *Store) alarm(ctx context.Context, org kexin.ID, code string, f *Forged) error {
	return s.Update(ctx, org, func(tx *Tx) error {
		return tx.AlertOnce(code, map[string]string{"table": f.Table, "row": f.ID.String()})
	})
}
