package intake

import (
	"archive/zip"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"kexin"
)

// wantOwn: whatever is wrong with a file, the error is one of ours, with a key
// of the catalogue, and says nothing of what is in the file.
func wantOwn(t *testing.T, err error) {
	t.Helper()
	var e *kexin.Error
	if err == nil {
		return
	}
	if !errors.As(err, &e) || e.Code != kexin.Invalid || !slices.Contains(Keys(), e.Key) || e.Err != nil {
		t.Fatalf("%#v", err)
	}
	for _, v := range e.Args {
		if strings.Trim(v, "0123456789") != "" {
			t.Fatalf("%+v", e.Args)
		}
	}
}

// readAll looks and reads to the end within small limits.
func readAll(t *testing.T, f File, o Options) (Guess, []Row) {
	t.Helper()
	small := lim
	small.Rows, small.Cell, small.Line, small.Quote, small.Columns = 300, 2000, 9000, 9000, 40
	g, err := Look(f, o, small)
	wantOwn(t, err)
	if err != nil {
		return g, nil
	}
	out, err := readRows(f, g, small)
	wantOwn(t, err)
	n := 0
	for _, r := range out {
		if r.Skip == "" {
			n++
		}
		if r.Skip == "" && r.N != n || r.Skip != "" && r.N != 0 || len(r.Cells) < len(g.Columns) && !g.Refused {
			t.Fatalf("%+v after %d rows", r, n)
		}
		for _, c := range r.Cells {
			if !utf8.ValidString(c) || len(c) > small.Cell+8 || strings.ContainsAny(c, "\x00\r") {
				t.Fatalf("cell %q", c)
			}
		}
	}
	return g, out
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n\"c\nd\",e\r\n", "\"a\"\"b\",\r\n\r\n,", "a\rb\rc", "\"", "\"a\"b\",c\n", "客户,\"x\"\n"} {
		f.Add(s, uint8(3))
	}
	f.Fuzz(func(t *testing.T, s string, n uint8) {
		if len(s) > 60_000 {
			return // line ends are looked for in the first 64 KiB
		}
		whole, lines, err := records(t, s, len(s)+1)
		wantOwn(t, err)
		parts, partLines, err2 := records(t, s, int(n)+1)
		wantOwn(t, err2)
		if (err == nil) != (err2 == nil) || len(whole) != len(parts) || !slices.Equal(lines, partLines) {
			t.Fatalf("%d records whole (%v), %d in pieces (%v)", len(whole), err, len(parts), err2)
		}
		for i := range whole {
			if !slices.Equal(whole[i], parts[i]) {
				t.Fatalf("%q, in pieces %q", whole[i], parts[i])
			}
		}
		if total := strings.Join(slices.Concat(whole...), ""); len(total) > len(s) {
			t.Fatalf("%d bytes made of %d", len(total), len(s))
		}
	})
}

func FuzzXLSX(f *testing.F) {
	f.Add(data(header, []string{"王芳", "13800000000", "x"}), `<sst><si><t>a</t></si></sst>`, `<styleSheet><numFmts><numFmt numFmtId="176" formatCode="yyyy"/></numFmts><cellXfs><xf numFmtId="176"/></cellXfs></styleSheet>`)
	f.Add(`<sheetData><row r="9"><c r="B9" s="0" t="s"><v>0</v></c><c t="d"><v>2024-01-01T00:00</v></c></row></sheetData><mergeCells><mergeCell ref="A1:A9"/></mergeCells>`, `<sst><si><r><t>a_x000D_</t></r><rPh><t>b</t></rPh></si></sst>`, ``)
	f.Add(`<sheetData><row><c><v>1e9</v></c><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c></row><row r="1"><c/></row>`, `<sst`, `<!DOCTYPE a>`)
	f.Fuzz(func(t *testing.T, sheet, shared, styles string) {
		b := newBook(sheet).set("xl/sharedStrings.xml", shared).set("xl/styles.xml", styles)
		b.method = zip.Store
		readAll(t, b.file(t), Options{})
	})
}

func FuzzJSONL(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":["x",null]}`, "[{\"a\":\"\\ud83d\\ude00\"},\n{}]", `{"a":{}}`, `[`, `{"a":-1.5e3}`, "{\"a\":\"\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		j := newJSONReader(&slow{s, 3}, nil, lim)
		n := 0
		for {
			_, err := j.next()
			if err == io.EOF {
				break
			}
			wantOwn(t, err)
			if err != nil {
				break
			}
			n++
		}
		if jsonLike([]byte(s)) {
			readAll(t, text(s), Options{})
		}
	})
}

func FuzzLook(f *testing.F) {
	book := newBook(data(header, []string{"王芳", "13800000000", "x"})).set("xl/sharedStrings.xml", "<sst/>").bytes(f)
	for _, s := range []string{"", "\ufeff姓名,手机\n王芳,1\n", encode(f, gbk, simplified), encode(f, big5, traditional), encode(f, utf16be, simplified), book, oleMagic + strings.Repeat("\x00", 600), "<?xml ", "PK\x05\x06", "{\"a\":1}"} {
		f.Add(s, "", int8(0))
	}
	f.Fuzz(func(t *testing.T, s, encoding string, header int8) {
		g, out := readAll(t, text(s), Options{Header: int(header)})
		if _, err := encodingOf(encoding); err == nil {
			readAll(t, text(s), Options{Encoding: encoding})
		}
		if len(out) < 2 {
			return
		}
		var rest []Row // from the middle on, exactly the same
		for r, err := range RowsFrom(text(s), g, lim, out[0].N) {
			if err != nil {
				break
			}
			rest = append(rest, r)
		}
		if len(rest) > 0 && out[0].N > 0 && rest[0].N > 0 && rest[0].N != out[0].N+1 {
			t.Fatalf("after %d comes %d", out[0].N, rest[0].N)
		}
	})
}

func FuzzMap(f *testing.F) {
	f.Add("客户姓名,手机,身份证,小区,栋,登记日期\n王芳,13800000000,11010519491231002X,锦绣华庭,1,2024-05-06\n", uint8(5))
	f.Add("A,B\n到店,锦绣华庭1-1-101\n", uint8(0))
	s := kexin.Builtin()
	f.Fuzz(func(t *testing.T, table string, role uint8) {
		g := Guess{}
		lines := strings.Split(table, "\n")
		for i, name := range strings.Split(lines[0], ",") {
			g.Columns = append(g.Columns, Column{name, i})
		}
		for _, l := range lines[1:] {
			g.Sample = append(g.Sample, strings.Split(l, ","))
		}
		targets := Map(g, s, kexin.Customer)
		if len(targets) != len(g.Columns) {
			t.Fatal(len(targets))
		}
		var e *kexin.Error
		if err := CheckMap(g, targets, s, kexin.Customer); errors.As(err, &e) && (len(e.Fields) != 1 || e.Key != keyMapNobody) {
			t.Fatal(err)
		}
		d := NewDetector(g.Columns, targets)
		for i, cells := range g.Sample {
			row := Row{N: i + 1, Cells: cells, Notes: []Note{{int(role), NoteMerged}}}
			d.Add(row)
			c, _, ev := Drafts(row, targets, s, fakeParse)
			if c.Row != i+1 || ev.Kind == "" {
				t.Fatalf("%+v %+v", c, ev)
			}
			for id := range c.Values {
				if field := s.Field(id); field == nil || field.Object != kexin.Customer || field.Computed {
					t.Fatalf("field %d", id)
				}
			}
		}
		if v := d.Verdict(); v.Score < 0 || v.Score > 1 || len(g.Sample) < minOwners && v.Refuse {
			t.Fatalf("%+v", v)
		}
		for _, o := range Lists[1:] {
			fuzzParts(t, g, s, o)
		}
	})
}

// fuzzParts reads the same table as a list of what hangs on customers: its
// drafts hold fields of the list's object and of lines of orders, and no others.
func fuzzParts(t *testing.T, g Guess, s *kexin.Schema, o kexin.Object) {
	targets := Map(g, s, o)
	var e *kexin.Error
	if err := CheckMap(g, targets, s, o); errors.As(err, &e) && (len(e.Fields) != 1 || e.Key != keyMapWhose) {
		t.Fatal(err)
	}
	for i, cells := range g.Sample {
		p := Parts(Row{N: i + 1, Cells: cells}, targets, s, o, fakeParse)
		if p.Own.Object != o || p.Own.Row != i+1 || p.Line != nil && o != kexin.Order {
			t.Fatalf("%+v", p)
		}
		for id := range p.Own.Values {
			if field := s.Field(id); field == nil || field.Object != o || field.Computed || field.Kind == kexin.KindRef {
				t.Fatalf("%d: field %d", o, id)
			}
		}
		if p.Line == nil {
			continue
		}
		for id := range p.Line.Values {
			if field := s.Field(id); field == nil || field.Object != kexin.OrderLine {
				t.Fatalf("line: field %d", id)
			}
		}
	}
}
