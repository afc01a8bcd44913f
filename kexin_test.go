package kexin

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

func TestBuiltinCompiles(t *testing.T) {
	s := Builtin()
	for _, o := range s.Objects() {
		if len(o.Fields) == 0 {
			t.Errorf("%s has no fields", o.Name)
		}
		for _, f := range o.Fields {
			if f.ID/1000 != FieldID(o.Object) {
				t.Errorf("%s.%s: id %d is outside its object's thousand", o.Name, f.Name, f.ID)
			}
			if f.Sort && !f.Filter {
				t.Errorf("%s.%s sorts but does not filter", o.Name, f.Name)
			}
		}
	}
	if s.Named("customer").Field("phone") != s.Field(CustPhone) {
		t.Error("by name and by id are not the same field")
	}
}

// TestTierless: a field that counts for no tier of a list is one of these, all
// links, dates of work to come and the numbers of companies; any other that has
// none was forgotten.
func TestTierless(t *testing.T) {
	want := []FieldID{CustOwner, CustNextAt, CustUSCC, ContCustomer, ContOwner, OrdCustomer, OrdOwner, LineOrder, LineOwner, DealCustomer, DealOwner,
		VisitCustomer, VisitNextAt, VisitOwner, TaskCustomer, TaskDueAt, TaskDoneAt, TaskOwner}
	var have []FieldID
	for _, o := range Builtin().Objects() {
		for _, f := range o.Fields {
			if f.Tier == TierNone {
				have = append(have, f.ID)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(want, have) {
		t.Errorf("without a tier are %v, not %v", have, want)
	}
}

func TestCompileRefuses(t *testing.T) {
	ok := Field{ID: 1001, Object: Customer, Name: "a", Kind: KindText, Class: Basic, Retention: KeepEnquiry}
	for name, change := range map[string]func(*Field){
		"no class":        func(f *Field) { f.Class = 0 },
		"no retention":    func(f *Field) { f.Retention = "" },
		"no kind":         func(f *Field) { f.Kind = "" },
		"sealed filtered": func(f *Field) { f.Sealed, f.Filter = true, true },
		"no object":       func(f *Field) { f.Object = 99 },
	} {
		f := ok
		change(&f)
		if _, err := Compile(1, objectDefs, []Field{f}); CodeOf(err) != Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Compile(1, objectDefs, []Field{ok, ok}); err == nil {
		t.Error("the same field twice was accepted")
	}
}

func TestIDJSON(t *testing.T) {
	b, err := json.Marshal(map[string]ID{"id": 1234567890123456789})
	if err != nil || string(b) != `{"id":"1234567890123456789"}` {
		t.Fatalf("%s %v", b, err)
	}
	for _, bad := range []string{"-1", "0", "1.5", "x", "99999999999999999999"} {
		if _, err := ParseID(bad); CodeOf(err) != Invalid {
			t.Errorf("%q accepted", bad)
		}
	}
}

func TestValue(t *testing.T) {
	if !Str("").Empty() || !Items("", "").Empty() || Num(0).Empty() {
		t.Error("emptiness")
	}
	if got := Items("a\nb", "c").Strings(); len(got) != 2 || got[0] != "a b" {
		t.Errorf("%q", got)
	}
	if d := Day("2023-02-30"); d.Valid() {
		t.Error("30 February is valid")
	}
	if Money(-105).String() != "-1.05" {
		t.Error(Money(-105))
	}
}

func FuzzParseID(f *testing.F) {
	for _, s := range []string{"", "1", "0", "-1", "007", "9223372036854775807", "9223372036854775808", "１", " 1", "1\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		switch {
		case err != nil && (id != 0 || CodeOf(err) != Invalid):
			t.Errorf("%q: %d %v", s, id, err)
		case err == nil && id < 0, err == nil && s != "" && id == 0:
			t.Errorf("%q is %d", s, id)
		}
		if again, err2 := ParseID(id.String()); err == nil && (again != id || err2 != nil) {
			t.Errorf("%q: %d and then %d", s, id, again)
		}
	})
}

// TestDayStart: a day begins at its zone's midnight; what is no day has no
// beginning.
func TestDayStart(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	if got := Day("2027-03-01").Start(zone); got != At(time.Date(2027, 2, 28, 16, 0, 0, 0, time.UTC)) {
		t.Error(got.Time())
	}
	if Day("").Start(zone) != 0 || Day("2027-02-29").Start(zone) != 0 {
		t.Error("no day begins")
	}
}
