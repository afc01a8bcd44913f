package intake

import (
	"slices"
	"strings"
	"testing"

	"kexin"
)

// TestUnder: rows of goods below the row that began an order say which order it
// is, and whose; "=" stands before the rows that were completed. All others stay
// as they came.
func TestUnder(t *testing.T) {
	const head = "订单号,客户,电话,下单日期,品名,数量,单价,小计,备注\n"
	for name, c := range map[string]struct{ file, want string }{
		"order, customer and day on the first line": {
			"A1,王秀英,13800000002,2025-05-01,砖,40,30,,\n,,,,线,12,15,,加急\n,,,,胶,1,80,,\nA2,李正,13800000003,2025-05-02,灯,1,80,,\n,,,,泡,2,5,,\n",
			"A1 王秀英 砖|=A1 王秀英 线|=A1 王秀英 胶|A2 李正 灯|=A2 李正 泡"},
		"the number on each line": {
			"A1,王秀英,13800000002,2025-05-01,砖,40,30,,\nA1,,,,线,12,15,,\nＡ１,,,2025-05-03,胶,1,80,,\n",
			"A1 王秀英 砖|=A1 王秀英 线|=Ａ１ 王秀英 胶"},
		"the first row has none above":           {",,,,砖,40,30,,\nA1,王秀英,13800000002,2025-05-01,线,12,15,,\n", "  砖|A1 王秀英 线"},
		"a blank line ends the order":            {"A1,王秀英,13800000002,2025-05-01,砖,40,30,,\n\n,,,,线,12,15,,\n,,,,胶,1,80,,\n", "A1 王秀英 砖|  线|  胶"},
		"so does a row of blank cells":           {"A1,王秀英,13800000002,2025-05-01,砖,40,30,,\n,,,,,,,,\n,,,,线,12,15,,\n", "A1 王秀英 砖|  |  线"},
		"blank lines between whole orders":       {"A1,王秀英,13800000002,2025-05-01,砖,40,30,,\n,,,,线,1,1,,\n\nA2,李正,13800000003,2025-05-02,灯,1,80,,\n,,,,泡,2,5,,\n", "A1 王秀英 砖|=A1 王秀英 线|A2 李正 灯|=A2 李正 泡"},
		"a total is no goods and ends it":        {"A1,王秀英,13800000002,2025-05-01,砖,40,30,,\n合计,,,,,40,,1200,\n,,,,线,12,15,,\n", "A1 王秀英 砖|  线"},
		"a total among the goods":                {"A1,王秀英,13800000002,2025-05-01,砖,40,30,,\n,,,,合计,40,,1200,\n,,,,小计,1,,1200,含运费\n,,,,线,12,15,,\n", "A1 王秀英 砖|  小计|  线"},
		"a sum without a word":                   {"A1,王秀英,13800000002,2025-05-01,砖,40,30,,\n,,,,,,,1200,\n,,,,线,12,15,,\n", "A1 王秀英 砖|  |  线"},
		"the header once more":                   {"A1,王秀英,13800000002,2025-05-01,砖,40,30,,\n" + head + ",,,,线,12,15,,\n", "A1 王秀英 砖|  线"},
		"another number without a customer":      {"A1,王秀英,13800000002,2025-05-01,砖,40,30,,\nA2,,,,灯,1,80,,\n,,,,泡,2,5,,\n", "A1 王秀英 砖|A2  灯|=A2  泡"},
		"a customer without a number":            {"A1,王秀英,13800000002,2025-05-01,砖,40,30,,\n,李正,13800000003,,灯,1,80,,\n,,,,泡,2,5,,\n", "A1 王秀英 砖| 李正 灯|= 李正 泡"},
		"half a customer is another, not a rest": {"A1,王秀英,13800000002,2025-05-01,砖,40,30,,\n,,13800000003,,灯,1,80,,\n", "A1 王秀英 砖|  灯"},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := text(head+c.file), kexin.Builtin()
			g := look(t, f, Options{Header: 1})
			targets := Map(g, s, kexin.Order)
			var plainRows, got []Row
			for row, err := range Rows(f, g, DefaultLimits()) {
				if err != nil {
					t.Fatal(err)
				}
				plainRows = append(plainRows, row)
			}
			for row, err := range Under(Rows(f, g, DefaultLimits()), g, targets, kexin.Order) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, row)
			}
			var out []string
			for i, r := range got {
				if r.Skip != "" {
					continue
				}
				s := r.Cells[0] + " " + r.Cells[1] + " " + r.Cells[4]
				if !slices.Equal(r.Cells, plainRows[i].Cells) {
					s = "=" + s
					if r.Cells[8] != plainRows[i].Cells[8] {
						t.Errorf("row %d: %q", i+1, r.Cells)
					}
				}
				out = append(out, s)
			}
			if s := strings.Join(out, "|"); s != c.want {
				t.Errorf("%s\nwant %s", s, c.want)
			}
			for row := range Under(Rows(f, g, DefaultLimits()), g, Map(g, s, kexin.Deal), kexin.Deal) {
				if i := slices.IndexFunc(plainRows, func(x Row) bool { return x.Line == row.Line }); !slices.Equal(row.Cells, plainRows[i].Cells) {
					t.Errorf("a list of deals: %q", row.Cells)
				}
			}
		})
	}
}

// TestUnderSheet: a row of a sheet that is not there parts orders as a blank
// line does.
func TestUnderSheet(t *testing.T) {
	f := newBook(data([]string{"订单号", "电话", "品名"}, []string{"A1", "13800000002", "砖"}, []string{"", "", "线"}, nil, []string{"", "", "胶"})).file(t)
	g := look(t, f, Options{Header: 1})
	var out []string
	for row, err := range Under(Rows(f, g, DefaultLimits()), g, Map(g, kexin.Builtin(), kexin.Order), kexin.Order) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, row.Cells[0]+row.Cells[2])
	}
	if s := strings.Join(out, "|"); s != "A1砖|A1线|胶" {
		t.Error(s)
	}
}
