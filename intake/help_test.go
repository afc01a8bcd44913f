package intake

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"kexin"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"kexin/internal/shareddata"
)

var lim = DefaultLimits()

// text is a File in memory.
func text(s string) File { return strings.NewReader(s) }

// sharedFile opens a file of the shared test data.
func sharedFile(t testing.TB, name string) File {
	t.Helper()
	return bytes.NewReader(shareddata.File(t, "data", "shop-exports", name))
}

func encode(t testing.TB, e encoding.Encoding, s string) string {
	t.Helper()
	out, err := e.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var (
	gbk     = simplifiedchinese.GB18030
	big5    = traditionalchinese.Big5
	utf16le = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	utf16be = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
)

// look fails the test where Look does.
func look(t testing.TB, f File, o Options) Guess {
	t.Helper()
	g, err := Look(f, o, lim)
	if err != nil {
		t.Fatalf("Look: %v", err)
	}
	return g
}

// rows reads all rows; skipped ones too.
func rows(t testing.TB, f File, g Guess) []Row {
	t.Helper()
	out, err := readRows(f, g, lim)
	if err != nil {
		t.Fatalf("Rows: %v", err)
	}
	return out
}

func readRows(f File, g Guess, lim Limits) (out []Row, err error) {
	for r, err := range Rows(f, g, lim) {
		if err != nil {
			return out, err
		}
		out = append(out, r)
	}
	return out, nil
}

// grid is the cells of data rows as one string, for comparison.
func grid(rows []Row) string {
	var b strings.Builder
	for _, r := range rows {
		if r.Skip == "" {
			b.WriteString(strings.Join(r.Cells, "|") + "\n")
		}
	}
	return b.String()
}

// wantKey checks an error's catalogue key and code, and that it names the
// place it should.
func wantKey(t testing.TB, err error, key string, args ...string) {
	t.Helper()
	var e *kexin.Error
	if !errors.As(err, &e) || e.Key != key || e.Code != kexin.Invalid {
		t.Fatalf("error %v, want %s", err, key)
	}
	for i := 0; i+1 < len(args); i += 2 {
		if e.Args[args[i]] != args[i+1] {
			t.Errorf("%s: %s = %q, want %s", key, args[i], e.Args[args[i]], args[i+1])
		}
	}
}

// lookOrRows gives the first error of reading a file to its end.
func lookOrRows(f File, lim Limits) error {
	g, err := Look(f, Options{}, lim)
	if err != nil {
		return err
	}
	_, err = readRows(f, g, lim)
	return err
}

// A book builds a workbook part by part.
type book struct {
	parts  map[string]string
	order  []string
	method uint16 // zip.Store is many times faster to write
}

const (
	relsXML  = `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>`
	typeBase = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
)

// newBook has one sheet for each body, the inside of <worksheet>.
func newBook(bodies ...string) *book {
	b := &book{parts: map[string]string{}, method: zip.Deflate}
	b.set("[Content_Types].xml", `<Types/>`)
	b.set("_rels/.rels", fmt.Sprintf(relsXML, `<Relationship Id="r1" Type="`+typeBase+`officeDocument" Target="xl/workbook.xml"/>`))
	sheets, rels := "", ""
	for i, body := range bodies {
		n := i + 1
		sheets += fmt.Sprintf(`<sheet name="表%d" sheetId="%d" r:id="rId%d"/>`, n, n, n)
		rels += fmt.Sprintf(`<Relationship Id="rId%d" Type="%sworksheet" Target="worksheets/sheet%d.xml"/>`, n, typeBase, n)
		b.set(fmt.Sprintf("xl/worksheets/sheet%d.xml", n), `<?xml version="1.0" encoding="UTF-8"?><worksheet>`+body+`</worksheet>`)
	}
	rels += `<Relationship Id="s1" Type="` + typeBase + `sharedStrings" Target="/xl/sharedStrings.xml"/><Relationship Id="s2" Type="` + typeBase + `styles" Target="styles.xml"/>`
	b.set("xl/workbook.xml", `<workbook><workbookPr/><sheets>`+sheets+`</sheets></workbook>`)
	b.set("xl/_rels/workbook.xml.rels", fmt.Sprintf(relsXML, rels))
	return b
}

func (b *book) set(name, content string) *book {
	if _, ok := b.parts[name]; !ok {
		b.order = append(b.order, name)
	}
	b.parts[name] = content
	return b
}

func (b *book) file(t testing.TB) File { return text(b.bytes(t)) }

func (b *book) bytes(t testing.TB) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range b.order {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: b.method})
		if err == nil {
			_, err = io.WriteString(w, b.parts[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// data wraps rows of inline strings into <sheetData>; blank cells are written
// as Excel does, with a style only.
func data(records ...[]string) string {
	var b strings.Builder
	b.WriteString("<sheetData>")
	for i, r := range records {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for c, v := range r {
			ref := fmt.Sprintf("%s%d", columnName(c), i+1)
			if v == "" {
				fmt.Fprintf(&b, `<c r="%s" s="0"/>`, ref)
				continue
			}
			fmt.Fprintf(&b, `<c r="%s" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, ref, xmlEscape(v))
		}
		b.WriteString("</row>")
	}
	b.WriteString("</sheetData>")
	return b.String()
}

func xmlEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func columnName(c int) string {
	if c < 26 {
		return string(rune('A' + c))
	}
	return columnName(c/26-1) + string(rune('A'+c%26))
}

var header = []string{"客户姓名", "手机", "备注"}
