package store_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kexin"
	"kexin/gate"
	"kexin/store"
	"kexin/store/storetest"
)

// A world drawn at random: departments, staff who may see each other's
// customers or not, customers in every state, and records of one kind that hang
// on them, some of them with owners of their own.
type randomWorld struct {
	*storetest.World
	object  *kexin.ObjectDef
	ids     []kexin.ID // of the object
	parents map[kexin.ID]kexin.ID
	above   map[kexin.ID]kexin.ID // department → the one above
	drawn   map[kexin.ID]drawnRecord
}

// A drawnRecord is what the world put into a record.
type drawnRecord struct {
	owner kexin.ID
	state int64
	vals  store.Values
}

func drawWorld(t *rapid.T, on *storetest.World, object *kexin.ObjectDef) *randomWorld {
	w := &randomWorld{World: on.Another("商户"), object: object, parents: map[kexin.ID]kexin.ID{}, above: map[kexin.ID]kexin.ID{}, drawn: map[kexin.ID]drawnRecord{}}
	for i := range rapid.IntRange(0, 5).Draw(t, "depts") {
		parent := kexin.ID(0)
		if i > 0 && rapid.Bool().Draw(t, "below") {
			parent = rapid.SampledFrom(w.Depts).Draw(t, "parent")
		}
		w.above[w.Dept(fmt.Sprint(i), parent)] = parent
	}
	for i := range rapid.IntRange(1, 7).Draw(t, "staff") {
		dept := kexin.ID(0)
		if len(w.Depts) > 0 && rapid.IntRange(0, 9).Draw(t, "placed") > 0 {
			dept = rapid.SampledFrom(w.Depts).Draw(t, "dept")
		}
		w.Seat(fmt.Sprint("m", i), rapid.SampledFrom(kexin.Positions[:]).Draw(t, "position"), dept)
	}
	if rapid.Bool().Draw(t, "mutual") {
		w.Mutual()
	}
	n := rapid.IntRange(1, 12).Draw(t, "records")
	if rapid.IntRange(0, 9).Draw(t, "many") == 9 {
		n = 75 // of which some groups are large enough to be told to an analyst
		w.Seat("analyst", kexin.Analyst, 0)
	}
	customers := n
	if object.Object != kexin.Customer {
		customers = min(n, 3)
	}
	for range customers {
		id := w.draw(t, kexin.Customer, w.drawOwner(t), 0)
		if object.Object == kexin.Customer {
			w.ids = append(w.ids, id)
		}
		w.parents[id] = 0
	}
	if object.Object != kexin.Customer {
		w.drawChildren(t, n)
	}
	for _, id := range w.ids {
		w.drawState(t, id)
	}
	return w
}

// drawValues are what a record of an object is made of.
func drawValues(t *rapid.T, o kexin.Object) store.Values {
	from := func(of []string) kexin.Value { return kexin.Str(rapid.SampledFrom(of).Draw(t, "choice")) }
	money := func() kexin.Value { return kexin.Num(rapid.Int64Range(1, 90_000).Draw(t, "amount")) }
	switch o {
	case kexin.Customer:
		return store.Values{kexin.CustName: kexin.Str("王小" + from([]string{"一", "丁", "七"}).S), kexin.CustStage: from(kexin.Stages), kexin.CustRegion: from([]string{"330382", "330302", "310101"}), kexin.CustNextAt: kexin.Num(int64(rapid.IntRange(0, 4).Draw(t, "next")))}
	case kexin.Contact:
		return store.Values{kexin.ContName: kexin.Str("李强")}
	case kexin.Order:
		return store.Values{kexin.OrdNo: kexin.Str("SO1"), kexin.OrdOn: kexin.Str("2026-03-01"), kexin.OrdStatus: from(kexin.OrderState), kexin.OrdAmount: money()}
	case kexin.OrderLine:
		return store.Values{kexin.LineItem: kexin.Str("砖"), kexin.LineQty: kexin.Num(1)}
	case kexin.Deal:
		return store.Values{kexin.DealNeed: kexin.Items("tile"), kexin.DealStage: from(kexin.DealStages), kexin.DealAmount: money()}
	case kexin.Visit:
		return store.Values{kexin.VisitWay: from(kexin.VisitWays), kexin.VisitAt: kexin.Num(5)}
	}
	return store.Values{kexin.TaskTitle: kexin.Str("盘点"), kexin.TaskDueAt: kexin.Num(5)}
}

// draw makes one record.
func (w *randomWorld) draw(t *rapid.T, o kexin.Object, owner string, parent kexin.ID) (id kexin.ID) {
	vals := drawValues(t, o)
	if o == kexin.Customer {
		id = w.Customer(owner, vals)
	} else {
		id = w.Child(w.Staff[owner], o, parent, vals)
	}
	w.drawn[id] = drawnRecord{owner: w.Staff[owner].User, vals: vals}
	return id
}

// recordTables are the tables of the objects.
var recordTables = map[kexin.Object]string{kexin.Customer: "customer", kexin.Contact: "contact", kexin.Order: "sale_order", kexin.OrderLine: "order_line", kexin.Deal: "deal", kexin.Visit: "visit", kexin.Task: "task"}

// drawState puts a record in any of the states there are, and gives a customer
// a sum of orders.
func (w *randomWorld) drawState(t *rapid.T, id kexin.ID) {
	d := w.drawn[id]
	d.state = rapid.SampledFrom([]int64{0, 0, 0, 1, 2, 3, 4}).Draw(t, "state")
	w.Update(func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE "+recordTables[w.object.Object]+" SET state=$1 WHERE org_id=$2 AND id=$3", d.state, w.Org, id)
		return err
	})
	if w.object.Object == kexin.Customer {
		d.vals[kexin.CustSum] = kexin.Num(rapid.Int64Range(0, 90_000).Draw(t, "sum"))
		w.Update(func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE customer SET sum=$1 WHERE org_id=$2 AND id=$3", d.vals[kexin.CustSum].N, w.Org, id)
			return err
		})
	}
	w.drawn[id] = d
}

func (w *randomWorld) drawOwner(t *rapid.T) string {
	owners := w.selling()
	if len(owners) == 0 {
		return "owner"
	}
	return rapid.SampledFrom(owners).Draw(t, "owner")
}

// drawChildren makes records of the object, each under a customer and its
// owner's or, as a task may be, somebody else's.
func (w *randomWorld) drawChildren(t *rapid.T, n int) {
	customers := slices.Sorted(maps.Keys(w.parents))
	for range n {
		owner, parent := w.drawOwner(t), rapid.SampledFrom(customers).Draw(t, "customer")
		if w.object.Object == kexin.OrderLine {
			parent = w.draw(t, kexin.Order, owner, parent)
		}
		if w.object.Object == kexin.Task && rapid.Bool().Draw(t, "alone") {
			parent = 0
		}
		id := w.draw(t, w.object.Object, owner, parent)
		w.parents[id] = parent
		w.ids = append(w.ids, id)
	}
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
	q.Act, q.Object = kexin.ActList, w.object.Object
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

// The rows a list gives, the records a count counts and the amounts a sum adds
// up are those that the decision on one record allows, for every actor and
// record of every object, in every scene, whatever the order and the page size,
// in all and of one customer, and of orders by their number.
func TestSQLAgreesWithDecision(t *testing.T) {
	storetest.Both(t, func(t *testing.T, base *storetest.World) {
		asked, seen := map[kexin.Object]int{}, map[string]int{}
		rapid.Check(t, func(t *rapid.T) {
			object := rapid.SampledFrom(base.Store.Schema().Objects()).Draw(t, "object")
			asked[object.Object]++
			w := drawWorld(t, base, object)
			lists(t, w)
			counts(t, w, seen)
		})
		t.Logf("worlds by object: %v; %v", asked, seen)
	})
}

func lists(t *rapid.T, w *randomWorld) {
	q := kexin.Query{Sort: rapid.SampledFrom(sorts(w.object)).Draw(t, "sort"), Desc: rapid.Bool().Draw(t, "desc"), Limit: rapid.IntRange(1, 5).Draw(t, "limit"),
		Scene: rapid.SampledFrom([]kexin.Scene{"", "", "", kexin.Mine, kexin.Dept, kexin.Subtree}).Draw(t, "scene")}
	if w.object.Object != kexin.Customer && rapid.IntRange(0, 3).Draw(t, "of one") == 0 {
		q.Parent = w.parents[rapid.SampledFrom(w.ids).Draw(t, "whose")]
	}
	if w.object.Object == kexin.Order && len(w.ids) <= 50 && rapid.Bool().Draw(t, "by number") {
		q.Search, q.Limit = "so1", 50 // one page, of which there is no next
	}
	listed := 0
	for who, a := range w.Staff {
		got, err := w.pages(t, who, q)
		if code := kexin.CodeOf(err); code == kexin.Withheld || code == kexin.Forbidden && a.Position == kexin.Analyst {
			continue // the order or the scene is withheld; the analyst lists nothing
		}
		if err != nil {
			t.Fatalf("%s (%s): %v", who, a.Position, err)
		}
		listed++
		slices.Sort(got)
		want := w.allowed(a, func(id kexin.ID) bool {
			return w.inScene(a, q.Scene, w.drawn[id].owner) && (q.Parent == 0 || w.parents[id] == q.Parent)
		})
		if !slices.Equal(got, want) {
			t.Fatalf("%s (%s) lists %v, may see %v", who, a.Position, got, want)
		}
	}
	if listed == 0 {
		t.Fatalf("nobody may list %s by %d, not even the owner", w.object.Plural, q.Sort)
	}
}

// counts asks for every grouping of the object there is, with the sum of each
// amount, under a condition or none.
func counts(t *rapid.T, w *randomWorld, seen map[string]int) {
	groups, sums := []kexin.FieldID{0}, []kexin.FieldID{0}
	choices := []*kexin.Field{}
	for _, f := range w.object.Fields {
		switch {
		case f.Filter && (f.Kind == kexin.KindChoice || f.Kind == kexin.KindRegion || f.Kind == kexin.KindRef && f.Rule.Ref == 0):
			groups = append(groups, f.ID)
		case f.Kind == kexin.KindMoney && f.Sort:
			sums = append(sums, f.ID)
		}
		if f.Filter && f.Kind == kexin.KindChoice {
			choices = append(choices, f)
		}
	}
	q := kexin.Query{Act: kexin.ActCount, Object: w.object.Object, Scene: rapid.SampledFrom([]kexin.Scene{"", "", kexin.Mine, kexin.Dept, kexin.Subtree}).Draw(t, "scene of counts")}
	if len(choices) > 0 && rapid.Bool().Draw(t, "where") {
		f := rapid.SampledFrom(choices).Draw(t, "field")
		q.Where = []kexin.Cond{{Field: f.ID, Op: kexin.Eq, Values: []kexin.Value{kexin.Str(rapid.SampledFrom(f.Rule.Choices).Draw(t, "value"))}}}
	}
	for who, a := range w.Staff {
		for _, q.Group = range groups {
			for _, q.Sum = range sums {
				got, err := w.counted(a, q)
				if kexin.CodeOf(err) == kexin.Withheld {
					seen["withheld"]++
					continue
				}
				if err != nil {
					t.Fatalf("%s (%s) %+v: %v", who, a.Position, q, err)
				}
				if want := w.tally(a, q); !maps.Equal(got, want) {
					t.Fatalf("%s (%s) %+v counts %v, may count %v", who, a.Position, q, got, want)
				}
				for _, g := range got {
					seen["counts"]++
					if g.sum > 0 {
						seen["sums"]++
					}
					if a.Position == kexin.Analyst {
						seen["rounded"]++
					}
				}
			}
		}
	}
}

// A tally is how many records a group has and what they add up to.
type tally struct{ n, sum int64 }

// counted asks the store: for sums where there are some, else for counts.
func (w *randomWorld) counted(a kexin.Actor, q kexin.Query) (map[string]tally, error) {
	out := map[string]tally{}
	var refused error
	w.View(func(tx *store.Tx) error {
		p, err := gate.Authorize(tx.State, a, q)
		if refused = err; err != nil {
			return nil
		}
		if q.Sum != 0 && q.Group != 0 && !p.Rounded() && p.Group().Kind == kexin.KindChoice {
			all, err := tx.Sums(&p)
			for _, g := range all {
				out[g.Key] = tally{g.N, g.Sum}
			}
			return err
		}
		all, err := tx.Count(&p)
		for _, g := range all {
			out[g.Key] = tally{n: g.N}
		}
		return err
	})
	return out, refused
}

// tally is the same from what was drawn, one record after the other.
func (w *randomWorld) tally(a kexin.Actor, q kexin.Query) map[string]tally {
	out := map[string]tally{}
	group := w.Store.Schema().Field(q.Group)
	for _, id := range w.allowed(a, func(id kexin.ID) bool {
		ok := w.inScene(a, q.Scene, w.drawn[id].owner)
		for _, c := range q.Where {
			ok = ok && w.drawn[id].vals[c.Field].S == c.Values[0].S
		}
		return ok
	}) {
		d, key := w.drawn[id], ""
		switch {
		case group == nil:
		case group.Kind == kexin.KindRef:
			key = d.owner.String()
		case group.Kind == kexin.KindRegion:
			key = d.vals[group.ID].S
			key = key[:min(4, len(key))]
		default:
			key = d.vals[group.ID].S
		}
		g := out[key]
		g.n++
		if group != nil && group.Kind == kexin.KindChoice && a.Position != kexin.Analyst {
			g.sum += d.vals[q.Sum].N
		}
		out[key] = g
	}
	if a.Position == kexin.Analyst { // AGG-03: by fives, and nothing of fewer than twenty
		for key, g := range out {
			if g.n = (g.n + 2) / 5 * 5; out[key].n < 20 {
				delete(out, key)
				continue
			}
			out[key] = g
		}
	}
	return out
}

// sorts are all orders of an object's list.
func sorts(o *kexin.ObjectDef) []kexin.FieldID {
	out := []kexin.FieldID{0}
	for _, f := range o.Fields {
		if f.Sort {
			out = append(out, f.ID)
		}
	}
	return out
}

// allowed asks the decision about every record of which ok is true. Of an
// analyst, who may see no single record, it is what lies in his scope.
func (w *randomWorld) allowed(a kexin.Actor, ok func(kexin.ID) bool) (out []kexin.ID) {
	w.View(func(tx *store.Tx) error {
		for _, id := range w.ids {
			f, err := tx.Facts(w.object.Object, id)
			if err != nil {
				return err
			}
			in, _ := gate.In(tx.State, a, tx.State.Matrix.Posts[a.Position], *f)
			if a.Position == kexin.Analyst {
				in = f.State == gate.Active
			}
			if in && ok(id) {
				out = append(out, id)
			}
		}
		return nil
	})
	slices.Sort(out)
	return out
}

// inScene is what a scene means, from the departments as they were drawn; "" is
// the widest, which the decision itself knows.
func (w *randomWorld) inScene(a kexin.Actor, s kexin.Scene, owner kexin.ID) bool {
	if s == "" || owner == a.User {
		return true
	}
	at := kexin.ID(0)
	for _, o := range w.Staff {
		if o.User == owner {
			at = o.Dept
		}
	}
	for ; at != 0; at = w.above[at] {
		if at == a.Dept {
			return s != kexin.Mine
		}
		if s != kexin.Subtree {
			return false
		}
	}
	return false
}
