package store

import (
	"context"

	"kexin"
	"kexin/ledger"
)

// Verify checks a merchant's log as it is stored 验真, and with deep what the
// rest of the database says against it. It changes nothing and reads one
// snapshot.
func (s *Store) Verify(ctx context.Context, org kexin.ID, opt ledger.VerifyOptions, deep bool) (v ledger.Verdict, err error) {
	err = s.viewLog(ctx, org, s.db.View, func(tx *Tx) error {
		v = ledger.VerifyLog(logReader{tx}, opt)
		if !deep {
			v.Silently("shallow")
			return nil
		}
		return tx.deep(&v)
	})
	return v, err
}
