package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/sitetest"
	"kexin/store"
	"kexin/store/storetest"
)

// A canary is a value that stands nowhere else: whoever finds it knows where
// it came from.
type canary struct {
	text    string
	field   *kexin.Field // nil: the name of a member of staff
	owner   kexin.ID
	org     kexin.ID
	record  kexin.ID // 0 = not known yet
	nowhere bool     // nobody may see it
	clear   bool     // lies unsealed in the database, so only there and before who may see it
}

// is reports whether it is a value of a field.
func (c canary) is(f kexin.FieldID) bool { return c.field != nil && c.field.ID == f }

// what names it in a report.
func (c canary) what(s *kexin.Schema) string {
	if c.field == nil {
		return "a member's name"
	}
	return s.Object(c.field.Object).Name + "." + c.field.Name
}

// The shapes of canaries by kind; n makes each its own. Phones are of a block
// that is not allocated.
func canaryText(f *kexin.Field, n int) string {
	switch f.Kind {
	case kexin.KindPhone:
		return fmt.Sprintf("+8619990%06d", 100000+n)
	case kexin.KindEmail:
		return fmt.Sprintf("canary%d@example.test", n)
	case kexin.KindWeChat:
		return fmt.Sprintf("canary_wx_%05d", n)
	case kexin.KindName:
		return "金丝雀" + string(rune('一'+n))
	case kexin.KindDay:
		return fmt.Sprintf("19%02d-%02d-%02d", 50+n/200%40, 1+n%12, 1+n/12%28)
	case kexin.KindUSCC:
		return fmt.Sprintf("91330300MA%07dX", n)
	}
	return fmt.Sprintf("金丝雀密文%dq", n)
}

type cage struct {
	canaries []canary
	ids      map[string][]kexin.ID // plural → record ids
	n        int
	nose     nose
}

// fill writes one record of each object for an owner, every field a canary
// that can be one.
func (c *cage) fill(w *storetest.World, who string, schema *kexin.Schema) kexin.ID {
	a := w.Staff[who]
	customer := c.record(w, a, schema.Object(kexin.Customer), 0)
	for _, o := range []kexin.Object{kexin.Contact, kexin.Order, kexin.Deal, kexin.Visit, kexin.Task} {
		id := c.record(w, a, schema.Object(o), customer)
		if o == kexin.Order {
			c.record(w, a, schema.Object(kexin.OrderLine), id)
		}
	}
	return customer
}

func (c *cage) record(w *storetest.World, a kexin.Actor, o *kexin.ObjectDef, parent kexin.ID) kexin.ID {
	vals, first := store.Values{}, len(c.canaries)
	for _, f := range o.Fields {
		v, ok := c.value(f)
		if !ok {
			continue
		}
		vals[f.ID] = v
		x := canary{text: v.S, field: f, owner: a.User, org: w.Org, clear: !f.Sealed}
		if f.Kind == kexin.KindMoney { // in yuan or in fen, with or without its thousands
			x.text = fmt.Sprint(v.N / 100)
		}
		if f.Sealed || f.Kind == kexin.KindUSCC || f.Kind == kexin.KindMoney {
			c.canaries = append(c.canaries, x)
		}
	}
	var id kexin.ID
	if o.Object == kexin.Customer {
		id = w.Customer(nameOf(w, a), vals)
	} else {
		id = w.Child(a, o.Object, parent, vals)
	}
	for i := range c.canaries[first:] {
		c.canaries[first+i].record = id
	}
	c.ids[o.Plural] = append(c.ids[o.Plural], id)
	return id
}

func nameOf(w *storetest.World, a kexin.Actor) string {
	for n, x := range w.Staff {
		if x.User == a.User {
			return n
		}
	}
	return ""
}

func (c *cage) value(f *kexin.Field) (kexin.Value, bool) {
	c.n++
	switch {
	case f.Computed || f.Kind == kexin.KindRef:
		return kexin.Value{}, false
	case f.Sealed, f.Kind == kexin.KindUSCC:
		return kexin.Str(canaryText(f, c.n)), true
	case f.Kind == kexin.KindChoice:
		return kexin.Str(f.Rule.Choices[0]), true
	case f.Kind == kexin.KindChoices:
		return kexin.Items(f.Rule.Choices[0]), true
	case f.Kind == kexin.KindDay:
		return kexin.Str("2026-02-03"), true
	case f.Kind == kexin.KindRegion:
		return kexin.Str("330382"), true
	case f.Kind == kexin.KindMoney:
		return kexin.Num(73_190_000_000_00 + int64(c.n)*100), true
	case f.Kind == kexin.KindInstant, f.Kind == kexin.KindNumber:
		return kexin.Num(7), true
	}
	return kexin.Value{}, false
}

// may reports whether an actor may see a canary clear.
func (c canary) may(s *gate.State, a kexin.Actor) bool {
	if c.nowhere || c.org != a.Org {
		return false
	}
	if c.field == nil {
		return true
	}
	post := s.Matrix.Posts[a.Position]
	in, own := gate.In(s, a, post, gate.Facts{ID: 1, Owner: c.owner})
	if !in {
		return false
	}
	l, other := s.Levels(a.Position, c.field)
	if !own {
		l = other
	}
	return l == kexin.Clear
}

// found are the canaries whose text stands in bytes, in any spelling.
func (c *cage) found(b []byte) (out []canary) {
	for ; c.nose.knows < len(c.canaries); c.nose.knows++ {
		c.nose.learn(c.nose.knows, c.canaries[c.nose.knows].text)
	}
	for _, i := range c.nose.smell(b) {
		out = append(out, c.canaries[i])
	}
	return out
}

// phone is one that is known, where one is.
func (c *cage) phone() string {
	for _, x := range c.canaries {
		if x.is(kexin.CustPhone) {
			return x.text
		}
	}
	return "13812345678"
}

// files looks into every file of the data directory and of the database, and
// into every row.
func (c *cage) files(t testing.TB, s *sitetest.Site) {
	t.Helper()
	look := func(where string, b []byte, data bool) {
		for _, x := range c.found(b) {
			if !(data && x.clear) {
				t.Errorf("%s holds %s", where, x.what(s.Store.Schema()))
			}
		}
	}
	dirs := map[string]bool{s.Data: false}
	if f, _ := s.DB.Place(); f != "" {
		dirs[filepath.Dir(f)] = true
	}
	for dir, data := range dirs {
		err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(p)
			look(filepath.Base(p), b, data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !s.DB.Postgres() {
		return
	}
	rows := 0
	err := s.DB.View(t.Context(), func(tx *db.Tx) error {
		var tables []string
		if err := each(tx, "SELECT relname FROM pg_class WHERE relkind='r' AND relnamespace=current_schema()::regnamespace", func(b string) { tables = append(tables, b) }); err != nil {
			return err
		}
		for _, name := range tables {
			if err := each(tx, "SELECT t::text FROM "+name+" t", func(b string) { rows++; look(name, []byte(b), true) }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || rows == 0 {
		t.Fatalf("%d rows seen: %v", rows, err)
	}
}

// each runs a query of one text column past the program.
func each(tx *db.Tx, q string, f func(string)) error {
	r, err := tx.Query(dbtest.Past + q)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	for r.Next() {
		var s string
		if err := r.Scan(&s); err != nil {
			return err
		}
		f(s)
	}
	return r.Err()
}
