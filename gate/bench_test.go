package gate

import (
	"testing"

	"kexin"
)

// BenchmarkDecision is one judgement of one record: what every opening costs.
func BenchmarkDecision(b *testing.B) {
	s := caseState(false, kexin.Leader)
	a := caseActor(s, kexin.Leader)
	f := Facts{ID: 9, Owner: 3}
	q := kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: 9}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := One(s, a, q, &f); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAuthorize judges a list with a filter and a sort.
func BenchmarkAuthorize(b *testing.B) {
	s := caseState(false, kexin.Rep)
	a := caseActor(s, kexin.Rep)
	q := kexin.Query{Act: kexin.ActList, Object: kexin.Customer, Scene: kexin.Mine, Sort: kexin.CustNextAt,
		Where: []kexin.Cond{{Field: kexin.CustStage, Op: kexin.Eq, Values: []kexin.Value{kexin.Str("won")}}}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Authorize(s, a, q); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMaskRow masks the cells of one row of the default list.
func BenchmarkMaskRow(b *testing.B) {
	s := caseState(false, kexin.Rep)
	p, err := Authorize(s, caseActor(s, kexin.Rep), kexin.Query{Act: kexin.ActList, Object: kexin.Customer})
	if err != nil {
		b.Fatal(err)
	}
	vals := make([]kexin.Value, p.Cells())
	for i := range vals {
		switch p.Field(i).Kind {
		case kexin.KindName:
			vals[i] = kexin.Str("王小明")
		case kexin.KindPhone:
			vals[i] = kexin.Str("+8613812345678")
		case kexin.KindInstant, kexin.KindMoney, kexin.KindRef:
			vals[i] = kexin.Num(1_790_000_000_000)
		default:
			vals[i] = kexin.Str("quoted")
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		for i, v := range vals {
			_ = p.Cell(i, true, false, true, v)
		}
	}
}
