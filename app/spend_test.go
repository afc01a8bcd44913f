package app

import (
	"fmt"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/law"
)

// TestBudgetsCounted: what a lookup and a contact are held against is what the
// tables hold: of the last minute, of today, of 30 days, and of today's whole
// department.
func TestBudgetsCounted(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		_, off := b.Clock.Now().In(time.FixedZone("", 8*3600)).Zone()
		today := (b.Clock.Now().UnixMilli() + int64(off)*1000) / (24 * 3600 * 1000)
		raw := func(q string, args ...any) {
			t.Helper()
			b.must(b.DB.Update(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(dbtest.Past+q, args...); return err }))
		}
		spent := func(who, kind string, ago int64, n int) {
			t.Helper()
			raw("INSERT INTO spent(org_id,member_id,kind,bucket,n) VALUES($1,$2,$3,$4,$5)", b.Org, b.Staff[who].User, kind, today-ago, int64(n))
		}
		lookup := func(what, want string) {
			t.Helper()
			b.Clock.Move(13 * time.Second)
			if _, err := b.app.Lookup(t.Context(), b.Staff["rep"], kexin.KeyPhone, "13711112222"); keyOf(err) != want {
				t.Errorf("%s: %v, want %q", what, err, want)
			}
			raw("DELETE FROM spent WHERE org_id=$1", b.Org)
		}
		spent("rep", "lookup", 0, law.LookupPerDay-1)
		lookup("one is left today", "")
		spent("rep", "lookup", 0, law.LookupPerDay)
		lookup("none is left today", "error.lookup_budget")
		spent("rep", "lookup", 29, law.LookupPer30Days-1)
		lookup("one is left of 30 days", "")
		spent("rep", "lookup", 29, law.LookupPer30Days)
		lookup("none is left of 30 days", "error.lookup_month")
		spent("rep", "lookup", 30, law.LookupPer30Days)
		lookup("those of the thirty-first day", "")
		spent("rep2", "lookup", 0, law.LookupDeptPerDay-1)
		lookup("one is left to the department", "")
		spent("rep2", "lookup", 0, law.LookupDeptPerDay)
		lookup("none is left to the department", "error.lookup_budget")
		spent("rep2", "lookup", 1, law.LookupDeptPerDay)
		lookup("those of the department yesterday", "")
		spent("rep4", "lookup", 0, law.LookupDeptPerDay)
		lookup("another department's", "")
		spent("rep2", "reveal", 0, law.LookupDeptPerDay)
		lookup("what is no lookup", "")
		b.Clock.Move(time.Minute)
		for i := range law.LookupPerMinute + 1 {
			_, err := b.app.Lookup(t.Context(), b.Staff["rep"], kexin.KeyPhone, fmt.Sprintf("137111133%02d", i))
			if want := map[bool]string{true: "error.lookup_minute"}[i == law.LookupPerMinute]; keyOf(err) != want {
				t.Errorf("lookup %d of a minute: %v", i+1, err)
			}
		}
		id := b.known("rep", "王秀兰", "13812345678")
		for i := range law.ContactPerDay {
			raw("INSERT INTO touched(org_id,member_id,day,subject_id,at,noted_at) VALUES($1,$2,$3,$4,$5,$5)", b.Org, b.Staff["rep"].User, today, int64(i+1), b.Clock.Instant())
		}
		if _, err := b.app.Contact(t.Context(), b.Staff["rep"], kexin.Customer, id, kexin.ByCall); keyOf(err) != "error.contact_day" {
			t.Errorf("the sixty-first customer of a day: %v", err)
		}
		raw("DELETE FROM touched WHERE subject_id=1")
		if _, err := b.app.Contact(t.Context(), b.Staff["rep"], kexin.Customer, id, kexin.ByCall); err != nil {
			t.Errorf("the sixtieth: %v", err)
		}
	})
}
