package store

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"kexin"
	"kexin/internal/db"
)

// An anyCell is a cell of whatever type its column has.
type anyCell struct{ v any }

// Scan implements sql.Scanner.
func (c *anyCell) Scan(v any) error {
	c.v = v
	return nil
}

var errRow = errors.New("a row is not what its columns say")

// appendRow writes one row as a JSON array and a newline. own says which texts
// are JSON that the engine wrote in its own way.
func appendRow(b []byte, t DumpTable, own []bool, cells []anyCell) ([]byte, error) {
	for i, c := range t.Columns {
		b = append(b, "[,"[min(i, 1)])
		var ok bool
		if b, ok = appendCell(b, c.Type, own[i], cells[i].v); !ok {
			return b, &kexin.Error{Op: "store.dump", Field: t.Name + "." + c.Name, Err: errRow}
		}
	}
	return append(b, ']', '\n'), nil
}

func appendCell(b []byte, t db.ColumnType, own bool, v any) ([]byte, bool) {
	switch x := v.(type) {
	case nil:
		return append(b, "null"...), true
	case int64:
		if t == db.BoolColumn {
			return strconv.AppendBool(b, x != 0), true
		}
		return strconv.AppendInt(b, x, 10), t == db.IntColumn
	case bool:
		return strconv.AppendBool(b, x), t == db.BoolColumn
	case string:
		if own {
			x = compact(x)
		}
		return appendString(b, x), t == db.TextColumn
	case []byte:
		b = append(b, '"')
		return append(base64.StdEncoding.AppendEncode(b, x), '"'), t == db.BlobColumn
	}
	return b, false
}

// compact takes the blanks out of JSON.
func compact(s string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(s)) != nil {
		return s
	}
	return b.String()
}

// appendString writes a JSON string. Text from a database is UTF-8.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// parseRow reads a row back: values of the types that db.Tx.Bulk takes.
func parseRow(line []byte, cols []DumpColumn, row []any) error {
	for i, c := range cols {
		if len(line) == 0 || line[0] != "[,"[min(i, 1)] {
			return errRow
		}
		var ok bool
		if row[i], line, ok = parseCell(line[1:], c.Type); !ok {
			return errRow
		}
	}
	if string(line) != "]" {
		return errRow
	}
	return nil
}

func parseCell(b []byte, t db.ColumnType) (v any, rest []byte, ok bool) {
	if rest, ok := bytes.CutPrefix(b, []byte("null")); ok {
		return nil, rest, true
	}
	switch t {
	case db.IntColumn:
		return parseInt(b)
	case db.BoolColumn:
		if rest, ok := bytes.CutPrefix(b, []byte("true")); ok {
			return true, rest, true
		}
		rest, ok := bytes.CutPrefix(b, []byte("false"))
		return false, rest, ok
	case db.BlobColumn:
		return parseBlob(b)
	}
	return parseString(b)
}

func parseInt(b []byte) (any, []byte, bool) {
	n := 0
	for n < len(b) && (b[n] == '-' || b[n]-'0' <= 9) {
		n++
	}
	v, err := strconv.ParseInt(string(b[:n]), 10, 64)
	return v, b[n:], err == nil
}

func parseBlob(b []byte) (any, []byte, bool) {
	if len(b) == 0 || b[0] != '"' {
		return nil, b, false
	}
	end := bytes.IndexByte(b[1:], '"')
	if end < 0 {
		return nil, b, false
	}
	out := make([]byte, 0, base64.StdEncoding.DecodedLen(end)) // not nil: an empty blob is not NULL
	out, err := base64.StdEncoding.Strict().AppendDecode(out, b[1:end+1])
	return out, b[end+2:], err == nil
}

func parseString(b []byte) (any, []byte, bool) {
	if len(b) == 0 || b[0] != '"' {
		return nil, b, false
	}
	end, plain := 1, true
	for end < len(b) && b[end] != '"' {
		if b[end] == '\\' {
			end, plain = end+1, false
		}
		end++
	}
	if end >= len(b) {
		return nil, b, false
	}
	s := string(b[1:end])
	if !plain {
		if json.Unmarshal(b[:end+1], &s) != nil {
			return nil, b, false
		}
	}
	return s, b[end+1:], utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}
