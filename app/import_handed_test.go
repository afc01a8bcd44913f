package app

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"kexin"
	"kexin/store"
)

// TestHanded: a row about a colleague's customer is told to whom it is about on
// his home page; he sees that row beside his record and no other, takes it in or
// destroys it, and the importer's list, rows and figures stay as they were.
func TestHanded(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, rep, theirs := context.Background(), b.Staff["rep"], b.Staff["rep4"]
		her := b.Customer("rep4", store.Values{kexin.CustName: kexin.Str("赵六一"), kexin.CustPhone: kexin.Str("+8613800000003")})
		b.Customer("rep4", store.Values{kexin.CustName: kexin.Str("孙七一"), kexin.CustPhone: kexin.Str("+8613800000004")})
		b.Customer("rep2", store.Values{kexin.CustName: kexin.Str("周八一"), kexin.CustPhone: kexin.Str("+8613800000005")})
		x := b.upload(rep, declared(), csvOf(
			"王秀英,13800000001,,,,到店登记,,2024-05-06,,,",
			"赵六一,13800000003,,,橱柜,订单,SO20240501,2024-05-06,,88000,要白色",
			"孙七一,13800000004,,,,到店登记,,2024-05-06,,,不该留的一句",
			"周八一,13800000005,,,,到店登记,,2024-05-06,,,"))
		if n := b.home(theirs).Handed; n != 0 {
			t.Errorf("%d rows handed before anything is stored", n)
		}
		if x = b.confirm(rep, x); x.Outside != 3 {
			t.Fatalf("%+v", x)
		}
		before, figures := b.allRows(rep, x.ID, ""), x
		for who, n := range map[string]int64{"rep": 0, "rep2": 1, "rep4": 2, "owner": 0, "pio": 0} {
			if got := b.home(b.Staff[who]).Handed; got != n {
				t.Errorf("%s is told of %d rows, want %d", who, got, n)
			}
		}
		all, left, err := b.app.Handed(ctx, theirs)
		b.must(err)
		if len(all) != 2 || left != 2 || all[0].Candidate != her || all[0].Row != 2 || all[0].Batch != x.ID {
			t.Fatalf("%d left, %+v", left, all)
		}
		for _, side := range all[0].Sides {
			if side.Field.ID == kexin.CustPhone && (side.Row.Level == kexin.Clear || !side.Same) {
				t.Errorf("the number in the row: %+v", side)
			}
		}
		for who, want := range map[string]kexin.Code{"rep": kexin.NotFound, "rep2": kexin.NotFound, "leader": kexin.NotFound, "pio": kexin.Forbidden} {
			if _, _, err := b.app.JudgeHanded(ctx, b.Staff[who], x.ID, 2, judgeSame); kexin.CodeOf(err) != want {
				t.Errorf("%s judges it: %v", who, err)
			}
		}
		for _, n := range []int{1, 4, 9} { // not about his customers, or no row
			if _, _, err := b.app.JudgeHanded(ctx, theirs, x.ID, n, judgeSame); kexin.CodeOf(err) != kexin.NotFound {
				t.Errorf("row %d: %v", n, err)
			}
		}
		for n := range 4 { // which of them a colleague has before him is not to be found out
			if _, _, err := b.app.JudgeReview(ctx, rep, x.ID, n+1, judgeDifferent); kexin.CodeOf(err) != kexin.Conflict || keyOf(err) != keyOf(badState("app.review")) {
				t.Errorf("the importer judges row %d: %v", n+1, err)
			}
		}
		if _, err := b.app.Import(ctx, theirs, x.ID); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("the list itself: %v", err)
		}
		if all, left, err = b.app.JudgeHanded(ctx, theirs, x.ID, 2, judgeLater); err != nil || left != 2 || all[0].Row != 3 || all[1].Row != 2 {
			t.Errorf("later: %d %+v %v", left, all, err)
		}
		if _, left, err = b.app.JudgeHanded(ctx, theirs, x.ID, 2, judgeSame); err != nil || left != 1 {
			t.Fatalf("%d left, %v", left, err)
		}
		if _, _, err = b.app.JudgeHanded(ctx, theirs, x.ID, 2, judgeSame); kexin.CodeOf(err) != kexin.Conflict {
			t.Errorf("a second time: %v", err)
		}
		if _, left, err = b.app.JudgeHanded(ctx, theirs, x.ID, 3, judgeDismiss); err != nil || left != 0 {
			t.Fatalf("%d left, %v", left, err)
		}
		b.View(func(tx *store.Tx) error {
			k, err := tx.Knowns(newRules(tx.State, theirs).matching(), []kexin.ID{her})
			b.must(err)
			if c := k[her]; len(c.Orders) != 1 || c.Orders[0].No != "SO20240501" || c.Owner != theirs.User || c.Vals[kexin.CustRemark].Empty() {
				t.Errorf("she has %+v", k[her])
			}
			n, err := tx.WaitingRows(x.ID)
			if n != 1 {
				t.Errorf("%d rows still kept", n)
			}
			return err
		})
		if got := b.allRows(rep, x.ID, ""); !reflect.DeepEqual(got, before) {
			t.Errorf("the importer's rows were %+v, are %+v", before, got)
		}
		if got := b.batch(rep, x.ID); got.Outside != figures.Outside || !reflect.DeepEqual(got.Outcomes, figures.Outcomes) {
			t.Errorf("his figures were %+v, are %+v", figures.Outcomes, got.Outcomes)
		}
		if b.home(theirs).Handed != 0 || b.home(rep).Review != 0 {
			t.Error("nothing is left to judge")
		}
		b.Clock.Move(31 * 24 * time.Hour)
		b.must(b.app.PurgeImports(ctx))
		b.Clock.Move(8 * 24 * time.Hour)
		b.must(b.app.PurgeImports(ctx))
		if all, left, err = b.app.Handed(ctx, b.Staff["rep2"]); err != nil || len(all) != 0 || left != 0 || b.home(b.Staff["rep2"]).Handed != 0 {
			t.Errorf("after its time is over: %d %+v %v", left, all, err)
		}
	})
}

// home is somebody's home page.
func (b *bench) home(a kexin.Actor) Today {
	b.TB.Helper()
	day, err := b.app.Today(context.Background(), a)
	b.must(err)
	return day
}

// TestHandedToService: whose customer she is need not import lists himself.
func TestHandedToService(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, serv := context.Background(), b.Staff["service"]
		b.Customer("service", store.Values{kexin.CustName: kexin.Str("赵六一"), kexin.CustPhone: kexin.Str("+8613800000003")})
		x := b.confirm(b.Staff["rep"], b.upload(b.Staff["rep"], declared(), csvOf("赵六一,13800000003,,,橱柜,订单,SO20240501,2024-05-06,,88000,要白色")))
		if all, left, err := b.app.Handed(ctx, serv); err != nil || left != 1 || len(all) != 1 {
			t.Fatalf("%d %+v %v", left, all, err)
		}
		if _, left, err := b.app.JudgeHanded(ctx, serv, x.ID, 1, judgeSame); err != nil || left != 0 {
			t.Errorf("%d %v", left, err)
		}
	})
}

// TestManyToJudge: however many rows wait, all are counted, and those that an
// actor may not open do not stand in the way of those that he may.
func TestManyToJudge(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, rep := context.Background(), b.Staff["rep"]
		const n = reviewsRead + 30
		var rows []string
		ids := make([]kexin.ID, n)
		for i := range n {
			phone := fmt.Sprintf("139%08d", i*70_001%100_000_000)
			ids[i] = b.Customer("rep", store.Values{kexin.CustName: kexin.Str("陈建国"), kexin.CustPhone: kexin.Str("+86" + phone)})
			rows = append(rows, "王秀英,"+phone+",,,,到店登记,,2024-05-06,,,")
		}
		x := b.confirm(rep, b.upload(rep, declared(), csvOf(rows...)))
		if x.Outcomes[kexin.OutReview] != n {
			t.Fatalf("%+v", x.Outcomes)
		}
		look := func(who string, want int) {
			t.Helper()
			all, left, err := b.app.Reviews(ctx, b.Staff[who], x.ID)
			b.must(err)
			if left != want || len(all) != min(want, reviewsShown) {
				t.Errorf("%s: %d left, %d shown, want %d", who, left, len(all), want)
			}
			if home := b.home(b.Staff[who]); home.Review != int64(want) {
				t.Errorf("%s: %d at home, want %d", who, home.Review, want)
			}
		}
		look("rep", n)
		look("owner", n)
		b.Update(func(tx *store.Tx) error { // all but the last ten go to a colleague
			for _, id := range ids[:n-10] {
				if _, err := tx.Exec("UPDATE customer SET owner_id=$1 WHERE org_id=$2 AND id=$3", b.Staff["rep4"].User, tx.Org, id); err != nil {
					return err
				}
			}
			return nil
		})
		look("rep", 10)
		look("owner", n)
	})
}

// TestStewardImports: who keeps the data gives each row to the colleague it
// names; customers of colleagues whom he may edit are his to add to and to judge,
// and cost no lookup.
func TestStewardImports(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, steward := context.Background(), b.Staff["steward"]
		her := b.Customer("rep4", store.Values{kexin.CustName: kexin.Str("赵六一"), kexin.CustPhone: kexin.Str("+8613800000003")})
		b.Customer("rep2", store.Values{kexin.CustName: kexin.Str("陈建国"), kexin.CustPhone: kexin.Str("+8613900000001")})
		x := b.confirm(steward, b.upload(steward, declared(), csvOf(
			"王秀英,13800000001,,,,到店登记,,2024-05-06,rep,,",
			"李四一,13800000002,,,,到店登记,,2024-05-06,,,",
			"赵六一,13800000003,,,橱柜,订单,SO20240501,2024-05-06,,88000,要白色",
			"王秀瑛,13900000001,,,,到店登记,,2024-05-06,rep2,,")))
		if x.Outside != 0 || x.Outcomes[kexin.OutNew] != 2 || x.Outcomes[kexin.OutSame] != 1 || x.Outcomes[kexin.OutReview] != 1 {
			t.Fatalf("%d outside, %v", x.Outside, x.Outcomes)
		}
		b.View(func(tx *store.Tx) error {
			spend, err := tx.LookupSpend(steward)
			if spend.Day != 0 {
				t.Errorf("%d lookups spent", spend.Day)
			}
			return err
		})
		rows := b.rows(x.ID, 4)
		for n, want := range map[int]kexin.ID{0: b.Staff["rep"].User, 1: steward.User, 2: b.Staff["rep4"].User} {
			b.View(func(tx *store.Tx) error {
				f, err := tx.Facts(kexin.Customer, rows[n].Record)
				if f == nil || f.Owner != want {
					t.Errorf("row %d is %+v, want %s", n+1, f, want)
				}
				return err
			})
		}
		if rows[2].Record != her {
			t.Errorf("her row went to %s", rows[2].Record)
		}
		all, left, err := b.app.Reviews(ctx, steward, x.ID)
		if err != nil || left != 1 || len(all) != 1 || b.home(steward).Review != 1 {
			t.Fatalf("%d to judge, %+v %v", left, all, err)
		}
		if _, left, err = b.app.JudgeReview(ctx, steward, x.ID, 4, judgeDifferent); err != nil || left != 0 {
			t.Fatalf("%d left, %v", left, err)
		}
		other := b.rows(x.ID, 4)[3].Record
		b.View(func(tx *store.Tx) error {
			f, err := tx.Facts(kexin.Customer, other)
			if f == nil || f.Owner != b.Staff["rep2"].User {
				t.Errorf("the other one is %+v", f)
			}
			return err
		})
	})
}
