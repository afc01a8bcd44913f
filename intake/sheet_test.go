package intake

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// openOnly opens the first sheet of a workbook.
func openOnly(t testing.TB, b *book) *sheetReader {
	t.Helper()
	w, err := openWorkbook(b.file(t), lim)
	if err != nil {
		t.Fatal(err)
	}
	s, err := w.openSheet(&w.sheets[0], false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Rows with cells count, in order and under their numbers, up to the last
// filled one; rows without cells do not.
func TestBlankRows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		kinds := rapid.SliceOfN(rapid.SampledFrom([]string{"none", "empty", "blank", "space", "filled", "error"}), 0, 30).Draw(rt, "rows")
		var b strings.Builder
		var want []int
		var waiting []int
		b.WriteString("<sheetData>")
		for i, k := range kinds {
			switch row := i + 1; k {
			case "empty":
				fmt.Fprintf(&b, `<row r="%d" ht="30"/>`, row)
			case "blank":
				fmt.Fprintf(&b, `<row r="%d"><c r="B%d" s="1"/><c r="C%d" t="inlineStr"><is><t></t></is></c></row>`, row, row, row)
				waiting = append(waiting, row)
			case "space":
				fmt.Fprintf(&b, `<row r="%d"><c t="inlineStr"><is><t xml:space="preserve"> 　</t></is></c></row>`, row)
				waiting = append(waiting, row)
			case "filled":
				fmt.Fprintf(&b, `<row r="%d"><c r="B%d"><v>%d</v></c></row>`, row, row, row)
				want, waiting = append(append(want, waiting...), row), nil
			case "error":
				fmt.Fprintf(&b, `<row r="%d"><c t="e"><v>#REF!</v></c></row>`, row)
				want, waiting = append(append(want, waiting...), row), nil
			}
		}
		b.WriteString("</sheetData>")
		s := openOnly(t, newBook(b.String()))
		for _, row := range want {
			rec, err := s.next()
			if err != nil || rec.num != row || rec.line != row {
				rt.Fatalf("%+v %v, want row %d", rec, err, row)
			}
			switch kinds[row-1] {
			case "filled":
				if got := copyCells(rec.fields); len(got) != 2 || got[1] != fmt.Sprint(row) {
					rt.Fatalf("row %d: %q", row, got)
				}
			case "error":
				if len(rec.notes) != 1 || rec.notes[0].Code != NoteError {
					rt.Fatalf("row %d: %+v", row, rec.notes)
				}
			default:
				if len(rec.fields) != 0 {
					rt.Fatalf("row %d: %q", row, copyCells(rec.fields))
				}
			}
		}
		if _, err := s.next(); err != io.EOF {
			rt.Fatal(err)
		}
	})
}

// Row numbers and references may be missing or nonsense; cells then follow
// each other.
func TestRowsWithoutNumbers(t *testing.T) {
	s := openOnly(t, newBook(`<sheetData><row><c><v>1</v></c><c><v>2</v></c></row><row r="x"><c r="9"><v>3</v></c></row><row r="7"><c r="C7"><v>4</v></c><c><v>5</v></c></row><row><c r="B8"><v>6</v></c><c r="A8"><v>7</v></c></row><row r="99999999999"><c><v>8</v></c></row></sheetData>`))
	for _, want := range []string{"1 1|2", "2 3", "7 ||4|5", "8 7|6", "9 8"} {
		rec, err := s.next()
		if got := fmt.Sprintf("%d %s", rec.num, strings.Join(copyCells(rec.fields), "|")); err != nil || got != want {
			t.Errorf("%q %v, want %q", got, err, want)
		}
	}
}

// A cell given twice shows what came last; a column far out with nothing in it
// is formatting.
func TestOddCells(t *testing.T) {
	s := openOnly(t, newBook(`<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c><c r="ZZZ1" s="5"/><c r="B1" t="unknown"><v>3</v></c><c r="C1" t="b"><v>0</v></c><c r="D1" t="d"><v>2024-05-06T18:30:00Z</v></c><c r="E1" t="s"><v></v></c></row></sheetData>`))
	rec, err := s.next()
	if got := strings.Join(copyCells(rec.fields), "|"); err != nil || got != "2|3|FALSE|2024-05-06 18:30:00" {
		t.Errorf("%q %v", got, err)
	}
}

// A style beyond the table, or none, shows the number as it is.
func TestStylesMissing(t *testing.T) {
	for _, styles := range []string{"", "<styleSheet/>", `<styleSheet><cellXfs><xf/><xf numFmtId="x"/></cellXfs></styleSheet>`} {
		b := newBook(`<sheetData><row><c s="0"><v>45418</v></c><c s="1"><v>45418</v></c><c s="99"><v>45418</v></c><c s="-1"><v>45418</v></c></row></sheetData>`).set("xl/styles.xml", styles)
		rec, err := openOnly(t, b).next()
		if got := strings.Join(copyCells(rec.fields), "|"); err != nil || got != "45418|45418|45418|45418" {
			t.Errorf("%q: %q %v", styles, got, err)
		}
	}
}

// The string table gives back every string, over pages and blocks.
func TestStringTable(t *testing.T) {
	table := &stringTable{}
	make := func(i int) string { return strings.Repeat(fmt.Sprint(i, "张"), i%700) }
	const n = 20_000
	for i := range n {
		if err := table.add([]byte(make(i)), i%1000 == 999, lim); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		got, known, fits := table.get(i)
		if !known || fits == (i%1000 == 999) || fits && string(got) != make(i) {
			t.Fatalf("%d: %d bytes, %v %v", i, len(got), known, fits)
		}
	}
	if len(table.pages) < 2 || len(table.entries) < 2 {
		t.Errorf("%d pages, %d blocks: the test is too small", len(table.pages), len(table.entries))
	}
}

// Targets of relationships, as producers write them.
func TestResolve(t *testing.T) {
	for in, want := range map[[2]string]string{
		{"xl", "worksheets/sheet1.xml"}: "xl/worksheets/sheet1.xml", {"xl", "/xl/sharedStrings.xml"}: "xl/sharedStrings.xml", {"", "xl/workbook.xml"}: "xl/workbook.xml",
		{"xl", "../customXml/item1.xml"}: "customXml/item1.xml", {"xl", "../../../etc/passwd"}: "etc/passwd", {"xl", "./a.xml"}: "xl/a.xml", {"xl", "https://example.com/a.xml"}: "", {"xl", ""}: "xl",
	} {
		if got := resolve(in[0], in[1]); got != want {
			t.Errorf("%v: %q, want %q", in, got, want)
		}
	}
}

// External links, macros and embedded files are neither opened nor refused.
func TestWorkbookIgnores(t *testing.T) {
	b := newBook(data(honest...))
	b.set("xl/vbaProject.bin", "\x00macro").set("xl/embeddings/oleObject1.bin", "MZ").set("xl/externalLinks/externalLink1.xml", "<!DOCTYPE x>").set("xl/media/image1.png", "\x89PNG")
	b.set("xl/_rels/workbook.xml.rels", strings.Replace(b.parts["xl/_rels/workbook.xml.rels"], "</Relationships>", `<Relationship Id="e" Type="`+typeBase+`externalLink" Target="externalLinks/externalLink1.xml"/><Relationship Id="w" Type="`+typeBase+`worksheet" TargetMode="External" Target="file:///etc/passwd"/></Relationships>`, 1))
	if got := grid(rows(t, b.file(t), look(t, b.file(t), Options{}))); got != "王芳|13800000000|x\n" {
		t.Error(got)
	}
}

// A hostile package cannot make the reader keep what grows with the file.
func TestWorkbookBounded(t *testing.T) {
	b := newBook(data(honest...))
	many := strings.Repeat(`<Relationship Type="x/worksheet" Target="a"/>`, 3)
	for i := range 2000 {
		many += fmt.Sprintf(`<Relationship Id="x%d" Type="x/worksheet" Target="a"/>`, i)
	}
	b.set("xl/_rels/workbook.xml.rels", "<R>"+many+"</R>")
	wantKey(t, lookOrRows(b.file(t), lim), keySheets)
	b = newBook(data(honest...))
	long := strings.Repeat("名", 5000) + "\x01"
	b.set("xl/workbook.xml", strings.Replace(b.parts["xl/workbook.xml"], "表1", long, 1))
	if g := look(t, b.file(t), Options{}); len([]rune(g.Sheet)) != 100 || len(rows(t, b.file(t), g)) != 1 {
		t.Errorf("%d", len(g.Sheet))
	}
	styles := "<styleSheet><cellXfs>" + strings.Repeat("<xf/>", maxStyles+10) + "</cellXfs></styleSheet>"
	w, err := openWorkbook(newBook(data(honest...)).set("xl/styles.xml", styles).file(t), lim)
	if err != nil || len(w.formats) != maxStyles {
		t.Errorf("%v", err)
	}
}
