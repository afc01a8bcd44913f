package gate

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kexin"
)

// The world of the cases: department 10 with 20 below it, and 30 beside; the
// actor is member 1 in 10.
var caseOwners = map[string]kexin.ID{"own": 1, "dept": 2, "below": 3, "other": 4}

func caseState(mutual bool, pos kexin.Position) *State {
	tree := NewTree([]Dept{{10, 0}, {20, 10}, {30, 0}}, []Seat{{Member: 1, Dept: 10, Post: pos}, {Member: 2, Dept: 10}, {Member: 3, Dept: 20}, {Member: 4, Dept: 30}})
	return NewState(7, 1, kexin.Builtin(), Default(mutual), tree)
}

func caseActor(s *State, pos kexin.Position) kexin.Actor {
	p, err := s.Purpose(pos, "")
	if pos == "none" {
		pos, p, err = "", kexin.FollowUp, nil
	}
	if err != nil {
		panic(err)
	}
	return kexin.Actor{Org: 7, User: 1, Position: pos, Dept: 10, Purpose: p, Via: kexin.ViaSession}
}

// Every line of every table; a line whose columns hold several words, with
// commas between, stands for all combinations of them.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	n, on := 0, map[string]int{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			w := strings.Fields(line)
			if len(w) == 0 || w[0] == "#" {
				continue
			}
			if len(w) != 7 || w[5] != "=>" {
				t.Fatalf("%s: malformed: %s", name, line)
			}
			for _, c := range combined(w[:5]) {
				n++
				on[c[2]]++
				if got := runCase(c[0], kexin.Act(c[1]), c[2], c[3], c[4]); got != w[6] {
					t.Errorf("%s => %s: got %s", strings.Join(c, " "), w[6], got)
				}
			}
		}
	}
	t.Logf("%d cases: %v", n, on)
	for _, o := range kexin.Builtin().Objects() {
		if on[o.Name] < 100 {
			t.Errorf("only %d cases of %s", on[o.Name], o.Plural)
		}
	}
}

// combined is every way to take one word from each column.
func combined(columns []string) [][]string {
	out := [][]string{nil}
	for _, col := range columns {
		var longer [][]string
		for _, c := range out {
			for w := range strings.SplitSeq(col, ",") {
				longer = append(longer, append(slices.Clone(c), w))
			}
		}
		out = longer
	}
	return out
}

func runCase(who string, act kexin.Act, object, target, detail string) string {
	who, mutual := strings.CutSuffix(who, "@mutual")
	pos, purpose, _ := strings.Cut(who, "~")
	s := caseState(mutual, kexin.Position(pos))
	a, o := caseActor(s, kexin.Position(pos)), s.Schema.Named(object)
	if purpose != "" { // a program's: the gate is told the token's purpose, whatever its maker is now
		a.Via, a.Purpose = kexin.ViaToken, kexin.PurposeCode(purpose)
	}
	if act == kexin.ActList || act == kexin.ActCount {
		return verdict(caseQuery(s, a, act, o, target, detail))
	}
	return caseRecord(s, a, act, o, target, detail)
}

func caseQuery(s *State, a kexin.Actor, act kexin.Act, o *kexin.ObjectDef, scene, detail string) error {
	q := kexin.Query{Act: act, Object: o.Object, Scene: kexin.Scene(scene)}
	for part := range strings.SplitSeq(detail, "+") {
		what, arg, _ := strings.Cut(part, ":")
		var id kexin.FieldID
		if f := o.Field(arg); f != nil {
			id = f.ID
		} else if what != "-" && what != "search" && what != "purpose" {
			panic("no field " + part)
		}
		switch what {
		case "where":
			q.Where = append(q.Where, kexin.Cond{Field: id, Op: kexin.Empty})
		case "sort":
			q.Sort = id
		case "group":
			q.Group = id
		case "sum":
			q.Sum = id
		case "search":
			q.Search = arg
		case "purpose":
			a.Purpose = kexin.PurposeCode(arg)
		}
	}
	_, err := Authorize(s, a, q)
	return err
}

func caseRecord(s *State, a kexin.Actor, act kexin.Act, o *kexin.ObjectDef, target, field string) string {
	who, state, _ := strings.Cut(target, "/")
	f := Facts{ID: 99, Owner: caseOwners[who], State: map[string]int64{"restricted": Restricted, "merged": MergedAway, "aside": SetAside, "gone": Gone}[state]}
	q := kexin.Query{Act: act, Object: o.Object, Record: 99}
	if field != "-" {
		q.Fields = []kexin.FieldID{o.Field(field).ID}
	}
	if act == kexin.ActCreate || act == kexin.ActImport {
		_, err := Create(s, a, q, f.Owner)
		return verdict(err)
	}
	p, err := One(s, a, q, &f)
	if err != nil || act != kexin.ActGet {
		return verdict(err)
	}
	flagged := state == "flagged" && Searched(p.Field(0))
	return p.Cell(0, p.Own(f.Owner), flagged, true, kexin.Str("x")).Level.String()
}

func verdict(err error) string {
	switch kexin.CodeOf(err) {
	case "":
		return "ok"
	case kexin.NotFound:
		return "absent"
	case kexin.Forbidden:
		return "refused"
	}
	return string(kexin.CodeOf(err))
}

// TestNobodyActsPastHisSeat: whoever was put out, or given another position,
// since his request began is refused every act, on every record (ACC-04).
func TestNobodyActsPastHisSeat(t *testing.T) {
	for pos := range Default(false).Posts {
		for _, seat := range []kexin.Position{"", kexin.Owner, kexin.Rep} {
			if seat == pos {
				continue
			}
			s := caseState(false, seat)
			a := caseActor(s, pos)
			for _, act := range []kexin.Act{kexin.ActList, kexin.ActGet, kexin.ActCount, kexin.ActReveal, kexin.ActContact, kexin.ActLookup, kexin.ActCreate, kexin.ActEdit,
				kexin.ActMove, kexin.ActImport, kexin.ActExport, kexin.ActSend, kexin.ActAdmin, kexin.ActKeys, kexin.ActLedger, kexin.ActReopen} {
				f := Facts{ID: 99, Owner: 1}
				q := kexin.Query{Act: act, Object: kexin.Customer, Record: 99}
				_, one := One(s, a, q, &f)
				_, many := Authorize(s, a, q)
				_, made := Create(s, a, q, 1)
				for name, err := range map[string]error{"one": one, "many": many, "create": made, "check": Check(s, a, act)} {
					if kexin.CodeOf(err) != kexin.Unauthorized {
						t.Errorf("%s whose seat is %q, act %v, %s: %v", pos, seat, act, name, err)
					}
				}
			}
		}
	}
}

// TestRefusedPart: a query is refused by the name of the part that is wrong.
func TestRefusedPart(t *testing.T) {
	s := caseState(false, kexin.Owner)
	for field, c := range map[string]struct {
		key string
		q   kexin.Query
	}{
		"where.0": {"error.no_filter", kexin.Query{Where: []kexin.Cond{{Field: kexin.CustRemark}}}},
		"where.1": {"error.no_filter", kexin.Query{Where: []kexin.Cond{{Field: kexin.CustStage, Op: kexin.Empty}, {Field: kexin.CustRemark}}}},
		"sort":    {"error.no_sort", kexin.Query{Sort: kexin.CustRemark}},
		"group":   {"error.no_group", kexin.Query{Group: kexin.CustRemark}},
		"sum":     {"error.no_sum", kexin.Query{Sum: kexin.CustRemark}},
	} {
		c.q.Act, c.q.Object = kexin.ActCount, kexin.Customer
		_, err := Authorize(s, caseActor(s, kexin.Owner), c.q)
		var e *kexin.Error
		if !errors.As(err, &e) || e.Field != field || e.Key != c.key {
			t.Errorf("%s: %+v", field, err)
		}
	}
}
