package ledger

import (
	"encoding/base64"
	"errors"
	"strconv"

	"kexin"
)

// A codec walks a struct's fields in the order of their keys, either writing
// canonical JSON or reading it, so that one list of fields serves both. A
// field with its zero value is left out, and refused when it is written out:
// each struct has exactly one form.
type codec struct {
	writing bool
	out     []byte
	in      scan
	comma   bool // a member of the current object was written or read
	err     error
}

var (
	errRange = errors.New("value is out of its range")
	errEnum  = errors.New("value is not in its closed list")
	errForm  = errors.New("value does not have its form")
)

func (c *codec) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.in.fail(err)
}

// done ends the walk and reports the first fault.
func (c *codec) done() error {
	if !c.writing && c.in.end() != nil {
		return c.in.err
	}
	return c.err
}

// begin opens an object; end closes it. The caller keeps the result of begin
// for end.
func (c *codec) begin() (outer bool) {
	outer, c.comma = c.comma, false
	c.mark('{')
	return outer
}

func (c *codec) end(outer bool) {
	c.mark('}')
	c.comma = outer
}

// mark writes or demands one byte.
func (c *codec) mark(b byte) {
	if c.writing {
		c.out = append(c.out, b)
	} else {
		c.in.lit(b)
	}
}

// member starts the member key. When writing, it does so if the value is
// there; when reading, if the key is the next one.
func (c *codec) member(key string, there bool) bool {
	if c.err != nil {
		return false
	}
	if c.writing {
		if there {
			c.writeKey(key)
		}
		return there
	}
	return c.readKey(key)
}

func (c *codec) writeKey(key string) {
	if c.comma {
		c.out = append(c.out, ',')
	}
	c.out = append(append(append(c.out, '"'), key...), '"', ':')
	c.comma = true
}

func (c *codec) readKey(key string) bool {
	rest := c.in.b[c.in.i:]
	if c.comma {
		if len(rest) == 0 || rest[0] != ',' {
			return false
		}
		rest = rest[1:]
	}
	n := len(key)
	if len(rest) < n+3 || rest[0] != '"' || string(rest[1:1+n]) != key || rest[1+n] != '"' || rest[2+n] != ':' {
		return false
	}
	c.in.i = len(c.in.b) - len(rest) + n + 3
	c.comma = true
	return true
}

// count is an integer from 0.
func (c *codec) count(key string, v *int64) {
	if !c.member(key, *v != 0) {
		return
	}
	c.number(v)
	if *v <= 0 {
		c.fail(errRange)
	}
}

// number is any integer, without a key.
func (c *codec) number(v *int64) {
	if !c.writing {
		*v = c.in.num()
		return
	}
	if *v > maxInt || *v < -maxInt {
		c.fail(errNumber)
	}
	c.out = strconv.AppendInt(c.out, *v, 10)
}

// flag is a truth value; false is left out.
func (c *codec) flag(key string, v *bool) {
	if !c.member(key, *v) {
		return
	}
	if c.writing {
		c.out = append(c.out, "true"...)
		return
	}
	if *v = c.in.truth(); !*v {
		c.fail(errCanonical)
	}
}

// id is an id, as a decimal string.
func (c *codec) id(key string, v *kexin.ID) {
	if c.member(key, *v != 0) {
		c.prefixed("", v)
	}
}

// prefixed is an id as a string with something before it, without a key.
func (c *codec) prefixed(prefix string, v *kexin.ID) {
	if c.writing {
		if *v < 0 {
			c.fail(errRange)
		}
		c.out = append(append(c.out, '"'), prefix...)
		c.out = append(strconv.AppendInt(c.out, int64(*v), 10), '"')
		return
	}
	s := c.in.plain()
	if len(s) < len(prefix) || string(s[:len(prefix)]) != prefix {
		c.fail(errForm)
		return
	}
	*v = c.digits(s[len(prefix):])
}

// digits reads a positive 63-bit number without leading zero.
func (c *codec) digits(s []byte) kexin.ID {
	n := int64(0)
	for _, d := range s {
		if d-'0' > 9 || n > (1<<63-1-9)/10 && n > (1<<63-1-int64(d-'0'))/10 {
			c.fail(errForm)
			return 0
		}
		n = n*10 + int64(d-'0')
	}
	if n == 0 || s[0] == '0' {
		c.fail(errForm)
	}
	return kexin.ID(n)
}

// bytes are raw bytes of a fixed length as unpadded base64url. All zero
// counts as not there.
func (c *codec) bytes(key string, v []byte) {
	if c.member(key, !allZero(v)) {
		c.raw(v)
		if allZero(v) {
			c.fail(errCanonical)
		}
	}
}

// strict64 is unpadded base64url that refuses bits left over which are not
// zero: one text for each value.
var strict64 = base64.RawURLEncoding.Strict()

// raw is bytes without a key.
func (c *codec) raw(v []byte) {
	if c.writing {
		c.out = append(c.out, '"')
		c.out = strict64.AppendEncode(c.out, v)
		c.out = append(c.out, '"')
		return
	}
	s := c.in.plain()
	if len(s) != strict64.EncodedLen(len(v)) {
		c.fail(errForm)
		return
	}
	if _, err := strict64.Decode(v, s); err != nil {
		c.fail(errForm)
	}
}

func allZero(v []byte) bool {
	for _, b := range v {
		if b != 0 {
			return false
		}
	}
	return true
}

// word is a text that must have a form.
func word[T ~string](c *codec, key string, v *T, ok func(string) bool) {
	if !c.member(key, *v != "") {
		return
	}
	if !c.writing {
		*v = T(c.in.plain())
	}
	if c.in.err == nil && !ok(string(*v)) {
		c.fail(errForm)
	}
	c.quote(string(*v))
}

// pick is a code of a closed list.
func pick[T ~string](c *codec, key string, v *T, of []T) {
	if c.member(key, *v != "") {
		pickItem(c, v, of)
	}
}

// pickItem is pick without a key.
func pickItem[T ~string](c *codec, v *T, of []T) {
	have := []byte(*v)
	if !c.writing {
		have = c.in.plain()
	}
	for _, x := range of {
		if string(have) == string(x) {
			*v = x
			c.quote(string(x))
			return
		}
	}
	c.fail(errEnum)
}

// quote writes a text that needs no escape.
func (c *codec) quote(s string) {
	if c.writing {
		c.out = append(append(append(c.out, '"'), s...), '"')
	}
}

// text is free text. Only evidence files have it; facts do not.
func (c *codec) text(key string, v *string) {
	if !c.member(key, *v != "") {
		return
	}
	if c.writing {
		c.out = appendText(c.out, *v)
		return
	}
	if *v = c.in.text(); *v == "" {
		c.fail(errCanonical)
	}
}

// list is an array whose items each walks; an empty one is left out.
func list[T any](c *codec, key string, v *[]T, each func(*codec, *T)) {
	if !c.member(key, len(*v) > 0) {
		return
	}
	c.mark('[')
	if c.writing {
		for i := range *v {
			if i > 0 {
				c.mark(',')
			}
			each(c, &(*v)[i])
		}
	} else {
		readItems(c, v, each)
	}
	c.mark(']')
}

func readItems[T any](c *codec, v *[]T, each func(*codec, *T)) {
	for c.err == nil && c.in.err == nil {
		var x T
		each(c, &x)
		*v = append(*v, x)
		if c.in.peek() != ',' {
			return
		}
		c.in.i++
	}
}
