package intake

import (
	"bytes"
	"io"
	"strconv"
	"unicode/utf8"
)

// A stringTable holds the shared strings in pages of one size, so that it
// grows without being copied. Every entry costs its bytes and eight more.
type stringTable struct {
	pages   [][]byte
	entries [][]stringEntry
	n       int
	cost    int64
}

type stringEntry struct{ page, off, size uint32 }

const (
	pageBytes   = 1 << 20
	pageEntries = 1 << 14
	entryCost   = 12
	tooLong     = 1<<32 - 1 // size of an entry that passes the limit of a cell
)

// add stores one string; over says that it is longer than a cell may be,
// which matters only if a cell refers to it.
func (t *stringTable) add(s []byte, over bool, lim Limits) error {
	if t.cost += int64(len(s)) + entryCost; t.cost > lim.Strings {
		return refuse(keyStrings)
	}
	if len(t.pages) == 0 || len(t.pages[len(t.pages)-1])+len(s) > pageBytes {
		t.pages = append(t.pages, make([]byte, 0, max(pageBytes, len(s))))
	}
	last := len(t.pages) - 1
	e := stringEntry{page: uint32(last), off: uint32(len(t.pages[last])), size: uint32(len(s))}
	t.pages[last] = append(t.pages[last], s...)
	if over {
		e.size = tooLong
	}
	if t.n%pageEntries == 0 {
		t.entries = append(t.entries, make([]stringEntry, 0, pageEntries))
	}
	i := len(t.entries) - 1
	t.entries[i] = append(t.entries[i], e)
	t.n++
	return nil
}

// get finds string n; known is false where there is none, fits where it is
// longer than a cell may be.
func (t *stringTable) get(n int) (s []byte, known, fits bool) {
	if n >= t.n {
		return nil, false, true
	}
	e := t.entries[n/pageEntries][n%pageEntries]
	if e.size == tooLong {
		return nil, true, false
	}
	return t.pages[e.page][e.off : e.off+e.size], true, true
}

// sharedStrings reads the part of the shared strings when first asked.
func (w *workbook) sharedStrings() (*stringTable, error) {
	if w.table != nil {
		return w.table, nil
	}
	p := w.zip.find(w.strings)
	if p == nil {
		w.table = &stringTable{}
		return w.table, nil
	}
	r, err := w.zip.open(p)
	if err != nil {
		return nil, err
	}
	w.table, err = w.readStrings(r)
	return w.table, err
}

// readStrings fills a table. A string is the text of its <t>, in runs or not;
// the phonetic reading in <rPh> is not shown.
func (w *workbook) readStrings(r io.Reader) (*stringTable, error) {
	table := &stringTable{}
	x := newXMLReader(r, w.lim.XMLDepth)
	text := collector{limit: w.lim.Cell}
	for {
		kind, err := x.next()
		if err == io.EOF {
			return table, nil
		}
		if err == nil {
			err = text.take(x, kind)
		}
		if err == nil && kind == xmlEnd && string(x.name) == "si" {
			err = table.add(text.done(), text.over, w.lim)
			text.reset()
		}
		if err != nil {
			return nil, err
		}
	}
}

// A collector gathers the text of <t> and <v> outside <rPh>, up to a limit.
type collector struct {
	buf   []byte
	limit int
	over  bool
	in    bool // inside <t> or <v>
	ruby  bool // inside <rPh>
}

// reset makes ready for the next string and keeps the memory.
func (c *collector) reset() { c.buf, c.over, c.in, c.ruby = c.buf[:0], false, false, false }

// take looks at one token.
func (c *collector) take(x *xmlReader, kind xmlKind) error {
	switch kind {
	case xmlStart, xmlEnd:
		switch string(x.name) {
		case "t", "v":
			c.in = kind == xmlStart
		case "rPh":
			c.ruby = kind == xmlStart
		}
	case xmlText, xmlLiteral:
		if c.in && !c.ruby {
			return c.add(x.text, kind == xmlLiteral)
		}
	}
	return nil
}

// add appends a piece of text.
func (c *collector) add(piece []byte, literal bool) (err error) {
	if c.over {
		return nil
	}
	if literal {
		c.buf = append(c.buf, piece...)
	} else {
		c.buf, err = unescape(c.buf, piece)
	}
	c.over = len(c.buf) > c.limit
	return err
}

// done is the text as a cell shows it, nothing where it is too long.
func (c *collector) done() []byte {
	if c.over {
		return nil
	}
	c.buf = tidy(c.buf)
	return c.buf
}

// tidy makes text of a workbook fit to be a cell, in place: _x000D_ and its
// like are characters (ECMA-376 part 1, 22.4.2.4), controls are dropped, line
// ends are LF, what is no UTF-8 is U+FFFD.
func tidy(b []byte) []byte {
	if bytes.Contains(b, []byte("_x")) {
		b = unescapeX(b)
	}
	b = unifyLines(dropControls(b))
	if !utf8.Valid(b) {
		b = bytes.ToValidUTF8(b, []byte(replacement))
	}
	return b
}

// unescapeX replaces _xHHHH_ in place; five hex digits and more are text.
func unescapeX(b []byte) []byte {
	out := b[:0]
	for i := 0; i < len(b); {
		if i+7 <= len(b) && b[i] == '_' && b[i+1] == 'x' && b[i+6] == '_' {
			if n, err := strconv.ParseUint(string(b[i+2:i+6]), 16, 16); err == nil {
				out = utf8.AppendRune(out, rune(n))
				i += 7
				continue
			}
		}
		out = append(out, b[i])
		i++
	}
	return out
}
