package intake

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

const simplified = "客户姓名,手机,地址\n张洁卓,15573561422,湛江市麻章区环城大道335号香榭名邸\n李先生,13806816571,广东省揭阳市普宁市中山西路\n"
const traditional = "客戶姓名,手機,地址\n陳美玲,0912345678,臺北市信義區松仁路一段\n張先生,0987654321,高雄市前鎮區中山路\n"

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		sure           bool
	}{
		{"ascii", "name,phone\nLi,13800000000\n", "utf-8", true},
		{"utf-8", simplified, "utf-8", true},
		{"utf-8 with mark", "\ufeff" + simplified, "utf-8", true},
		{"utf-8 traditional", traditional, "utf-8", true},
		{"gb18030", encode(t, gbk, simplified), "gb18030", true},
		{"gb18030 with mark", "\x84\x31\x95\x33" + encode(t, gbk, simplified), "gb18030", true},
		{"gb18030 traditional", encode(t, gbk, traditional), "gb18030", true},
		{"big5", encode(t, big5, traditional), "big5", true},
		{"utf-16le", encode(t, utf16le, simplified), "utf-16le", true},
		{"utf-16le with mark", "\xff\xfe" + encode(t, utf16le, simplified), "utf-16le", true},
		{"utf-16be with mark", encode(t, utf16be, simplified), "utf-16be", true},
		{"utf-16be", strings.TrimPrefix(encode(t, utf16be, simplified), "\xfe\xff"), "utf-16be", true},
		{"utf-16le with wide blanks", encode(t, utf16le, "姓名,手机\n 李娜\u3000\u3000,一一\n"), "utf-16le", true},
		{"utf-16be with 一", strings.TrimPrefix(encode(t, utf16be, "姓名,手机\n一一一,一一\n"), "\xfe\xff"), "utf-16be", true},
		{"one bad byte", strings.Repeat(simplified, 3) + "\xff", "utf-8", true},
		{"short gbk", encode(t, gbk, "客户,电话\n"), "gb18030", true},
		{"words that are valid UTF-8", encode(t, gbk, "莫,魏,模\n"), "gb18030", false},
		{"western accents", "name,city\nJosé,Málaga\n", "utf-8", true},
	} {
		got, sure := detect([]byte(c.in))
		if got != c.want || sure != c.sure {
			t.Errorf("%s: %s %v", c.name, got, sure)
		}
	}
}

// A head cut inside a character changes nothing.
func TestDetectCut(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{simplified, "utf-8"}, {encode(t, gbk, simplified), "gb18030"}, {encode(t, big5, traditional), "big5"},
	} {
		for cut := 60; cut < len(c.in); cut++ {
			if got, _ := detect([]byte(c.in[:cut])); got != c.want {
				t.Errorf("%s cut at %d: %s", c.want, cut, got)
			}
		}
	}
}

// Foreign bytes may begin far behind the head.
func TestForeignBehindHead(t *testing.T) {
	ascii := "name,phone\n" + strings.Repeat("Li Ming,13800000000\n", 30_000)
	for _, enc := range []string{"utf-8", "gb18030"} {
		s := ascii + simplified
		if enc == "gb18030" {
			s = ascii + encode(t, gbk, simplified)
		}
		g := look(t, text(s), Options{})
		if g.Encoding != enc {
			t.Errorf("%s: %s", enc, g.Encoding)
		}
		all := rows(t, text(s), g)
		if last := all[len(all)-1]; last.Cells[0] != "李先生" || len(last.Notes) != 1 || last.Notes[0].Code != NoteExtra {
			t.Errorf("%s: %v", enc, last)
		}
	}
}

// Decoding piece by piece gives the same as decoding the whole, for any bytes.
func TestDecodePieces(t *testing.T) {
	for _, name := range Encodings {
		rapid.Check(t, func(t *rapid.T) {
			src := rapid.OneOf(
				rapid.SliceOf(rapid.Byte()),
				rapid.SliceOf(rapid.SampledFrom([]byte{0x81, 0x30, 0xfe, 0x39, 0xd5, 0xc5, 0x2c, 0x0a, 0xa4, 0x40, 0xd8, 0xdc, 0x00, 0xe4, 0xbd, 0xa0})),
			).Draw(t, "bytes")
			whole, used, _ := newDecoder(name).decode(nil, src, true)
			if used != len(src) || !utf8.Valid(whole) {
				t.Fatalf("used %d of %d, valid %v", used, len(src), utf8.Valid(whole))
			}
			d := newDecoder(name)
			var out, rest []byte
			piece := rapid.IntRange(1, 7).Draw(t, "piece")
			for i := 0; i < len(src); i += piece {
				rest = append(rest, src[i:min(i+piece, len(src))]...)
				var n int
				out, n, _ = d.decode(out, rest, false)
				rest = rest[n:]
			}
			out, _, _ = d.decode(out, rest, true)
			if string(out) != string(whole) {
				t.Fatalf("%s: pieces %q, whole %q", name, out, whole)
			}
		})
	}
}

// The own GB 18030 decoder agrees with x/text on whatever x/text encodes.
func TestGBAgainstLibrary(t *testing.T) {
	d := newDecoder("gb18030")
	for r := rune(0x20); r < 0x30000; r++ {
		if r >= 0xd800 && r < 0xe000 || r == utf8.RuneError {
			continue
		}
		b, err := gbk.NewEncoder().Bytes([]byte(string(r)))
		if err != nil {
			continue
		}
		want, _ := gbk.NewDecoder().Bytes(b)
		got, used, bad := d.decode(nil, b, true)
		if string(got) != string(want) || used != len(b) || bad > 0 && string(want) != replacement {
			t.Fatalf("%U: %x gives %q, want %q", r, b, got, want)
		}
	}
}

// A damaged character never swallows the delimiter behind it.
func TestDamagedCharacter(t *testing.T) {
	s := "姓名,手机\n王芳\xc5,13800000000\n"
	s = encode(t, gbk, "姓名,手机,地址\n王芳") + "\xd5,13800000000," + encode(t, gbk, "中山路一号，人民大道") + "\n"
	g := look(t, text(s), Options{Encoding: "GBK"})
	r := rows(t, text(s), g)[0]
	if r.Cells[1] != "13800000000" || r.Cells[0] != "王芳"+replacement || len(r.Notes) != 1 || r.Notes[0] != (Note{0, NoteEncoding}) {
		t.Errorf("%+v", r)
	}
}

func TestEncodingChosen(t *testing.T) {
	s := encode(t, big5, traditional)
	g := look(t, text(s), Options{Encoding: "Big5"})
	if got := grid(rows(t, text(s), g)); !strings.Contains(got, "陳美玲|0912345678|臺北市") || !g.Sure {
		t.Errorf("%s", got)
	}
	_, err := Look(text(s), Options{Encoding: "latin-1"}, lim)
	wantKey(t, err, keyEncoding)
}

func TestUTF16Rows(t *testing.T) {
	for name, s := range map[string]string{
		"le": "\xff\xfe" + encode(t, utf16le, strings.ReplaceAll(simplified, ",", "\t")),
		"be": encode(t, utf16be, strings.ReplaceAll(simplified, ",", "\t")),
	} {
		g := look(t, text(s), Options{})
		if g.Delimiter != '\t' || len(g.Columns) != 3 {
			t.Errorf("%s: %+v", name, g)
		}
		if got := grid(rows(t, text(s), g)); !strings.HasPrefix(got, "张洁卓|15573561422|湛江市") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestControlsDropped(t *testing.T) {
	s := "姓名,手机\n王\x00芳\x7f,138\x0100000000\n" + strings.Repeat("李娜,13900000000\n", 9)
	if got := grid(rows(t, text(s), look(t, text(s), Options{}))); !strings.HasPrefix(got, "王芳|13800000000\n") {
		t.Errorf("%q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		want := make([]byte, 0, len(in))
		for _, c := range in {
			if !isControl(c) {
				want = append(want, c)
			}
		}
		if got := dropControls(append([]byte(nil), in...)); string(got) != string(want) {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}
