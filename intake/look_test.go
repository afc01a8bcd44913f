package intake

import (
	"io"
	"strings"
	"testing"
)

func TestLookDelimiters(t *testing.T) {
	for _, d := range []string{",", "\t", ";", "|"} {
		s := strings.ReplaceAll("客户名单\n姓名,手机,备注\n王芳,13800000000,\"要, 快; 好|行\"\n李娜,13900000000,x\n", ",", d)
		g := look(t, text(s), Options{})
		if string(g.Delimiter) != d || g.Header != 2 || len(g.Columns) != 3 {
			t.Errorf("%q: %+v", d, g)
		}
	}
	g := look(t, text("手机号\n13800000000\n13900000000\n"), Options{})
	if g.Delimiter != ',' || g.Header != 1 || len(g.Columns) != 1 || len(g.Sample) != 2 {
		t.Errorf("one column: %+v", g)
	}
	_, err := Look(text("a,b"), Options{Delimiter: 'x'}, lim)
	wantKey(t, err, keyDelimiter)
	if g := look(t, text("姓名^手机\n王芳^13800000000\n"), Options{Delimiter: '^'}); len(g.Columns) != 2 {
		t.Errorf("chosen: %+v", g)
	}
}

func TestLookHeader(t *testing.T) {
	for _, c := range []struct {
		name, in string
		header   int
		names    string
	}{
		{"first line", "姓名,手机\n王芳,13800000000\n", 1, "姓名|手机"},
		{"title and blank lines", "2021-2026年客户登记表,,\n\n制表:小陈,,\n姓名,手机,备注\n王芳,13800000000,\n", 4, "姓名|手机|备注"},
		{"spaces and units", " 姓 名 ,手机号（必填）,成交金额(元)\n王芳,13800000000,100\n", 1, "姓 名|手机号（必填）|成交金额(元)"},
		{"english", "Customer Name,Mobile No.,Order Date\nLi,13800000000,2024-01-02\n", 1, "Customer Name|Mobile No.|Order Date"},
		{"unknown words", "甲,乙,丙\n王芳,13800000000,好\n李娜,13900000000,好\n", 1, "甲|乙|丙"},
		{"none", "王芳,13800000000\n李娜,13900000000\n", NoHeader, "|"},
		{"words in data", "姓名,手机,来源\n王芳,13800000000,微信\n", 1, "姓名|手机|来源"},
		{"sep line", "sep=;\n姓名;手机\n王芳;13800000000\n", 2, "姓名|手机"},
		{"header only", "姓名,手机\n", 1, "姓名|手机"},
		{"unnamed column", "姓名,,手机\n王芳,VIP,13800000000\n", 1, "姓名||手机"},
		{"no name for the last", "姓名,手机\n王芳,13800000000,老客户\n", 1, "姓名|手机|"},
		{"blank columns at the end", "姓名,手机,,\n王芳,13800000000,,\n", 1, "姓名|手机"},
	} {
		g := look(t, text(c.in), Options{})
		var names []string
		for _, col := range g.Columns {
			names = append(names, col.Name)
		}
		if g.Header != c.header || strings.Join(names, "|") != c.names {
			t.Errorf("%s: header %d, columns %q", c.name, g.Header, names)
		}
	}
}

func TestLookHeaderChosen(t *testing.T) {
	s := "姓名,手机\n甲,乙\n王芳,13800000000\n"
	if g := look(t, text(s), Options{Header: 2}); g.Columns[0].Name != "甲" || len(g.Sample) != 1 {
		t.Errorf("%+v", g)
	}
	g := look(t, text(s), Options{Header: NoHeader})
	if g.Columns[0].Name != "" || len(rows(t, text(s), g)) != 3 {
		t.Errorf("%+v", g)
	}
	_, err := Look(text(s), Options{Header: 9}, lim)
	wantKey(t, err, keyHeaderRow)
	_, err = Look(text(s), Options{Header: 100_000}, lim)
	wantKey(t, err, keyHeaderRow)
}

func TestSkips(t *testing.T) {
	s := "姓名,手机,成交金额\n王芳,13800000000,100\n小计,,100\n 姓名 ,手机,成交金额\n合计：,,\"1,234.50\"\n总 计,2人,¥300\n合计共3人,,\n合计,13800000000,5\n小计,很好,5\n,,\nTotal,,99\n"
	var got []string
	for _, r := range rows(t, text(s), look(t, text(s), Options{})) {
		got = append(got, string(r.Skip))
		if (r.N == 0) != (r.Skip != "") {
			t.Errorf("%+v", r)
		}
	}
	if want := ",total,header,total,total,total,,,,total"; strings.Join(got, ",") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestLookRefuses(t *testing.T) {
	ole := func(stream string) string {
		b := make([]byte, 2048)
		copy(b, oleMagic)
		b[30] = 9 // sectors of 512 bytes, the directory in sector 1
		b[48] = 1
		copy(b[1024:], utf16Name("Root Entry"))
		copy(b[1024+128:], utf16Name(stream))
		return string(b)
	}
	for name, c := range map[string]struct{ in, key string }{
		"empty":                  {"", keyEmpty},
		"mark only":              {"\ufeff", keyEmpty},
		"white space":            {" \n\r\n\t\n", keyEmpty},
		"commas only":            {",,,\n,,,\n", keyEmpty},
		"old excel":              {ole("Workbook"), keyOldExcel},
		"older excel":            {ole("Book"), keyOldExcel},
		"biff without container": {"\x09\x08\x10\x00\x00\x06\x05\x00", keyOldExcel},
		"encrypted":              {ole("EncryptedPackage"), keyEncrypted},
		"word":                   {ole("WordDocument"), keyDocument},
		"xml 2003":               {`<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>`, keyOldExcel},
		"xml":                    {`<?xml version="1.0"?><customers/>`, keyXML},
		"html":                   {"\ufeff \n<HTML><table><tr><td>姓名", keyWebPage},
		"html table":             {"<table border=1>", keyWebPage},
		"vcard":                  {"BEGIN:VCARD\nVERSION:3.0\n", keyCards},
		"png":                    {"\x89PNG\r\n\x1a\n", keyImage},
		"jpeg":                   {"\xff\xd8\xff\xe0..JFIF", keyImage},
		"pdf":                    {"%PDF-1.7\n", keyPDF},
		"exe":                    {"MZ\x90\x00\x03", keyProgram},
		"elf":                    {"\x7fELF\x02", keyProgram},
		"script":                 {"#!/bin/sh\n", keyProgram},
		"gzip":                   {"\x1f\x8b\x08", keyArchive},
		"rar":                    {"Rar!\x1a\x07\x00", keyArchive},
		"7z":                     {"7z\xbc\xaf\x27\x1c", keyArchive},
		"sqlite":                 {"SQLite format 3\x00", keyDatabase},
		"rtf":                    {`{\rtf1`, keyDocument},
		"random":                 {"\x00\x01\x02\x03\x80\x81\x00\x00\x00\x07", keyNotATable},
		"cut zip":                {"PK\x03\x04\x14\x00", keyTruncated},
		"other zip":              {newBook().set("_rels/.rels", "<Relationships/>").set("xl/workbook.xml", "").drop("xl/workbook.xml").bytes(t), keyArchive},
		"open document":          {newBook().drop("_rels/.rels").drop("xl/workbook.xml").set("mimetype", "application/vnd.oasis").set("content.xml", "<x/>").bytes(t), keyOpenDocument},
		"binary excel":           {newBook().set("_rels/.rels", `<R><Relationship Type="x/officeDocument" Target="xl/workbook.bin"/></R>`).bytes(t), keyBinaryExcel},
		"docx":                   {newBook().set("_rels/.rels", `<R><Relationship Type="x/officeDocument" Target="word/document.xml"/></R>`).bytes(t), keyDocument},
		"no sheets":              {newBook().bytes(t), keyEmpty},
		"empty sheet":            {newBook("<sheetData/>").bytes(t), keyEmpty},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Look(text(c.in), Options{}, lim)
			wantKey(t, err, c.key)
		})
	}
}

func (b *book) drop(name string) *book {
	for i, n := range b.order {
		if n == name {
			b.order = append(b.order[:i:i], b.order[i+1:]...)
		}
	}
	return b
}

// sparse is a file of one repeated byte, made as it is read.
type sparse struct {
	head string
	size int64
	fill byte
}

func (s sparse) Size() int64 { return s.size }

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	n := int(min(int64(len(p)), max(s.size-off, 0)))
	for i := range p[:n] {
		p[i] = s.fill
	}
	if off < int64(len(s.head)) {
		copy(p[:n], s.head[off:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Two gigabytes of one byte are refused from the first of them.
func TestHugeSparse(t *testing.T) {
	const size = 2 << 30
	_, err := Look(sparse{"", size, 0}, Options{}, lim)
	wantKey(t, err, keyNotATable)
	wantKey(t, lookOrRows(sparse{"姓名,手机\n", size, 'x'}, lim), keyLine, "row", "2")
	wantKey(t, lookOrRows(sparse{"姓名,手机\n\"", size, 'x'}, lim), keyQuote, "row", "2")
	wantKey(t, lookOrRows(sparse{"姓名,手机\n", size, ','}, lim), keyLine, "row", "2")
	wantKey(t, lookOrRows(sparse{`[{"a":"`, size, 'x'}, lim), keyCell, "row", "1", "column", "1")
	wantKey(t, lookOrRows(sparse{zipMagic, size, 0}, lim), keyTruncated)
	_, err = Look(sparse{"", size + 1, 'x'}, Options{}, lim)
	wantKey(t, err, keyTooLarge)
	if _, err = readRows(sparse{"", size + 1, 'x'}, Guess{Format: CSV}, lim); err != nil {
		wantKey(t, err, keyTooLarge)
	}
}

func TestTooManyRows(t *testing.T) {
	small := lim
	small.Rows = 3
	ok := "姓名,手机\n王芳,1\n李娜,2\n合计,3\n张敏,4\n"
	if err := lookOrRows(text(ok), small); err != nil {
		t.Error(err)
	}
	wantKey(t, lookOrRows(text(ok+"x,y\n"), small), keyRows, "row", "6")
	blank := newBook("<sheetData>" + strings.Repeat(`<row><c/></row>`, 9) + "</sheetData>").bytes(t)
	wantKey(t, lookOrRows(text(blank), small), keyRows)
}
