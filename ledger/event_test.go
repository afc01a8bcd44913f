package ledger

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"kexin"
	"kexin/i18n"
)

// The types that a fact may have without being asked what it holds: numbers,
// ids, digests.
var safeTypes = []reflect.Type{
	reflect.TypeFor[int64](), reflect.TypeFor[bool](), reflect.TypeFor[kexin.ID](), reflect.TypeFor[kexin.Instant](),
	reflect.TypeFor[kexin.Object](), reflect.TypeFor[kexin.FieldID](), reflect.TypeFor[kexin.KeyKind](), reflect.TypeFor[kexin.Class](),
	reflect.TypeFor[Hash](), reflect.TypeFor[Signature](),
}

// Texts that no fact may hold: names, numbers, devices, sentences.
var personal = []string{"张三", "zhang", "Zhang San", "13800138000", "+8613800138000", "a@b.cn", "wx_zhang", "192.168.1.2", "Mozilla/5.0",
	"客户名单.xlsx", "list.csv", "她说下周再来", "call back on friday", "330382", "浙江省", "", "x", "E_", "E_zhang", "2024-13-01", "kexin.x/1", "kexin.X/1/1"}

// Every field of every type of event is a number, an id, a digest, or a code
// that refuses anything but its closed list or strict form.
func TestNoFreeTextInAnyEvent(t *testing.T) {
	if len(events) < 50 {
		t.Fatalf("only %d types of event", len(events))
	}
	for typ, ev := range events {
		v := reflect.ValueOf(ev.make()).Elem()
		for i := range v.NumField() {
			name := string(typ) + "." + v.Type().Field(i).Name
			ft := v.Type().Field(i).Type
			if ft.Kind() == reflect.Slice {
				ft = ft.Elem()
			}
			switch {
			case slices.Contains(safeTypes, ft):
			case ft.Kind() == reflect.String && ft != reflect.TypeFor[string]():
				refusesText(t, name, ev, i)
			default:
				t.Errorf("%s has type %s, which could hold anything", name, ft)
			}
		}
	}
}

func refusesText(t *testing.T, name string, ev event, field int) {
	t.Helper()
	for _, bad := range personal {
		f := ev.make()
		v := reflect.ValueOf(f).Elem().Field(field)
		if v.Kind() == reflect.Slice {
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
			v = v.Index(0)
		}
		if v.SetString(bad); bad == "" && reflect.ValueOf(f).Elem().Field(field).Kind() != reflect.Slice {
			continue // left out
		}
		if _, err := entryOf(f).Encode(); err == nil {
			t.Errorf("%s took %q", name, bad)
		}
	}
}

// entryOf is a well-formed entry around facts.
func entryOf(f Facts) *Entry {
	e := &Entry{ID: 7, T: 1764000000000, Org: 12, Actor: Actor{Kind: ByStaff, Position: kexin.Rep, Ref: 34}, Facts: f}
	if About(f.Type()) != Never {
		e.Subj, e.SSeq, e.SPrev = Subj{1, 2, 3}, 2, Hash{9}
	}
	return e
}

// Facts list their fields in the order of RFC 8785, and name each Go field
// after its key.
func TestFactsKeysMatchFields(t *testing.T) {
	words := literals(t)
	for typ, ev := range events {
		f := filled(t, ev, words)
		leaf, err := entryOf(f).Encode()
		if err != nil {
			t.Fatalf("%s: %v", typ, err)
		}
		v, err := ParseJCS(leaf[len(leafPrefix):])
		if err != nil {
			t.Fatalf("%s: %v: %s", typ, err, leaf)
		}
		got, _ := v.Get("facts")
		st := reflect.TypeOf(f).Elem()
		if len(got.Members()) != st.NumField() {
			t.Errorf("%s: %d of %d fields are written", typ, len(got.Members()), st.NumField())
		}
		for _, m := range got.Members() {
			if !strings.EqualFold(strings.ReplaceAll(m.Key, "_", ""), fieldLike(st, m.Key)) {
				t.Errorf("%s: key %q has no field of that name", typ, m.Key)
			}
		}
		back, err := Decode(leaf)
		if err != nil || !reflect.DeepEqual(back.Facts, f) {
			t.Errorf("%s: does not come back: %v\n%+v\n%+v", typ, err, f, back)
		}
	}
}

func fieldLike(st reflect.Type, key string) string {
	for i := range st.NumField() {
		if strings.EqualFold(st.Field(i).Name, strings.ReplaceAll(key, "_", "")) {
			return st.Field(i).Name
		}
	}
	return ""
}

// filled is an event with every field set to something that is taken.
func filled(t testing.TB, ev event, words []string) Facts {
	f := ev.make()
	v := reflect.ValueOf(f).Elem()
	for i := range v.NumField() {
		fv := v.Field(i)
		if fv.Kind() == reflect.Slice && fv.Type().Elem().Kind() != reflect.Uint8 {
			fv.Set(reflect.MakeSlice(fv.Type(), 2, 2))
			fill(t, ev, words, i, fv.Index(0))
			fill(t, ev, words, i, fv.Index(1))
			continue
		}
		fill(t, ev, words, i, fv)
	}
	return f
}

func fill(t testing.TB, ev event, words []string, field int, v reflect.Value) {
	switch v.Kind() {
	case reflect.Int64:
		v.SetInt(int64(field) + 5)
	case reflect.Uint32, reflect.Uint8:
		v.SetUint(uint64(field) + 3)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Array:
		for i := range v.Len() {
			v.Index(i).SetUint(uint64(i + 1))
		}
	case reflect.String:
		v.SetString(takenWord(t, ev, words, field))
	default:
		t.Fatalf("a field of kind %s", v.Kind())
	}
}

// takenWord finds a word that the field's list has.
func takenWord(t testing.TB, ev event, words []string, field int) string {
	for _, w := range append([]string{"2026-11-22", "E_IMP_NO_PROVENANCE", "kexin.abc/12/1"}, words...) {
		f := ev.make()
		v := reflect.ValueOf(f).Elem().Field(field)
		if v.Kind() == reflect.Slice {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			v = v.Index(0)
		}
		v.SetString(w)
		if _, err := entryOf(f).Encode(); err == nil {
			return w
		}
	}
	t.Fatalf("%s field %d takes no word", ev.make().Type(), field)
	return ""
}

// TestAlertsClosed: every alert that has a sentence can be closed, and no other.
func TestAlertsClosed(t *testing.T) {
	var said []Why
	for _, k := range i18n.Keys() {
		if code, ok := strings.CutPrefix(k, "alert."); ok {
			said = append(said, Why(code))
		}
	}
	if !slices.Equal(said, alerts) {
		t.Errorf("sentences %v, closed %v", said, alerts)
	}
}
