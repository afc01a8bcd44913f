package intake

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"pgregory.net/rapid"
)

// One table written in every form a shop may have it in must be read as the
// same rows.

// A table is what is generated: known headers and realistic cells.
type table struct {
	names []string
	rows  [][]string
}

// cellsOf are what columns of customer lists hold, awkward ones included.
var cellsOf = map[string][]string{
	"客户姓名": {"王芳", " 李娜　", "欧阳修", "赵先生", "Li Ming", "张伟\n(老板)"},
	"手机":   {"13812345678", "138-1234-5678", "+86 13812345678", "１３８１２３４５６７８", "13812345678、13912345678", "13812345678（微信同号）", ""},
	"地址":   {"浙江省杭州市学院路335号香榭名邸28-3-101", "锦绣华庭3幢2单元702室", "A座,1203", "路边\"红房子\"", ""},
	"登记日期": {"2024-05-06", "2024/5/6", "2024年5月6日", "45418", "2024.5.6", "2024-05-06 14:00:05", ""},
	"成交金额": {"12800", "12,800", "¥58,700.00", "4.21万", "2300元", "-5", ""},
	"备注":   {"要求\"环保E0\",\n下午联系", "老客户介绍", "=1+1", "a;b|c\td", "'引号", ""},
}

func drawTable(t *rapid.T) table {
	all := []string{"手机", "地址", "登记日期", "成交金额", "备注"}
	names := append([]string{"客户姓名"}, rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, 5, rapid.ID[string]).Draw(t, "columns")...)
	out := table{names: names}
	for range rapid.IntRange(1, 12).Draw(t, "rows") {
		var r []string
		for _, n := range names {
			r = append(r, rapid.SampledFrom(cellsOf[n]).Draw(t, n))
		}
		out.rows = append(out.rows, r)
	}
	return out
}

// csv writes the table; all quotes every cell.
func (x table) csv(delim, end string, all bool) string {
	var b strings.Builder
	for _, r := range append([][]string{x.names}, x.rows...) {
		for i, c := range r {
			if i > 0 {
				b.WriteString(delim)
			}
			if all || strings.ContainsAny(c, delim+"\"\r\n") {
				c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
			}
			b.WriteString(c)
		}
		b.WriteString(end)
	}
	return b.String()
}

// check compares what Look and Rows make of f with the table.
func (x table) check(t *rapid.T, f File, header int) Guess {
	g, err := Look(f, Options{}, lim)
	if err != nil {
		t.Fatalf("Look: %v", err)
	}
	var names []string
	for _, c := range g.Columns {
		names = append(names, c.Name)
	}
	if g.Header != header || !slices.Equal(names, x.names) {
		t.Fatalf("header %d, want %d; columns %q, want %q", g.Header, header, names, x.names)
	}
	got, err := readRows(f, g, lim)
	if err != nil || len(got) != len(x.rows) {
		t.Fatalf("%d rows, want %d: %v", len(got), len(x.rows), err)
	}
	for i, r := range got {
		if !slices.Equal(r.Cells, x.rows[i]) || r.N != i+1 || len(r.Notes) > 0 || r.Skip != "" {
			t.Fatalf("%+v, want %q", r, x.rows[i])
		}
	}
	return g
}

func TestSameInEveryCSV(t *testing.T) {
	encodings := map[string]encoding.Encoding{"gb18030": gbk, "utf-16le": utf16le, "utf-16be": utf16be}
	rapid.Check(t, func(t *rapid.T) {
		x := drawTable(t)
		delim := rapid.SampledFrom([]string{",", "\t", ";", "|"}).Draw(t, "delimiter")
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
		s := x.csv(delim, end, rapid.Bool().Draw(t, "quote all"))
		header := 1
		for range rapid.IntRange(0, 3).Draw(t, "titles") {
			s = rapid.SampledFrom([]string{"", "客户登记表", "2021-2026年客户登记表" + strings.Repeat(delim, len(x.names)-1)}).Draw(t, "title") + end + s
			header++
		}
		if rapid.Bool().Draw(t, "no last end") {
			s = strings.TrimSuffix(s, end)
		}
		name := rapid.SampledFrom([]string{"utf-8", "mark", "gb18030", "utf-16le", "utf-16be"}).Draw(t, "encoding")
		switch e, ok := encodings[name]; {
		case ok:
			out, err := e.NewEncoder().String(s)
			if err != nil {
				t.Fatal(err)
			}
			s = out
		case name == "mark":
			s, name = "\ufeff"+s, "utf-8"
		}
		g := x.check(t, text(s), header)
		if g.Encoding != name || string(g.Delimiter) != delim {
			t.Fatalf("%s %q", g.Encoding, g.Delimiter)
		}
	})
}

func TestSameInEveryWorkbook(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := drawTable(rt)
		var shared []string
		header := rapid.IntRange(1, 4).Draw(rt, "header")
		var b strings.Builder
		b.WriteString("<sheetData>")
		if header > 1 {
			b.WriteString(`<row r="1"><c r="A1" t="inlineStr"><is><t>客户登记表</t></is></c></row>`)
		}
		for i, r := range append([][]string{x.names}, x.rows...) {
			fmt.Fprintf(&b, `<row r="%d">`, header+i)
			for c, v := range r {
				ref := fmt.Sprintf(`<c r="%s%d"`, columnName(c), header+i)
				v = xmlEscape(v)
				switch rapid.SampledFrom([]string{"inline", "shared", "rich", "formula", "cdata"}).Draw(rt, "form") {
				case "inline":
					b.WriteString(ref + ` t="inlineStr"><is><t xml:space="preserve">` + v + `</t></is></c>`)
				case "shared":
					fmt.Fprintf(&b, `%s t="s"><v>%d</v></c>`, ref, len(shared))
					shared = append(shared, "<si><t>"+v+"</t></si>")
				case "rich":
					fmt.Fprintf(&b, `%s t="s"><v>%d</v></c>`, ref, len(shared))
					shared = append(shared, "<si><r><rPr/><t>"+v+"</t></r><r><t></t></r><rPh><t>拼音</t></rPh></si>")
				case "formula":
					b.WriteString(ref + ` t="str"><f>CONCAT(A1,"&lt;")</f><v>` + v + `</v></c>`)
				case "cdata":
					b.WriteString(ref + ` t="inlineStr"><is><t><![CDATA[` + r[c] + `]]></t></is></c>`)
				}
			}
			b.WriteString("</row>")
		}
		b.WriteString("</sheetData>")
		f := newBook(b.String()).set("xl/sharedStrings.xml", "<sst>"+strings.Join(shared, "")+"</sst>").file(t)
		if g := x.check(rt, f, header); g.Sheet != "表1" {
			rt.Fatalf("%+v", g)
		}
	})
}

func TestSameInEveryJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawTable(t)
		var objects []string
		for _, r := range x.rows {
			var members []string
			for i, c := range r {
				key, err1 := json.Marshal(x.names[i])
				value, err2 := json.Marshal(c)
				if err1 != nil || err2 != nil {
					t.Fatal(err1, err2)
				}
				members = append(members, string(key)+" : "+string(value))
			}
			objects = append(objects, "{"+strings.Join(members, ", ")+"}")
		}
		s := strings.Join(objects, "\n")
		if rapid.Bool().Draw(t, "array") {
			s = "[\n" + strings.Join(objects, " ,\n") + "\n]"
		}
		x.check(t, text(s), 0)
	})
}

// RowsFrom is the tail of Rows for any table and any place.
func TestResumeAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawTable(t)
		lines := strings.SplitAfter(x.csv(",", "\n", false), "\n")
		head := lines[0]
		s := x.csv(",", "\n", false)
		if rapid.Bool().Draw(t, "header again") {
			s += head + s[len(head):] + "合计,,\n"
		}
		g, err := Look(text(s), Options{}, lim)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := readRows(text(s), g, lim)
		if err != nil {
			t.Fatal(err)
		}
		after := rapid.IntRange(0, len(whole)+1).Draw(t, "after")
		var rest []Row
		for r, err := range RowsFrom(text(s), g, lim, after) {
			if err != nil {
				t.Fatal(err)
			}
			rest = append(rest, r)
		}
		cut := 0 // everything up to data row number after
		for i, r := range whole {
			if r.N > 0 && r.N <= after {
				cut = i + 1
			}
		}
		if n := countData(whole); after > n {
			cut = len(whole)
			for i := len(whole); i > 0 && whole[i-1].Skip != "" && after == n; i-- {
				cut = i - 1
			}
		}
		if len(rest) != len(whole)-cut {
			t.Fatalf("after %d: %d rows, want %d", after, len(rest), len(whole)-cut)
		}
		for i, r := range rest {
			if w := whole[cut+i]; r.N != w.N || r.Line != w.Line || r.Skip != w.Skip || !slices.Equal(r.Cells, w.Cells) {
				t.Fatalf("%+v, want %+v", r, w)
			}
		}
	})
}

func countData(rows []Row) (n int) {
	for _, r := range rows {
		n = max(n, r.N)
	}
	return n
}
