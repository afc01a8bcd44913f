package intake

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"kexin"

	"pgregory.net/rapid"
)

// drawList is a list of customers of some estates, with or without dealings.
func drawList(t *rapid.T) (columns []Column, rows []Row) {
	for i, n := range []string{"姓名", "手机", "小区", "栋", "室", "登记日期", "登记方式", "销售", "订单号"} {
		columns = append(columns, Column{n, i})
	}
	estates := rapid.SampledFrom([]int{1, 3, 40}).Draw(t, "estates")
	dealings := rapid.SampledFrom([]string{"none", "days", "orders", "way and staff", "constant"}).Draw(t, "dealings")
	seed := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	for i := range rapid.IntRange(0, 150).Draw(t, "rows") {
		cells := []string{"王芳", fmt.Sprint(13800000000 + i), fmt.Sprintf("锦绣%d花园", seed.IntN(estates)), fmt.Sprint(seed.IntN(8) + 1), fmt.Sprintf("%d0%d", seed.IntN(25)+1, seed.IntN(4)+1), "", "", "", ""}
		switch dealings {
		case "days":
			cells[5] = fmt.Sprintf("2024-%02d-%02d", seed.IntN(12)+1, seed.IntN(28)+1)
		case "orders":
			cells[8] = fmt.Sprintf("SO%06d", seed.IntN(1e6))
		case "way and staff":
			cells[6], cells[7] = []string{"到店", "来电"}[seed.IntN(2)], []string{"陈晓雯", "马骏"}[seed.IntN(2)]
		case "constant":
			cells[5], cells[6], cells[7] = "2024-05-06", "到店", "马骏"
		}
		rows = append(rows, Row{N: i + 1, Cells: cells})
	}
	return columns, rows
}

func verdictOf(columns []Column, rows []Row) Verdict {
	d := NewDetector(columns, Map(Guess{Columns: columns}, kexin.Builtin(), kexin.Customer))
	for _, r := range rows {
		d.Add(r)
	}
	return d.Verdict()
}

// near: the same but for the order in which floating sums were taken.
func near(a, b Verdict) bool {
	same := a.Refuse == b.Refuse && math.Abs(a.Score-b.Score) < 1e-9 && len(a.Features) == len(b.Features)
	for i := range a.Features {
		same = same && a.Features[i].Name == b.Features[i].Name && math.Abs(a.Features[i].Value-b.Features[i].Value) < 1e-9
	}
	return same
}

// The verdict depends on the set of rows, not on their order, the seed of the
// hash, repeated headers and totals, or how often it is asked.
func TestVerdictProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 1))
		columns, rows := drawList(t)
		v := verdictOf(columns, rows)
		shuffled := append([]Row{{Skip: SkipHeader, Cells: []string{"姓名"}}}, rows...)
		dice.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if w := verdictOf(columns, shuffled); !near(v, w) {
			t.Fatalf("%+v\nshuffled %+v", v, w)
		}
		d := NewDetector(columns, nil) // the headers alone say the same
		for _, r := range rows {
			d.Add(r)
		}
		if w := d.Verdict(); !near(v, w) || !near(w, d.Verdict()) {
			t.Fatalf("%+v\nwithout a mapping %+v", v, w)
		}
		if v.Score < 0 || v.Score > 1 || v.Refuse && v.Score < 0.9 {
			t.Fatalf("%+v", v)
		}
		for _, f := range v.Features {
			if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
				t.Fatalf("%+v", f)
			}
		}
	})
}

// Dealings in every row are never refused, whatever the addresses; and what is
// refused has few rows with dealings.
func TestDealingsProtect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns, rows := drawList(t)
		v := verdictOf(columns, rows)
		without := feature(v, "without_dealings")
		if v.Refuse && (without < minOwners || without < partOfList*float64(len(rows)) && without < partAbsolute) {
			t.Fatalf("%+v", v)
		}
		if len(rows) >= 20 && rows[0].Cells[5] != "" && rows[0].Cells[6] == "" && v.Refuse {
			t.Fatalf("days that differ: %+v", v)
		}
	})
}

func TestEffective(t *testing.T) {
	values := func(v ...uint64) []trace {
		out := make([]trace, len(v))
		for i, n := range v {
			out[i].day = n
		}
		return out
	}
	for _, c := range []struct {
		rows     []trace
		filled   int
		distinct int
		varied   float64
	}{
		{nil, 0, 0, 0}, {values(0, 0), 0, 0, 0}, {values(1, 1, 1), 3, 1, 1}, {values(1, 2), 2, 2, 2}, {values(1, 1, 2, 2, 0), 4, 2, 2}, {values(1, 2, 3, 4), 4, 4, 4}, {values(1, 1, 1, 2), 4, 2, 1.6},
	} {
		s := effective(c.rows, func(t trace) uint64 { return t.day })
		if s.filled != c.filled || s.distinct != c.distinct || math.Abs(s.varied-c.varied) > 1e-9 {
			t.Errorf("%+v, want %+v", s, c)
		}
	}
}

func TestNeighbours(t *testing.T) {
	for name, c := range map[string]struct {
		doors []door
		want  int
	}{
		"none":            {nil, 0},
		"alone":           {[]door{{1, 1, 1}}, 0},
		"beside":          {[]door{{1, 1, 1}, {1, 1, 2}}, 2},
		"above":           {[]door{{1, 1, 1}, {1, 2, 1}}, 2},
		"corner":          {[]door{{1, 1, 1}, {1, 2, 2}}, 0},
		"two apart":       {[]door{{1, 1, 1}, {1, 1, 3}}, 0},
		"other house":     {[]door{{1, 1, 1}, {2, 1, 2}}, 0},
		"same twice":      {[]door{{1, 1, 1}, {1, 1, 1}}, 0},
		"three in a line": {[]door{{1, 1, 1}, {1, 1, 2}, {1, 1, 3}, {1, 9, 9}}, 3},
	} {
		var rows []trace
		for _, d := range c.doors {
			rows = append(rows, trace{estate: 1, house: d.house, floor: d.floor, flat: d.flat})
		}
		s := shapeOf(rows)
		if got := int(math.Round(s.neighbours * float64(len(rows)))); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestLargest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(1, 50), 0, 20).Draw(t, "counts")
		m := map[uint64]int{}
		for i, n := range counts {
			m[uint64(i)] = n
		}
		want, left := 0, append([]int(nil), counts...)
		for range 3 {
			at := -1
			for i, n := range left {
				if at < 0 || n > left[at] {
					at = i
				}
			}
			if at >= 0 {
				want += left[at]
				left[at] = 0
			}
		}
		if got := largest(m, 3); got != want {
			t.Fatalf("%v: %d, want %d", counts, got, want)
		}
	})
}

// A file of millions of rows costs the detector no more than two windows of
// 200,000, and all of them are counted.
func TestDetectorBounded(t *testing.T) {
	d := NewDetector([]Column{{"小区", 0}, {"栋", 1}, {"室", 2}}, nil)
	row := Row{Cells: []string{"锦绣华庭", "1", "101"}}
	for i := range 4*maxTraces + 5000 {
		row.N = i + 1
		d.Add(row)
		if len(d.rows) > maxTraces || len(d.bare) > 2*maxTraces || len(d.block) > blockRows {
			t.Fatalf("row %d: %d traces, %d kept, %d rows", i, len(d.rows), len(d.bare), len(d.block))
		}
	}
	if v := d.Verdict(); feature(v, "rows") != 4*maxTraces+5000 {
		t.Errorf("%+v", v)
	}
}
