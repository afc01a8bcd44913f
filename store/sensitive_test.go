package store_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/store"
	"kexin/store/storetest"
)

// The sensitive fields of a draft schema: none of the built-in ones is.
const (
	idCard   kexin.FieldID = 9001 // sealed text
	children kexin.FieldID = 9002 // a choice that could be filtered and counted by
	income   kexin.FieldID = 9003 // an amount that could be sorted by and summed
	payCard  kexin.FieldID = 9004 // sealed text that no list shows by itself
)

// Values that stand nowhere else.
const (
	cardText = "330382198812011234"
	payText  = "6222 0812 0300 7788"
	sumValue = 73_310_467
)

var sensitiveFields = []kexin.Field{
	{ID: idCard, Object: kexin.Customer, Name: "id_card", Kind: kexin.KindText, Class: kexin.Sensitive, Tier: kexin.Tier50, Retention: kexin.KeepEnquiry, Sealed: true, List: true},
	{ID: children, Object: kexin.Customer, Name: "children", Kind: kexin.KindChoice, Class: kexin.Sensitive, Tier: kexin.Tier50, Retention: kexin.KeepEnquiry, Rule: kexin.Rule{Choices: []string{"has_one", "has_two"}}, Filter: true, List: true},
	{ID: income, Object: kexin.Customer, Name: "income", Kind: kexin.KindMoney, Class: kexin.Sensitive, Tier: kexin.Tier50, Retention: kexin.KeepEnquiry, Filter: true, Sort: true, List: true},
	{ID: payCard, Object: kexin.Customer, Name: "pay_card", Kind: kexin.KindText, Class: kexin.Sensitive, Tier: kexin.Tier50, Retention: kexin.KeepEnquiry, Sealed: true},
}

// draft is the built-in schema with them.
func draft(t *testing.T) *kexin.Schema {
	t.Helper()
	var defs []kexin.ObjectDef
	fields := append([]kexin.Field(nil), sensitiveFields...)
	for _, o := range kexin.Builtin().Objects() {
		for _, f := range o.Fields {
			fields = append(fields, *f)
		}
		d := *o
		d.Fields = nil
		defs = append(defs, d)
	}
	s, err := kexin.Compile(2, defs, fields)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sensitiveWorld has a customer of the owner's and one of a rep's, each with
// everything sensitive filled in. A rep cannot write it, so his is put there by
// moving the owner's.
func sensitiveWorld(t *testing.T, f func(t *testing.T, w *storetest.World, mine, theirs kexin.ID)) {
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		d := open(db.Config{})
		w := storetest.New(t, d, nil)
		blob := "BYTEA"
		if !d.Postgres() {
			blob = "BLOB"
		}
		for _, c := range []string{"id_card_c " + blob, "children TEXT NOT NULL DEFAULT ''", "income BIGINT NOT NULL DEFAULT 0", "pay_card_c " + blob} {
			if err := d.Update(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec("ALTER TABLE customer ADD COLUMN " + c); return err }); err != nil {
				t.Fatal(err)
			}
		}
		w.Store.Define(draft(t))
		vals := func(name string) store.Values {
			return store.Values{kexin.CustName: kexin.Str(name), kexin.CustStage: kexin.Str("new"), idCard: kexin.Str(cardText), children: kexin.Str("has_two"), income: kexin.Num(sumValue), payCard: kexin.Str(payText)}
		}
		mine, theirs := w.Customer("owner", vals("王秀兰")), w.Customer("owner", vals("陈志明"))
		w.Update(func(tx *store.Tx) error {
			facts, err := tx.Facts(kexin.Customer, theirs)
			if err != nil {
				return err
			}
			p, err := gate.One(tx.State, w.Staff["owner"], kexin.Query{Act: kexin.ActMove, Object: kexin.Customer, Record: theirs}, facts)
			if err != nil {
				return err
			}
			return tx.Move(&p, w.Staff["rep"].User)
		})
		f(t, w, mine, theirs)
	})
}

// seenBy is what a position may see of a sensitive field of his own record and
// of others', as product.md and law.md ACC-01 say: the protection officer that
// something is there, the owner so of his own customers, nobody else anything.
func seenBy(pos kexin.Position, own bool) kexin.Level {
	if pos == kexin.PIO || pos == kexin.Owner && own {
		return kexin.Masked
	}
	return kexin.Nothing
}

// holds reports a sensitive value anywhere in what was given out.
func holds(x any) string {
	s := fmt.Sprintf("%+v", x)
	for _, v := range []string{cardText, payText[5:], "has_two"} {
		if strings.Contains(s, v) {
			return v
		}
	}
	for _, v := range []string{"73310467", cardText[14:], payText[15:]} { // the ends as a mask shows them
		if storetest.Stands(s, v) {
			return v
		}
	}
	return ""
}

// checkCells holds the sensitive cells of a row against seenBy.
func checkCells(t *testing.T, what string, a kexin.Actor, fields []*kexin.Field, v kexin.View) (n int) {
	t.Helper()
	for i, f := range fields {
		if f.Class != kexin.Sensitive {
			continue
		}
		n++
		c := v.Cells[i]
		if want := seenBy(a.Position, v.Own); c.Level != want || !c.Value.Empty() || c.Reason == 0 {
			t.Errorf("%s: %s sees %s of %v as %v %+v, want %v with a reason", what, a.Position, f.Name, v.ID, c.Level, c.Value, want)
		}
	}
	if s := holds(v); s != "" {
		t.Errorf("%s: %s is given %s", what, a.Position, s)
	}
	return n
}

// TestSensitiveMasked: of a sensitive field the protection officer sees that
// something is there, the owner so of his own customers, nobody else anything:
// in a list, a record and an opened record, with the default fields, all fields
// and each by name. The analyst gets none of the three.
func TestSensitiveMasked(t *testing.T) {
	sensitiveWorld(t, func(t *testing.T, w *storetest.World, mine, theirs kexin.ID) {
		all := make([]kexin.FieldID, len(sensitiveFields))
		for i, f := range sensitiveFields {
			all[i] = f.ID
		}
		seen := map[kexin.Position]int{}
		w.View(func(tx *store.Tx) error {
			for _, a := range w.Staff {
				for _, fields := range [][]kexin.FieldID{nil, all, {idCard}, {income}} {
					p, err := gate.Authorize(tx.State, a, kexin.Query{Act: kexin.ActList, Object: kexin.Customer, Fields: fields})
					if a.Position == kexin.Analyst {
						if kexin.CodeOf(err) != kexin.Forbidden {
							t.Errorf("the analyst lists: %v", err)
						}
						continue
					}
					if err != nil {
						return err
					}
					got, err := tx.Find(&p)
					if err != nil {
						return err
					}
					for _, row := range got.Rows {
						seen[a.Position] += checkCells(t, "list", a, p.Fields(), row)
					}
				}
				for _, id := range []kexin.ID{mine, theirs} {
					facts, err := tx.Facts(kexin.Customer, id)
					if err != nil {
						return err
					}
					q := kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id}
					p, err := gate.One(tx.State, a, q, facts)
					if err != nil {
						if _, _, e := tx.Open(kexin.Customer, id, func(f *gate.Facts) (gate.Permit, error) { return gate.One(tx.State, a, q, f) }); kexin.CodeOf(e) != kexin.CodeOf(err) {
							t.Errorf("%s opens %v: %v, get said %v", a.Position, id, e, err)
						}
						continue
					}
					v, err := tx.Get(&p)
					if err != nil {
						return err
					}
					seen[a.Position] += checkCells(t, "get", a, p.Fields(), v)
					p, whole, err := tx.Open(kexin.Customer, id, func(f *gate.Facts) (gate.Permit, error) { return gate.One(tx.State, a, q, f) })
					if err != nil {
						return err
					}
					seen[a.Position] += checkCells(t, "open", a, p.Fields(), whole.View)
				}
			}
			return nil
		})
		for _, pos := range kexin.Positions {
			if (seen[pos] == 0) != (pos == kexin.Analyst) {
				t.Errorf("%s: %d sensitive cells looked at", pos, seen[pos])
			}
		}
	})
}

// TestSensitiveNotAsked: nobody filters, sorts, counts or sums by a sensitive
// field, reveals one or finds anybody by one; only who sees it masked writes it.
func TestSensitiveNotAsked(t *testing.T) {
	sensitiveWorld(t, func(t *testing.T, w *storetest.World, mine, theirs kexin.ID) {
		w.View(func(tx *store.Tx) error {
			for name, a := range w.Staff {
				for what, q := range map[string]kexin.Query{
					"filter by a choice": {Act: kexin.ActList, Where: []kexin.Cond{{Field: children, Op: kexin.Eq, Values: []kexin.Value{kexin.Str("has_two")}}}},
					"filter by nothing":  {Act: kexin.ActList, Where: []kexin.Cond{{Field: children, Op: kexin.Empty}}},
					"filter by a sum":    {Act: kexin.ActList, Where: []kexin.Cond{{Field: income, Op: kexin.Gte, Values: []kexin.Value{kexin.Num(1)}}}},
					"filter my own":      {Act: kexin.ActList, Scene: kexin.Mine, Where: []kexin.Cond{{Field: children, Op: kexin.Empty}}},
					"filter the sealed":  {Act: kexin.ActList, Where: []kexin.Cond{{Field: idCard, Op: kexin.Empty}}},
					"sort":               {Act: kexin.ActList, Sort: income},
					"sort my own":        {Act: kexin.ActList, Scene: kexin.Mine, Sort: income},
					"sort by the sealed": {Act: kexin.ActList, Sort: idCard},
					"count":              {Act: kexin.ActCount, Group: children},
					"count some":         {Act: kexin.ActCount, Where: []kexin.Cond{{Field: children, Op: kexin.Eq, Values: []kexin.Value{kexin.Str("has_two")}}}},
					"sum":                {Act: kexin.ActCount, Sum: income},
				} {
					q.Object = kexin.Customer
					_, err := gate.Authorize(tx.State, a, q)
					code := kexin.CodeOf(err)
					if code != kexin.Withheld && code != kexin.Invalid && !(code == kexin.Forbidden && !tx.State.May(a.Position, q.Act)) {
						t.Errorf("%s, %s: %v", name, what, err)
					}
				}
				for _, text := range []string{cardText[14:], cardText[:4], payText[15:], "has_two", cardText} {
					p, err := gate.Authorize(tx.State, a, kexin.Query{Act: kexin.ActList, Object: kexin.Customer, Search: text})
					if err != nil {
						continue
					}
					if got, err := tx.Find(&p); err != nil || len(got.Rows) > 0 {
						t.Errorf("%s finds %d by %q (%v)", name, len(got.Rows), text, err)
					}
				}
				for _, id := range []kexin.ID{mine, theirs} {
					facts, err := tx.Facts(kexin.Customer, id)
					if err != nil {
						return err
					}
					for _, f := range sensitiveFields {
						if _, err := gate.One(tx.State, a, kexin.Query{Act: kexin.ActReveal, Object: kexin.Customer, Record: id, Fields: []kexin.FieldID{f.ID}}, facts); err == nil {
							t.Errorf("%s may reveal %s", name, f.Name)
						}
						_, err := gate.One(tx.State, a, kexin.Query{Act: kexin.ActEdit, Object: kexin.Customer, Record: id, Fields: []kexin.FieldID{f.ID}}, facts)
						if may := a.Position == kexin.Owner && id == mine; (err == nil) != may {
							t.Errorf("%s writes %s of %v: %v", name, f.Name, id, err)
						}
						_, err = gate.Create(tx.State, a, kexin.Query{Act: kexin.ActCreate, Object: kexin.Customer, Fields: []kexin.FieldID{f.ID}}, a.User)
						if (err == nil) != (a.Position == kexin.Owner) {
							t.Errorf("%s makes a customer with %s: %v", name, f.Name, err)
						}
					}
				}
			}
			return nil
		})
	})
}

// TestSensitiveTellsNothing: with other sensitive values everybody gets the
// same answers, and neither the evidence file nor the log holds one.
func TestSensitiveTellsNothing(t *testing.T) {
	sensitiveWorld(t, func(t *testing.T, w *storetest.World, mine, _ kexin.ID) {
		answers := func() map[string]string {
			out := map[string]string{}
			w.View(func(tx *store.Tx) error {
				for name, a := range w.Staff {
					var b strings.Builder
					for _, q := range []kexin.Query{{Act: kexin.ActList}, {Act: kexin.ActList, Desc: true}, {Act: kexin.ActList, Search: "王秀"}, {Act: kexin.ActCount}, {Act: kexin.ActCount, Group: kexin.CustStage}} {
						q.Object = kexin.Customer
						p, err := gate.Authorize(tx.State, a, q)
						if err != nil {
							fmt.Fprintln(&b, err)
							continue
						}
						if q.Act == kexin.ActCount {
							n, err := tx.Count(&p)
							fmt.Fprintln(&b, n, err)
							continue
						}
						got, err := tx.Find(&p)
						fmt.Fprintf(&b, "%+v %v %v\n", got.Rows, p.Reasons(), err)
					}
					out[name] = b.String()
				}
				return nil
			})
			return out
		}
		was := answers()
		w.Update(func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE customer SET children=CASE WHEN id=$2 THEN 'has_one' ELSE 'has_two' END,income=CASE WHEN id=$2 THEN 5 ELSE 900000000 END WHERE org_id=$1", tx.Org, mine)
			return err
		})
		for name, is := range answers() {
			if is != was[name] {
				t.Errorf("%s is answered otherwise:\n%s\n%s", name, was[name], is)
			}
		}
		for {
			n, err := w.Store.Seal(context.Background(), w.Org)
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
		}
		for done := false; !done; {
			var err error
			if done, err = w.Store.DailyHeads(context.Background(), w.Org); err != nil {
				t.Fatal(err)
			}
			if _, err = w.Store.Seal(context.Background(), w.Org); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"owner", "pio", "auditor"} {
			w.View(func(tx *store.Tx) error {
				facts, err := tx.Facts(kexin.Customer, mine)
				if err != nil {
					return err
				}
				p, err := gate.One(tx.State, w.Staff[name], kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: mine}, facts)
				if err != nil {
					return err
				}
				file, err := tx.Evidence(&p)
				if err != nil {
					return err
				}
				if v := ledger.VerifyEvidence(bytes.NewReader(file), ledger.VerifyOptions{}); v.Status == ledger.Invalid || v.Entries == 0 {
					t.Errorf("%s: %v %+v", name, v.Status, v.Faults)
				}
				if s := holds(string(file)); s != "" {
					t.Errorf("the evidence for %s holds %s", name, s)
				}
				return nil
			})
		}
	})
}
