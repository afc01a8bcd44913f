package intake

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"runtime"
	"testing"
)

// repeated is a header and one line, over and over, made as it is read.
type repeated struct {
	head, line string
	lines      int
}

func (r repeated) Size() int64 { return int64(len(r.head)) + int64(r.lines)*int64(len(r.line)) }

func (r repeated) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && off < r.Size() {
		from := r.head
		at := off
		if off >= int64(len(r.head)) {
			from, at = r.line, (off-int64(len(r.head)))%int64(len(r.line))
		}
		m := copy(p[n:], from[at:])
		n, off = n+m, off+int64(m)
	}
	if over := int(off - r.Size()); over > 0 {
		n -= over
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

const shopLine = "张洁卓,15573561422,女,湛江市麻章区环城大道335号香榭名邸28-3-101,窗帘,订单,SO23036332,2021-12-25,陈晓雯,31400,电话打不通\r\n"

// live is the heap in use after a collection.
func live() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// highest reads a file and gives the most it held alive, in bytes.
func highest(t *testing.T, f File, g Guess, every, want int) uint64 {
	t.Helper()
	before, most, n := live(), uint64(0), 0
	d := NewDetector(g.Columns, nil)
	for r, err := range Rows(f, g, lim) {
		if err != nil {
			t.Fatal(err)
		}
		if n = r.N; n%every == 0 {
			now := live() // less than before where a collection came late
			most = max(most, now-min(before, now))
		}
		if n <= 1000 {
			d.Add(r)
		}
	}
	if n != want {
		t.Fatalf("%d rows, want %d", n, want)
	}
	return most
}

func TestMemoryFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a million rows")
	}
	const most = 8 << 20
	for _, enc := range []string{"utf-8", "gb18030"} {
		f := repeated{shopHeader + "\r\n", shopLine, 1_000_000}
		if enc == "gb18030" {
			f.head, f.line = encode(t, gbk, f.head), encode(t, gbk, f.line)
		}
		if got := highest(t, f, look(t, f, Options{}), 200_000, f.lines); got > most {
			t.Errorf("%s: %d bytes alive", enc, got)
		}
	}
	j := repeated{`{"姓名":"王芳","手机":"13800000000"}` + "\n", `{"姓名":"王芳","手机":"13800000000"}` + "\n", 200_000}
	if got := highest(t, j, look(t, j, Options{}), 50_000, j.lines+1); got > most {
		t.Errorf("json: %d bytes alive", got)
	}
	x := bigBook(t, 150_000, false)
	if got := highest(t, x, look(t, x, Options{}), 50_000, 150_000); got > most {
		t.Errorf("xlsx: %d bytes alive", got)
	}
}

// bigBook is a workbook of n rows of a shop, written as openpyxl does or with
// shared strings as Excel does.
func bigBook(t testing.TB, n int, shared bool) File {
	t.Helper()
	var out, table bytes.Buffer
	z := zip.NewWriter(&out)
	b := newBook("")
	for _, name := range b.order {
		if name == "xl/worksheets/sheet1.xml" {
			continue
		}
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, b.parts[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, `<worksheet><sheetData>`)
	table.WriteString("<sst>")
	for i, strs := 0, 0; i <= n; i++ {
		fmt.Fprintf(w, `<row r="%d">`, i+1)
		for c, v := range bookRow(i) {
			switch ref := fmt.Sprintf("%c%d", 'A'+c, i+1); {
			case i > 0 && (c == 1 || c == 9):
				fmt.Fprintf(w, `<c r="%s" s="1"><v>%s</v></c>`, ref, v)
			case shared:
				fmt.Fprintf(w, `<c r="%s" s="1" t="s"><v>%d</v></c>`, ref, strs)
				fmt.Fprintf(&table, "<si><t>%s</t></si>", v)
				strs++
			default:
				fmt.Fprintf(w, `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, ref, v)
			}
		}
		fmt.Fprint(w, "</row>")
	}
	fmt.Fprint(w, `</sheetData></worksheet>`)
	if shared {
		if w, err = z.Create("xl/sharedStrings.xml"); err == nil {
			table.WriteString("</sst>")
			_, err = w.Write(table.Bytes())
		}
	}
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(out.Bytes())
}

func bookRow(i int) []string {
	if i == 0 {
		return []string{"客户姓名", "手机", "性别", "地址", "需求", "登记方式", "订单号", "登记日期", "销售", "成交金额", "备注"}
	}
	return []string{"张洁卓", fmt.Sprint(13800000000 + i*7919%99999999), "女", fmt.Sprint("湛江市麻章区环城大道335号香榭名邸28-3-", i), "窗帘", "订单", fmt.Sprint("SO", 23000000+i), fmt.Sprintf("2021-%02d-%02d", i%12+1, i%28+1), "陈晓雯", fmt.Sprint(i * 100), "电话打不通"}
}

// A workbook's shared strings are the one thing that grows; they stay within
// their limit.
func TestMemoryStrings(t *testing.T) {
	table := &stringTable{}
	before := live()
	s := bytes.Repeat([]byte("湛江市麻章区环城大道335号香榭名邸28-3-101"), 5)
	for i := 0; ; i++ {
		if err := table.add(s, false, lim); err != nil {
			wantKey(t, err, keyStrings)
			break
		}
	}
	if used := live() - before; used > uint64(lim.Strings)*11/10 {
		t.Errorf("%d bytes for a limit of %d", used, lim.Strings)
	}
	if got, known, fits := table.get(table.n - 1); string(got) != string(s) || !known || !fits {
		t.Errorf("%q %v %v", got, known, fits)
	}
	if _, known, _ := table.get(table.n); known {
		t.Error("beyond the end")
	}
	runtime.KeepAlive(table)
}

func benchmarkRows(b *testing.B, f File, n int) {
	g := look(b, f, Options{Header: 1})
	b.ReportAllocs()
	for b.Loop() {
		last := 0
		for r, err := range Rows(f, g, lim) {
			if err != nil {
				b.Fatal(err)
			}
			last = r.N
		}
		if last != n {
			b.Fatal(last)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkCSV(b *testing.B) {
	const n = 200_000
	b.Run("utf-8", func(b *testing.B) { benchmarkRows(b, repeated{shopHeader + "\r\n", shopLine, n}, n) })
	b.Run("gb18030", func(b *testing.B) {
		benchmarkRows(b, repeated{encode(b, gbk, shopHeader+"\r\n"), encode(b, gbk, shopLine), n}, n)
	})
	quoted := `"张洁卓","15573561422","女","湛江市麻章区环城大道335号香榭名邸28-3-101","窗帘","订单","SO23036332","2021-12-25","陈晓雯","31400","电话打不通"` + "\r\n"
	b.Run("quoted", func(b *testing.B) { benchmarkRows(b, repeated{shopHeader + "\r\n", quoted, n}, n) })
}

func BenchmarkXLSX(b *testing.B) {
	const n = 50_000
	b.Run("inline", func(b *testing.B) { benchmarkRows(b, bigBook(b, n, false), n) })
	b.Run("shared", func(b *testing.B) { benchmarkRows(b, bigBook(b, n, true), n) })
}

func BenchmarkJSON(b *testing.B) {
	const n = 100_000
	line := `{"客户姓名":"张洁卓","手机":"15573561422","性别":"女","地址":"湛江市麻章区环城大道335号香榭名邸28-3-101","需求":"窗帘","登记方式":"订单","订单号":"SO23036332","登记日期":"2021-12-25","销售":"陈晓雯","成交金额":31400,"备注":"电话打不通"}` + "\n"
	benchmarkRows(b, repeated{line, line, n - 1}, n)
}
