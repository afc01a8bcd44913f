package intake

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"testing"

	"pgregory.net/rapid"
)

// What archive/zip writes, with either method, with and without known sizes,
// is read with the same names and bytes.
func TestZIPAgainstLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		want := map[string]string{}
		var names []string
		for i := range rapid.IntRange(1, 8).Draw(t, "files") {
			name := fmt.Sprintf("%s%d.xml", rapid.SampledFrom([]string{"", "xl/", "xl/worksheets/", "资料/"}).Draw(t, "folder"), i)
			body := rapid.StringOf(rapid.SampledFrom([]rune("<a>张\n"))).Draw(t, "body")
			h := &zip.FileHeader{Name: name, Method: rapid.SampledFrom([]uint16{zip.Store, zip.Deflate}).Draw(t, "method"), Extra: rapid.SampledFrom([][]byte{nil, {9, 9, 2, 0, 1, 2}}).Draw(t, "extra")}
			w, err := z.CreateHeader(h)
			if err == nil {
				_, err = io.WriteString(w, body)
			}
			if err != nil {
				t.Fatal(err)
			}
			want[name], names = body, append(names, name)
		}
		if err := z.SetComment(rapid.SampledFrom([]string{"", "made by a till", "PK\x05\x06"}).Draw(t, "comment")); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		a, err := openArchive(bytes.NewReader(out.Bytes()), lim)
		if err != nil {
			if bytes.HasSuffix(out.Bytes(), []byte("PK\x05\x06")) {
				return // the comment looks like an end record: refused, not misread
			}
			t.Fatal(err)
		}
		if len(a.parts) != len(names) {
			t.Fatalf("%d parts, want %d", len(a.parts), len(names))
		}
		for i, p := range a.parts {
			r, err := a.open(&a.parts[i])
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || p.name != names[i] || string(got) != want[p.name] {
				t.Fatalf("%s: %q %v", p.name, got, err)
			}
		}
	})
}

// A changed byte anywhere is noticed, or changes nothing that is read.
func TestZIPChangedByte(t *testing.T) {
	whole := []byte(newBook(data(honest...)).bytes(t))
	want := "王芳|13800000000|x\n"
	for i := range whole {
		b := bytes.Clone(whole)
		b[i] ^= 0x40
		g, err := Look(bytes.NewReader(b), Options{}, lim)
		if err != nil {
			continue
		}
		if got, err := readRows(bytes.NewReader(b), g, lim); err == nil && grid(got) != want {
			t.Errorf("byte %d: %q", i, grid(got))
		}
	}
}

func TestZIPFind(t *testing.T) {
	a := &archive{parts: []part{{name: "xl/Workbook.xml"}, {name: "b"}}}
	if p := a.find("XL/workbook.XML"); p == nil || p.name != "xl/Workbook.xml" {
		t.Errorf("%+v", p)
	}
	if a.find("c") != nil || a.find("") != nil {
		t.Error("found what is not there")
	}
}

func TestGoodNames(t *testing.T) {
	for _, ok := range []string{"a", "xl/workbook.xml", "[Content_Types].xml", "a..b", "...", "客户.xml", "a/"} {
		if !goodName(ok) {
			t.Errorf("%q", ok)
		}
	}
	for _, bad := range []string{"", "/", "/a", "..", "../a", "a/..", "a/../b", `a\b`, `..\a`, "C:/a", "a\x00"} {
		if goodName(bad) {
			t.Errorf("%q", bad)
		}
	}
}

// The end record is found behind a comment of any length, and never beyond.
func TestZIPComment(t *testing.T) {
	whole := newBook(data(honest...)).bytes(t)
	for _, n := range []int{0, 1, 1000, 65535} {
		b := []byte(whole)
		le.PutUint16(b[len(b)-2:], uint16(n))
		b = append(b, bytes.Repeat([]byte{'x'}, n)...)
		if err := lookOrRows(bytes.NewReader(b), lim); err != nil {
			t.Errorf("comment of %d: %v", n, err)
		}
	}
	wantKey(t, lookOrRows(text(whole+string(make([]byte, 70_000))), lim), keyTruncated)
}

func TestWiden(t *testing.T) {
	p := part{size: zip64Mark, packed: 7, header: zip64Mark}
	extra := []byte{9, 0, 1, 0, 0xff, 1, 0, 16, 0}
	extra = le.AppendUint64(extra, 1<<33)
	extra = le.AppendUint64(extra, 5)
	widen(&p, extra)
	if p.size != 1<<33 || p.packed != 7 || p.header != 5 {
		t.Errorf("%+v", p)
	}
	for _, bad := range [][]byte{nil, {1}, {1, 0, 99, 0}, {1, 0, 4, 0, 1, 2, 3, 4}} {
		p := part{size: zip64Mark}
		if widen(&p, bad); p.size != zip64Mark {
			t.Errorf("%x: %+v", bad, p)
		}
	}
}
