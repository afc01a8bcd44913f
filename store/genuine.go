package store

import (
	"context"
	"errors"

	"kexin"
	"kexin/ledger"
	"kexin/vault"
)

// A Forged error says that an authority row 权限行 does not carry the code
// that only this program can make, or that a sealed value does not open where
// it stands: somebody wrote into the database without the keys (security.md
// A2). Whoever meets one refuses; the store raises the alert.
type Forged struct {
	Table string
	ID    kexin.ID
}

// Error names the row.
func (f *Forged) Error() string { return "forged row " + f.ID.String() + " of " + f.Table }

// Damaged reports whether an error comes from what this program did not write:
// a row without its code, or a sealed value that does not open.
func Damaged(err error) bool {
	var f *Forged
	return errors.As(err, &f) || errors.Is(err, vault.ErrTampered)
}

// forged is what a caller gets: he is nobody.
func forged(table string, id kexin.ID) error {
	return &kexin.Error{Op: "store." + table, Code: kexin.Unauthorized, Key: "error.row_forged", Err: &Forged{table, id}}
}

// code is the row's code under the merchant's key. The rows of people are not
// tied to one entry of the log, since they change with many.
func (tx *Tx) code(r *vault.Row) []byte {
	mac := vault.RowMAC(tx.ring, r, [32]byte{})
	return mac[:]
}

// genuine is nil when code is the row's.
func (tx *Tx) genuine(r *vault.Row, code []byte, table string, id kexin.ID) error {
	if vault.CheckRow(tx.ring, r, [32]byte{}, code) {
		return nil
	}
	return forged(table, id)
}

// codesFrom is the migration since which departments and the merchant's own
// row carry codes.
const codesFrom = 11

// giveCodes gives their codes to rows that are older than the codes, once,
// when a database comes from before; each merchant's log says so. Should it be
// cut short, the rows left over count as forged and are mended on the page 员工
// or 我的店 by saving them again.
func (s *Store) giveCodes(ctx context.Context) error {
	all, err := s.Holders(ctx)
	if err != nil {
		return err
	}
	for _, o := range all {
		if err := s.viewLog(ctx, o.ID, s.db.Update, func(tx *Tx) error { return tx.giveCodes(o) }); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) giveCodes(o Org) error {
	depts, err := tx.Depts()
	if err != nil {
		return err
	}
	for _, d := range depts {
		if err := tx.SaveDept(d); err != nil {
			return err
		}
	}
	if err := tx.SaveMerchant(o); err != nil {
		return err
	}
	return tx.Log(Event{Actor: ledger.Actor{Kind: ledger.BySystem}, Facts: &ledger.SettingsChanged{Setting: "codes"}})
}
