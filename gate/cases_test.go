package gate

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"kexin"
)

// The world of the cases: department 10 with 20 below it, and 30 beside; the
// actor is member 1 in 10.
var caseOwners = map[string]kexin.ID{"own": 1, "dept": 2, "below": 3, "other": 4}

func caseState(mutual bool) *State {
	tree := NewTree([]Dept{{10, 0}, {20, 10}, {30, 0}}, []Seat{{1, 10}, {2, 10}, {3, 20}, {4, 30}})
	return NewState(7, 1, kexin.Builtin(), Default(mutual), tree)
}

func caseActor(s *State, pos kexin.Position) kexin.Actor {
	p, err := s.Purpose(pos, "")
	if err != nil {
		panic(err)
	}
	return kexin.Actor{Org: 7, User: 1, Position: pos, Dept: 10, Purpose: p, Via: kexin.ViaSession}
}

func TestCases(t *testing.T) {
	f, err := os.Open("testdata/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for sc := bufio.NewScanner(f); sc.Scan(); {
		w := strings.Fields(sc.Text())
		if len(w) == 0 || w[0] == "#" {
			continue
		}
		if len(w) != 7 || w[5] != "=>" {
			t.Fatalf("malformed: %s", sc.Text())
		}
		n++
		if got := runCase(w[0], kexin.Act(w[1]), w[2], w[3], w[4]); got != w[6] {
			t.Errorf("%s: got %s", sc.Text(), got)
		}
	}
	if n < 100 {
		t.Errorf("only %d cases", n)
	}
}

func runCase(who string, act kexin.Act, object, target, detail string) string {
	pos, mutual := strings.CutSuffix(who, "@mutual")
	s := caseState(mutual)
	a, o := caseActor(s, kexin.Position(pos)), s.Schema.Named(object)
	if act == kexin.ActList || act == kexin.ActCount {
		return verdict(caseQuery(s, a, act, o, target, detail))
	}
	return caseRecord(s, a, act, o, target, detail)
}

func caseQuery(s *State, a kexin.Actor, act kexin.Act, o *kexin.ObjectDef, scene, detail string) error {
	q := kexin.Query{Act: act, Object: o.Object, Scene: kexin.Scene(scene)}
	what, arg, _ := strings.Cut(detail, ":")
	var id kexin.FieldID
	if f := o.Field(arg); f != nil {
		id = f.ID
	}
	switch what {
	case "where":
		c := kexin.Cond{Field: id, Op: kexin.Empty}
		q.Where = append(q.Where, c)
	case "sort":
		q.Sort = id
	case "group":
		q.Group = id
	case "search":
		q.Search = arg
	case "purpose":
		a.Purpose = kexin.PurposeCode(arg)
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
