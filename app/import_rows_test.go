package app

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"kexin"
	"kexin/i18n"
	"kexin/law"
	"kexin/store"
)

// allRows pages through the rows of a batch.
func (b *bench) allRows(a kexin.Actor, id kexin.ID, o kexin.Outcome) (out []BatchRow) {
	b.TB.Helper()
	for n := 0; ; {
		p, err := b.app.ImportRows(context.Background(), a, id, o, n)
		b.must(err)
		if len(p.Rows) > rowsShown || p.Next != 0 && p.Next <= n {
			b.TB.Fatalf("%d rows behind %d, then %d", len(p.Rows), n, p.Next)
		}
		if out = append(out, p.Rows...); p.Next == 0 {
			return out
		}
		n = p.Next
	}
}

// TestImportRows: every row of a real file is listed once, in order, by outcome
// too; the lists add up to the figures, and each links to the customer it went
// to.
func TestImportRows(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		owner := b.Staff["owner"]
		x := b.take(export(t, "tile-gb18030.csv"))
		all := b.allRows(owner, x.ID, "")
		if len(all) != x.Rows || x.Rows < 300 {
			t.Fatalf("%d rows listed of %d", len(all), x.Rows)
		}
		kept := b.rows(x.ID, x.Rows)
		for i, r := range all {
			if r.N != i+1 || r.Outcome != kept[i].Outcome {
				t.Fatalf("row %d: %+v", i+1, r)
			}
			linked := r.Outcome == kexin.OutNew || r.Outcome == kexin.OutSame || r.Outcome == kexin.OutReview || r.Outcome == kexin.OutUnchanged && kept[i].Record != 0
			if linked != (r.Customer != 0) || linked && (r.Customer != kept[i].Record || r.Name == nil) {
				t.Errorf("row %d %s leads to %v, went to %v", r.N, r.Outcome, r.Customer, kept[i].Record)
			}
			if s := RowText(i18n.Chinese, r); s == "" || s == "issue."+r.Code || s == "import.row_aside_"+r.Code {
				t.Errorf("row %d %s %q: %q", r.N, r.Outcome, r.Code, s)
			}
		}
		sum := 0
		for _, o := range kexin.Outcomes {
			n := len(b.allRows(owner, x.ID, o))
			if n != x.Outcomes[o] {
				t.Errorf("%d rows %s, the figure is %d", n, o, x.Outcomes[o])
			}
			sum += n
		}
		if sum != x.Rows {
			t.Errorf("the lists hold %d of %d rows", sum, x.Rows)
		}
		if _, err := b.app.ImportRows(context.Background(), owner, x.ID, "merged", 0); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("an unknown outcome: %v", err)
		}
		if _, err := b.app.ImportRows(context.Background(), b.Staff["rep"], x.ID, "", 0); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("somebody else's batch: %v", err)
		}
	})
}

// TestImportRowsOutside: a row about a colleague's customer is a figure to the
// importer, and a row to who may open her (security A4).
func TestImportRowsOutside(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, rep := context.Background(), b.Staff["rep"]
		b.Customer("rep", store.Values{kexin.CustName: kexin.Str("周平"), kexin.CustPhone: kexin.Str("+8613800000009")})
		theirs := b.Customer("rep4", store.Values{kexin.CustName: kexin.Str("赵六一"), kexin.CustPhone: kexin.Str("+8613800000003")})
		x := b.upload(rep, declared(), csvOf(
			"王秀英,13800000001,,,,到店登记,,2024-05-06,,,",
			"赵六一,13800000003,,,,到店登记,,2024-05-06,,,",
			"李正,1876188842,,,,到店登记,,2024-05-06,,,",
			"周平,13800000009,,,,到店登记,,2024-05-06,,,"))
		if p, err := b.app.ImportRows(ctx, rep, x.ID, "", 0); err != nil || len(p.Rows) != 0 || p.Next != 0 {
			t.Errorf("rows before anything is stored: %+v %v", p, err)
		}
		x = b.confirm(rep, x)
		if x.Rows != 4 || x.Outside != 1 || x.Outcomes[kexin.OutSame] != 2 {
			t.Fatalf("%+v", x)
		}
		mine := b.allRows(rep, x.ID, "")
		known := func(at int) BatchRow { return BatchRow{N: at, Outcome: kexin.OutSame} }
		if len(mine) != 4 || !reflect.DeepEqual(mine[1], known(2)) || !reflect.DeepEqual(mine[3], known(4)) || mine[0].Name == nil {
			t.Errorf("the importer sees %+v", mine)
		}
		if same := b.allRows(rep, x.ID, kexin.OutSame); len(same) != 2 || !reflect.DeepEqual(same, []BatchRow{known(2), known(4)}) {
			t.Errorf("of those already there the importer sees %+v", same)
		}
		for _, who := range []string{"owner", "pio"} {
			all := b.allRows(b.Staff[who], x.ID, "")
			if len(all) != 4 || all[1].Customer != theirs || all[1].Code != codeOutside || all[1].Name == nil {
				t.Errorf("%s sees %+v", who, all)
			}
		}
		b.Update(func(tx *store.Tx) error { // she is the importer's own from now on
			_, err := tx.Exec("UPDATE customer SET owner_id=$1 WHERE org_id=$2 AND id=$3", rep.User, tx.Org, theirs)
			return err
		})
		b.Update(func(tx *store.Tx) error { // and, later, a leader's who sees her
			_, err := tx.Exec("UPDATE customer SET owner_id=$1 WHERE org_id=$2 AND id=$3", b.Staff["rep2"].User, tx.Org, theirs)
			return err
		})
		if all := b.allRows(b.Staff["leader"], x.ID, ""); len(all) != 4 || all[1].Customer != theirs {
			t.Errorf("the gate is asked when the page is: %+v", all)
		}
	})
}

// TestImportAsks: rows known elsewhere are counted as lookups; a result that
// would tell more than the importer may still ask, and every result of somebody
// about to leave, waits for a leader, and who has no lookups left declares
// nothing (security A4).
func TestImportAsks(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, rep := context.Background(), b.Staff["rep"]
		spent := func() (n int) {
			b.View(func(tx *store.Tx) error { s, err := tx.LookupSpend(rep); n = s.Day; return err })
			return n
		}
		const more = law.LookupPerDay + 5
		var rows []string
		for i := range more {
			phone := fmt.Sprintf("139%02d%02d%04d", i*3%100, i*7%100, 2000+i*19)
			b.Customer("rep4", store.Values{kexin.CustName: kexin.Str("王秀英"), kexin.CustPhone: kexin.Str("+86" + phone)})
			rows = append(rows, "王秀英,"+phone+",,,,到店登记,,2024-05-06,,,")
		}
		x := b.upload(rep, declared(), csvOf(rows[:5]...))
		if x.Held || x.Outside != 5 || spent() != 5 {
			t.Fatalf("held %v, %d outside, %d counted", x.Held, x.Outside, spent())
		}
		b.Clock.Move(2 * time.Minute)
		x = b.upload(rep, declared(), csvOf(rows...))
		if !x.Held || x.Outside != 0 || len(x.Outcomes) != 0 || spent() != law.LookupPerDay {
			t.Fatalf("held %v, %d outside, %v, %d counted", x.Held, x.Outside, x.Outcomes, spent())
		}
		if _, err := b.app.ConfirmImport(ctx, rep, x.ID, x.Version); keyOf(err) != "import.held" {
			t.Errorf("confirmed by its maker: %v", err)
		}
		b.Clock.Move(2 * time.Minute)
		if _, err := b.app.DeclareImport(ctx, rep, declared()); kexin.CodeOf(err) != kexin.RateLimited {
			t.Errorf("a further list with nothing left to ask: %v", err)
		}
		_, err := b.app.ConfirmImport(ctx, b.Staff["leader"], x.ID, x.Version)
		b.must(err)
		if x = b.batch(rep, x.ID); x.Held || x.Outside != more {
			t.Errorf("after the leader: held %v, %d outside", x.Held, x.Outside)
		}
		b.Update(func(tx *store.Tx) error {
			m, err := tx.Member(b.Staff["rep2"].User)
			if err != nil {
				return err
			}
			m.Leaving = kexin.DayOf(tx.Now.Add(20 * 24 * time.Hour).Time())
			return tx.SaveMember(m)
		})
		if x = b.upload(b.Staff["rep2"], declared(), csvOf(rows[0])); !x.Held || len(x.Outcomes) != 0 {
			t.Errorf("of somebody about to leave: held %v, %v", x.Held, x.Outcomes)
		}
	})
}

// TestUnjudgedTold: rows that nobody judged, also those about a colleague's
// customer, are not destroyed before who can judge them was told, and not
// counted as waiting any more afterwards.
func TestUnjudgedTold(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, rep, owner := context.Background(), b.Staff["rep"], b.Staff["owner"]
		b.Customer("rep4", store.Values{kexin.CustName: kexin.Str("王秀英"), kexin.CustPhone: kexin.Str("+8613800000001")})
		x := b.upload(rep, declared(), csvOf("王秀英,13800000001,,,橱柜,订单,SO20240501,2024-05-06,,88000,", "王秀瑛,13900000001,,,,到店登记,,2024-05-06,,,", "陈建国,13900000001,,,,到店登记,,2024-05-06,,,"))
		if x = b.confirm(rep, x); x.Outside != 1 || x.Outcomes[kexin.OutReview] != 1 {
			t.Fatalf("%+v", x)
		}
		look := func(day string, alerts, rows int, waits int64) {
			t.Helper()
			b.must(b.app.PurgeImports(ctx))
			all, err := b.app.Alerts(ctx, owner)
			b.must(err)
			left, _, err := b.app.Reviews(ctx, owner, x.ID)
			b.must(err)
			home, err := b.app.Today(ctx, rep)
			b.must(err)
			if len(all) != alerts || len(left) != rows || home.Review != waits {
				t.Errorf("%s: %d alerts, %d rows to judge, %d at home; want %d, %d, %d", day, len(all), len(left), home.Review, alerts, rows, waits)
			}
			if alerts > 0 && (all[0].Code != "import_unjudged" || all[0].Args["rows"] != "2") {
				t.Errorf("%s: %+v", day, all[0])
			}
		}
		b.Clock.Move(8 * 24 * time.Hour)
		look("day 8", 0, 2, 1)
		b.Clock.Move(23 * 24 * time.Hour)
		look("day 31", 1, 2, 1)
		b.Clock.Move(6 * 24 * time.Hour)
		look("day 37", 1, 2, 1)
		b.Clock.Move(25 * time.Hour)
		look("day 38", 1, 0, 0)
	})
}
