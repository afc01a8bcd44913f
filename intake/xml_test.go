package intake

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// tokens writes what a tokenizer sees, text joined.
func tokens(x *xmlReader) (string, error) {
	var b strings.Builder
	var text []byte
	flush := func() {
		if len(text) > 0 {
			b.WriteString("T" + string(text) + "\n")
			text = text[:0]
		}
	}
	for {
		kind, err := x.next()
		if err == io.EOF {
			flush()
			return b.String(), nil
		}
		if err != nil {
			return b.String(), err
		}
		switch kind {
		case xmlText:
			if text, err = unescape(text, x.text); err != nil {
				return b.String(), err
			}
			continue
		case xmlLiteral:
			text = append(text, x.text...)
			continue
		case xmlStart:
			flush()
			b.WriteString("<" + string(x.name))
			for n, v, rest := attr(x.attrs); n != nil; n, v, rest = attr(rest) {
				value, _ := unescape(nil, v)
				b.WriteString(" " + string(localName(n)) + "=" + string(value))
			}
		case xmlEnd:
			flush()
			b.WriteString(">" + string(x.name))
		}
		b.WriteString("\n")
	}
}

// oracle writes the same from encoding/xml.
func oracle(s string) (string, error) {
	d := xml.NewDecoder(strings.NewReader(s))
	var b strings.Builder
	text := ""
	flush := func() {
		if text != "" {
			b.WriteString("T" + text + "\n")
		}
		text = ""
	}
	for {
		token, err := d.Token()
		if err == io.EOF {
			flush()
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch v := token.(type) {
		case xml.CharData:
			text += string(v)
		case xml.StartElement:
			flush()
			b.WriteString("<" + v.Name.Local)
			for _, a := range v.Attr {
				b.WriteString(" " + a.Name.Local + "=" + a.Value)
			}
			b.WriteString("\n")
		case xml.EndElement:
			flush()
			b.WriteString(">" + v.Name.Local + "\n")
		}
	}
}

// drawXML writes a well-formed document.
func drawXML(t *rapid.T, depth int) string {
	name := rapid.SampledFrom([]string{"c", "row", "x:v", "t", "is"}).Draw(t, "name")
	attrs := ""
	seen := map[string]bool{}
	for range rapid.IntRange(0, 3).Draw(t, "attributes") {
		n := rapid.SampledFrom([]string{"r", "s", "t", "xml:space"}).Draw(t, "attribute")
		if seen[n] {
			continue
		}
		seen[n] = true
		quote := rapid.SampledFrom([]string{`"`, `'`}).Draw(t, "quote")
		value := rapid.StringOf(rapid.SampledFrom([]rune("A1>/= 张"))).Draw(t, "value")
		attrs += rapid.SampledFrom([]string{" ", "\n\t"}).Draw(t, "space") + n + rapid.SampledFrom([]string{"=", " = "}).Draw(t, "eq") + quote + value + quote
	}
	if rapid.IntRange(0, 4).Draw(t, "empty") == 0 {
		return "<" + name + attrs + "/>"
	}
	body := ""
	for range rapid.IntRange(0, 4).Draw(t, "children") {
		switch k := rapid.IntRange(0, 7).Draw(t, "kind"); {
		case k < 2 && depth > 0:
			body += drawXML(t, depth-1)
		case k == 2:
			body += "<!-- > " + strings.Repeat("- ", rapid.IntRange(0, 9).Draw(t, "n")) + "-->"
		case k == 3:
			body += "<![CDATA[" + rapid.StringOf(rapid.SampledFrom([]rune("<&]a张"))).Filter(func(s string) bool { return !strings.Contains(s, "]]>") && !strings.HasSuffix(s, "]") }).Draw(t, "cdata") + "]]>"
		case k == 4:
			body += "<?pi ? > ?>"
		case k == 5:
			body += rapid.SampledFrom([]string{"&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&#26446;", "&#x674E;"}).Draw(t, "entity")
		default:
			body += rapid.StringOf(rapid.SampledFrom([]rune("ab 张\n>😀"))).Filter(func(s string) bool { return !strings.Contains(s, "]]>") }).Draw(t, "text")
		}
	}
	return "<" + name + attrs + ">" + body + "</" + name + rapid.SampledFrom([]string{"", " "}).Draw(t, "end") + ">"
}

// The own tokenizer sees what encoding/xml sees, however the bytes arrive.
func TestXMLAgainstLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom([]string{"", "<?xml version=\"1.0\"?>\n"}).Draw(t, "head") + drawXML(t, 4)
		want, err := oracle(s)
		if err != nil {
			t.Skip("encoding/xml does not read it") // a prefix without its name, for one
		}
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(s), "bytes": iotest.OneByteReader(strings.NewReader(s)), "halves": iotest.HalfReader(strings.NewReader(s)), "data with end": iotest.DataErrReader(strings.NewReader(s)),
		} {
			got, err := tokens(newXMLReader(r, 64))
			if err != nil || got != want {
				t.Fatalf("%s: %v\n%s\ngot\n%s\nwant\n%s", name, err, s, got, want)
			}
		}
	})
}

// Text far longer than the buffer comes whole, in pieces that never cut a
// character or an entity.
func TestXMLLongText(t *testing.T) {
	for _, unit := range []string{"a", "张", "😀", "&amp;", "&#26446;", "b&lt;张"} {
		body := strings.Repeat(unit, 300_000/len(unit))
		want, err := unescape(nil, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, shift := range []string{"", "x", "xx", "xxx"} {
			got, err := tokens(newXMLReader(strings.NewReader("<t>"+shift+body+"</t>"), 64))
			if err != nil || got != "<t\nT"+shift+string(want)+"\n>t\n" {
				t.Errorf("%q by %d: %d bytes, %v", unit, len(shift), len(got), err)
			}
		}
	}
}

func TestXMLEntities(t *testing.T) {
	for s, want := range map[string]string{"a&amp;b": "a&b", "&#65;&#x41;&#X41;": "AAA", "": "", "&lt;&gt;&quot;&apos;": `<>"'`} {
		if got, err := unescape(nil, []byte(s)); err != nil || string(got) != want {
			t.Errorf("%s: %q %v", s, got, err)
		}
	}
	for _, s := range []string{"&", "&amp", "&nbsp;", "&;", "&#;", "&#x;", "&#xZZ;", "&#1114112;", "&#99999999999;", "&verylongentityname;", "a & b"} {
		_, err := unescape(nil, []byte(s))
		wantKey(t, err, keyXMLEntity)
	}
}

// A reader's own error comes through, not a complaint about the XML.
func TestXMLReadError(t *testing.T) {
	for _, s := range []string{"", "<a>", "<a", "<a>text", "<!--", "<![CDATA[", "<a><b/>"} {
		_, err := tokens(newXMLReader(io.MultiReader(strings.NewReader(s), iotest.ErrReader(io.ErrClosedPipe)), 64))
		if err == nil || !strings.Contains(err.Error(), io.ErrClosedPipe.Error()) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestTidy(t *testing.T) {
	for in, want := range map[string]string{
		"a": "a", "a_x000D__x000A_b": "a\nb", "_x4E09_": "三", "_x4e09_": "三", "_x4G09_": "_x4G09_", "_x00": "_x00", "a_x0000_b": "ab",
		"x\x00\x01y": "xy", "a\r\nb\rc": "a\nb\nc", "bad\xffbyte": "bad" + replacement + "byte", "_x005F_x000D_": "_x000D_",
	} {
		if got := string(tidy([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
