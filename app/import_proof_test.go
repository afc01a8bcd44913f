package app

import (
	"cmp"
	"context"
	"slices"
	"testing"

	"kexin"
	"kexin/ledger"
	"kexin/store"
)

// TestImportProved: verify --deep compares every record that an import made with
// the digest in its entry, which comes to the root in the leaf: one byte changed
// past the program, or a record gone, is found and named. What was changed since
// is compared with its own entry, and an erased person with nothing.
func TestImportProved(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		b.take(csvOf(
			"王秀英,13800000001,,,橱柜,订单,SO20240501,2024-05-06,,88000,要白色",
			"李四一,13800000002,,,,到店登记,,2024-05-06,,,",
			"赵六一,13800000003,,,橱柜,订单,SO20240502,2024-05-06,,66000,"))
		b.take(csvOf("李四一,13800000002,,,橱柜,订单,SO20240503,2024-05-07,,55000,后来补的备注")) // adds an order, changes a record
		verify := func() ledger.Verdict {
			t.Helper()
			for {
				if n, err := b.app.store.Seal(ctx, b.Org); err != nil || n == 0 {
					b.must(err)
					break
				}
			}
			v, err := b.app.store.Verify(ctx, b.Org, ledger.VerifyOptions{Strict: true}, true)
			b.must(err)
			return v
		}
		v := verify()
		if len(v.Faults) > 0 || slices.ContainsFunc(v.Silent, func(s ledger.Statement) bool { return s.Key == "verify.silent.imported" }) {
			t.Fatalf("as it was written: %+v %+v", v.Faults, v.Silent)
		}
		ids := func(table string) (out []kexin.ID) {
			b.View(func(tx *store.Tx) error {
				rows, err := tx.Query("SELECT id FROM "+table+" WHERE org_id=$1 ORDER BY id", tx.Org)
				for err == nil && rows.Next() {
					var id kexin.ID
					err = rows.Scan(&id)
					out = append(out, id)
				}
				return cmp.Or(err, rows.Err())
			})
			return out
		}
		cell := func(table, column string, id kexin.ID) (was []byte) {
			b.View(func(tx *store.Tx) error {
				return tx.Row("SELECT "+column+" FROM "+table+" WHERE org_id=$1 AND id=$2", tx.Org, id).Scan(&was)
			})
			return was
		}
		put := func(table, column string, id kexin.ID, to []byte) {
			b.Update(func(tx *store.Tx) error {
				_, err := tx.Exec("UPDATE "+table+" SET "+column+"=$3 WHERE org_id=$1 AND id=$2", tx.Org, id, to)
				return err
			})
		}
		found := func(key, table string, id kexin.ID) {
			t.Helper()
			v := verify()
			if len(v.Faults) != 1 || v.Faults[0].Key != "verify.fault."+key || v.Faults[0].Args["row"] != id.String() || v.Faults[0].Args["table"] != table {
				t.Errorf("%s of %s %v: %+v", key, table, id, v.Faults)
			}
		}
		n := 0
		for table, columns := range map[string][]string{"customer": {"name_c", "phone_c"}, "sale_order": {"no_c"}} {
			for _, id := range ids(table) {
				for _, column := range columns {
					was := cell(table, column, id)
					if len(was) == 0 {
						t.Fatalf("%s.%s of %v is empty", table, column, id)
					}
					for _, at := range []int{0, len(was) / 2, len(was) - 1} {
						to := slices.Clone(was)
						to[at] ^= 1
						put(table, column, id, to)
						found("cells", table, id)
						n++
					}
					put(table, column, id, was)
				}
			}
		}
		if n != 3*(3*2+3) {
			t.Errorf("%d bytes were changed", n)
		}
		gone, whose := ids("sale_order")[0], kexin.ID(0)
		b.Update(func(tx *store.Tx) error {
			if err := tx.Row("SELECT customer_id FROM sale_order WHERE org_id=$1 AND id=$2", tx.Org, gone).Scan(&whose); err != nil {
				return err
			}
			_, err := tx.Exec("DELETE FROM sale_order WHERE org_id=$1 AND id=$2", tx.Org, gone)
			return err
		})
		if v := verify(); len(v.Faults) != 2 || v.Faults[0].Key != "verify.fault.figures" || v.Faults[0].Args["row"] != whose.String() || v.Faults[1].Key != "verify.fault.lost" || v.Faults[1].Args["row"] != gone.String() {
			t.Errorf("lost %v of %v: %+v", gone, whose, v.Faults)
		}
		b.Update(func(tx *store.Tx) error { // an entry whose list is not what its leaf says
			return tx.Log(store.Event{Actor: ledger.Actor{Kind: ledger.BySystem}, Facts: &ledger.ImportBatch{First: 1, Rows: 1, Root: ledger.Hash{1}},
				Body: []ledger.Member{{Key: "cells", Val: ledger.Text("")}, {Key: "records", Val: ledger.List()}}})
		})
		if v := verify(); len(v.Faults) != 3 || v.Faults[0].Key != "verify.fault.import_root" || v.Faults[0].Entry == 0 {
			t.Errorf("a list that does not come to its root: %+v", v.Faults)
		}
	})
}
