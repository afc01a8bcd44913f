package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/internal/sitetest"
	"kexin/store"
	"kexin/store/storetest"
)

// A twin is one of two merchants that differ only in what one position may
// not see clear.
type twin struct {
	*storetest.World
	cage
	who     string
	names   map[string]string // id → what it is, the same in both
	altered int
}

// otherwise is a second value of a field that shows the same through a mask,
// and the first.
func otherwise(f *kexin.Field, n int, alter bool) (kexin.Value, bool) {
	pick := func(a, b string) kexin.Value {
		if alter {
			return kexin.Str(b)
		}
		return kexin.Str(a)
	}
	number := int64(700 + n)
	if alter {
		number = int64(90_000 - n)
	}
	switch {
	case f.Computed || f.Kind == kexin.KindRef || f.Kind == kexin.KindRegion:
		return kexin.Value{}, false
	case f.Kind == kexin.KindPhone:
		return pick(fmt.Sprintf("+861381234%04d", 5000+n), fmt.Sprintf("+861589876%04d", 5000+n)), true
	case f.Kind == kexin.KindName:
		return pick("王秀"+string(rune('一'+n)), "王建国"), true
	case f.Kind == kexin.KindEmail:
		return pick(fmt.Sprintf("a%d@example.test", n), fmt.Sprintf("much.longer%d@other.test", n)), true
	case f.Kind == kexin.KindWeChat:
		return pick(fmt.Sprintf("wx_short%d", n), fmt.Sprintf("another_and_longer_%d", n)), true
	case f.Kind == kexin.KindAddress:
		return pick("滨江家园3-2-501", "绿城一品九号楼二单元 1101 室"), true
	case f.Kind == kexin.KindDay && f.Sealed:
		return pick("1980-01-02", "1991-11-12"), true
	case f.Kind == kexin.KindDay:
		return pick("2026-02-03", "2026-01-05"), true
	case f.Kind == kexin.KindChoice:
		return pick(f.Rule.Choices[0], f.Rule.Choices[1]), true
	case f.Kind == kexin.KindChoices:
		return kexin.Items(f.Rule.Choices[0]), true
	case f.Kind == kexin.KindMoney, f.Kind == kexin.KindNumber:
		return kexin.Num(number), true
	case f.Sealed:
		return pick(fmt.Sprintf("周末来看样 %d", n), fmt.Sprintf("这一条备注完全不同，也长得多 %d", n)), true
	}
	return kexin.Value{}, false
}

// newTwin makes a merchant with people of every position and records of two
// reps. Where alter says so, what position cannot see clear is another value.
func newTwin(s *sitetest.Site, pos kexin.Position, alter func(f *kexin.Field, l kexin.Level) bool) *twin {
	w := &twin{World: s.Another("双生"), cage: cage{ids: map[string][]kexin.ID{}}, names: map[string]string{}}
	dept := w.Dept("店", 0)
	for _, p := range kexin.Positions {
		if p != kexin.Owner {
			w.Seat(string(p), p, dept)
		}
	}
	w.Seat("rep2", kexin.Rep, dept)
	for i, d := range w.Depts {
		w.names[d.String()] = fmt.Sprint("dept", i)
	}
	for name, a := range w.Staff {
		w.names[a.User.String()] = name
	}
	for _, owner := range []string{"rep", "rep2"} {
		customer := w.record(s, pos, owner, kexin.Customer, 0, alter)
		for _, o := range []kexin.Object{kexin.Contact, kexin.Order, kexin.Deal, kexin.Visit, kexin.Task} {
			id := w.record(s, pos, owner, o, customer, alter)
			if o == kexin.Order {
				w.record(s, pos, owner, kexin.OrderLine, id, alter)
			}
		}
	}
	w.who = fmt.Sprint(pos, " of ", w.Org)
	s.Visitor(w.who, w.World, string(pos))
	return w
}

func (w *twin) record(s *sitetest.Site, pos kexin.Position, owner string, o kexin.Object, parent kexin.ID, alter func(*kexin.Field, kexin.Level) bool) kexin.ID {
	d, vals := s.Store.Schema().Object(o), store.Values{}
	for i, f := range d.Fields {
		var own, other kexin.Level
		w.View(func(tx *store.Tx) error { own, other = tx.State.Levels(pos, f); return nil })
		if owner == string(pos) {
			other = own
		} else if pos == kexin.Rep {
			other = kexin.Nothing // out of scope
		}
		change := alter(f, other)
		v, ok := otherwise(f, i, change)
		if change && ok {
			w.altered++
		}
		if ok && !(change && other == kexin.Nothing && !f.Rule.Required && f.ID != kexin.OrdStatus && f.Kind != kexin.KindChoice) {
			vals[f.ID] = v
		}
	}
	var id kexin.ID
	if o == kexin.Customer {
		id = w.Customer(owner, vals)
	} else {
		id = w.Child(w.Staff[owner], o, parent, vals)
	}
	w.ids[d.Plural] = append(w.ids[d.Plural], id)
	w.names[id.String()] = fmt.Sprint(d.Name, " of ", owner)
	return id
}

var longNumber = regexp.MustCompile(`\d{12,19}`)
var entry = regexp.MustCompile(`"type":"[^{}]*(?:"facts":\{[^}]*\})?`)
var opaque = regexp.MustCompile(`"request":"[0-9a-f]+"|[A-Za-z0-9+/_-]{40,}=*`)

// said is everything an answer says: status, headers, body; ids by what they
// stand for, moments and opaque tokens as such.
func (w *twin) said(r sitetest.Reply) string {
	h := r.Header.Clone()
	h.Del("X-Request-Id")
	body := string(r.Body)
	if strings.Contains(body, `"entries":[`) { // pages are logged beside openings: in no order between them
		lines := entry.FindAllString(body, -1)
		slices.Sort(lines)
		body = strings.Join(lines, "\n")
	}
	text := fmt.Sprint(r.Status, " ", h, " ", body)
	text = opaque.ReplaceAllString(text, "~")
	return longNumber.ReplaceAllStringFunc(text, func(n string) string {
		if name := w.names[n]; name != "" {
			return "<" + name + ">"
		}
		return "#"
	})
}

// hidden alters everything the position does not see clear.
func hidden(_ *kexin.Field, l kexin.Level) bool { return l < kexin.Clear }

// nothing alters nothing.
func nothing(*kexin.Field, kexin.Level) bool { return false }

// halt ends the duties of a site: done for one twin before the other, what they
// do would be a difference.
func halt(t *testing.T, s *sitetest.Site) {
	t.Helper()
	if err := s.App.Halt(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestTwins: two merchants that differ only in what a position may not see
// clear answer everything it can ask alike: every status, header, body, count
// and order.
func TestTwins(t *testing.T) {
	sitetest.Both(t, func(t *testing.T, s *sitetest.Site) {
		halt(t, s)
		for _, pos := range kexin.Positions {
			if s.DB.Postgres() && pos != kexin.Rep && pos != kexin.Steward && pos != kexin.Marketing {
				continue // what the engines do differently these three meet
			}
			a, b := newTwin(s, pos, nothing), newTwin(s, pos, hidden)
			calls := ask(t, s, a, b, func(what, x, y string) {
				t.Errorf("%s: %s\n%s\n%s", pos, what, x, y)
			})
			if b.altered < 20 && pos != kexin.Owner && pos != kexin.PIO && pos != kexin.Leader || b.altered < 8 {
				t.Errorf("%s: only %d values differ", pos, b.altered)
			}
			t.Logf("%s: %d calls, %d values differ", pos, calls, b.altered)
		}
	})
}

// TestTwinsDiffer: the comparison sees a difference where there is one to be
// seen.
func TestTwinsDiffer(t *testing.T) {
	s := sitetest.New(t, "sqlite")
	halt(t, s)
	clear := func(f *kexin.Field, l kexin.Level) bool { return l == kexin.Clear && f.Kind == kexin.KindMoney }
	a, b := newTwin(s, kexin.Leader, nothing), newTwin(s, kexin.Leader, clear)
	seen := map[string]bool{}
	ask(t, s, a, b, func(what, _, _ string) { seen[strings.Fields(what)[0]] = true })
	for _, op := range []string{"searchCustomer", "searchOrder", "getOrder", "getCustomer"} {
		if !seen[op] {
			t.Errorf("%s does not show that amounts differ", op)
		}
	}
}

// oneOfAServer are operations on what both twins share, or on the sessions
// that the test itself opens. Those that give full values are left out with
// them: they are asked for one value, and give it.
var oneOfAServer = map[string]bool{"logout": true, "backUp": true, "rotateKeys": true, "getBackups": true, "publishNotice": true, "endDevice": true, "listDevices": true}

// ask puts every operation to both twins in the same order.
func ask(t *testing.T, s *sitetest.Site, a, b *twin, differ func(what, x, y string)) (calls int) {
	t.Helper()
	sendsA, sendsB := bodies(&a.cage, a.Staff["analyst"].User), bodies(&b.cage, b.Staff["analyst"].User)
	paths := s.Site.API.OpenAPI().Paths
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		var ops map[string]struct {
			OperationID string `json:"operationId"`
		}
		raw, err := json.Marshal(paths[path])
		if err == nil {
			err = json.Unmarshal(raw, &ops)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range slices.Sorted(maps.Keys(ops)) {
			op := ops[method].OperationID
			if slices.Contains(lastly, op) || oneOfAServer[op] {
				continue
			}
			ta, tb := a.asks(path), b.asks(path)
			if d := s.Store.Schema().Named(objectOf(strings.Split(path, "/")[3])); d != nil && (strings.HasPrefix(op, "search") || op == "countCustomers") {
				more := probes(d, op)
				sendsA[op], sendsB[op] = append(sendsA[op], more...), append(sendsB[op], more...)
			}
			for i := range ta {
				for j := range sendsA[op] {
					s.Clock.Move(20 * time.Second)
					s.App.Flush()
					x := a.said(s.As(a.who, strings.ToUpper(method), ta[i], sendsA[op][j]))
					y := b.said(s.As(b.who, strings.ToUpper(method), tb[i], sendsB[op][j]))
					calls++
					if x != y {
						differ(fmt.Sprintf("%s %s body %d", op, a.names[regexp.MustCompile(`\d{12,}`).FindString(ta[i])], j), x, y)
					}
				}
			}
			if calls%50 == 0 { // sessions end
				s.Visitor(a.who, a.World, strings.Fields(a.who)[0])
				s.Visitor(b.who, b.World, strings.Fields(b.who)[0])
			}
		}
	}
	return calls
}

// probes are questions about every field of an object: in which order, which
// have it, which have this value, how many of each.
func probes(d *kexin.ObjectDef, op string) (out []any) {
	for i, f := range d.Fields {
		if op == "countCustomers" {
			out = append(out, map[string]any{"group": f.Name})
		} else {
			out = append(out, map[string]any{"sort": f.Name}, map[string]any{"sort": f.Name, "desc": true})
		}
		where := func(op string, values ...any) {
			out = append(out, map[string]any{"where": []any{map[string]any{"field": f.Name, "op": op, "values": values}}})
		}
		where("empty")
		v, ok := otherwise(f, i, false)
		switch {
		case ok && v.T == kexin.Number:
			where("eq", v.N)
			where("gte", v.N+1)
		case ok:
			where("eq", v.Strings()[0])
			where("in", v.Strings()[0])
		default:
			where("gte", 800)
			where("eq", 1405)
		}
	}
	if op == "searchCustomer" {
		for _, text := range []string{"王秀", "王建", "5004", "138", "滨江"} { // a whole number is a lookup: one door, counted
			out = append(out, map[string]any{"search": text})
		}
	}
	return out
}

// asks are the paths with the ids of the twin's own records, in the same
// order for both.
func (w *twin) asks(path string) (out []string) {
	if !pathID.MatchString(path) {
		return []string{path}
	}
	for _, plural := range slices.Sorted(maps.Keys(w.ids)) {
		ids := w.ids[plural]
		if !strings.HasPrefix(path, "/api/v1/"+plural+"/") {
			ids = ids[:1]
		}
		for _, id := range ids {
			out = append(out, pathID.ReplaceAllString(path, id.String())+"?rev=77")
		}
	}
	return out
}
