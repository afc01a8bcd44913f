package intake

import (
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// all reads a text reader to its end.
func all(t *rapid.T, f File, encoding string) string {
	r, err := newTextReader(f, encoding)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for {
		if out, err = r.fill(out); err == io.EOF {
			return string(out)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Any text comes through every encoding that can hold it, across the borders
// of the pieces that are read, without its mark and its controls.
func TestTextReader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]string{"张", "a", "张a", "😀", "，1", "€x"}).Draw(t, "unit")
		want := strings.Repeat("x", rapid.IntRange(0, 3).Draw(t, "shift")) + strings.Repeat(unit, rapid.SampledFrom([]int{1, 100, 21_845, 32_768, 50_000}).Draw(t, "times"))
		for name, s := range map[string]string{"utf-8": want, "utf-8 mark": "\ufeff" + want, "utf-16le": "le", "utf-16be": "be", "gb18030": "gb"} {
			var err error
			encoding := strings.TrimSuffix(name, " mark")
			switch s {
			case "le":
				s, err = utf16le.NewEncoder().String(want)
			case "be":
				s, err = utf16be.NewEncoder().String(want)
			case "gb":
				s, err = gbk.NewEncoder().String(want)
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := all(t, text(s), encoding); got != want {
				t.Fatalf("%s: %d bytes, want %d", name, len(got), len(want))
			}
		}
	})
}

// Bytes that are no text are counted and shown as U+FFFD, one each.
func TestTextReaderBad(t *testing.T) {
	for name, s := range map[string]string{
		"utf-8": "a\xff\xfeb\xc3", "gb18030": "a\xff\xffb\xc3", "utf-16le": "a\x00\x00\xdc\x00\xdcb\x00x",
	} {
		r, err := newTextReader(text(s), name)
		if err != nil {
			t.Fatal(err)
		}
		var out []byte
		for err == nil {
			out, err = r.fill(out)
		}
		if string(out) != "a"+replacement+replacement+"b"+replacement || r.bad != 3 {
			t.Errorf("%s: %q, %d bad", name, out, r.bad)
		}
	}
}

// A mark is taken off only where it is the encoding's own.
func TestMarks(t *testing.T) {
	for _, c := range []struct {
		head, name string
		want       int
	}{
		{"\xef\xbb\xbfa", "utf-8", 3}, {"\xff\xfea", "utf-16le", 2}, {"\xfe\xffa", "utf-16be", 2}, {"\xef\xbb\xbfa", "gb18030", 0}, {"a", "utf-8", 0}, {"", "utf-8", 0}, {"\xef\xbb", "utf-8", 0},
	} {
		if got := bomOf([]byte(c.head), c.name); got != c.want {
			t.Errorf("%q as %s: %d", c.head, c.name, got)
		}
	}
}

func TestEncodingNames(t *testing.T) {
	for in, want := range map[string]string{"GBK": "gb18030", "gb2312": "gb18030", "CP936": "gb18030", " UTF-8 ": "utf-8", "utf8": "utf-8", "UTF-8-SIG": "utf-8", "Big5": "big5", "utf-16le": "utf-16le", "UTF-16BE": "utf-16be"} {
		if got, err := encodingOf(in); err != nil || got != want {
			t.Errorf("%s: %s %v", in, got, err)
		}
	}
	for _, in := range []string{"", "latin1", "utf-7", "utf-16"} {
		_, err := encodingOf(in)
		wantKey(t, err, keyEncoding)
	}
}

func TestDelimiterNames(t *testing.T) {
	for _, ok := range Delimiters {
		if b, err := delimiterOf(ok); err != nil || rune(b) != ok {
			t.Errorf("%q: %v", ok, err)
		}
	}
	for _, bad := range []rune{0, '\n', '\r', '"', 'a', 'Z', '5', '，', -1, 0x7f, '\x1f'} {
		_, err := delimiterOf(bad)
		wantKey(t, err, keyDelimiter)
	}
}

// The delimiter is found although others stand in the cells more often.
func TestDelimiterAmongOthers(t *testing.T) {
	for _, c := range []struct{ want, s string }{
		{",", "姓名,备注\n王芳,a;b;c;d\n李娜,e;f;g;h\n"},
		{";", "姓名;备注\n王芳;a,b,c,d\n李娜;e,f,g,h,i\n"},
		{"\t", "姓名\t地址\n王芳\t路,1号,2栋\n李娜\t路,1号,2栋\n"},
		{"|", "姓名|手机|备注\n王芳|1|a b\n李娜|2|c,d\n"},
		{",", "姓名,备注\n王芳,\"a;b\n;c;d;e\"\n"},
	} {
		if g := look(t, text(c.s), Options{}); string(g.Delimiter) != c.want {
			t.Errorf("%q: %q", c.s, g.Delimiter)
		}
	}
}

// looksBinary is about bytes that text never has.
func TestLooksBinary(t *testing.T) {
	for s, want := range map[string]bool{"": false, "姓名,手机\r\n\t": false, "\x00": true, strings.Repeat("a", 200) + "\x00": false, strings.Repeat("a\x01", 50): true, "\x7f\x7f": true} {
		if got := looksBinary([]byte(s)); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}
