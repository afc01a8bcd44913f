package intake

import (
	"bytes"
	"io"
)

// quoted reads a record that has a quote somewhere; it may span lines. The
// record is first made whole in the buffer, then cut and its quotes undone in
// place.
func (c *csvReader) quoted(at int) error {
	end, err := c.wholeRecord(at)
	if err != nil {
		return err
	}
	rec := c.buf[c.pos : c.pos+end]
	if len(rec) > c.lim.Line {
		return refuseAt(keyLine, at, 0)
	}
	c.pos += end
	c.line += bytes.Count(rec, []byte{c.nl}) + 1
	c.skipNewline()
	c.fields = c.fields[:0]
	for {
		field, rest, more := cutField(rec, c.delim)
		if err := c.add(field, at); err != nil {
			return err
		}
		if !more {
			return nil
		}
		rec = rest
	}
}

// wholeRecord finds the record's length from c.pos, reading on as needed.
func (c *csvReader) wholeRecord(at int) (int, error) {
	i := 0 // bytes looked at
	for {
		var err error
		if c.at(i) == '"' {
			i, err = c.closeQuote(i+1, at)
		} else {
			i, err = c.endOfField(i, at)
		}
		switch {
		case err != nil:
			return 0, err
		case i > c.lim.Line:
			return 0, refuseAt(keyLine, at, 0)
		case c.at(i) != c.delim:
			return i, nil
		}
		i++
	}
}

// at is the byte i behind c.pos, reading on as needed; the line end's byte
// where the text ends.
func (c *csvReader) at(i int) byte {
	for c.pos+i >= len(c.buf) {
		if c.eof || c.more() != nil {
			return c.nl
		}
	}
	return c.buf[c.pos+i]
}

// endsLine reports whether a line end stands at i: the file's own, or CRLF.
func (c *csvReader) endsLine(i int) bool {
	b := c.at(i)
	return b == c.nl || b == '\r' && c.at(i+1) == '\n'
}

// endOfField finds the delimiter or line end behind an unquoted field; quotes
// inside it are characters like others.
func (c *csvReader) endOfField(i, at int) (int, error) {
	for c.at(i) != c.delim && !c.endsLine(i) {
		i++
		if i > c.lim.Line {
			return 0, refuseAt(keyLine, at, 0)
		}
	}
	return i, nil
}

// closeQuote finds the end of a quoted field that opened before i: a quote
// with a delimiter or line end behind it. Other single quotes are characters.
func (c *csvReader) closeQuote(i, at int) (int, error) {
	open := i
	for {
		j := bytes.IndexByte(c.buf[min(c.pos+i, len(c.buf)):], '"')
		if j < 0 {
			i = max(i, len(c.buf)-c.pos)
			if c.eof || i-open > c.lim.Quote {
				return 0, refuseAt(keyQuote, at, 0)
			}
			if err := c.more(); err != nil {
				return 0, err
			}
			continue
		}
		i += j + 1
		if i-open > c.lim.Quote {
			return 0, refuseAt(keyQuote, at, 0)
		}
		switch {
		case c.at(i) == '"':
			i++
		case c.at(i) == c.delim, c.endsLine(i):
			return i, nil
		}
	}
}

// cutField takes the first field off a whole record; more says that a
// delimiter stood behind it.
func cutField(rec []byte, delim byte) (field, rest []byte, more bool) {
	if len(rec) > 0 && rec[0] == '"' {
		if field, rest, more, ok := cutQuoted(rec, delim); ok {
			return field, rest, more
		}
	}
	field, rest, more = bytes.Cut(rec, []byte{delim})
	return unifyLines(field), rest, more
}

// cutQuoted undoes the quotes of a field in place; not ok where it never
// closes, which wholeRecord has ruled out.
func cutQuoted(rec []byte, delim byte) (field, rest []byte, more, ok bool) {
	out := rec[:0]
	for i := 1; i < len(rec); i++ {
		switch {
		case rec[i] != '"':
			out = append(out, rec[i])
		case i+1 == len(rec):
			return unifyLines(out), nil, false, true
		case rec[i+1] == delim:
			return unifyLines(out), rec[i+2:], true, true
		case rec[i+1] == '"':
			out = append(out, '"')
			i++
		default:
			out = append(out, '"')
		}
	}
	return nil, nil, false, false
}

// unifyLines makes CRLF and CR inside a cell LF, in place.
func unifyLines(b []byte) []byte {
	if bytes.IndexByte(b, '\r') < 0 {
		return b
	}
	out := b[:0]
	for i, c := range b {
		switch {
		case c != '\r':
			out = append(out, c)
		case i+1 == len(b) || b[i+1] != '\n':
			out = append(out, '\n')
		}
	}
	return out
}

// memory is a filler over text that is all there.
type memory struct{ text []byte }

// fill gives the text in pieces, so that it is read like a file.
func (m *memory) fill(dst []byte) ([]byte, error) {
	if len(m.text) == 0 {
		return dst, io.EOF
	}
	n := min(len(m.text), chunk)
	dst, m.text = append(dst, m.text[:n]...), m.text[n:]
	return dst, nil
}
