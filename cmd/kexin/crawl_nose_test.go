package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// A nose finds texts in bytes however they are spelled, all of them in one
// walk.
type nose struct {
	knows  int // canaries learned
	starts map[[stem]byte][]scent
	first  [1 << 16]bool
}

// A scent is one spelling of one text.
type scent struct {
	text   []byte
	of     int
	digits bool // alone: ids and digests hold any eleven of them by chance
}

// stem is how many bytes of a spelling are looked up; shorter ones are never
// found.
const stem = 6

// learn takes a text in.
func (n *nose) learn(of int, text string) {
	if n.starts == nil {
		n.starts = map[[stem]byte][]scent{}
	}
	for s := range spellings(text) {
		if len(s) < stem {
			continue
		}
		k := [stem]byte([]byte(s))
		n.starts[k] = append(n.starts[k], scent{[]byte(s), of, len(s) < 18 && strings.Trim(s, "0123456789") == ""})
		n.first[int(s[0])<<8|int(s[1])] = true
	}
}

// smell gives what stands in bytes, or in what they pack.
func (n *nose) smell(b []byte) (out []int) {
	seen := map[int]bool{}
	for _, form := range unpacked(b) {
		for i := 0; i+stem <= len(form); i++ {
			if !n.first[int(form[i])<<8|int(form[i+1])] {
				continue
			}
			for _, s := range n.starts[[stem]byte(form[i:])] {
				if !seen[s.of] && bytes.HasPrefix(form[i:], s.text) && !(s.digits && inLonger(form, i)) {
					seen[s.of] = true
					out = append(out, s.of)
				}
			}
		}
	}
	return out
}

// inLonger reports whether a digit is part of an id or a digest that stands by
// itself: what surrounds it is no text that a value could have run into.
func inLonger(b []byte, i int) bool {
	hexadecimal := func(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }
	from, to := i, i
	for from > 0 && hexadecimal(b[from-1]) {
		from--
	}
	for to < len(b) && hexadecimal(b[to]) {
		to++
	}
	sign := func(c byte) bool { return c == '\n' || c == '\r' || c >= ' ' && c < 0x7f && !unicode.IsLetter(rune(c)) }
	begins := from == 0 || sign(b[from-1]) || from > 1 && b[from-1] == 'x' && b[from-2] == '\\' // as PostgreSQL writes bytes
	id := (to-from == 18 || to-from == 19) && len(bytes.Trim(b[from:to], "0123456789")) == 0
	return (id || to-from >= 32) && begins && (to == len(b) || sign(b[to]))
}

// unpacked are the bytes and what is packed in them, with gzip at any place or
// as a zip file.
func unpacked(b []byte) [][]byte {
	out := [][]byte{b}
	for rest := b; ; {
		i := bytes.Index(rest, []byte{0x1f, 0x8b, 8})
		if i < 0 {
			break
		}
		if z, err := gzip.NewReader(bytes.NewReader(rest[i:])); err == nil {
			z.Multistream(false)
			if clear, _ := io.ReadAll(io.LimitReader(z, 64<<20)); len(clear) > 0 { // also of one that is cut
				out = append(out, clear)
			}
		}
		rest = rest[i+1:]
	}
	if z, err := zip.NewReader(bytes.NewReader(b), int64(len(b))); err == nil {
		for _, f := range z.File {
			if r, err := f.Open(); err == nil {
				clear, _ := io.ReadAll(io.LimitReader(r, 64<<20))
				out = append(out, clear)
			}
		}
	}
	return out
}

// spellings are the ways in which a text may stand somewhere.
func spellings(text string) map[string]bool {
	out := map[string]bool{}
	add := func(s string) { out[s] = true }
	forms := []string{text}
	if p, ok := strings.CutPrefix(text, "+86"); ok {
		forms = []string{p, p[:3] + " " + p[3:7] + " " + p[7:], p[:3] + "-" + p[3:7] + "-" + p[7:]}
	}
	for _, s := range forms {
		add(s)
		if gbk, err := simplifiedchinese.GB18030.NewEncoder().String(s); err == nil {
			add(gbk)
		}
		var little, big, html, htmlx, js, jsU strings.Builder
		for _, r := range s {
			little.Write([]byte{byte(r), byte(r >> 8)})
			big.Write([]byte{byte(r >> 8), byte(r)})
			if r < 0x80 {
				for _, b := range []*strings.Builder{&html, &htmlx, &js, &jsU} {
					b.WriteRune(r)
				}
				continue
			}
			fmt.Fprintf(&html, "&#%d;", r)
			fmt.Fprintf(&htmlx, "&#x%x;", r)
			fmt.Fprintf(&js, `\u%04x`, r)
			fmt.Fprintf(&jsU, `\u%04X`, r)
		}
		for _, b := range []*strings.Builder{&little, &big, &html, &htmlx, &js, &jsU} {
			add(b.String())
		}
		add(hex.EncodeToString([]byte(s)))
		add(strings.ToUpper(hex.EncodeToString([]byte(s))))
		for _, u := range []string{url.QueryEscape(s), url.PathEscape(s), strings.ToLower(url.QueryEscape(s))} {
			add(u)
		}
		for at := range 3 {
			for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				add(within(e, s, at))
			}
		}
	}
	return out
}

// within is what of a text is always the same in the base64 of something longer
// in which it begins at a byte that leaves a rest of at by three.
func within(e *base64.Encoding, s string, at int) string {
	whole := e.EncodeToString(append(make([]byte, at), s...))
	whole = whole[(at*8+5)/6:]
	if (at+len(s))%3 != 0 { // the last character holds bits of what follows
		whole = whole[:len(whole)-1]
	}
	return whole
}

// TestNose: what the crawl looks for it finds in every spelling, at any place.
func TestNose(t *testing.T) {
	texts := []string{"金丝雀密文17q", "+8619990100017", "canary17@example.test", "金丝雀丁", "1950-03-04"}
	var n nose
	for i, s := range texts {
		n.learn(i, s)
	}
	zipped := func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(s))
		_ = z.Close()
		return b.String()
	}
	for i, s := range texts {
		var spelled []string
		for at := range 3 {
			long := []byte(strings.Repeat("~", 30+at) + s + "?ÿ尾")
			spelled = append(spelled, base64.StdEncoding.EncodeToString(long), base64.URLEncoding.EncodeToString(long), base64.RawURLEncoding.EncodeToString(long), hex.EncodeToString(long), fmt.Sprintf("%X", long))
		}
		var book bytes.Buffer
		z := zip.NewWriter(&book)
		w, _ := z.Create("sheet1.xml")
		_, _ = w.Write([]byte("<c>" + s + "</c>"))
		_ = z.Close()
		gbk, err := simplifiedchinese.GB18030.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		spelled = append(spelled, "a"+s, "/x?q="+url.QueryEscape(s)+"&", fmt.Sprintf("%+q", "x"+s), zipped("{"+s+"}"), "HTTP "+zipped(s)+"tail", book.String(), gbk)
		for _, b := range spelled {
			if got := n.smell([]byte(b)); len(got) != 1 || got[0] != i {
				t.Errorf("%s in %.60q: %v", s, b, got)
			}
		}
	}
	for _, b := range []string{"330382199901000172026", "王19990100017330382abcdef", "abcdefabcdefx19990100017", `\u002b8619990100017`} {
		if got := n.smell([]byte(b)); len(got) != 1 || got[0] != 1 {
			t.Errorf("a number that ran into what stands beside it, %q: %v", b, got)
		}
	}
	if got := n.smell([]byte("金丝雀 19990 canary18@example.test {\"id\":\"356199901000174096\"} (7,\\x0b1999010001754df1e29c07aa41d25f3b,) /customers/351999010001740960\n" + base64.StdEncoding.EncodeToString([]byte("金丝雀密文18q")))); len(got) != 0 {
		t.Errorf("found what is not there: %v", got)
	}
}
