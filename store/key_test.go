package store_test

import (
	"fmt"
	"slices"
	"testing"

	"kexin"
	"kexin/internal/db"
	"kexin/store"
	"kexin/store/storetest"
)

// TestKeysFollow: what a record is found by is after each change what a new
// record of the same values would be found by, in whatever field a number
// stands; of an erased person nothing is left of it, not of her orders either.
func TestKeysFollow(t *testing.T) {
	storetest.Both(t, func(t *testing.T, w *storetest.World) {
		rep := w.Staff["rep"]
		first := store.Values{kexin.CustName: kexin.Str("王秀兰"), kexin.CustPhone: kexin.Str("+8613812345678"), kexin.CustWeChat: kexin.Str("wx_wang"),
			kexin.CustRegion: kexin.Str("330302"), kexin.CustAddress: kexin.Str("滨江家园3-2-501")}
		id := w.Customer("rep", first)
		now := store.Values{}
		for f, v := range first {
			now[f] = v
		}
		for _, change := range []store.Values{
			{kexin.CustPhone: kexin.Str("+8613900001111")},
			{kexin.CustPhone: kexin.Str("+8613800002222"), kexin.CustPhones: kexin.Items("+8613900001111")}, // the number changes its field
			{kexin.CustAddress: kexin.Str("香榭名邸1-101"), kexin.CustWeChat: {}},
			{kexin.CustName: kexin.Str("李秀兰")},
			first,
		} {
			w.Edit(rep, id, change)
			for f, v := range change {
				now[f] = v
			}
			if got, want := keyRows(w, id), keyRows(w, w.Customer("rep", now)); len(got) == 0 || !slices.Equal(got, want) {
				t.Errorf("after %v\n%v, want\n%v", change, got, want)
			}
		}
		order := w.Child(rep, kexin.Order, id, store.Values{kexin.OrdNo: kexin.Str("SO1"), kexin.OrdOn: kexin.Str("2026-03-01"), kexin.OrdAmount: kexin.Num(880000), kexin.OrdStatus: kexin.Str("open")})
		if n := len(keyRows(w, order)); n != 1 {
			t.Fatalf("%d keys of an order", n)
		}
		w.Update(func(tx *store.Tx) error {
			f, err := tx.Facts(kexin.Customer, id)
			if err != nil {
				return err
			}
			return tx.Erase(f.Subject, "asked")
		})
		if left := append(keyRows(w, id), keyRows(w, order)...); len(left) > 0 {
			t.Errorf("left of an erased person: %v", left)
		}
	})
}

// keyRows are the keys of a record, in order.
func keyRows(w *storetest.World, id kexin.ID) (out []string) {
	w.View(func(tx *store.Tx) error {
		out = nil
		rows, err := tx.Query("SELECT kind,idx,object,field,kv FROM record_key WHERE org_id=$1 AND record_id=$2 ORDER BY kind,idx", tx.Org, id)
		if err != nil {
			return err
		}
		defer func(r *db.Rows) { _ = r.Close() }(rows)
		for rows.Next() {
			var kind, object, field, kv int64
			var idx []byte
			if err := rows.Scan(&kind, &idx, &object, &field, &kv); err != nil {
				return err
			}
			out = append(out, fmt.Sprintf("%d %x %d %d %d", kind, idx, object, field, kv))
		}
		return rows.Err()
	})
	return out
}
