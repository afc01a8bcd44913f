package intake

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"kexin"
)

// judge runs the detector over a table as an import would.
func judge(t testing.TB, names []string, table [][]string) Verdict {
	t.Helper()
	var b strings.Builder
	for i, r := range append([][]string{names}, table...) {
		for c, cell := range r {
			if c > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
		}
		if b.WriteByte('\n'); i == 0 {
			continue
		}
	}
	f := text(b.String())
	g := look(t, f, Options{Header: 1, Delimiter: ','})
	return judgeFile(t, f, g)
}

func judgeFile(t testing.TB, f File, g Guess) Verdict {
	t.Helper()
	d := NewDetector(g.Columns, Map(g, kexin.Builtin(), kexin.Customer))
	for _, r := range rows(t, f, g) {
		d.Add(r)
	}
	return d.Verdict()
}

func feature(v Verdict, name string) float64 {
	for _, f := range v.Features {
		if f.Name == name {
			return f.Value
		}
	}
	return -1
}

// owners is the shared list: 小区,栋,单元,室,业主,电话,面积.
func owners(t testing.TB) [][]string {
	t.Helper()
	f := sharedFile(t, "owners-must-be-refused.csv")
	var out [][]string
	for _, r := range rows(t, f, look(t, f, Options{})) {
		out = append(out, r.Cells)
	}
	return out
}

func TestOwnerListRefused(t *testing.T) {
	f := sharedFile(t, "owners-must-be-refused.csv")
	v := judgeFile(t, f, look(t, f, Options{}))
	if !v.Refuse || v.Score < 0.9 || feature(v, "neighbours") < 0.95 || feature(v, "top3_estates") != 1 || feature(v, "rows") != 240 {
		t.Errorf("%+v", v)
	}
}

// law.md IMP-03: 小区,栋,室,业主,电话, 200 rows of one compound.
func TestOwnerListOfTheLaw(t *testing.T) {
	var table [][]string
	for i := range 200 {
		table = append(table, []string{"锦绣华庭", fmt.Sprint(i/40 + 1), fmt.Sprint(i%40/4+1, "0", i%4+1), "王芳", fmt.Sprint(13800000000 + i)})
	}
	if v := judge(t, []string{"小区", "栋", "室", "业主", "电话"}, table); !v.Refuse {
		t.Errorf("%+v", v)
	}
}

// worthALook is the score from which a list would be worth a person's look:
// how near what is let through is to what is refused.
const worthALook = 0.45

// What a merchant may try on the shared list. caught says what we claim in the
// report; a claim that fails in either direction fails the test.
func TestOwnerEvasions(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	all := owners(t)
	names := []string{"小区", "栋", "单元", "室", "业主", "电话", "面积"}
	ways := []string{"到店登记", "线上咨询", "来电"}
	staff := []string{"陈晓雯", "刘志强", "马骏"}
	randomDay := func() string { return fmt.Sprintf("2024-%02d-%02d", dice.IntN(12)+1, dice.IntN(28)+1) }
	for _, e := range []struct {
		name   string
		names  []string
		row    func(i int, r []string) []string
		caught bool
	}{
		{"as it is", names, func(_ int, r []string) []string { return r }, true},
		{"renamed headers", []string{"项目", "甲", "乙", "丙", "客户姓名", "手机", "备注"}, func(_ int, r []string) []string { return r }, true},
		{"headers that lie", []string{"标签", "等级", "类型", "编号", "客户", "手机", "预算"}, func(_ int, r []string) []string { return r }, true},
		{"no header words at all", []string{"A", "B", "C", "D", "E", "F", "G"}, func(_ int, r []string) []string { return r }, true},
		{"without area", names[:6], func(_ int, r []string) []string { return r[:6] }, true},
		{"one address column", []string{"姓名", "手机", "地址"}, func(_ int, r []string) []string {
			return []string{r[4], r[5], r[0] + r[1] + "栋" + r[2] + "单元" + r[3]}
		}, true},
		{"one address column with region and dashes", []string{"姓名", "手机", "地址"}, func(_ int, r []string) []string {
			return []string{r[4], r[5], "浙江省杭州市西湖区学院路33号" + r[0] + r[1] + "-" + r[2] + "-" + r[3]}
		}, true},
		{"address under 备注", []string{"姓名", "手机", "备注"}, func(_ int, r []string) []string {
			return []string{r[4], r[5], r[0] + r[1] + "幢" + r[3] + "室"}
		}, true},
		{"address full width", []string{"姓名", "手机", "地址"}, func(_ int, r []string) []string {
			return []string{r[4], r[5], r[0] + "１号楼" + r[2] + "单元" + strings.NewReplacer("0", "０", "1", "１", "2", "２").Replace(r[3]) + "室"}
		}, true},
		{"without the estate's name", []string{"姓名", "手机", "房间"}, func(_ int, r []string) []string {
			return []string{r[4], r[5], r[1] + "栋" + r[2] + "单元" + r[3]}
		}, true},
		{"room only, under 小区", []string{"小区", "业主", "电话"}, func(_ int, r []string) []string { return []string{r[0], r[4], r[5]} }, true},
		{"constant day", append([]string{"登记日期"}, names...), func(_ int, r []string) []string { return append([]string{"2024-05-06"}, r...) }, true},
		{"constant day, way and staff", append([]string{"登记日期", "登记方式", "销售"}, names...), func(_ int, r []string) []string {
			return append([]string{"2024-05-06", "到店登记", "陈晓雯"}, r...)
		}, true},
		{"three days filled down", append([]string{"登记日期"}, names...), func(i int, r []string) []string {
			return append([]string{fmt.Sprintf("2024-05-%02d", 1+i/80)}, r...)
		}, true},
		{"day of handover as 登记日期", append([]string{"登记日期"}, names...), func(_ int, r []string) []string {
			return append([]string{"2023-0" + r[1] + "-15"}, r...)
		}, true},
		{"random staff only", append([]string{"销售"}, names...), func(_ int, r []string) []string { return append([]string{staff[dice.IntN(3)]}, r...) }, true},
		{"random way only", append([]string{"来源"}, names...), func(_ int, r []string) []string { return append([]string{ways[dice.IntN(3)]}, r...) }, true},
		{"room as 订单号", []string{"小区", "栋", "单元", "订单号", "客户", "电话"}, func(_ int, r []string) []string {
			return []string{r[0], r[1], r[2], r[3], r[4], r[5]}
		}, true},
		{"phone as 订单号", append([]string{"订单号"}, names...), func(_ int, r []string) []string { return append([]string{r[5]}, r...) }, true},
		{"address as 订单号", []string{"客户", "电话", "订单号"}, func(_ int, r []string) []string {
			return []string{r[4], r[5], r[0] + r[1] + "-" + r[2] + "-" + r[3]}
		}, true},
		{"address as 销售, with a way", []string{"客户", "电话", "销售", "来源"}, func(_ int, r []string) []string {
			return []string{r[4], r[5], r[0] + r[1] + "-" + r[2] + "-" + r[3], ways[dice.IntN(3)]}
		}, true},
		{"half of the rows deleted", names, func(i int, r []string) []string {
			if i%2 == dice.IntN(2) {
				return nil
			}
			return r
		}, true},
		{"random days", append([]string{"登记日期"}, names...), func(_ int, r []string) []string { return append([]string{randomDay()}, r...) }, false},
		{"random way and staff", append([]string{"来源", "销售"}, names...), func(_ int, r []string) []string {
			return append([]string{ways[dice.IntN(3)], staff[dice.IntN(3)]}, r...)
		}, false},
		{"invented order numbers", append([]string{"订单号"}, names...), func(i int, r []string) []string { return append([]string{fmt.Sprint("SO", 1000+i)}, r...) }, false},
	} {
		var table [][]string
		for i, r := range all {
			if r = e.row(i, r); r != nil {
				table = append(table, r)
			}
		}
		dice.Shuffle(len(table), func(i, j int) { table[i], table[j] = table[j], table[i] })
		v := judge(t, e.names, table)
		if v.Refuse != e.caught {
			t.Errorf("%s: refused %v\n%+v", e.name, v.Refuse, v)
		}
		if v.Score < worthALook {
			t.Errorf("%s: score %.2f, nobody would look", e.name, v.Score)
		}
	}
}

// A list of owners poured into an honest one is still found.
// TestOwnersPadded: rows that say nothing, rows that live all over town, and any
// number of rows before do not make a list of owners a list of customers (law
// IMP-03).
func TestOwnersPadded(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	all := owners(t)
	names := []string{"小区", "栋", "单元", "室", "业主", "电话", "面积"}
	filler := func(n int, at func(i int) []string) [][]string {
		out := append([][]string(nil), all...)
		for i := range n {
			out = append(out, at(i))
		}
		dice.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		return out
	}
	nameOnly := func(i int) []string { return []string{"", "", "", "", fmt.Sprintf("填%c", rune(0x4e00+i)), "", ""} }
	elsewhere := func(i int) []string {
		return []string{fmt.Sprintf("%c%c花园", rune(0x4e00+i%900), rune(0x5e00+i/900)), fmt.Sprint(1 + i%40), "1", fmt.Sprint(101 + i%20*100), fmt.Sprintf("填%c", rune(0x4e00+i)), "", ""}
	}
	for _, share := range []int{1, 2, 10} {
		if v := judge(t, names, filler(share*len(all), nameOnly)); !v.Refuse || v.Score < worthALook {
			t.Errorf("%d rows with a name only for each owner: %+v", share, v)
		}
		if v := judge(t, names, filler(share*len(all), elsewhere)); !v.Refuse || v.Score < worthALook {
			t.Errorf("%d rows elsewhere for each owner: %+v", share, v)
		}
	}
	// A mute column that is empty, or full of something else, at its head, and a
	// file that begins with days where the flats will stand.
	mute := []string{"A", "B", "C", "D", "E", "F", "G"}
	for _, head := range []int{256, 1500, 5000} {
		for _, cell := range []string{"", "x", "2024-01-02", "到店"} {
			var table [][]string
			for i := range head {
				table = append(table, []string{cell, cell, cell, cell, fmt.Sprintf("填%c", rune(0x4e00+i)), "", cell})
			}
			if v := judge(t, mute, append(table, all...)); !v.Refuse {
				t.Errorf("behind %d rows of %q: %+v", head, cell, v)
			}
			table = table[:0]
			for i := range head {
				table = append(table, []string{fmt.Sprintf("填%c", rune(0x4e00+i)), "", cell})
			}
			for _, r := range all {
				table = append(table, []string{r[4], r[5], r[0] + r[1] + "-" + r[2] + "-" + r[3]})
			}
			if v := judge(t, []string{"A", "B", "C"}, table); !v.Refuse {
				t.Errorf("addresses behind %d rows of %q: %+v", head, cell, v)
			}
			dice.Shuffle(len(table), func(i, j int) { table[i], table[j] = table[j], table[i] })
			if v := judge(t, []string{"A", "B", "C"}, table); !v.Refuse && head < 5000 {
				t.Errorf("addresses among %d rows of %q: %+v", head, cell, v)
			}
		}
	}
	d := NewDetector([]Column{{"客户姓名", 0}, {"手机", 1}, {"地址", 2}, {"登记方式", 3}, {"登记日期", 4}}, nil)
	add := func(cells ...string) { d.Add(Row{Cells: cells}) }
	for i := range 3 * maxTraces { // one owner among every few thousand customers
		add("填", "", "", "到店登记", fmt.Sprintf("2024-%02d-%02d", 1+i%12, 1+i%28))
		if i%2000 == 0 && i/2000 < len(all) {
			r := all[i/2000]
			add(r[4], r[5], r[0]+r[1]+"-"+r[2]+"-"+r[3], "", "")
		}
	}
	if v := d.Verdict(); !v.Refuse {
		t.Errorf("owners one by one among 600,000 rows: %+v", v)
	}
}

func TestOwnersAmongCustomers(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	f := sharedFile(t, "cabinet-utf8bom.csv")
	g := look(t, f, Options{})
	var table [][]string
	for _, r := range rows(t, f, g)[:400] {
		table = append(table, r.Cells)
	}
	for _, r := range owners(t) {
		table = append(table, []string{r[4], r[5], "", r[0] + r[1] + "-" + r[2] + "-" + r[3], "", "", "", "", "", "", ""})
	}
	dice.Shuffle(len(table), func(i, j int) { table[i], table[j] = table[j], table[i] })
	if v := judge(t, strings.Split(shopHeader, ","), table); !v.Refuse {
		t.Errorf("%+v", v)
	}
}

// No false alarm on the honest files, nor on any part of them.
func TestHonestFilesPass(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"tile-gb18030.csv", "cabinet-utf8bom.csv", "appliance.xlsx"} {
		f := sharedFile(t, name)
		g := look(t, f, Options{})
		targets := Map(g, kexin.Builtin(), kexin.Customer)
		var all []Row
		for _, r := range rows(t, f, g) {
			if r.Skip == "" {
				all = append(all, r)
			}
		}
		worst := 0.0
		for range 80 {
			dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			d := NewDetector(g.Columns, targets)
			for _, r := range all[:30+dice.IntN(min(len(all)-30, 300))] {
				d.Add(r)
			}
			v := d.Verdict()
			if v.Refuse {
				t.Fatalf("%s: %+v", name, v)
			}
			worst = max(worst, v.Score)
		}
		if v := judgeFile(t, f, g); v.Refuse || v.Score > 0.2 {
			t.Errorf("%s: %+v", name, v)
		}
		if worst >= worthALook {
			t.Errorf("%s: highest score of a part %.2f", name, worst)
		}
	}
}

// Parts of the honest files without any column of dealings are not taken for
// owners either: their estates are many.
func TestHonestWithoutDealings(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	f := sharedFile(t, "cabinet-utf8bom.csv")
	g := look(t, f, Options{})
	all := rows(t, f, g)
	for range 50 {
		dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		var table [][]string
		for _, r := range all[:30+dice.IntN(200)] {
			table = append(table, []string{r.Cells[0], r.Cells[1], r.Cells[3], r.Cells[10]})
		}
		if v := judge(t, []string{"姓名", "手机", "地址", "备注"}, table); v.Refuse {
			t.Fatalf("%+v", v)
		}
	}
}

// A shop beside an estate: all its customers live there, and each came on a
// day, to somebody.
func TestOneEstateWithDealings(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{30, 60, 200, 400} {
		var table [][]string
		for i := range n {
			table = append(table, []string{"王芳", fmt.Sprint(13800000000 + i), "锦绣华庭", fmt.Sprint(dice.IntN(12) + 1), fmt.Sprint(dice.IntN(20)+1, "0", dice.IntN(4)+1),
				fmt.Sprintf("2024-%02d-%02d", dice.IntN(12)+1, dice.IntN(28)+1), []string{"陈晓雯", "马骏"}[dice.IntN(2)]})
		}
		if v := judge(t, []string{"业主姓名", "电话", "小区", "栋", "室", "到店日期", "导购"}, table); v.Refuse {
			t.Errorf("%d rows: %+v", n, v)
		}
		for i := range table { // one colleague, one way: the days are enough
			table[i][6] = "老板"
		}
		if v := judge(t, []string{"业主姓名", "电话", "小区", "栋", "室", "到店日期", "导购"}, table); v.Refuse {
			t.Errorf("%d rows, one colleague: %+v", n, v)
		}
	}
}

func TestDetectorSmall(t *testing.T) {
	if v := NewDetector(nil, nil).Verdict(); v.Refuse || v.Score != 0 {
		t.Errorf("%+v", v)
	}
	var table [][]string
	for i := range 9 {
		table = append(table, []string{"锦绣华庭", "1", fmt.Sprint(i+1, "01"), "王芳", "13800000000"})
	}
	if v := judge(t, []string{"小区", "栋", "室", "业主", "电话"}, table); v.Refuse {
		t.Errorf("nine rows are no list: %+v", v)
	}
	table = append(table, table[0], table[1])
	if v := judge(t, []string{"小区", "栋", "室", "业主", "电话"}, table); !v.Refuse {
		t.Errorf("%+v", v)
	}
}

// The verdict may be kept for years, so it holds numbers only; the detector
// itself keeps no cell behind a block.
func TestDetectorKeepsNoValues(t *testing.T) {
	d := NewDetector([]Column{{"小区", 0}, {"栋", 1}, {"室", 2}, {"业主", 3}}, nil)
	for i := range 300 {
		d.Add(Row{N: i + 1, Cells: []string{"锦绣华庭", "1", "101", "王芳"}})
	}
	v := d.Verdict()
	for _, cells := range d.block[:cap(d.block)] {
		if cells != nil {
			t.Fatal("rows are kept")
		}
	}
	if s := fmt.Sprintf("%+v %+v", v, d.rows[0]); strings.Contains(s, "锦绣") || strings.Contains(s, "王芳") {
		t.Error(s)
	}
	for i := range reflect.TypeFor[trace]().NumField() {
		if k := reflect.TypeFor[trace]().Field(i).Type.Kind(); k == reflect.String || k == reflect.Slice {
			t.Error("a trace can hold text")
		}
	}
}

func TestPlaces(t *testing.T) {
	for address, want := range map[string]place{
		"锦绣华庭1栋1单元101":       {"锦绣华庭", "1-1-", 1, 1},
		"锦绣华庭1-1-101":        {"锦绣华庭", "1-1-", 1, 1},
		"锦绣华庭 1幢 2单元 1203 室": {"锦绣华庭", "1-2-", 12, 3},
		"浙江省杭州市西湖区学院路33号锦绣华庭3号楼2单元801": {"锦绣华庭", "3-2-", 8, 1},
		"万和一品24栋2501":                    {"万和一品", "24-", 25, 1},
		"锦绣华庭A座1203":                     {"锦绣华庭", "a-", 12, 3},
		"锦绣华庭二期３号楼１２０３":                  {"锦绣华庭", "二-3-", 12, 3},
		"锦绣华庭十二栋101":                     {"锦绣华庭", "十二-", 1, 1},
		"绿城新村":                           {"绿城新村", "", 0, 0},
		"沐川县东方一品":                        {"东方一品", "", 0, 0},
		"人民路335号":                        {},
		"锦绣华庭5栋":                         {"锦绣华庭", "5-", 0, 0},
		"":                               {},
		"锦绣华庭1-1-9999":                   {"锦绣华庭", "1-1-9999-", 0, 0},
		strings.Repeat("锦绣华庭1栋101", 100): {},
	} {
		if got := placeOf(address); got != want {
			t.Errorf("%s: %+v, want %+v", address, got, want)
		}
	}
}
