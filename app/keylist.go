package app

import (
	"context"

	"kexin"
	"kexin/consent"
	"kexin/ledger"
	"kexin/store"
)

// PublicKeys are the keys by which a merchant's receipts are checked, for
// anybody. Errors: not_found.
func (a *App) PublicKeys(ctx context.Context, org kexin.ID) (k consent.Keys, err error) {
	if _, err := a.store.PublicNotice(ctx, org); err != nil { // none is known outside before that
		return k, err
	}
	err = a.store.View(ctx, org, func(tx *store.Tx) error {
		o, err := tx.Merchant()
		if err != nil {
			return err
		}
		origin, err := tx.Origin()
		if err != nil {
			return err
		}
		k = consent.Keys{Name: o.Name, USCC: o.USCC, Origin: string(origin)}
		k.Receipt, err = tx.ReceiptKeys()
		return err
	})
	return k, err
}

// KeyList are the lists that this server publishes, each for the logs of its
// merchant.
func (a *App) KeyList(ctx context.Context) consent.KeyList {
	return func(origin ledger.Origin) (consent.Keys, bool) {
		_, org, _ := origin.Split()
		if org == 0 {
			return consent.Keys{}, false
		}
		k, err := a.PublicKeys(ctx, org)
		return k, err == nil && ledger.Origin(k.Origin).SameLog(origin)
	}
}
