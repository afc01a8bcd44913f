package intake

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"kexin"
)

// Cells are padded to the columns; what stands beyond them is kept and noted,
// blank cells there are not.
func TestCellsPadded(t *testing.T) {
	s := "姓名,手机,备注\n王芳\n李娜,1,2,\n张敏,1,2, ,x\n"
	g := look(t, text(s), Options{Header: 1})
	g.Columns = g.Columns[:3] // as if the sample had not shown the fifth cell
	all := rows(t, text(s), g)
	if !slices.Equal(all[0].Cells, []string{"王芳", "", ""}) || all[0].Notes != nil {
		t.Errorf("%+v", all[0])
	}
	if len(all[1].Cells) != 3 || all[1].Notes != nil {
		t.Errorf("%+v", all[1])
	}
	if len(all[2].Cells) != 5 || !slices.Equal(all[2].Notes, []Note{{3, NoteExtra}, {4, NoteExtra}}) {
		t.Errorf("%+v", all[2])
	}
}

// Rows do not share memory with the reader: keeping one is safe.
func TestRowsAreCopies(t *testing.T) {
	for name, f := range map[string]File{
		"csv":    text("姓名,手机\n王芳,1\n李娜,\"2\"\n张敏,3\n"),
		"xlsx":   newBook(data([]string{"姓名", "手机"}, []string{"王芳", "1"}, []string{"李娜", "2"}, []string{"张敏", "3"})).file(t),
		"json":   text(`[{"姓名":"王芳","手机":"1"},{"姓名":"李娜","手机":"2"},{"姓名":"张敏","手机":"3"}]`),
		"merged": newBook(data([]string{"姓名", "手机"}, []string{"王芳", "1"}, []string{"李娜", "2"}, []string{"张敏", "3"}) + `<mergeCells><mergeCell ref="C2:C4"/></mergeCells>`).file(t),
	} {
		if got := grid(rows(t, f, look(t, f, Options{}))); strings.ReplaceAll(got, "|\n", "\n") != "王芳|1\n李娜|2\n张敏|3\n" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A Guess that came back from a browser may say anything.
func TestTamperedGuess(t *testing.T) {
	f := text("姓名,手机\n王芳,1\n")
	good := look(t, f, Options{})
	for name, change := range map[string]func(*Guess){
		"far column":      func(g *Guess) { g.Columns = []Column{{"a", 1 << 40}} },
		"negative column": func(g *Guess) { g.Columns = []Column{{"a", -1}} },
		"format":          func(g *Guess) { g.Format = XLSX },
		"json":            func(g *Guess) { g.Format = JSON },
		"delimiter":       func(g *Guess) { g.Delimiter = '姓' },
		"quote":           func(g *Guess) { g.Delimiter = '"' },
		"no delimiter":    func(g *Guess) { g.Delimiter = 0 },
	} {
		g := good
		g.Columns = slices.Clone(good.Columns)
		change(&g)
		_, err := readRows(f, g, lim)
		var e *kexin.Error
		if !errors.As(err, &e) || e.Code != kexin.Invalid {
			t.Errorf("%s: %v", name, err)
		}
		d := NewDetector(g.Columns, []Target{{Column: 1 << 40}, {Column: -3}})
		d.Add(Row{N: 1, Cells: []string{"x"}})
		d.Verdict()
	}
	for _, g := range []Guess{{}, {Format: CSV, Delimiter: ',', Encoding: "no such", Header: 1 << 40}, {Format: CSV, Delimiter: ','}} {
		if _, err := readRows(f, g, lim); err != nil && kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%+v: %v", g, err)
		}
	}
}

// No error says what is in the file.
func TestErrorsHoldNoValues(t *testing.T) {
	const secret = "K7secret王芳13812345678"
	long := strings.Repeat(secret, 4000)
	for name, s := range map[string]string{
		"cell":       "姓名,手机\n" + long + ",1\n",
		"line":       "姓名,手机\n" + strings.Repeat(secret+",", 60_000),
		"columns":    "姓名,手机\n" + strings.Repeat(secret+",", 600) + "\n",
		"quote":      "姓名,手机\n\"" + secret,
		"json":       `{"姓名":"` + secret + `"`,
		"json cell":  `{"姓名":"` + long + `"}`,
		"json key":   `{"` + secret + `":{"x":1}}`,
		"json word":  `{"姓名":` + secret + `}`,
		"xlsx cell":  newBook(data([]string{"姓名"}, []string{long})).bytes(t),
		"xlsx xml":   newBook("<sheetData><row><c><v>&" + secret + ";").bytes(t),
		"zip name":   newBook("").set("../"+secret, secret).bytes(t),
		"html":       "<html>" + secret,
		"sheet name": strings.ReplaceAll(newBook("").bytes(t), "表1", "K7s"),
	} {
		err := lookOrRows(text(s), lim)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		var e *kexin.Error
		if !errors.As(err, &e) || strings.Contains(err.Error(), "K7s") {
			t.Errorf("%s: %v", name, err)
		}
		for _, v := range e.Args {
			if strings.Contains(v, "K7s") {
				t.Errorf("%s: %v", name, e.Args)
			}
		}
	}
}

// Broken says what kind of trouble a reader's error is.
func TestBroken(t *testing.T) {
	own := refuse(keyCell)
	if broken(nil, keyBroken) != nil || broken(own, keyBroken) != own {
		t.Error("our own error must pass")
	}
	disk := errors.New("disk")
	if err := broken(disk, keyBroken); kexin.CodeOf(err) != kexin.Unavailable || !errors.Is(err, disk) {
		t.Error(err)
	}
}

// A short read without an error is a truncated file, not an endless loop.
type shrunk struct {
	*strings.Reader
	size int64
}

func (s shrunk) Size() int64 { return s.size }

func TestShrunkFile(t *testing.T) {
	for _, s := range []string{"", "姓名,手机\n王芳,1\n", `[{"a":1},`, zipMagic} {
		err := lookOrRows(shrunk{strings.NewReader(s), 1 << 20}, lim)
		if err != nil && kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// Limits hold exactly: the value itself passes, one more does not.
func TestLimitsExactly(t *testing.T) {
	small := lim
	small.Upload, small.Columns, small.Cell, small.Line, small.Rows = 100, 3, 9, 30, 2
	for name, c := range map[string]struct{ fits, over, key string }{
		"upload":  {"a,b\n" + strings.Repeat("1,2345678\n", 2), strings.Repeat("a,b\n", 26), keyTooLarge},
		"columns": {"a,b,c\n1,2,3\n", "a,b,c\n1,2,3,4\n", keyColumns},
		"cell":    {"a,b\n123456789,1\n", "a,b\n1234567890,1\n", keyCell},
		"quoted":  {"a,b\n\"123456789\",1\n", "a,b\n\"1234567890\",1\n", keyCell},
		"line":    {"a,b,c\n123456789,123456789,123456789\n", "", ""},
		"rows":    {"a,b\n1,2\n3,4\n", "a,b\n1,2\n3,4\n5,6\n", keyRows},
		"keys":    {`{"a":1,"b":2,"c":3}`, `{"a":1,"b":2,"c":3,"d":4}`, keyColumns},
		"string":  {`{"a":"123456789"}`, `{"a":"1234567890"}`, keyCell},
		"object":  {`{"a":"1","b":"2","c":"3"}`, `{"a":"1","b":"2",          "c":"3"}`, keyLine},
		"objects": {"{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", keyRows},
	} {
		if err := lookOrRows(text(c.fits), small); err != nil {
			t.Errorf("%s at its limit: %v", name, err)
		}
		if c.over != "" {
			t.Log(name)
			wantKey(t, lookOrRows(text(c.over), small), c.key)
		}
	}
	book := data([]string{"a", "b", "c"}, []string{"123456789", "", "3"})
	if err := lookOrRows(newBook(book).file(t), DefaultLimits()); err != nil {
		t.Error(err)
	}
}

// The defaults are those of the security page.
func TestDefaultLimits(t *testing.T) {
	want := Limits{Upload: 2147483648, Rows: 5000000, Columns: 500, Cell: 65536, Line: 1048576, Quote: 1048576, Entries: 100, Part: 1073741824, Total: 4294967296,
		Ratio: 100, RatioFrom: 10485760, Strings: 209715200, Sheets: 100, XMLDepth: 64, JSONDepth: 32}
	if got := DefaultLimits(); got != want {
		t.Errorf("%+v", got)
	}
}

// An error's arguments are those its sentence needs: always the same ones.
func TestErrorArgs(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	small := lim
	small.Rows = 1
	blank := newBook("<sheetData>" + strings.Repeat(`<row><c/></row>`, 5) + "</sheetData>").bytes(t)
	for i, c := range []struct {
		s    string
		lim  Limits
		args string
	}{
		{"a,b\n" + strings.Repeat(",", 600) + "\n", lim, "row column"}, {manyKeys(600), lim, "row column"}, {newBook(`<sheetData><row r="1"><c r="ZZ1"><v>1</v></c></row></sheetData>`).bytes(t), lim, "row column"},
		{"a,b\n" + long + "\n", lim, "row column"}, {`{"a":"` + long + `"}`, lim, "row column"}, {newBook(data([]string{long})).bytes(t), lim, "row column"}, {`{"a":{}}`, lim, "row column"},
		{"a,b\n1,2\n3,4\n", small, "row"}, {"{\"a\":1}\n{\"a\":1}", small, "row"}, {blank, small, "row"},
		{"a,b\n" + strings.Repeat("x", 2<<20), lim, "row"}, {"a,b\n\"x", lim, "row"}, {`{"a":1`, lim, "row"}, {`{"a":` + strings.Repeat("[", 40), lim, "row"},
		{"", lim, ""}, {"%PDF-", lim, ""},
	} {
		var e *kexin.Error
		if !errors.As(lookOrRows(text(c.s), c.lim), &e) || len(e.Args) != len(strings.Fields(c.args)) {
			t.Fatalf("%d: %+v, want %s", i, e, c.args)
		}
		for _, name := range strings.Fields(c.args) {
			if e.Args[name] == "" || e.Args[name] == "0" {
				t.Errorf("%d %s: %v", i, e.Key, e.Args)
			}
		}
	}
}
