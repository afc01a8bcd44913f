package intake

import (
	"bytes"
	"io"
	"strconv"
	"unicode/utf8"
)

// An xmlReader is a pull tokenizer for the XML that workbooks are made of: five
// to ten times as fast as encoding/xml, which takes most of an import's time.
// It knows elements, attributes, text, CDATA, comments and processing
// instructions. A document type is refused, so there are no entities but the
// five and the numbered ones. Namespace prefixes are cut off.
type xmlReader struct {
	r     io.Reader
	buf   []byte
	pos   int
	err   error // of r, sticky
	depth int
	max   int
	name  []byte // of the element, valid until the next token
	attrs []byte // raw, between name and end of tag
	text  []byte // raw piece of text; of CDATA where literal
	empty bool   // an end token is due for <x/>
}

type xmlKind uint8

const (
	xmlStart xmlKind = iota + 1
	xmlEnd
	xmlText    // a piece; long text comes in several
	xmlLiteral // a piece of CDATA
)

const (
	xmlBuffer = 128 << 10
	maxTag    = 64 << 10
)

// newXMLReader reads a part; maxDepth bounds the nesting of its elements.
func newXMLReader(r io.Reader, maxDepth int) *xmlReader {
	return &xmlReader{r: r, buf: make([]byte, 0, xmlBuffer), max: maxDepth}
}

// more moves what is left to the front and reads on; false at the end.
func (x *xmlReader) more() bool {
	if x.err != nil {
		return false
	}
	n := copy(x.buf[:cap(x.buf)], x.buf[x.pos:])
	x.buf, x.pos = x.buf[:n], 0
	if n == cap(x.buf) {
		return false // a tag as long as the buffer
	}
	for x.err == nil && len(x.buf) == n {
		var got int
		got, x.err = x.r.Read(x.buf[n:cap(x.buf)])
		x.buf = x.buf[:n+got]
	}
	return len(x.buf) > n
}

// next reads the next token; io.EOF at the end of the part.
func (x *xmlReader) next() (xmlKind, error) {
	if x.empty {
		x.empty = false
		return x.end()
	}
	for {
		if x.pos == len(x.buf) && !x.more() {
			return 0, x.fail()
		}
		if x.buf[x.pos] != '<' {
			return x.readText(), nil
		}
		kind, err := x.markup()
		if kind != 0 || err != nil {
			return kind, err
		}
	}
}

// fail is the reader's own error, io.EOF at a proper end, else that the part
// is broken.
func (x *xmlReader) fail() error {
	switch {
	case x.err == io.EOF && x.pos == len(x.buf):
		return io.EOF
	case x.err == io.EOF || x.err == nil:
		return refuse(keyBroken)
	}
	return brokenPart(x.err)
}

// readText gives text up to the next tag, or what the buffer has of it, never
// cut inside a character or an entity.
func (x *xmlReader) readText() xmlKind {
	for {
		rest := x.buf[x.pos:]
		if i := bytes.IndexByte(rest, '<'); i >= 0 {
			x.text, x.pos = rest[:i], x.pos+i
			return xmlText
		}
		if len(rest) < maxTag/2 && x.more() {
			continue
		}
		n := len(rest)
		if x.err == nil {
			n = wholeText(rest)
		}
		rest = x.buf[x.pos:]
		x.text, x.pos = rest[:n], x.pos+n
		return xmlText
	}
}

// wholeText is the length of b without a cut entity or character at its end.
func wholeText(b []byte) int {
	n := len(b)
	if i := bytes.LastIndexByte(b[max(0, n-16):], '&'); i >= 0 {
		n = max(0, n-16) + i
	}
	for i := 1; i <= 3 && i < n; i++ {
		if utf8.RuneStart(b[n-i]) {
			if !utf8.FullRune(b[n-i : n]) {
				n -= i
			}
			break
		}
	}
	if n == 0 {
		return len(b)
	}
	return n
}

// markup reads what begins with '<'; kind 0: nothing to report.
func (x *xmlReader) markup() (xmlKind, error) {
	for len(x.buf)-x.pos < 9 && x.more() { // longest opening: <![CDATA[
	}
	rest := x.buf[x.pos:]
	switch {
	case len(rest) < 3:
		return 0, x.orBroken()
	case rest[1] == '?':
		return 0, x.skipPast("?>")
	case bytes.HasPrefix(rest, []byte("<!--")):
		x.pos += 4
		return 0, x.skipPast("-->")
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		x.pos += 9
		return x.cdata()
	case rest[1] == '!':
		return 0, refuse(keyXMLEntity)
	}
	return x.tag()
}

// skipPast goes behind the next mark.
func (x *xmlReader) skipPast(mark string) error {
	for {
		if i := bytes.Index(x.buf[x.pos:], []byte(mark)); i >= 0 {
			x.pos += i + len(mark)
			return nil
		}
		x.pos = max(x.pos, len(x.buf)-len(mark)+1)
		if !x.more() {
			return x.orBroken()
		}
	}
}

// orBroken is why no more can be read: never a proper end.
func (x *xmlReader) orBroken() error {
	if err := x.fail(); err != io.EOF {
		return err
	}
	return refuse(keyBroken)
}

// cdata gives a whole section; one longer than the buffer is refused.
func (x *xmlReader) cdata() (xmlKind, error) {
	for {
		if i := bytes.Index(x.buf[x.pos:], []byte("]]>")); i >= 0 {
			x.text = x.buf[x.pos : x.pos+i]
			x.pos += i + 3
			return xmlLiteral, nil
		}
		if !x.more() {
			return 0, x.orBroken()
		}
	}
}

// tag reads a start or end tag.
func (x *xmlReader) tag() (xmlKind, error) {
	n := tagEnd(x.buf[x.pos:])
	for n < 0 {
		if len(x.buf)-x.pos > maxTag || !x.more() {
			return 0, x.orBroken()
		}
		n = tagEnd(x.buf[x.pos:])
	}
	body := x.buf[x.pos+1 : x.pos+n]
	x.pos += n + 1
	if len(body) == 0 {
		return 0, refuse(keyBroken)
	}
	if body[0] == '/' {
		x.name = localName(body[1 : 1+wordLen(body[1:])])
		return x.end()
	}
	if last := len(body) - 1; body[last] == '/' {
		body, x.empty = body[:last], true
	}
	name := wordLen(body)
	x.name, x.attrs = localName(body[:name]), body[name:]
	if x.depth++; x.depth > x.max {
		return 0, refuse(keyXMLDepth)
	}
	return xmlStart, nil
}

// end is an end tag, or the second half of an empty one.
func (x *xmlReader) end() (xmlKind, error) {
	x.depth--
	return xmlEnd, nil
}

// tagEnd is the place of the '>' that ends a tag, -1 if it is not there; one
// inside quotes is part of a value.
func tagEnd(b []byte) int {
	open := byte(0)
	for i, c := range b {
		switch {
		case open != 0:
			if c == open {
				open = 0
			}
		case c == '>':
			return i
		case c == '"' || c == '\'':
			open = c
		}
	}
	return -1
}

// localName cuts a namespace prefix off.
func localName(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

// isSpace is the white space of XML.
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// wordLen is how far b goes before white space.
func wordLen(b []byte) int {
	for i, c := range b {
		if isSpace(c) {
			return i
		}
	}
	return len(b)
}

// spaceLen is how much white space b begins with.
func spaceLen(b []byte) int {
	for i, c := range b {
		if !isSpace(c) {
			return i
		}
	}
	return len(b)
}

// attr takes the first attribute off raw attributes; nil name at the end.
func attr(raw []byte) (name, value, rest []byte) {
	raw = raw[spaceLen(raw):]
	eq := bytes.IndexByte(raw, '=')
	if eq < 0 {
		return nil, nil, nil
	}
	name = raw[:wordLen(raw[:eq])]
	raw = raw[eq+1:]
	raw = raw[spaceLen(raw):]
	if len(raw) == 0 || raw[0] != '"' && raw[0] != '\'' {
		return nil, nil, nil
	}
	end := bytes.IndexByte(raw[1:], raw[0])
	if end < 0 {
		return nil, nil, nil
	}
	return name, raw[1 : 1+end], raw[end+2:]
}

// attrOf is the unescaped value of one attribute, by its name without prefix.
func (x *xmlReader) attrOf(name string) string {
	for n, v, rest := attr(x.attrs); n != nil; n, v, rest = attr(rest) {
		if string(localName(n)) == name {
			out, _ := unescape(nil, v)
			return string(out)
		}
	}
	return ""
}

// unescape appends text with its entities replaced; an unknown one is an
// error.
func unescape(dst, text []byte) ([]byte, error) {
	for {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			return append(dst, text...), nil
		}
		dst = append(dst, text[:i]...)
		text = text[i+1:]
		end := bytes.IndexByte(text[:min(len(text), 12)], ';')
		if end < 0 {
			return dst, refuse(keyXMLEntity)
		}
		r, ok := entity(string(text[:end]))
		if !ok {
			return dst, refuse(keyXMLEntity)
		}
		dst, text = utf8.AppendRune(dst, r), text[end+1:]
	}
}

// entity is the character of one of the five names, or of a number.
func entity(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune
}
