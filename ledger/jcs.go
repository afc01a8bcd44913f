package ledger

import (
	"errors"
	"slices"
	"strconv"
	"unicode/utf8"
)

// maxInt is the largest magnitude of a number: what a double holds exactly
// (RFC 8785 section 3.2.2.3, I-JSON).
const maxInt = 1<<53 - 1

// maxDepth is how deep objects and arrays may nest.
const maxDepth = 16

// Why something cannot be written in, or is not, canonical JSON.
var (
	errText      = errors.New("text is not valid UTF-8")
	errNumber    = errors.New("number is out of ±(2⁵³-1)")
	errKey       = errors.New("key is not plain ASCII, or stands twice")
	errDepth     = errors.New("nested too deep")
	errCanonical = errors.New("not canonical JSON")
)

// A Value is one value of the restricted JSON: string, integer, boolean,
// array or object with ASCII keys. There is no null and no fraction. Bodies
// that an entry commits to are made of it.
type Value struct {
	kind    byte // 's' 'n' 'b' 'a' 'o'
	text    string
	n       int64
	items   []Value
	members []Member
}

// A Member is one key and value of an object.
type Member struct {
	Key string
	Val Value
}

// Text is a string value.
func Text(s string) Value { return Value{kind: 's', text: s} }

// Int is a number value.
func Int(n int64) Value { return Value{kind: 'n', n: n} }

// Bool is a truth value.
func Bool(v bool) Value {
	if v {
		return Value{kind: 'b', n: 1}
	}
	return Value{kind: 'b'}
}

// List is an array.
func List(items ...Value) Value { return Value{kind: 'a', items: items} }

// Object is an object; the order of members does not matter.
func Object(members ...Member) Value { return Value{kind: 'o', members: members} }

// Get is the value of a key of an object, false where there is none.
func (v Value) Get(key string) (Value, bool) {
	for _, m := range v.members {
		if m.Key == key {
			return m.Val, true
		}
	}
	return Value{}, false
}

// Str is the string, "" for another kind.
func (v Value) Str() string { return v.text }

// Num is the number, or 1 for true; 0 for another kind.
func (v Value) Num() int64 { return v.n }

// True reports whether it is the truth value true.
func (v Value) True() bool { return v.kind == 'b' && v.n == 1 }

// Items are the members of an array, nil for another kind.
func (v Value) Items() []Value { return v.items }

// Members are the members of an object in canonical order, nil for another
// kind.
func (v Value) Members() []Member { return v.members }

// JCS writes v in canonical form (RFC 8785). Errors: invalid.
func JCS(v Value) ([]byte, error) {
	b, err := appendValue(nil, v, 0)
	if err != nil {
		return nil, invalid("jcs", err)
	}
	return b, nil
}

func appendValue(b []byte, v Value, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	switch v.kind {
	case 's':
		if !utf8.ValidString(v.text) {
			return nil, errText
		}
		return appendText(b, v.text), nil
	case 'n':
		if v.n > maxInt || v.n < -maxInt {
			return nil, errNumber
		}
		return strconv.AppendInt(b, v.n, 10), nil
	case 'b':
		return strconv.AppendBool(b, v.n == 1), nil
	case 'a':
		return appendItems(b, v.items, depth)
	case 'o':
		return appendMembers(b, v.members, depth)
	}
	return nil, errCanonical // the zero Value
}

func appendItems(b []byte, items []Value, depth int) (_ []byte, err error) {
	b = append(b, '[')
	for i, x := range items {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendValue(b, x, depth+1); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func appendMembers(b []byte, members []Member, depth int) (_ []byte, err error) {
	sorted := slices.Clone(members)
	// ASCII keys sort the same by byte as by UTF-16 unit.
	slices.SortFunc(sorted, func(x, y Member) int { return cmpText(x.Key, y.Key) })
	b = append(b, '{')
	for i, m := range sorted {
		if !plainKey(m.Key) || i > 0 && sorted[i-1].Key == m.Key {
			return nil, errKey
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), m.Key...), '"', ':')
		if b, err = appendValue(b, m.Val, depth+1); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// plainKey reports whether a key needs no escape.
func plainKey(k string) bool {
	for i := range len(k) {
		if !plain(k[i]) {
			return false
		}
	}
	return true
}

// plain reports whether c is printable ASCII that stands for itself in a
// JSON string.
func plain(c byte) bool { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' }

const hexDigits = "0123456789abcdef"

// appendText writes a JSON string as ECMAScript does (RFC 8785 section
// 3.2.2.2): the short escapes where there is one, \u00xx for other controls,
// all else as it is. s is valid UTF-8.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= 0x20:
			b = append(b, c)
		case shortEscape(c) != 0:
			b = append(b, '\\', shortEscape(c))
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(b, '"')
}

func shortEscape(c byte) byte {
	switch c {
	case '\b':
		return 'b'
	case '\t':
		return 't'
	case '\n':
		return 'n'
	case '\f':
		return 'f'
	case '\r':
		return 'r'
	}
	return 0
}
