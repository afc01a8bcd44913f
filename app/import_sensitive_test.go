package app

import (
	"context"
	"errors"
	"testing"

	"kexin"
	"kexin/intake"
	"kexin/store"
)

// TestImportSensitive: no list brings a field that the merchant's schema calls
// sensitive: its column is not read and cannot be chosen for anything, no other
// column can become it, and each refusal says why (SEN-01).
func TestImportSensitive(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.Store.Schema().Field(kexin.CustBirthday).Class = kexin.Sensitive
		owner := b.stepped("owner")
		x := b.upload(owner, declared(), []byte("客户姓名,手机,生日,身份证号,登记方式,登记日期,型号\n王秀英,13800000001,1961-02-03,330382196102031234,到店登记,2024-05-06,1961-02-03\n"))
		for i, want := range []bool{false, false, true, true, false, false, false} {
			c := x.Columns[i]
			if c.Fixed != want || want && (c.Reason != intake.SkipSensitive || c.Target != "skip" || len(c.Sample) > 0) {
				t.Errorf("%s: %+v", c.Name, c)
			}
		}
		for _, c := range []struct {
			column      int
			target, key string
		}{
			{2, "customer.birthday", "intake.map_consent"}, {2, "customer.remark", "intake.map_sensitive"}, {3, "customer.remark", "intake.map_sensitive"},
			{6, "customer.birthday", "intake.map_consent"}, {6, "customer.sum", "intake.map_field"},
		} {
			_, err := b.app.ChangeImport(context.Background(), owner, x.ID, ImportChange{Targets: map[int]string{c.column: c.target}})
			var e *kexin.Error
			if !errors.As(err, &e) || e.Code != kexin.Invalid || e.Key != c.key {
				t.Errorf("column %d as %s: %v, want %s", c.column, c.target, err, c.key)
			}
		}
		if x = b.confirm(owner, b.batch(owner, x.ID)); x.State != impDone || x.Outcomes[kexin.OutNew] != 1 {
			t.Fatalf("%s %v", x.State, x.Outcomes)
		}
		b.View(func(tx *store.Tx) error {
			var n int64
			err := tx.Row("SELECT COUNT(*) FROM customer WHERE org_id=$1 AND birthday_c IS NULL AND remark_c IS NULL", tx.Org).Scan(&n)
			if n != 1 {
				t.Errorf("%d customers without what was not read", n)
			}
			return err
		})
	})
}
