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
	truth // an argument; SQLite reads it back as a number
)

// Borrowed is a blob that is only looked at: it is valid until the next row, is
// not to be changed, and spares a copy.
type Borrowed []byte

var errType = errors.New("type of value and type of variable differ")

// take makes the cell of an argument. Text must be UTF-8 without NUL:
// PostgreSQL stores nothing else.
func (c *cell) take(v any) error {
	c.kind = number
	switch x := v.(type) {
	case int64:
		c.n = x
	case kexin.ID:
		c.n = int64(x)
	case kexin.Instant:
		c.n = int64(x)
	case string:
		return c.takeText(x)
	case []byte:
		c.kind, c.b = blob, x
		if x == nil {
			c.kind = null
		}
	case bool:
		c.kind = truth
		if x {
			c.n = 1
		}
	case nil:
		c.kind = null
	case kexin.Money:
		c.n = int64(x)
	case kexin.Object:
		c.n = int64(x)
	case kexin.FieldID:
		c.n = int64(x)
	case int:
		c.n = int64(x)
	case uint32:
		c.n = int64(x)
	case kexin.Day:
		return c.takeText(string(x))
	case float64:
		c.kind, c.f = float, x
	default:
		return fmt.Errorf("type %T", v)
	}
	return nil
}

func (c *cell) takeText(s string) error {
	if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return errors.New("text is not UTF-8 without NUL")
	}
	c.kind, c.s = text, s
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
	case *Borrowed:
		*d = c.b
		return c.must(blob, blob)
	case sql.Scanner:
		return d.Scan(c.value())
	default:
		return fmt.Errorf("destination of type %T", dest)
	}
	return c.must(number, truth)
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
	case truth:
		return c.n != 0
	}
	return nil
}
