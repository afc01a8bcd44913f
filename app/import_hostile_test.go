package app

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kexin"
	"kexin/i18n"
	"kexin/store"
)

// workbook is an XLSX of these worksheets, called 客户1, 客户2 ….
func workbook(t *testing.T, sheets ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	var names, rels string
	var parts [][2]string
	for i, sheet := range sheets {
		n := i + 1
		names += fmt.Sprintf(`<sheet name="客户%d" sheetId="%d" r:id="r%d"/>`, n, n, n)
		rels += fmt.Sprintf(`<Relationship Id="r%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet%d.xml"/>`, n, n)
		parts = append(parts, [2]string{fmt.Sprintf("xl/worksheets/sheet%d.xml", n), sheet})
	}
	for _, p := range append([][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>` + names + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + rels + `</Relationships>`},
	}, parts...) {
		w, err := z.Create(p[0])
		if err == nil {
			_, err = io.WriteString(w, p[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sheetOf is a worksheet of texts; a cell that begins with "=" is a formula
// with its cached value behind "→".
func sheetOf(rows ...[]string) string {
	var b strings.Builder
	b.WriteString(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	for i, r := range rows {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for j, c := range r {
			if f, v, ok := strings.Cut(c, "→"); ok {
				fmt.Fprintf(&b, `<c r="%c%d" t="str"><f>%s</f><v>%s</v></c>`, 'A'+j, i+1, strings.TrimPrefix(f, "="), v)
				continue
			}
			fmt.Fprintf(&b, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+j, i+1, c)
		}
		b.WriteString(`</row>`)
	}
	b.WriteString(`</sheetData></worksheet>`)
	return b.String()
}

// TestHostileFiles: what is no list, or an attack, ends with a code of its own
// and a sentence in both languages; nothing of it is kept.
func TestHostileFiles(t *testing.T) {
	head := []string{"客户姓名", "手机", "登记方式", "登记日期"}
	one := []string{"王秀英", "13800000001", "到店登记", "2024-05-06"}
	good := workbook(t, sheetOf(head, one))
	bomb := workbook(t, strings.Replace(sheetOf(head, one), "<sheetData>", "<sheetData>"+strings.Repeat(" ", 12<<20), 1))
	files := []struct {
		name, want string
		file       []byte
	}{
		{"empty", "intake.empty", nil},
		{"a truncated workbook", "intake.truncated", good[:len(good)*2/3]},
		{"a bomb", "intake.zip_ratio", bomb},
		{"a program", "intake.program", append([]byte("MZ\x90\x00\x03\x00\x00\x00"), make([]byte, 512)...)},
		{"a PDF", "intake.pdf", []byte("%PDF-1.7\n1 0 obj")},
		{"a picture", "intake.image", append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 64)...)},
		{"a cell of 64 MB", "intake.line_too_long", append(append([]byte(header+"王秀英,"), bytes.Repeat([]byte("1"), 64<<20)...), []byte(",,,,到店登记,,2024-05-06,,,\n")...)},
		{"a quoted cell of 64 MB", "intake.unterminated_quote", append(append([]byte(header+"王秀英,\""), bytes.Repeat([]byte("一\n"), 16<<20)...), []byte("\",,,,到店登记,,2024-05-06,,,\n")...)},
		{"a cell of 65 KB", "intake.cell_too_long", []byte(header + "王秀英," + strings.Repeat("1", 65<<10) + ",,,,到店登记,,2024-05-06,,,\n")},
		{"entities", "intake.xml_entity", workbook(t, `<!DOCTYPE x [<!ENTITY a "aaaa">]>`+sheetOf(head, one))},
	}
	both(t, func(t *testing.T, b *bench) {
		owner := b.stepped("owner")
		before := b.tables()
		cut := func(s string) string { return s[:strings.Index(s, " import_batch")] }
		for _, f := range files {
			x := b.upload(owner, declared(), f.file)
			if x.State != impFailed || x.Fault != f.want {
				t.Errorf("%s: %s %s %v", f.name, x.State, x.Fault, x.Args)
			}
			if !i18n.Has(x.Fault) {
				t.Errorf("%s: no sentence for %s", f.name, x.Fault)
			}
			b.View(func(tx *store.Tx) error {
				k, err := tx.ImportKeys(x.ID)
				if k.File != nil || k.Rows != nil {
					t.Errorf("%s: keys are kept", f.name)
				}
				return err
			})
		}
		if after := b.tables(); cut(after) != cut(before) {
			t.Errorf("%s, was %s", after, before)
		}
		if left, _ := filepath.Glob(filepath.Join(b.app.data, stageRoot, "*")); len(left) != 0 {
			t.Errorf("left on the disk: %v", left)
		}
	})
}

// TestFormulas: nothing is evaluated on reading, and what would be one is text
// in the file that is handed back.
func TestFormulas(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		head := []string{"客户姓名", "手机", "登记方式", "登记日期", "备注"}
		x := b.take(workbook(t, sheetOf(head,
			[]string{"王秀英", "=1+1→13800000001", "到店登记", "2024-05-06", "@SUM(A1)"},
			[]string{"=HYPERLINK(1)→李正", "1380000", "到店登记", "2024-05-06", "+cmd|' /C calc'!A0"},
			[]string{"周伟", "13800000002", "", "", "=cmd"})))
		if x.Outcomes[kexin.OutNew] != 1 || x.Outcomes[kexin.OutRefused] != 1 || x.Outcomes[kexin.OutAside] != 1 {
			t.Fatalf("%v", x.Outcomes)
		}
		r, err := b.app.Get(context.Background(), b.stepped("owner"), kexin.Customer, b.rows(x.ID, 1)[0].Record)
		b.must(err)
		for i, f := range r.Fields {
			if f.ID == kexin.CustRemark && r.View.Cells[i].Value.S != "@SUM(A1)" {
				t.Errorf("%q", r.View.Cells[i].Value.S)
			}
		}
		file := b.refused(b.stepped("owner"), x.ID)
		if !strings.Contains(file, "'+cmd|") || !strings.Contains(file, "'=cmd") || !strings.Contains(file, "李正") {
			t.Errorf("%s", file)
		}
	})
}

// TestColumnTwice: two columns cannot become one field, and nothing changes
// where that is tried.
func TestColumnTwice(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		owner := b.stepped("owner")
		x := b.upload(owner, declared(), csvOf("王秀英,13800000001,,,,到店登记,,2024-05-06,,,"))
		if _, err := b.app.ChangeImport(context.Background(), owner, x.ID, ImportChange{Targets: map[int]string{2: "customer.phone"}}); keyOf(err) != "intake.map_field_twice" {
			t.Errorf("%v", err)
		}
		if y := b.batch(owner, x.ID); y.Version != x.Version || y.State != impReady {
			t.Errorf("%s, version %d, was %d", y.State, y.Version, x.Version)
		}
	})
}

// endless gives zeros and counts them.
type endless struct{ n int64 }

func (e *endless) Read(p []byte) (int, error) {
	clear(p)
	e.n += int64(len(p))
	return len(p), nil
}

// TestTooMuch: a body that is longer than it said is not read on, and one of
// more than 2 GB is refused; neither is kept. The 2 GB are sent only with
// KEXIN_SOAK=1.
func TestTooMuch(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, owner := context.Background(), b.stepped("owner")
		m := declared()
		m.Size = 100_000
		send := func(m Manifest) (int64, error) {
			x, err := b.app.DeclareImport(ctx, owner, m)
			b.must(err)
			body := &endless{}
			_, err = b.app.ReceiveImport(ctx, owner, x.ID, body, -1)
			if left, _ := filepath.Glob(filepath.Join(b.app.data, stageRoot, "*-"+x.ID.String())); len(left) != 0 {
				t.Errorf("left on the disk: %v", left)
			}
			return body.n, err
		}
		if n, err := send(m); keyOf(err) != "import.changed_on_way" || n > m.Size+128<<10 {
			t.Errorf("%d bytes read, %v", n, err)
		}
		if os.Getenv("KEXIN_SOAK") != "1" {
			return
		}
		if n, err := send(declared()); keyOf(err) != "intake.too_large" || n > 2<<30+128<<10 {
			t.Errorf("%d bytes read, %v", n, err)
		}
	})
}

// A wire is a body that comes in parts, as the network lets it through.
type wire struct {
	parts chan []byte
	end   error
}

func (w *wire) Read(p []byte) (int, error) {
	x, ok := <-w.parts
	if !ok {
		return 0, w.end
	}
	return copy(p, x), nil
}

// TestTwoUploads: of two uploads to one batch the one that is whole first is
// the batch's file; one that hangs, breaks off or comes too late takes nothing
// from it, and leaves nothing behind.
func TestTwoUploads(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, owner := context.Background(), b.stepped("owner")
		file := csvOf("王秀英,13800000001,,,,到店登记,,2024-05-06,,,")
		send := func(id kexin.ID, end error) (*wire, chan error) {
			w, done := &wire{make(chan []byte), end}, make(chan error, 1)
			go func() { _, err := b.app.ReceiveImport(ctx, owner, id, w, -1); done <- err }()
			w.parts <- file[:20]
			return w, done
		}
		for name, broken := range map[string]bool{"the first breaks off": true, "the first comes too late": false} {
			x, err := b.app.DeclareImport(ctx, owner, declared())
			b.must(err)
			end := io.EOF
			if broken {
				end = io.ErrUnexpectedEOF
			}
			first, one := send(x.ID, end)
			second, two := send(x.ID, io.EOF)
			if broken {
				if close(first.parts); keyOf(<-one) != "import.broken_off" {
					t.Errorf("%s: it was taken", name)
				}
			}
			second.parts <- file[20:]
			close(second.parts)
			if err := <-two; err != nil {
				t.Errorf("%s: the whole one: %v", name, err)
			}
			if !broken {
				first.parts <- file[20:]
				close(first.parts)
				if err := <-one; kexin.CodeOf(err) != kexin.Conflict {
					t.Errorf("%s: %v", name, err)
				}
			}
			if y := b.work(owner, x.ID); y.State != impReady || y.Rows != 1 {
				t.Errorf("%s: %s %s", name, y.State, y.Fault)
			}
			left, err := os.ReadDir(b.app.stageDir(b.Org, x.ID))
			b.must(err)
			if len(left) != 1 {
				t.Errorf("%s: %d files are left", name, len(left))
			}
		}
	})
}
