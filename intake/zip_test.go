package intake

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io/fs"
	"strings"
	"testing"
)

var honest = [][]string{header, {"王芳", "13800000000", "x"}}

// patchDirectory changes every directory entry of a ZIP.
func patchDirectory(s string, change func(entry []byte)) string {
	b := []byte(s)
	for i := 0; ; i++ {
		j := bytes.Index(b[i:], []byte("PK\x01\x02"))
		if j < 0 {
			return string(b)
		}
		i += j
		change(b[i:])
	}
}

func TestZIPNames(t *testing.T) {
	for _, name := range []string{"../evil", "a/../b", "/etc/passwd", `a\b`, "C:/x", "..", "a\x00b"} {
		b := newBook(data(honest...)).set(name, "x")
		wantKey(t, lookOrRows(b.file(t), lim), keyZIPName)
	}
	if err := lookOrRows(newBook(data(honest...)).set("a..b/c", "x").set("xl/embeddings/x.zip", "PK").file(t), lim); err != nil {
		t.Error(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	h := &zip.FileHeader{Name: "link"}
	h.SetMode(fs.ModeSymlink | 0o777)
	if _, err := z.CreateHeader(h); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	wantKey(t, lookOrRows(text(out.String()), lim), keyZIPName)
}

func TestZIPEntries(t *testing.T) {
	b := newBook(data(honest...))
	for i := len(b.order); i < 100; i++ {
		b.set(strings.Repeat("x", i), "")
	}
	if err := lookOrRows(b.file(t), lim); err != nil {
		t.Errorf("100 entries: %v", err)
	}
	b.set("one too many", "")
	wantKey(t, lookOrRows(b.file(t), lim), keyZIPEntries)
	// the end record may lie about their number
	s := []byte(b.bytes(t))
	end := bytes.LastIndex(s, []byte("PK\x05\x06"))
	s[end+10] = 3
	wantKey(t, lookOrRows(text(string(s)), lim), keyZIPEntries)
}

func TestZIPBombs(t *testing.T) {
	bomb := newBook(data(honest...)).set("xl/sharedStrings.xml", "<sst>"+strings.Repeat(" ", 12<<20)+"</sst>")
	wantKey(t, lookOrRows(bomb.file(t), lim), keyZIPRatio)

	// declares less than it unpacks to
	s := patchDirectory(bomb.bytes(t), func(e []byte) {
		if binary.LittleEndian.Uint32(e[24:]) > 1<<20 {
			binary.LittleEndian.PutUint32(e[24:], 9<<20)
		}
	})
	wantKey(t, lookOrRows(text(s), lim), keyZIPSize)

	// declares more than any part may have, or all together
	small := lim
	small.Part = 200
	wantKey(t, lookOrRows(newBook(data(honest...)).file(t), small), keyZIPSize)
	small = lim
	small.Total = 1000
	wantKey(t, lookOrRows(newBook(data(honest...)).file(t), small), keyZIPSize)
	s = patchDirectory(newBook(data(honest...)).bytes(t), func(e []byte) { binary.LittleEndian.PutUint32(e[24:], 0xfffffff0) })
	wantKey(t, lookOrRows(text(s), lim), keyZIPSize)

	// one body, two entries
	first := -1
	s = patchDirectory(newBook(data(honest...)).bytes(t), func(e []byte) {
		if first < 0 {
			first = int(binary.LittleEndian.Uint32(e[42:]))
		}
		binary.LittleEndian.PutUint32(e[42:], uint32(first))
	})
	wantKey(t, lookOrRows(text(s), lim), keyZIPOverlap)

	// entries that reach into the next one
	s = patchDirectory(newBook(data(honest...)).bytes(t), func(e []byte) {
		binary.LittleEndian.PutUint32(e[20:], binary.LittleEndian.Uint32(e[20:])+100)
	})
	wantKey(t, lookOrRows(text(s), lim), keyZIPOverlap)
}

func TestZIPBroken(t *testing.T) {
	whole := newBook(data(honest...)).bytes(t)
	for cut := range len(whole) {
		if cut%7 != 0 && cut < len(whole)-30 {
			continue
		}
		if _, err := Look(text(whole[:cut]), Options{}, lim); err == nil {
			t.Errorf("cut at %d of %d was read", cut, len(whole))
		}
	}
	wantKey(t, lookOrRows(text(whole[:len(whole)-100]), lim), keyTruncated)
	for name, change := range map[string]func([]byte){
		"sum":    func(e []byte) { e[16] ^= 1 },
		"method": func(e []byte) { e[10] = 99 },
		"offset": func(e []byte) { binary.LittleEndian.PutUint32(e[42:], 0x7fffffff) },
		"packed": func(e []byte) { binary.LittleEndian.PutUint32(e[20:], 0x7fffffff) },
		"name":   func(e []byte) { binary.LittleEndian.PutUint16(e[28:], 0xffff) },
		"size":   func(e []byte) { binary.LittleEndian.PutUint32(e[24:], binary.LittleEndian.Uint32(e[24:])+1) },
	} {
		t.Log(name)
		wantKey(t, lookOrRows(text(patchDirectory(whole, change)), lim), keyBroken)
	}
	wantKey(t, lookOrRows(text(patchDirectory(whole, func(e []byte) { e[8] |= 1 })), lim), keyEncrypted)
}

// 64-bit fields, as POI and .NET write them for small files too.
func TestZIP64(t *testing.T) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	b := newBook(data(honest...))
	for _, name := range b.order {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err == nil {
			_, err = w.Write([]byte(b.parts[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s := widenDirectory(t, out.Bytes())
	if got := grid(rows(t, text(s), look(t, text(s), Options{}))); got != "王芳|13800000000|x\n" {
		t.Error(got)
	}
}

// widenDirectory rewrites a ZIP so that sizes, offsets and the end record are
// all 64 bits wide.
func widenDirectory(t *testing.T, b []byte) string {
	t.Helper()
	end := bytes.LastIndex(b, []byte("PK\x05\x06"))
	count := int(le.Uint16(b[end+10:]))
	at := int(le.Uint32(b[end+16:]))
	out, dir := bytes.NewBuffer(bytes.Clone(b[:at])), b[at:end]
	for range count {
		name, extra := int(le.Uint16(dir[28:])), int(le.Uint16(dir[30:]))
		e := bytes.Clone(dir[:dirLen+name])
		var wide []byte
		wide = le.AppendUint16(wide, 1)
		wide = le.AppendUint16(wide, 24)
		for _, off := range []int{24, 20, 42} {
			wide = le.AppendUint64(wide, uint64(le.Uint32(e[off:])))
			le.PutUint32(e[off:], zip64Mark)
		}
		le.PutUint16(e[30:], uint16(len(wide)))
		out.Write(append(e, wide...))
		dir = dir[dirLen+name+extra:]
	}
	size, record := out.Len()-at, out.Len()
	r := make([]byte, 56)
	copy(r, "PK\x06\x06")
	le.PutUint64(r[32:], uint64(count))
	le.PutUint64(r[40:], uint64(size))
	le.PutUint64(r[48:], uint64(at))
	out.Write(r)
	l := make([]byte, 20)
	copy(l, "PK\x06\x07")
	le.PutUint64(l[8:], uint64(record))
	out.Write(l)
	e := make([]byte, 22)
	copy(e, "PK\x05\x06")
	le.PutUint16(e[10:], 0xffff)
	le.PutUint32(e[12:], zip64Mark)
	le.PutUint32(e[16:], zip64Mark)
	out.Write(e)
	return out.String()
}
