package store_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kexin"
	"kexin/gate"
	"kexin/store"
	"kexin/store/storetest"
)

// A world drawn at random: departments, staff, customers in every state.
type randomWorld struct {
	*storetest.World
	ids []kexin.ID
}

func drawWorld(t *rapid.T, on *storetest.World) randomWorld {
	w := randomWorld{World: on.Another("商户")}
	for i := range rapid.IntRange(0, 5).Draw(t, "depts") {
		parent := kexin.ID(0)
		if i > 0 && rapid.Bool().Draw(t, "below") {
			parent = rapid.SampledFrom(w.Depts).Draw(t, "parent")
		}
		w.Dept(fmt.Sprint(i), parent)
	}
	for i := range rapid.IntRange(1, 7).Draw(t, "staff") {
		dept := kexin.ID(0)
		if len(w.Depts) > 0 && rapid.IntRange(0, 9).Draw(t, "placed") > 0 {
			dept = rapid.SampledFrom(w.Depts).Draw(t, "dept")
		}
		w.Seat(fmt.Sprint("m", i), rapid.SampledFrom(kexin.Positions[:]).Draw(t, "position"), dept)
	}
	owners := w.selling()
	for i := range rapid.IntRange(1, 12).Draw(t, "customers") {
		owner := "owner"
		if len(owners) > 0 {
			owner = rapid.SampledFrom(owners).Draw(t, "owner")
		}
		id := w.Customer(owner, store.Values{kexin.CustName: kexin.Str("王小" + string(rune('一'+i))), kexin.CustNextAt: kexin.Num(int64(rapid.IntRange(0, 4).Draw(t, "next")))})
		w.ids = append(w.ids, id)
		if state := rapid.SampledFrom([]int64{0, 0, 0, 1, 2, 3, 4}).Draw(t, "state"); state != 0 {
			w.Update(func(tx *store.Tx) error {
				_, err := tx.Exec("UPDATE customer SET state=$1 WHERE org_id=$2 AND id=$3", state, w.Org, id)
				return err
			})
		}
	}
	return w
}

// selling are those who may own customers.
func (w *randomWorld) selling() (out []string) {
	for name, a := range w.Staff {
		if gate.Default(false).Posts[a.Position].Acts[kexin.ActCreate] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// pages reads every page of a query.
func (w *randomWorld) pages(t *rapid.T, who string, q kexin.Query) (ids []kexin.ID, err error) {
	q.Act, q.Object = kexin.ActList, kexin.Customer
	for {
		var f store.Found
		var refused error
		w.View(func(tx *store.Tx) error {
			p, err := gate.Authorize(tx.State, w.Staff[who], q)
			if err != nil {
				refused = err
				return nil
			}
			f, err = tx.Find(&p)
			return err
		})
		if refused != nil {
			return nil, refused
		}
		for _, r := range f.Rows {
			if slices.Contains(ids, r.ID) {
				t.Fatalf("%s: %v came twice", who, r.ID)
			}
			ids = append(ids, r.ID)
		}
		if f.Next == "" {
			return ids, nil
		}
		q.After = f.Next
	}
}

// The rows a list gives are those that the decision on one record allows, for
// every actor and record, whatever the order and the page size.
func TestSQLAgreesWithDecision(t *testing.T) {
	storetest.Both(t, func(t *testing.T, base *storetest.World) {
		rapid.Check(t, func(t *rapid.T) {
			w := drawWorld(t, base)
			sort := rapid.SampledFrom([]kexin.FieldID{0, kexin.CustNextAt}).Draw(t, "sort")
			desc := rapid.Bool().Draw(t, "desc")
			limit := rapid.IntRange(1, 5).Draw(t, "limit")
			for who, a := range w.Staff {
				got, err := w.pages(t, who, kexin.Query{Sort: sort, Desc: desc, Limit: limit})
				if err != nil && a.Position != kexin.Analyst && a.Position != kexin.Marketing && a.Position != kexin.Auditor {
					t.Fatalf("%s (%s): %v", who, a.Position, err)
				}
				if err != nil {
					continue
				}
				slices.Sort(got)
				if want := w.allowed(a); !slices.Equal(got, want) {
					t.Fatalf("%s (%s) lists %v, may see %v", who, a.Position, got, want)
				}
			}
		})
	})
}

// allowed asks the decision about every record.
func (w *randomWorld) allowed(a kexin.Actor) (out []kexin.ID) {
	w.View(func(tx *store.Tx) error {
		for _, id := range w.ids {
			f, err := tx.Facts(kexin.Customer, id)
			if err != nil {
				return err
			}
			if in, _ := gate.In(tx.State, a, tx.State.Matrix.Posts[a.Position], *f); in {
				out = append(out, id)
			}
		}
		return nil
	})
	slices.Sort(out)
	return out
}

// Two worlds that differ only in what is masked answer alike: here the part of
// the phone that no mask shows, and all of the address.
func TestPermutedMasksChangeNothing(t *testing.T) {
	storetest.Both(t, func(t *testing.T, base *storetest.World) {
		phones := []string{"+8613800005678", "+8613900001234", "+8615012340000"}
		other := []string{"+8618711115678", "+8613344441234", "+8619999990000"}
		a, b := twin(base, phones, "滨江家园3-2-501"), twin(base, other, "绿城一品9-1-101")
		for _, who := range []string{"owner", "leader", "rep", "steward", "marketing", "pio", "auditor", "analyst", "service"} {
			for _, q := range []kexin.Query{{}, {Search: "5678"}, {Search: "王秀"}, {Sort: kexin.CustSum}, {Sort: kexin.CustNextAt, Desc: true},
				{Where: []kexin.Cond{{Field: kexin.CustStage, Op: kexin.Eq, Values: []kexin.Value{kexin.Str("new")}}}},
				{Fields: []kexin.FieldID{kexin.CustPhone, kexin.CustAddress, kexin.CustRegion, kexin.CustName}}} {
				x, y := answer(a, who, q), answer(b, who, q)
				if x != y {
					t.Errorf("%s %+v:\n%s\n%s", who, q, x, y)
				}
			}
		}
	})
}

func twin(base *storetest.World, phones []string, address string) *storetest.World {
	w := base.Another("双生")
	d := w.Dept("店", 0)
	for _, p := range kexin.Positions {
		if p != kexin.Owner {
			w.Seat(string(p), p, d)
		}
	}
	for i, p := range phones {
		w.Customer("rep", store.Values{kexin.CustName: kexin.Str([]string{"王秀兰", "王秀", "张伟"}[i]), kexin.CustPhone: kexin.Str(p), kexin.CustAddress: kexin.Str(address),
			kexin.CustStage: kexin.Str("new"), kexin.CustRegion: kexin.Str("330382")})
	}
	return w
}

// answer is everything a query says, ids replaced by their order.
func answer(w *storetest.World, who string, q kexin.Query) string {
	q.Act, q.Object = kexin.ActList, kexin.Customer
	out := ""
	w.View(func(tx *store.Tx) error {
		p, err := gate.Authorize(tx.State, w.Staff[who], q)
		if err != nil {
			out = err.Error()
			return nil
		}
		f, err := tx.Find(&p)
		if err != nil {
			return err
		}
		for _, r := range f.Rows {
			for _, c := range r.Cells {
				if c.Value.T == kexin.Number && c.Value.N > 1<<40 {
					c.Value.N = 1 // ids and instants differ between worlds
				}
				out += fmt.Sprintf("%v ", c)
			}
			out += "\n"
		}
		out += fmt.Sprint(p.Reasons(), f.More, f.Next != "")
		return nil
	})
	return out
}
