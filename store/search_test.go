package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/store"
	"kexin/store/storetest"
)

// Pages of a search show every hit once, in order, in both directions and in
// another order than that of ids, also where many hits of a name are passed
// over by a filter.
func TestSearchPages(t *testing.T) {
	storetest.Both(t, func(t *testing.T, w *storetest.World) {
		a := w.Staff["rep"]
		var all, won []kexin.ID
		w.Update(func(tx *store.Tx) error {
			all, won = nil, nil
			for i := range 260 {
				vals := store.Values{kexin.CustName: kexin.Str("王小明"), kexin.CustPhone: kexin.Str(fmt.Sprintf("+86138%08d", i)), kexin.CustStage: kexin.Str("new"), kexin.CustNextAt: kexin.Num(int64(1000 - i))}
				if i%20 == 0 {
					vals[kexin.CustStage] = kexin.Str("won")
				}
				p, err := gate.Create(tx.State, a, kexin.Query{Act: kexin.ActCreate, Object: kexin.Customer, Fields: []kexin.FieldID{kexin.CustName, kexin.CustPhone, kexin.CustStage, kexin.CustNextAt}}, a.User)
				if err != nil {
					return err
				}
				id, err := tx.Create(&p, a.User, 0, vals)
				if err != nil {
					return err
				}
				if all = append(all, id); i%20 == 0 {
					won = append(won, id)
				}
			}
			return nil
		})
		down := func(ids []kexin.ID) []kexin.ID { out := slices.Clone(ids); slices.Reverse(out); return out }
		stage := []kexin.Cond{{Field: kexin.CustStage, Op: kexin.Eq, Values: []kexin.Value{kexin.Str("won")}}}
		for name, x := range map[string]struct {
			q    kexin.Query
			want []kexin.ID
		}{
			"newest first":  {kexin.Query{Desc: true}, down(all)},
			"oldest first":  {kexin.Query{}, all},
			"one stage":     {kexin.Query{Desc: true, Where: stage, Limit: 5}, down(won)},
			"by next":       {kexin.Query{Sort: kexin.CustNextAt}, down(all)},
			"whole company": {kexin.Query{Desc: true, Scene: kexin.All}, down(all)},
		} {
			who := "rep"
			if x.q.Scene == kexin.All {
				who = "owner"
			}
			x.q.Search = "小明"
			var got []kexin.ID
			for range 200 {
				f := w.List(who, x.q)
				for _, r := range f.Rows {
					got = append(got, r.ID)
				}
				if f.More {
					t.Errorf("%s: says that hits were passed over", name)
				}
				if x.q.After = f.Next; f.Next == "" {
					break
				}
			}
			if !slices.Equal(got, x.want) {
				t.Errorf("%s: %d hits, want %d", name, len(got), len(x.want))
			}
		}
	})
}

// TestSummerTime: a day of 25 hours and one of 23 are days like others: the day after today and
// the midnight between.
func TestSummerTime(t *testing.T) {
	clock := storetest.NewClock()
	w := storetest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{Clock: clock.Now}), clock)
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []time.Time{time.Date(2026, 10, 25, 0, 30, 0, 0, zone), time.Date(2027, 3, 28, 0, 30, 0, 0, zone)} {
		w.Clock.Move(day.Sub(w.Clock.Now()))
		w.View(func(tx *store.Tx) error {
			tx.Zone = zone
			next := day.AddDate(0, 0, 1)
			if got := tx.After(1); got != kexin.DayOf(next) {
				t.Errorf("the day after %v is %s", day, got)
			}
			if got, want := tx.Midnight(), next.Add(-30*time.Minute); got != kexin.At(want) {
				t.Errorf("after %v comes %v, want %v", day, got.Time().In(zone), want)
			}
			return nil
		})
	}
}

// TestMidnight: it is the next one of the merchant's zone, whatever the hour.
func TestMidnight(t *testing.T) {
	clock := storetest.NewClock()
	w := storetest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{Clock: clock.Now}), clock)
	for range 30 {
		w.Clock.Move(61 * time.Minute)
		w.View(func(tx *store.Tx) error {
			m := tx.Midnight()
			at := m.Time().In(tx.Zone)
			if left := m - tx.Now; left <= 0 || left > 86_400_000 || at.Hour() != 0 || at.Minute() != 0 || at.Second() != 0 {
				t.Errorf("after %v comes %v", tx.Now.Time().In(tx.Zone), at)
			}
			return nil
		})
	}
}
