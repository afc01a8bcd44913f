package store

import (
	"kexin"
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
