package intake

import (
	"fmt"
	"strings"
	"testing"

	"kexin"
)

func TestXLSXForms(t *testing.T) {
	body := `<sheetData>` +
		`<row r="1"><c r="A1" t="inlineStr"><is><t>客户台账</t></is></c></row>` +
		`<row r="3" spans="1:8"><c r="A3" t="s"><v>0</v></c><c r="B3" t="s"><v>1</v></c><c r="C3" t="inlineStr"><is><t>登记日期</t></is></c><c r="D3" t="inlineStr"><is><t>成交金额</t></is></c><c r="E3" t="inlineStr"><is><t>备注</t></is></c></row>` +
		`<row r="4"><c r="A4" t="s"><v>2</v></c><c r="B4"><v>13812345678</v></c><c r="C4" s="1"><v>45485</v></c><c r="D4"><v>12800.000000000002</v></c><c r="E4" t="b"><v>1</v></c></row>` +
		`<row r="5"><c r="A5" t="inlineStr"><is><r><rPr><b/></rPr><t>李</t></r><r><t xml:space="preserve"> 娜</t></r><rPh sb="0" eb="1"><t>リ</t></rPh></is></c><c r="B5"><v>1.3812345679E10</v></c><c r="C5" s="2"><v>45485.5</v></c><c r="D5" t="e"><v>#N/A</v></c><c r="E5" t="str"><f>A1&amp;"x"</f><v>a&lt;b &#26446;&#x738B;</v></c></row>` +
		`<row r="6"/>` +
		`<row r="7"><c r="A7" s="1"/><c r="B7" s="1"/></row>` +
		`<row><c t="inlineStr"><is><t><![CDATA[<赵>&]]></t></is></c><c><v>57112345678</v></c><c t="d"><v>2024-05-06T00:00:00</v></c><c s="3"><v>571</v></c><c t="inlineStr"><is><t>一_x000D_` + "\n" + `二_x4E09_</t></is></c></row>` +
		`<row r="9"><c r="C9" s="1"/></row><row r="10"><c r="A10"/></row>` +
		`</sheetData>`
	b := newBook(body)
	b.set("xl/sharedStrings.xml", `<sst><si><t>客户姓名</t></si><si><t>手机</t></si><si><r><t>王</t></r><r><t>芳</t></r><phoneticPr/></si></sst>`)
	b.set("xl/styles.xml", `<styleSheet><numFmts><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/><numFmt numFmtId="177" formatCode="0000"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="176"/><xf numFmtId="22"/><xf numFmtId="177"/></cellXfs></styleSheet>`)
	g := look(t, b.file(t), Options{})
	if g.Format != XLSX || g.Header != 3 || len(g.Columns) != 5 || g.Sheet != "表1" {
		t.Fatalf("%+v", g)
	}
	all := rows(t, b.file(t), g)
	want := "王芳|13812345678|2024-07-12|12800|TRUE\n" +
		"李 娜|13812345679|2024-07-12 12:00:00||a<b 李王\n" +
		"||||\n" +
		"<赵>&|57112345678|2024-05-06|0571|一\n二三\n"
	if got := grid(all); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if len(all) != 4 || all[1].Line != 5 || all[2].Line != 7 || all[3].Line != 8 || all[3].N != 4 {
		t.Errorf("%+v", all)
	}
	if n := all[1].Notes; len(n) != 1 || n[0] != (Note{3, NoteError}) {
		t.Errorf("%v", n)
	}
}

func TestXLSXDate1904(t *testing.T) {
	b := newBook(`<sheetData><row><c t="inlineStr"><is><t>姓名</t></is></c><c t="inlineStr"><is><t>生日</t></is></c></row><row><c t="inlineStr"><is><t>王芳</t></is></c><c s="0"><v>44023</v></c></row></sheetData>`)
	b.set("xl/styles.xml", `<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`)
	b.set("xl/workbook.xml", strings.Replace(b.parts["xl/workbook.xml"], "<workbookPr/>", `<workbookPr date1904="1"/>`, 1))
	if got := grid(rows(t, b.file(t), look(t, b.file(t), Options{}))); got != "王芳|2024-07-12\n" {
		t.Error(got)
	}
}

func TestXLSXSheets(t *testing.T) {
	b := newBook(data([]string{"说明"}, []string{"请看第二张"}), data(header, []string{"王芳", "13800000000", ""}), data(header, []string{"李娜", "13900000000", "x"}))
	b.set("xl/workbook.xml", strings.Replace(b.parts["xl/workbook.xml"], `name="表2"`, `name="表2" state="hidden"`, 1))
	g := look(t, b.file(t), Options{})
	if g.Sheet != "表3" || strings.Join(g.Sheets, " ") != "表1 表2 表3" {
		t.Errorf("%+v", g)
	}
	if g = look(t, b.file(t), Options{Sheet: "表2"}); grid(rows(t, b.file(t), g)) != "王芳|13800000000|\n" {
		t.Errorf("%+v", g)
	}
	_, err := Look(b.file(t), Options{Sheet: "表9"}, lim)
	wantKey(t, err, keySheet)
}

// One customer over three lines, a header over two rows, a sum over two.
func TestXLSXMerged(t *testing.T) {
	b := newBook(data(
		[]string{"客户台账", "", "", "", ""},
		[]string{"客户姓名", "手机", "订单", "", "备注"},
		[]string{"", "", "订单号", "成交金额", ""},
		[]string{"王芳", "13800000000", "SO1", "300", ""},
		[]string{"", "", "SO2", "", ""},
		[]string{"李娜", "13900000000", "SO3", "5", "急"},
	) + `<mergeCells count="6"><mergeCell ref="A1:E1"/><mergeCell ref="A2:A3"/><mergeCell ref="B2:B3"/><mergeCell ref="C2:D2"/><mergeCell ref="E2:E3"/><mergeCell ref="A4:A5"/><mergeCell ref="B4:B5"/><mergeCell ref="D4:D5"/></mergeCells>`)
	g := look(t, b.file(t), Options{})
	if g.Header != 3 || len(g.Columns) != 5 || g.Columns[0].Name != "客户姓名" || g.Columns[3].Name != "成交金额" || g.Columns[4].Name != "备注" {
		t.Fatalf("%+v", g)
	}
	all := rows(t, b.file(t), g)
	if got := grid(all); got != "王芳|13800000000|SO1|300|\n王芳|13800000000|SO2|300|\n李娜|13900000000|SO3|5|急\n" {
		t.Errorf("%s", got)
	}
	if len(all[1].Notes) != 3 || len(all[0].Notes) != 0 {
		t.Errorf("%v", all[1].Notes)
	}
	s := kexin.Builtin()
	_, order, _ := Drafts(all[1], Map(g, s, kexin.Customer), s, fakeParse)
	if order == nil || order.Values[kexin.OrdNo].S != "SO2" || !order.Values[kexin.OrdAmount].Empty() {
		t.Errorf("the merged sum was counted twice: %+v", order)
	}
}

func TestXLSXOtherProducers(t *testing.T) {
	plain := data(header, []string{"王芳", "13800000000", "x"})
	prefixed := strings.NewReplacer("</", "</x:", "<", "<x:").Replace(plain)
	b := newBook(prefixed)
	b.set("xl/worksheets/sheet1.xml", `<x:worksheet xmlns:x="n">`+prefixed+`</x:worksheet>`)
	if got := grid(rows(t, b.file(t), look(t, b.file(t), Options{}))); got != "王芳|13800000000|x\n" {
		t.Errorf("prefixed: %s", got)
	}
	b = newBook(plain) // no relationships of the package, other case of names
	b.drop("_rels/.rels")
	b.set("xl/Worksheets/Sheet1.xml", b.parts["xl/worksheets/sheet1.xml"]).drop("xl/worksheets/sheet1.xml")
	if got := grid(rows(t, b.file(t), look(t, b.file(t), Options{}))); got != "王芳|13800000000|x\n" {
		t.Errorf("without rels: %s", got)
	}
	b = newBook(`<sheetData><!-- > --><?x ?><row r='1'><c r='A1' t='inlineStr' x='a>b'><is><t>姓名</t></is></c><c r="B1" t = "inlineStr"><is><t>手机</t ></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>王芳</t></is></c><c r="B2"><v>13800000000</v></c></row></sheetData>`)
	if got := grid(rows(t, b.file(t), look(t, b.file(t), Options{}))); got != "王芳|13800000000\n" {
		t.Errorf("odd XML: %s", got)
	}
}

func TestXLSXLimits(t *testing.T) {
	cell := func(ref, s string) string {
		return `<c r="` + ref + `" t="inlineStr"><is><t>` + s + `</t></is></c>`
	}
	head := `<row r="1">` + cell("A1", "姓名") + cell("B1", "手机") + `</row>`
	sheet := func(rows string) *book { return newBook("<sheetData>" + head + rows + "</sheetData>") }
	wide := sheet(`<row r="2">` + cell("SG2", "x") + `</row>`) // column 501
	wantKey(t, lookOrRows(wide.file(t), lim), keyColumns, "row", "2", "column", "501")
	if err := lookOrRows(sheet(`<row r="2">`+cell("SF2", "x")+`<c r="XFD2" s="1"/></row>`).file(t), lim); err != nil {
		t.Errorf("column 500, and formatting beyond: %v", err)
	}
	wantKey(t, lookOrRows(sheet(`<row r="2">`+cell("B2", strings.Repeat("x", 65537))+`</row>`).file(t), lim), keyCell, "row", "2", "column", "2")
	huge := sheet(`<row r="2">` + cell("B2", strings.Repeat("x", 1<<20)) + `</row>`)
	wantKey(t, lookOrRows(huge.file(t), lim), keyCell, "row", "2", "column", "2")
	full := strings.Repeat("x", 65536)
	wantKey(t, lookOrRows(sheet(`<row r="2">`+strings.Repeat(`<c t="inlineStr"><is><t>`+full+`</t></is></c>`, 17)+`</row>`).file(t), lim), keyLine, "row", "2")

	shared := sheet(`<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>7</v></c></row>`).set("xl/sharedStrings.xml", `<sst><si><t>`+strings.Repeat("x", 65537)+`</t></si></sst>`)
	wantKey(t, lookOrRows(shared.file(t), lim), keyCell, "row", "2", "column", "1")
	small := lim
	small.Strings = 1000
	many := sheet("").set("xl/sharedStrings.xml", "<sst>"+strings.Repeat("<si><t/></si>", 100)+"</sst>")
	wantKey(t, lookOrRows(many.file(t), small), keyStrings)
	small = lim
	small.Sheets = 2
	wantKey(t, lookOrRows(newBook("", "", "").file(t), small), keySheets)
	unknown := sheet(`<row r="2"><c r="A2" t="s"><v>7</v></c><c r="B2" t="s"><v>x</v></c></row>`)
	if all := rows(t, unknown.file(t), look(t, unknown.file(t), Options{Header: 1})); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

func TestXLSXHostileXML(t *testing.T) {
	laughs := `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]><worksheet><sheetData><row><c t="inlineStr"><is><t>&lol2;</t></is></c></row></sheetData></worksheet>`
	b := newBook("")
	wantKey(t, lookOrRows(b.set("xl/worksheets/sheet1.xml", laughs).file(t), lim), keyXMLEntity)
	wantKey(t, lookOrRows(newBook(`<sheetData><row><c t="inlineStr"><is><t>&xxe;</t></is></c></row></sheetData>`).file(t), lim), keyXMLEntity)
	wantKey(t, lookOrRows(newBook(`<sheetData><row><c t="inlineStr"><is><t>a & b</t></is></c></row></sheetData>`).file(t), lim), keyXMLEntity)
	wantKey(t, lookOrRows(newBook("").set("xl/sharedStrings.xml", laughs).file(t), lim), keyXMLEntity)
	deep := strings.Repeat("<a>", 70)
	wantKey(t, lookOrRows(newBook(deep).file(t), lim), keyXMLDepth)
	wantKey(t, lookOrRows(newBook("").set("xl/workbook.xml", deep).file(t), lim), keyXMLDepth)
	for name, sheet := range map[string]string{
		"cut in a cell": "<worksheet><sheetData><row><c><v>1",
		"cut in a tag":  "<worksheet><sheetData><row><c r=",
		"cut in a row":  "<worksheet><sheetData><row>",
		"cut in rows":   "<worksheet><sheetData><row></row>",
		"no rows":       "<worksheet>",
		"endless tag":   "<worksheet><sheetData><row " + strings.Repeat("x", 1<<20),
		"endless quote": `<worksheet><sheetData><row a="` + strings.Repeat(">", 1<<20),
		"comment":       "<worksheet><!-- " + strings.Repeat("-", 1<<20),
		"cdata":         "<worksheet><sheetData><row><c><v><![CDATA[" + strings.Repeat("]", 1<<20),
		"empty tags":    "<worksheet><sheetData><><row>",
		"nothing":       "",
	} {
		err := lookOrRows(newBook("").set("xl/worksheets/sheet1.xml", sheet).file(t), lim)
		if kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNumberFormats(t *testing.T) {
	for _, c := range []struct{ raw, code, want string }{
		{"13812345678", "General", "13812345678"},
		{"1.3812345678E+10", "General", "13812345678"},
		{"440301199001011234", "General", "440301199001011234"},
		{"4.40301199001011E+17", "General", "440301199001011000"},
		{"0.1", "General", "0.1"},
		{"0.30000000000000004", "General", "0.3"},
		{"-5", "General", "-5"},
		{"12.50", "0.00", "12.5"},
		{"1e300", "General", "1e+300"},
		{"571", "0000", "0571"},
		{"13812345678", "00000000000", "13812345678"},
		{"45485", "yyyy-mm-dd", "2024-07-12"},
		{"45485", "m/d", "2024-07-12"},
		{"45485", `[$-804]yyyy"年"m"月";@`, "2024-07-12"},
		{"45485.75", "yyyy/m/d h:mm", "2024-07-12 18:00:00"},
		{"45484.9999999", "yyyy/m/d", "2024-07-12"},
		{"0.75", "h:mm", "18:00:00"},
		{"1.75", "[h]:mm", "1900-01-01 18:00:00"},
		{"1", "yyyy/m/d", "1900-01-01"},
		{"59", "yyyy/m/d", "1900-02-28"},
		{"60", "yyyy/m/d", "60"},
		{"61", "yyyy/m/d", "1900-03-01"},
		{"-1", "yyyy/m/d", "-1"},
		{"9999999", "yyyy/m/d", "9999999"},
		{"0.5", `0.00"days"`, "0.5"},
		{"0.5", "0%", "0.5"},
		{"3", `"d"0`, "3"},
		{"3", `\d0`, "3"},
		{"1234", "#,##0.00_);[Red](#,##0.00)", "1234"},
		{"x", "yyyy/m/d", "x"},
		{"", "0000", ""},
	} {
		if got := string(customFormat(c.code).show(nil, []byte(c.raw), false)); got != c.want {
			t.Errorf("%s as %s: %s, want %s", c.raw, c.code, got, c.want)
		}
	}
	for id, kind := range map[int]numberKind{0: plainNumber, 1: plainNumber, 14: dateNumber, 22: dateNumber, 31: dateNumber, 20: timeNumber, 46: timeNumber, 49: plainNumber, 58: dateNumber} {
		if got := builtinFormat(id).kind; got != kind {
			t.Errorf("format %d: %d, want %d", id, got, kind)
		}
	}
}

func TestColumnNames(t *testing.T) {
	for i := range 800 {
		if got, ok := columnOf([]byte(fmt.Sprintf("%s%d", columnName(i), i))); !ok || got != i {
			t.Fatalf("%s: %d", columnName(i), got)
		}
	}
	if _, ok := columnOf([]byte("12")); ok {
		t.Error("no letters")
	}
}
