package db

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"kexin"
)

// A cell is one value as it comes from an engine.
type cell struct {
	kind cellKind
	n    int64 // number; 0 or 1 for a boolean
	f    float64
	s    string
	b    []byte // not ours: valid until the next row
}

type cellKind uint8

const (
	null cellKind = iota
	number
	float
	text
	blob
)

var errType = errors.New("type of value and type of variable differ")

// plain reduces an argument to nil, int64, float64, bool, string or []byte.
// Text must be UTF-8 without NUL: PostgreSQL stores nothing else.
func plain(v any) (any, error) {
	switch x := v.(type) {
	case nil, int64, bool, []byte, float64:
		return v, nil
	case string:
		return v, checkText(x)
	case kexin.ID:
		return int64(x), nil
	case kexin.Instant:
		return int64(x), nil
	case kexin.Money:
		return int64(x), nil
	case kexin.Day:
		return string(x), checkText(string(x))
	case kexin.Object:
		return int64(x), nil
	case kexin.FieldID:
		return int64(x), nil
	case int:
		return int64(x), nil
	case uint32:
		return int64(x), nil
	}
	return nil, fmt.Errorf("argument of type %T", v)
}

func checkText(s string) error {
	if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return errors.New("text is not UTF-8 without NUL")
	}
	return nil
}

// assign stores the cell in what dest points to. NULL gives the zero value.
func (c *cell) assign(dest any) error {
	switch d := dest.(type) {
	case *int64:
		*d = c.n
	case *kexin.ID:
		*d = kexin.ID(c.n)
	case *kexin.Instant:
		*d = kexin.Instant(c.n)
	case *kexin.Money:
		*d = kexin.Money(c.n)
	case *kexin.Object:
		*d = kexin.Object(c.n)
	case *kexin.FieldID:
		*d = kexin.FieldID(c.n)
	case *int:
		*d = int(c.n)
	case *uint32:
		*d = uint32(c.n)
	case *bool:
		*d = c.n != 0
	case *float64:
		*d = c.f
		if c.kind == number {
			*d = float64(c.n)
		}
		return c.must(number, float)
	case *string:
		*d = c.s
		return c.must(text, text)
	case *kexin.Day:
		*d = kexin.Day(c.s)
		return c.must(text, text)
	case *[]byte:
		*d = c.bytes()
		return c.must(blob, text)
	case sql.Scanner:
		return d.Scan(c.value())
	default:
		return fmt.Errorf("destination of type %T", dest)
	}
	return c.must(number, number)
}

func (c *cell) must(a, b cellKind) error {
	if c.kind == null || c.kind == a || c.kind == b {
		return nil
	}
	return errType
}

// bytes is a copy of a blob or text; an empty one is nil on both engines.
func (c *cell) bytes() []byte {
	if c.kind == text {
		return []byte(c.s)
	}
	if len(c.b) == 0 {
		return nil
	}
	return append([]byte(nil), c.b...)
}

func (c *cell) value() any {
	switch c.kind {
	case number:
		return c.n
	case float:
		return c.f
	case text:
		return c.s
	case blob:
		return c.bytes()
	}
	return nil
}
