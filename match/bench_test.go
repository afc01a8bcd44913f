package match

import "testing"

// BenchmarkDecide compares one row with the three people who share a key with
// it: the same one, a namesake, and somebody else of the same home.
func BenchmarkDecide(b *testing.B) {
	row := Facts{Name: "王小明", Phones: []string{"+8613812345678"}, Region: "330382", Estate: "滨江家园", Room: "3-2-501"}
	there := []Facts{
		{Name: "王小明", Phones: []string{"+8613812345678"}, Region: "330382"},
		{Name: "王小明", Phones: []string{"+8613900001111"}, Region: "330302"},
		{Name: "李秀英", Phones: []string{"+8613700002222"}, Region: "330382", Estate: "滨江家园", Room: "3-2-501"},
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = Decide(row, there)
	}
}
