package store_test

import (
	"testing"
	"time"

	"kexin"
	"kexin/consent"
	"kexin/gate"
	"kexin/store"
	"kexin/store/storetest"
)

// TestEnquiryDay: an enquiry carries following it up to the end of a day of the
// shop's, not of UTC: what she asked on the first of March 2027 ends with the
// last of February 2028, the twenty-ninth.
func TestEnquiryDay(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		vals := person("王秀兰", "+8613812345678")
		vals[kexin.CustSourceOn] = kexin.Str("2027-03-01")
		id := w.Customer("rep", vals)
		var list, page *store.Standing
		var ends kexin.Instant
		w.Update(func(tx *store.Tx) error {
			judge := func(f *gate.Facts) (gate.Permit, error) {
				return gate.One(tx.State, w.Staff["rep"], kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id}, f)
			}
			p, whole, err := tx.Open(kexin.Customer, id, judge)
			if err != nil {
				return err
			}
			all, err := tx.Standings(&p, []kexin.ID{id})
			list, page = all[id], whole.Standing
			ends = kexin.At(time.Date(2028, 3, 1, 0, 0, 0, 0, tx.Zone))
			return err
		})
		for name, s := range map[string]*store.Standing{"list": list, "page": page} {
			if d := consent.MayContact(s.Person, kexin.FollowUp, kexin.ByCall, ends-1, false); !d.OK || d.Until != ends {
				t.Errorf("%s: %+v, want until %d", name, d, ends)
			}
		}
	})
}
