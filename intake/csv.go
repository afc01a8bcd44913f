package intake

import (
	"bytes"
	"io"
)

// A csvReader reads records of RFC 4180 and of what shops make of it: any
// one-byte delimiter, LF, CRLF or CR, lone quotes, line ends inside quotes. It
// keeps one record in memory and stops at the limits, where encoding/csv would
// follow one quote through the whole file.
type csvReader struct {
	src    filler
	buf    []byte // decoded text; [pos:] is not yet consumed
	pos    int
	eof    bool
	delim  byte
	nl     byte // '\n', or '\r' where the file has no '\n'
	lim    Limits
	num    int // records and blank lines so far
	line   int // physical lines so far
	err    error
	fields [][]byte
}

// lineEndWithin is how far the first line end is looked for.
const lineEndWithin = 64 << 10

// newCSVReader reads on until it sees how lines end.
func newCSVReader(src filler, delim byte, lim Limits) (*csvReader, error) {
	c := &csvReader{src: src, delim: delim, nl: '\n', lim: lim, buf: make([]byte, 0, 2*chunk)}
	for bytes.IndexByte(c.buf, '\n') < 0 {
		if c.eof || len(c.buf) >= lineEndWithin {
			if bytes.IndexByte(c.buf, '\r') >= 0 {
				c.nl = '\r'
			}
			break
		}
		if err := c.more(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// more drops what is consumed and appends the next piece. An error of reading
// ends the text and stays, so that next reports it instead of half a record.
func (c *csvReader) more() error {
	n := copy(c.buf, c.buf[c.pos:])
	c.buf, c.pos = c.buf[:n], 0
	var err error
	if c.buf, err = c.src.fill(c.buf); err != nil {
		c.eof = true
		if err != io.EOF {
			c.err = err
		}
	}
	return c.err
}

// next reads a record. Lines without any character are counted, not returned.
func (c *csvReader) next() (record, error) {
	for {
		line, err := c.findLine()
		if err != nil {
			return record{}, err
		}
		c.num++
		at := c.line + 1
		if c.blank(line) {
			c.consume(line)
			continue
		}
		if bytes.IndexByte(line, '"') < 0 {
			c.consume(line)
			err = c.split(line, at)
		} else {
			err = c.quoted(at)
		}
		if c.err != nil {
			err = c.err
		}
		return record{num: c.num, line: at, fields: c.fields}, err
	}
}

// findLine gives the rest of the physical line without consuming it; io.EOF:
// nothing is left.
func (c *csvReader) findLine() ([]byte, error) {
	from := 0
	for {
		if i := bytes.IndexByte(c.buf[c.pos+from:], c.nl); i >= 0 {
			return c.trim(c.buf[c.pos : c.pos+from+i]), nil
		}
		from = len(c.buf) - c.pos
		switch {
		case c.err != nil:
			return nil, c.err
		case c.eof && from == 0:
			return nil, io.EOF
		case c.eof:
			return c.trim(c.buf[c.pos:]), nil
		case from > c.lim.Line && bytes.IndexByte(c.buf[c.pos:], '"') >= 0:
			return c.buf[c.pos:], nil // quoted knows what is too long, and why
		case from > c.lim.Line:
			return nil, refuseAt(keyLine, c.line+1, 0)
		}
		if err := c.more(); err != nil {
			return nil, err
		}
	}
}

// blank reports whether a line has neither cells nor delimiters.
func (c *csvReader) blank(line []byte) bool {
	return len(line) == 0 || len(bytes.TrimSpace(line)) == 0 && bytes.IndexByte(line, c.delim) < 0
}

// consume goes behind a line without quotes and its end.
func (c *csvReader) consume(line []byte) {
	c.pos += len(line)
	c.skipNewline()
	c.line++
}

// trim takes the CR of a CRLF off the end of a line.
func (c *csvReader) trim(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// skipNewline consumes CRLF, or the file's own line end.
func (c *csvReader) skipNewline() {
	if c.pos < len(c.buf) && c.buf[c.pos] == '\r' && c.nl == '\n' {
		c.pos++
	}
	if c.pos < len(c.buf) && c.buf[c.pos] == c.nl {
		c.pos++
	}
}

// split cuts a line without quotes.
func (c *csvReader) split(line []byte, at int) error {
	if len(line) > c.lim.Line {
		return refuseAt(keyLine, at, 0)
	}
	line = unifyLines(line)
	c.fields = c.fields[:0]
	for {
		i := bytes.IndexByte(line, c.delim)
		if i < 0 {
			return c.add(line, at)
		}
		if err := c.add(line[:i], at); err != nil {
			return err
		}
		line = line[i+1:]
	}
}

// add appends one field within the limits.
func (c *csvReader) add(field []byte, at int) error {
	if len(c.fields) >= c.lim.Columns {
		return refuseAt(keyColumns, at, len(c.fields)+1)
	}
	if len(field) > c.lim.Cell {
		return refuseAt(keyCell, at, len(c.fields)+1)
	}
	c.fields = append(c.fields, field)
	return nil
}
