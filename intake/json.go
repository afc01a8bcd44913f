package intake

import (
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A jsonReader reads flat objects (RFC 8259), one after the other or in one
// array. encoding/json would take a string of any length into memory; here the
// limits of a cell, a record and the nesting hold while reading.
type jsonReader struct {
	src    filler
	buf    []byte
	pos    int
	eof    bool
	err    error
	lim    Limits
	line   int            // lines before pos
	start  int            // line where the record began
	used   int            // bytes of the record
	num    int            // records so far
	column map[string]int // by key
	names  []string
	learn  bool // unknown keys become columns
	array  bool
	begun  bool
	text   []byte
	spans  []span
	fields [][]byte
}

// newJSONReader reads into the given columns; nil learns them from the keys.
func newJSONReader(src filler, columns []Column, lim Limits) *jsonReader {
	j := &jsonReader{src: src, lim: lim, column: map[string]int{}, learn: columns == nil}
	for _, c := range columns {
		j.column[c.Name] = c.Index
		j.names = append(j.names, c.Name)
	}
	return j
}

// peek is the next byte; 0 at the end, which stands in no JSON text.
func (j *jsonReader) peek() byte {
	for j.pos == len(j.buf) {
		if j.eof {
			return 0
		}
		j.buf, j.pos = j.buf[:0], 0
		if j.buf, j.err = j.src.fill(j.buf); j.err != nil {
			j.eof = true
			if j.err == io.EOF {
				j.err = nil
			}
		}
	}
	return j.buf[j.pos]
}

// take is the next byte, consumed; 0 at the end.
func (j *jsonReader) take() byte {
	b := j.peek()
	if b != 0 {
		j.pos++
		j.used++
		if b == '\n' {
			j.line++
		}
	}
	return b
}

// skipSpace goes to the next byte that says something and takes it.
func (j *jsonReader) skipSpace() byte {
	for {
		switch b := j.take(); b {
		case ' ', '\t', '\n', '\r':
		default:
			return b
		}
	}
}

// refuse is an error at this line, or the trouble of reading that caused it.
func (j *jsonReader) refuse(key string) error {
	if j.err != nil {
		return j.err
	}
	return refuseAt(key, j.line+1, 0)
}

// next reads one object.
func (j *jsonReader) next() (record, error) {
	b := j.skipSpace()
	if !j.begun {
		j.begun = true
		if b == '[' {
			j.array = true
			b = j.skipSpace()
		}
	} else if j.array && b == ',' {
		b = j.skipSpace()
	} else if j.array && b != ']' {
		return record{}, j.refuse(keyJSON)
	}
	switch {
	case b == '{':
		return j.object()
	case b == 0 && !j.array && j.err == nil, b == ']' && j.array && j.skipSpace() == 0 && j.err == nil:
		return record{}, io.EOF
	}
	return record{}, j.refuse(keyJSON)
}

// object reads the members behind '{'.
func (j *jsonReader) object() (record, error) {
	j.num++
	j.used, j.start = 0, j.line+1
	j.text, j.spans, j.fields = j.text[:0], j.spans[:0], j.fields[:0]
	if err := j.members(); err != nil {
		return record{}, err
	}
	for _, s := range j.spans {
		j.fields = append(j.fields, j.text[s.from:s.to])
	}
	return record{num: j.num, line: j.start, fields: j.fields}, nil
}

// members reads "key": value pairs up to the closing brace. A trailing comma is
// an error, as it is in RFC 8259.
func (j *jsonReader) members() error {
	for b := j.skipSpace(); b != '}'; b = j.skipSpace() {
		if b == ',' && len(j.spans) > 0 {
			b = j.skipSpace()
		}
		if b != '"' {
			return j.refuse(keyJSON)
		}
		from := len(j.text)
		if err := j.str(0); err != nil {
			return err
		}
		column, err := j.columnOf(j.text[from:])
		j.text = j.text[:from]
		if err != nil {
			return err
		}
		if j.skipSpace() != ':' {
			return j.refuse(keyJSON)
		}
		if err := j.member(column); err != nil {
			return err
		}
	}
	return nil
}

// columnOf finds a key's column. A key that Look has not seen cannot be: it
// reads the whole file.
func (j *jsonReader) columnOf(key []byte) (int, error) {
	if c, ok := j.column[string(key)]; ok {
		return c, nil
	}
	if !j.learn {
		return 0, j.refuse(keyJSON)
	}
	if len(j.names) == j.lim.Columns {
		return 0, refuseAt(keyColumns, j.line+1, len(j.names)+1)
	}
	j.column[string(key)] = len(j.names)
	j.names = append(j.names, string(key))
	return len(j.names) - 1, nil
}

// member reads a value into its column; of a key that comes twice the last
// value stays.
func (j *jsonReader) member(column int) error {
	from := len(j.text)
	if err := j.value(column, 1); err != nil {
		return err
	}
	for len(j.spans) <= column {
		j.spans = append(j.spans, span{})
	}
	j.spans[column] = span{from, len(j.text)}
	if j.used > j.lim.Line {
		return refuseAt(keyLine, j.start, 0)
	}
	return nil
}

// value reads a scalar, or an array of scalars, joined by 、.
func (j *jsonReader) value(column, depth int) error {
	if depth > j.lim.JSONDepth {
		return j.refuse(keyJSONDepth)
	}
	switch b := j.skipSpace(); {
	case b == '"':
		return j.str(column)
	case b == '[':
		return j.list(column, depth)
	case b == '{':
		return refuseAt(keyJSONNested, j.line+1, column+1)
	default:
		return j.literal(b)
	}
}

// list reads the elements of an array; they become one cell, joined by 、.
func (j *jsonReader) list(column, depth int) error {
	from := len(j.text)
	for first := true; ; first = false {
		b := j.skipSpace()
		switch {
		case b == ']':
			return nil
		case first:
			j.unread()
		case b != ',':
			return j.refuse(keyJSON)
		case len(j.text) > from:
			j.text = append(j.text, "、"...)
		}
		if err := j.value(column, depth+1); err != nil {
			return err
		}
		if len(j.text)-from > j.lim.Cell {
			return refuseAt(keyCell, j.line+1, column+1)
		}
	}
}

// unread gives the last byte back, which was no line end.
func (j *jsonReader) unread() {
	if j.pos > 0 && !j.eof {
		j.pos--
		j.used--
	}
}

// literal reads a number, true, false or null that begins with b.
func (j *jsonReader) literal(b byte) error {
	var word [64]byte
	n := 0
	for word[0] = b; ; {
		n++
		switch p := j.peek(); p {
		case ',', '}', ']', ' ', '\t', '\n', '\r', 0:
			return j.putLiteral(word[:n])
		}
		if n == len(word) {
			return j.refuse(keyJSON)
		}
		word[n] = j.take()
	}
}

// putLiteral writes what a bare word shows: null is blank, a number has all its
// digits.
func (j *jsonReader) putLiteral(word []byte) error {
	switch string(word) {
	case "null":
		return nil
	case "true", "false":
		j.text = append(j.text, word...)
		return nil
	}
	if _, err := strconv.ParseFloat(string(word), 64); err != nil || word[0] != '-' && (word[0] < '0' || word[0] > '9') {
		return j.refuse(keyJSON)
	}
	j.text = numberFormat{}.show(j.text, word, false)
	return nil
}

// str reads a string behind its quote.
func (j *jsonReader) str(column int) error {
	from := len(j.text)
	for {
		b := j.take()
		switch {
		case b == '"':
			whole := dropControls(unifyLines(j.text[from:])) // in place
			j.text = j.text[:from+len(whole)]
			return nil
		case b == 0 || b == '\n':
			return j.refuse(keyJSON)
		case b == '\\':
			if err := j.escape(); err != nil {
				return err
			}
		default:
			j.text = append(j.text, b)
		}
		if len(j.text)-from > j.lim.Cell {
			return refuseAt(keyCell, j.line+1, column+1)
		}
		if j.used > j.lim.Line {
			return refuseAt(keyLine, j.start, 0)
		}
	}
}

// escape reads what follows a backslash (RFC 8259, 7).
func (j *jsonReader) escape() error {
	switch b := j.take(); b {
	case '"', '\\', '/':
		j.text = append(j.text, b)
	case 'b', 'f':
	case 'n':
		j.text = append(j.text, '\n')
	case 'r':
		j.text = append(j.text, '\r')
	case 't':
		j.text = append(j.text, '\t')
	case 'u':
		return j.unicode()
	default:
		return j.refuse(keyJSON)
	}
	return nil
}

// unicode reads \uXXXX, and the second half of a pair of surrogates.
func (j *jsonReader) unicode() error {
	r, ok := j.hex()
	if ok && utf16.IsSurrogate(r) {
		if j.peek() != '\\' {
			r = utf8.RuneError
		} else if j.take(); j.take() != 'u' {
			return j.refuse(keyJSON)
		} else {
			var low rune
			low, ok = j.hex()
			r = utf16.DecodeRune(r, low)
		}
	}
	if !ok {
		return j.refuse(keyJSON)
	}
	j.text = utf8.AppendRune(j.text, r)
	return nil
}

// hex reads four hexadecimal digits.
func (j *jsonReader) hex() (rune, bool) {
	var digits [4]byte
	for i := range digits {
		digits[i] = j.take()
	}
	n, err := strconv.ParseUint(string(digits[:]), 16, 16)
	return rune(n), err == nil
}
