package api_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/api"
	"kexin/i18n"
	"kexin/internal/sitetest"
)

// faults are the places that a refusal names.
func faults(t *testing.T, r sitetest.Reply) (out []string) {
	t.Helper()
	var p struct {
		Errors []struct{ Location, Message, Key string } `json:"errors"`
	}
	if err := json.Unmarshal(r.Body, &p); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	for _, e := range p.Errors {
		if e.Message == "" || e.Message == e.Key {
			t.Errorf("no sentence: %s", r.Body)
		}
		out = append(out, e.Location)
	}
	return out
}

// TestUnwritable: of every object, a field that does not exist, is worked out,
// or cannot be changed is refused by name, whatever else stands beside it, and
// nothing is written.
func TestUnwritable(t *testing.T) {
	sitetest.Both(t, func(t *testing.T, s *sitetest.Site) {
		customer := s.NewCustomer("rep", map[string]any{"name": "王秀兰", "phone": "13812345678", "source": "store"})
		other := s.NewCustomer("rep", map[string]any{"name": "陈志明", "source": "store"})
		made := map[string]kexin.ID{"customers": customer}
		good := map[string]map[string]any{
			"customers": {"name": "新来的", "source": "store"}, "contacts": {"customer": customer, "name": "家里人"}, "orders": {"customer": customer, "no": "SO9", "ordered_on": "2026-03-04"},
			"order-lines": {"item": "砖", "qty": 1}, "deals": {"customer": customer, "need": []string{"tile"}, "stage": "need"},
			"visits": {"customer": customer, "way": "call", "note": "说好周末来", "at": int64(s.Clock.Instant()) - 1000}, "tasks": {"customer": customer, "title": "盘点", "due_at": int64(s.Clock.Instant())},
		}
		change := map[string]map[string]any{"customers": {"remark": "x"}, "contacts": {"name": "y"}, "orders": {"remark": "x"}, "order-lines": {"item": "x"}, "deals": {"remark": "x"}, "visits": {"note": "x"}, "tasks": {"title": "x"}}
		post := func(plural string, fields map[string]any) sitetest.Reply {
			return s.As("rep", http.MethodPost, "/api/v1/"+plural, map[string]any{"fields": fields})
		}
		with := func(plural, name string, v any, of map[string]map[string]any) map[string]any {
			out := map[string]any{name: v}
			for k, x := range of[plural] {
				out[k] = x
			}
			return out
		}
		table := map[kexin.Object]string{kexin.Customer: "customer", kexin.Contact: "contact", kexin.Order: "sale_order", kexin.OrderLine: "order_line", kexin.Deal: "deal", kexin.Visit: "visit", kexin.Task: "task"}
		objects := s.Store.Schema().Objects()
		for _, o := range objects {
			if o.Plural != "customers" {
				if o.Object == kexin.OrderLine {
					good["order-lines"]["order"] = made["orders"]
				}
				var out struct {
					ID kexin.ID `json:"id"`
				}
				post(o.Plural, good[o.Plural]).Into(t, http.StatusCreated, &out)
				made[o.Plural] = out.ID
			}
		}
		for _, o := range objects {
			n := s.Count("SELECT COUNT(*) FROM " + table[o.Object])
			var was, is struct {
				Rev    int64           `json:"rev"`
				Fields json.RawMessage `json:"fields"`
			}
			path := "/api/v1/" + o.Plural + "/" + made[o.Plural].String()
			s.Get("rep", path, &was)
			patch := func(fields map[string]any) sitetest.Reply {
				return s.As("rep", http.MethodPatch, path, map[string]any{"rev": was.Rev, "fields": fields})
			}
			refused := func(what, at string, r sitetest.Reply) {
				t.Helper()
				if r.Status != http.StatusUnprocessableEntity || !slices.Contains(faults(t, r), at) {
					t.Errorf("%s %s: %d %s", o.Plural, what, r.Status, r.Body)
				}
			}
			refused("made with a field that is none", "fields", post(o.Plural, with(o.Plural, "nonsense", "x", good)))
			refused("changed with a field that is none", "fields", patch(with(o.Plural, "nonsense", "x", change)))
			for _, f := range o.Fields {
				switch {
				case f.Computed:
					refused("made with "+f.Name, f.Name, post(o.Plural, with(o.Plural, f.Name, 5, good)))
					refused("changed with "+f.Name, f.Name, patch(with(o.Plural, f.Name, 5, change)))
				case f.Kind == kexin.KindRef && f.Name == "owner":
					refused("given to another", "owner", patch(with(o.Plural, "owner", s.Staff["rep2"].User, change)))
					refused("given to oneself", "owner", patch(with(o.Plural, "owner", s.Staff["rep"].User, change)))
					refused("made for who may not own", "owner", post(o.Plural, with(o.Plural, "owner", s.Staff["rep4"].User, good)))
				case f.Kind == kexin.KindRef:
					to := other
					if o.Object == kexin.OrderLine {
						to = made["orders"]
					}
					refused("hung on another "+f.Name, f.Name, patch(with(o.Plural, f.Name, to, change)))
				}
			}
			if r := s.As("rep", http.MethodPatch, path, map[string]any{"rev": was.Rev, "fields": change[o.Plural], "owner": s.Staff["rep2"].User}); r.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s with owner beside the fields: %d %s", o.Plural, r.Status, r.Body)
			}
			s.Get("rep", path, &is)
			if is.Rev != was.Rev || string(is.Fields) != string(was.Fields) {
				t.Errorf("%s is changed by what was refused", o.Plural)
			}
			if m := s.Count("SELECT COUNT(*) FROM " + table[o.Object]); m != n {
				t.Errorf("%s: %d made by what was refused", o.Plural, m-n)
			}
			if r := patch(change[o.Plural]); r.Status != http.StatusOK {
				t.Errorf("%s: a change that may be: %d %s", o.Plural, r.Status, r.Body)
			}
		}
	})
}

// TestMaybeSameNames: who protects a number is named to positions that may
// know, at the search box, when making and when changing a record; the others
// are told whom to ask, the same person whatever they asked (security A4).
func TestMaybeSameNames(t *testing.T) {
	sitetest.Both(t, func(t *testing.T, s *sitetest.Site) {
		s.NewCustomer("rep4", map[string]any{"name": "赵六一", "phone": "13812340000", "source": "store"})
		s.NewCustomer("rep2", map[string]any{"name": "钱七二", "phone": "13812340001", "source": "store"})
		type same struct {
			Answer, Owner, Ask string
			ID                 kexin.ID
		}
		asked := func(who, phone string) (box, make, change same) {
			t.Helper()
			s.Clock.Move(2 * time.Minute) // five lookups a minute
			var p struct{ Same same }
			s.As(who, http.MethodPost, "/api/v1/lookup", map[string]any{"kind": "phone", "value": phone}).Into(t, http.StatusOK, &box)
			s.As(who, http.MethodPost, "/api/v1/customers", map[string]any{"fields": map[string]any{"name": "某某", "phone": phone, "source": "store"}}).Into(t, http.StatusConflict, &p)
			make = p.Same
			own := s.NewCustomer(who, map[string]any{"name": "自己的", "source": "store"})
			p.Same = same{}
			s.As(who, http.MethodPatch, "/api/v1/customers/"+own.String(), map[string]any{"rev": 1, "fields": map[string]any{"phone": phone}}).Into(t, http.StatusConflict, &p)
			return box, make, p.Same
		}
		outside := same{Answer: "exists", Owner: "rep4"}
		if box, make, change := asked("leader", "13812340000"); box != outside || make != outside || change != outside {
			t.Errorf("a leader of another department: %+v %+v %+v", box, make, change)
		}
		for _, phone := range []string{"13812340000", "13812340001"} {
			box, make, change := asked("rep", phone)
			if want := (same{Answer: "exists", Ask: "leader"}); box != want || make != want || change != want {
				t.Errorf("a rep: %+v %+v %+v", box, make, change)
			}
		}
		s.Clock.Move(2 * time.Minute)
		var none same
		s.As("rep", http.MethodPost, "/api/v1/lookup", map[string]any{"kind": "phone", "value": "13812349999"}).Into(t, http.StatusOK, &none)
		if none != (same{Answer: "none"}) {
			t.Errorf("an unknown number: %+v", none)
		}
	})
}

// TestOrderSums: an order with lines costs what its lines cost, until the last
// is taken away; what no amount can be is refused and leaves the customer as
// he was; an amount by hand does not overwrite the sum of lines.
func TestOrderSums(t *testing.T) {
	sitetest.Both(t, func(t *testing.T, s *sitetest.Site) {
		customer := s.NewCustomer("rep", map[string]any{"name": "王秀兰", "phone": "13812345678", "source": "store"})
		made := func(plural string, fields map[string]any) (id kexin.ID) {
			t.Helper()
			var out struct{ ID kexin.ID }
			s.As("rep", http.MethodPost, "/api/v1/"+plural, map[string]any{"fields": fields}).Into(t, http.StatusCreated, &out)
			return out.ID
		}
		amounts := func(what string, order kexin.ID, amount, sum int64) {
			t.Helper()
			if n := s.Count("SELECT amount FROM sale_order WHERE id=$1", order); n != amount {
				t.Errorf("%s: the order's amount is %d, not %d", what, n, amount)
			}
			if n := s.Count("SELECT sum FROM customer WHERE id=$1", customer); n != sum {
				t.Errorf("%s: the customer's sum is %d, not %d", what, n, sum)
			}
		}
		day := string(kexin.DayOf(s.Clock.Now()))
		order := made("orders", map[string]any{"customer": customer, "no": "A-1", "ordered_on": day, "amount": 300})
		amounts("by hand", order, 300, 300)
		for _, x := range [][2]int64{{1_000_000_000, 10_000_000_000}, {1 << 53, 1 << 53}, {-1 << 53, 1 << 53}, {1 << 32, 1 << 31}} {
			r := s.As("rep", http.MethodPost, "/api/v1/order-lines", map[string]any{"fields": map[string]any{"order": order, "item": "砖", "qty": x[0], "price": x[1]}})
			if r.Status != http.StatusUnprocessableEntity {
				t.Errorf("%d times %d: %d %s", x[0], x[1], r.Status, r.Body)
			}
		}
		amounts("refused", order, 300, 300)
		line := made("order-lines", map[string]any{"order": order, "item": "砖", "qty": 2, "price": 500})
		amounts("a line", order, 1000, 1000)
		var rec struct{ Rev int64 }
		s.Get("rep", "/api/v1/orders/"+order.String(), &rec)
		r := s.As("rep", http.MethodPatch, "/api/v1/orders/"+order.String(), map[string]any{"rev": rec.Rev, "fields": map[string]any{"amount": 7}})
		if r.Status != http.StatusUnprocessableEntity || !slices.Contains(faults(t, r), "amount") {
			t.Errorf("an amount over lines: %d %s", r.Status, r.Body)
		}
		const most = 99_999_999_999_999
		s.As("rep", http.MethodPost, "/api/v1/order-lines", map[string]any{"fields": map[string]any{"order": order, "item": "砖", "qty": 1, "price": most}}).Into(t, http.StatusUnprocessableEntity, nil)
		amounts("the sum too large", order, 1000, 1000)
		s.As("rep", http.MethodPatch, "/api/v1/order-lines/"+line.String(), map[string]any{"rev": 1, "fields": map[string]any{"qty": 3}}).Into(t, http.StatusOK, nil)
		amounts("a line changed", order, 1500, 1500)
		s.As("rep", http.MethodDelete, "/api/v1/order-lines/"+line.String()+"?rev=2", nil).Into(t, http.StatusNoContent, nil)
		amounts("the last line gone", order, 0, 0)
		s.Get("rep", "/api/v1/orders/"+order.String(), &rec)
		s.As("rep", http.MethodPatch, "/api/v1/orders/"+order.String(), map[string]any{"rev": rec.Rev, "fields": map[string]any{"amount": 700}}).Into(t, http.StatusOK, nil)
		amounts("by hand again", order, 700, 700)
		made("order-lines", map[string]any{"order": order, "item": "砖", "qty": 1, "price": most})
		made("orders", map[string]any{"customer": customer, "no": "A-2", "ordered_on": day, "amount": most})
		amounts("two of the largest", order, most, 2*most)
	})
}

// TestProblemWords: no sentence of a refusal shows a parameter that nobody
// filled in, and the one of a failure holds the number to ask with.
func TestProblemWords(t *testing.T) {
	for _, lang := range i18n.Langs {
		for _, err := range []error{errors.New("x"), &kexin.Error{Code: kexin.Internal, Key: "error.permit"}, &kexin.Error{Code: kexin.Unavailable}, &kexin.Error{Code: kexin.NotFound}} {
			p := api.ProblemOf(err, lang, "0afbd9592b2b")
			if strings.Contains(p.Title+p.Detail, "{") || p.Code == "internal" && !strings.Contains(p.Detail, "0afbd9592b2b") {
				t.Errorf("%s: %s / %s", p.Code, p.Title, p.Detail)
			}
		}
	}
}
