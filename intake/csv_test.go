package intake

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"kexin"

	"pgregory.net/rapid"
)

// slow hands text over in small pieces.
type slow struct {
	s string
	n int
}

func (s *slow) fill(dst []byte) ([]byte, error) {
	if s.s == "" {
		return dst, io.EOF
	}
	n := min(s.n, len(s.s))
	dst, s.s = append(dst, s.s[:n]...), s.s[n:]
	return dst, nil
}

// records reads all records of a text, handed over n bytes at a time.
func records(t interface{ Fatalf(string, ...any) }, s string, n int) (out [][]string, lines []int, err error) {
	c, err := newCSVReader(&slow{s, n}, ',', lim)
	if err != nil {
		return nil, nil, err
	}
	for {
		r, err := c.next()
		if err == io.EOF {
			return out, lines, nil
		}
		if err != nil {
			return out, lines, err
		}
		out, lines = append(out, copyCells(r.fields)), append(lines, r.line)
	}
}

func TestCSVForms(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "a,b\nc,d\n", "a|b\nc|d"},
		{"no end", "a,b", "a|b"},
		{"crlf", "a,b\r\nc,d\r\n", "a|b\nc|d"},
		{"cr only", "a,b\rc,d\r", "a|b\nc|d"},
		{"blank lines", "a\n\n\r\n  \nb", "a\nb"},
		{"only commas", "a,b\n,\n", "a|b\n|"},
		{"quoted comma", `"a,b",c`, "a,b|c"},
		{"doubled", `"a""b",c`, `a"b|c`},
		{"newline inside", "\"a\nb\",c\nd", "a⏎b|c\nd"},
		{"crlf inside", "\"a\r\nb\",c\r\nd", "a⏎b|c\nd"},
		{"lone cr inside", "\"a\rb\",c\r\nd", "a⏎b|c\nd"},
		{"lone cr outside", "a\rb,c\r\nd", "a⏎b|c\nd"},
		{"lone quote inside", `5"瓷砖,b`, `5"瓷砖|b`},
		{"quote within quotes", `"要求"环保",b`, `要求"环保|b`},
		{"empty quoted", `"",""`, "|"},
		{"quoted at end", "a,\"b\"", "a|b"},
		{"quoted crlf end", "a,\"b\"\r\n", "a|b"},
		{"trailing comma", "a,\n", "a|"},
		{"space before quote", `a, "b,c"`, `a| "b|c"`},
	} {
		for _, n := range []int{1, 2, 3, 1000} {
			got, _, err := records(t, c.in, n)
			var lines []string
			for _, r := range got {
				lines = append(lines, strings.ReplaceAll(strings.Join(r, "|"), "\n", "⏎"))
			}
			if s := strings.Join(lines, "\n"); err != nil || s != c.want {
				t.Errorf("%s by %d: %q %v, want %q", c.name, n, s, err, c.want)
			}
		}
	}
}

func TestCSVLines(t *testing.T) {
	_, lines, err := records(t, "a\n\n\"b\nb\"\nc", 5)
	if err != nil || len(lines) != 3 || lines[0] != 1 || lines[1] != 3 || lines[2] != 5 {
		t.Errorf("%v %v", lines, err)
	}
}

func TestCSVUnterminated(t *testing.T) {
	for _, s := range []string{"a\n\"b,c\nd\n", `"a"b,c`, "a\n\"" + strings.Repeat("x\n", 600_000), "a\n\"" + strings.Repeat("x", 3<<20)} {
		_, _, err := records(t, s, chunk)
		row := "2"
		if s[0] == '"' {
			row = "1"
		}
		wantKey(t, err, keyQuote, "row", row)
	}
}

func TestCSVLimits(t *testing.T) {
	long := strings.Repeat("x", 64<<10)
	for _, c := range []struct{ name, in, key, row, column string }{
		{"cell", "a\nb," + long + "x\n", keyCell, "2", "2"},
		{"quoted cell", "a\nb,\"" + long + "x\"\n", keyCell, "2", "2"},
		{"line", "a\n" + strings.Repeat(long+",", 17), keyLine, "2", ""},
		{"endless line", "a\n" + strings.Repeat("x", 5<<20), keyLine, "2", ""},
		{"quoted line", "a\n" + strings.Repeat("\""+long+"\",", 17) + "\n", keyLine, "2", ""},
		{"many quoted lines", "a\n" + strings.Repeat("\""+strings.Repeat("x\n", 20_000)+"\",", 60) + "\n", keyLine, "2", ""},
		{"columns", "a\n" + strings.Repeat(",", 500), keyColumns, "2", "501"},
		{"quoted columns", "a\n\"\"" + strings.Repeat(",", 500), keyColumns, "2", "501"},
	} {
		_, _, err := records(t, c.in, chunk)
		t.Log(c.name)
		wantKey(t, err, c.key, "row", c.row, "column", c.column)
	}
	for _, ok := range []string{"a," + long, "\"" + long + "\"", strings.Repeat(",", 499)} {
		if _, _, err := records(t, ok, chunk); err != nil {
			t.Errorf("at the limit: %v", err)
		}
	}
}

// What encoding/csv writes is read back, however the pieces fall.
func TestCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringOf(rapid.SampledFrom([]rune("ab,\"\n 张，；'|\t")))
		want := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 5), 1, 6).Draw(t, "records")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.UseCRLF = rapid.Bool().Draw(t, "crlf")
		if err := w.WriteAll(want); err != nil {
			t.Fatalf("%v", err)
		}
		got, _, err := records(t, b.String(), rapid.IntRange(1, 40).Draw(t, "piece"))
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d records, want %d: %v", len(got), len(want), err)
		}
		for i := range want {
			if strings.Join(got[i], "\x00") != strings.Join(want[i], "\x00") {
				t.Fatalf("record %d: %q, want %q", i, got[i], want[i])
			}
		}
	})
}

// broken reading is an error, never a short record.
type failing struct {
	s    string
	fail error
}

func (f *failing) fill(dst []byte) ([]byte, error) {
	if f.s == "" {
		return dst, f.fail
	}
	dst, f.s = append(dst, f.s...), ""
	return dst, nil
}

func TestCSVReadError(t *testing.T) {
	disk := errors.New("disk")
	for _, s := range []string{"a,b", "a,\"b", "a,\"b\"", "a\nb,\"c\"\r"} {
		c, err := newCSVReader(&failing{s, disk}, ',', lim)
		for err == nil {
			_, err = c.next()
		}
		if !errors.Is(err, disk) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// errFile fails behind its head.
type errFile struct {
	*strings.Reader
	from int64
}

func (f errFile) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.from {
		return 0, errors.New("segment 7: authentication failed")
	}
	return f.Reader.ReadAt(p, off)
}

func TestStoreTrouble(t *testing.T) {
	s := "姓名,手机\n" + strings.Repeat("王芳,13800000000\n", 20_000)
	g := look(t, text(s), Options{})
	_, err := readRows(errFile{strings.NewReader(s), 200_000}, g, lim)
	if kexin.CodeOf(err) != kexin.Unavailable {
		t.Errorf("%v", err)
	}
	if _, err := Look(errFile{strings.NewReader(s), 10}, Options{}, lim); kexin.CodeOf(err) != kexin.Unavailable {
		t.Errorf("%v", err)
	}
}
