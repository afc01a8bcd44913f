package store_test

import (
	"testing"

	"kexin"
	"kexin/store"
	"kexin/store/storetest"
)

// TestStoppedAddressAdded: a number that is not to be contacted marks whose record it
// is put into later, whatever else is changed with it; a mailbox does so to who has no
// number, and beside a number that was not stopped it is shut alone (TestMailboxStopped).
func TestStoppedAddressAdded(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		const phone, email = "+8613812345678", "wang@example.cn"
		w.Update(func(tx *store.Tx) error {
			if err := tx.Suppress(kexin.KeyPhone, phone, tx.Now); err != nil {
				return err
			}
			return tx.Suppress(kexin.KeyEmail, email, tx.Now)
		})
		for i, vals := range []store.Values{
			{kexin.CustEmail: kexin.Str(email)}, {kexin.CustPhone: kexin.Str(phone)}, {kexin.CustEmail: kexin.Str(email), kexin.CustName: kexin.Str("王秀兰")}, {kexin.CustEmail: kexin.Str("li@example.cn")},
			{kexin.CustEmail: kexin.Str(email), kexin.CustPhone: kexin.Value{}},
		} {
			id := w.Customer("rep", person("张伟", "+861390000111"+string(rune('0'+i))))
			w.Edit(w.Staff["rep"], id, vals)
			w.View(func(tx *store.Tx) error {
				f, err := tx.Facts(kexin.Customer, id)
				if err != nil {
					return err
				}
				marked, _, err := tx.Quieted(f.Subject)
				if marked != (i == 1 || i == 4) {
					t.Errorf("%v: marked %v", vals, marked)
				}
				return err
			})
		}
	})
}
