package gate

import (
	"testing"

	"kexin"
)

// TestCoarseQuestions: who sees rounded figures cannot slide a bound past one
// person: no amounts, whole months, two fields (AGG-03, AGG-04). Others can.
func TestCoarseQuestions(t *testing.T) {
	day := func(op kexin.Op, d string) kexin.Cond {
		return kexin.Cond{Field: kexin.CustSourceOn, Op: op, Values: []kexin.Value{kexin.Str(d)}}
	}
	stage := kexin.Cond{Field: kexin.CustStage, Op: kexin.Eq, Values: []kexin.Value{kexin.Str("won")}}
	source := kexin.Cond{Field: kexin.CustSource, Op: kexin.In, Values: []kexin.Value{kexin.Str("store")}}
	sum := kexin.Cond{Field: kexin.CustSum, Op: kexin.Gte, Values: []kexin.Value{kexin.Num(5_000_000)}}
	for what, c := range map[string]struct {
		where []kexin.Cond
		fine  bool
		by    kexin.FieldID
		scene kexin.Scene
	}{
		"by one, of one":          {where: []kexin.Cond{stage}, by: kexin.CustSource},
		"by the same":             {where: []kexin.Cond{stage, source}, by: kexin.CustSource},
		"by one, of two":          {where: []kexin.Cond{stage, source}, by: kexin.CustRegion, fine: true},
		"of a department":         {where: []kexin.Cond{stage}, scene: kexin.Dept},
		"of a department, by one": {where: []kexin.Cond{stage}, scene: kexin.Dept, by: kexin.CustRegion, fine: true},
		"nothing":                 {where: nil, fine: false},
		"two choices":             {where: []kexin.Cond{stage, source}, fine: false},
		"a month":                 {where: []kexin.Cond{day(kexin.Gte, "2026-02-01"), day(kexin.Lte, "2026-02-28"), stage}, fine: false},
		"from a day":              {where: []kexin.Cond{day(kexin.Gte, "2026-02-02")}, fine: true},
		"to a day":                {where: []kexin.Cond{day(kexin.Lte, "2026-02-27")}, fine: true},
		"to no day":               {where: []kexin.Cond{day(kexin.Lte, "")}, fine: true},
		"one day":                 {where: []kexin.Cond{day(kexin.Eq, "2026-02-01")}, fine: true},
		"an amount":               {where: []kexin.Cond{sum}, fine: true},
		"three fields":            {where: []kexin.Cond{day(kexin.Gte, "2026-02-01"), stage, source}, fine: true},
		"one field, thrice":       {where: []kexin.Cond{stage, stage, stage, source}, fine: false},
		"without a source":        {where: []kexin.Cond{{Field: kexin.CustSource, Op: kexin.Empty}}, fine: false},
		"without an amount":       {where: []kexin.Cond{{Field: kexin.CustSum, Op: kexin.Empty}}, fine: false},
		"three without any":       {where: []kexin.Cond{{Field: kexin.CustSource, Op: kexin.Empty}, {Field: kexin.CustSum, Op: kexin.Empty}, stage}, fine: true},
		"one of many stages":      {where: []kexin.Cond{{Field: kexin.CustStage, Op: kexin.In, Values: []kexin.Value{kexin.Str("won"), kexin.Str("new")}}}, fine: false},
	} {
		for _, pos := range []kexin.Position{kexin.Analyst, kexin.Owner} {
			s := caseState(false, pos)
			_, err := Authorize(s, caseActor(s, pos), kexin.Query{Act: kexin.ActCount, Object: kexin.Customer, Where: c.where, Group: c.by, Scene: c.scene})
			want := kexin.Code("")
			if c.fine && pos == kexin.Analyst {
				want = kexin.Withheld
			}
			if kexin.CodeOf(err) != want {
				t.Errorf("%s: %s: %v", pos, what, err)
			}
		}
	}
	s := caseState(false, kexin.Owner)
	a := caseActor(s, kexin.Owner)
	many := make([]kexin.Cond, mostConds+1)
	for i := range many {
		many[i] = stage
	}
	if _, err := Authorize(s, a, kexin.Query{Act: kexin.ActCount, Object: kexin.Customer, Where: many}); kexin.CodeOf(err) != kexin.Invalid {
		t.Errorf("%d conditions: %v", len(many), err)
	}
	for _, v := range []string{"%", "_", "til%"} {
		has := kexin.Cond{Field: kexin.CustNeed, Op: kexin.Has, Values: []kexin.Value{kexin.Str(v)}}
		if _, err := Authorize(s, a, kexin.Query{Act: kexin.ActCount, Object: kexin.Customer, Where: []kexin.Cond{has}}); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("has %s: %v", v, err)
		}
	}
}
