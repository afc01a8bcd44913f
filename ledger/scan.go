package ledger

import (
	"bytes"
	"unicode/utf8"
)

// A scan reads canonical JSON and nothing else: no blanks, keys in order, one
// way to write each number and string. The first fault sticks and stops it.
type scan struct {
	b   []byte
	i   int
	err error
}

func (s *scan) fail(err error) {
	if s.err == nil {
		s.err = err
	}
	s.i = len(s.b)
}

// peek is the next byte, 0 at the end.
func (s *scan) peek() byte {
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

// lit consumes one byte that must stand there.
func (s *scan) lit(c byte) {
	if s.peek() != c || s.i >= len(s.b) {
		s.fail(errCanonical)
		return
	}
	s.i++
}

// plain reads a string that has no escapes and only printable ASCII. The
// result is a part of the input.
func (s *scan) plain() []byte {
	s.lit('"')
	n := bytes.IndexByte(s.b[s.i:], '"')
	if n < 0 {
		s.fail(errCanonical)
		return nil
	}
	out := s.b[s.i : s.i+n]
	for _, c := range out {
		if !plain(c) {
			s.fail(errCanonical)
			return nil
		}
	}
	s.i += n + 1
	return out
}

// text reads any string. Escapes other than the canonical ones are refused.
func (s *scan) text() string {
	s.lit('"')
	out := []byte{}
	for s.err == nil {
		c := s.peek()
		switch {
		case c == '"':
			s.i++
			if !utf8.Valid(out) {
				s.fail(errText)
			}
			return string(out)
		case c == '\\':
			out = append(out, s.escape())
		case c < 0x20: // also the end
			s.fail(errCanonical)
		default:
			out = append(out, c)
			s.i++
		}
	}
	return ""
}

// escape reads one escape and checks that it is the one that appendText
// would write.
func (s *scan) escape() byte {
	rest := s.b[s.i:]
	if len(rest) >= 2 && (rest[1] == '"' || rest[1] == '\\') {
		s.i += 2
		return rest[1]
	}
	for c := byte(0); c < 0x20; c++ {
		var room [8]byte
		want := appendText(room[:0], string(rune(c)))
		if want = want[1 : len(want)-1]; bytes.HasPrefix(rest, want) {
			s.i += len(want)
			return c
		}
	}
	s.fail(errCanonical)
	return 0
}

// num reads an integer: no plus, no leading zero, no minus zero.
func (s *scan) num() int64 {
	neg := s.peek() == '-'
	if neg {
		s.i++
	}
	n, start := int64(0), s.i
	for s.i < len(s.b) && s.b[s.i]-'0' <= 9 {
		if n = n*10 + int64(s.b[s.i]-'0'); n > maxInt {
			s.fail(errNumber)
			return 0
		}
		s.i++
	}
	digits := s.i - start
	if digits == 0 || digits > 1 && s.b[start] == '0' || neg && n == 0 {
		s.fail(errCanonical)
		return 0
	}
	if neg {
		return -n
	}
	return n
}

// truth reads true or false.
func (s *scan) truth() bool {
	for _, v := range [...]string{"false", "true"} {
		if bytes.HasPrefix(s.b[s.i:], []byte(v)) {
			s.i += len(v)
			return v == "true"
		}
	}
	s.fail(errCanonical)
	return false
}

// skip passes over one object without looking into it and gives its bytes.
func (s *scan) skip() []byte {
	from, depth := s.i, 0
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				s.i++
				return s.b[from:s.i]
			}
		case '"':
			s.skipText()
			continue
		}
		s.i++
	}
	s.fail(errCanonical)
	return nil
}

// skipText passes over one string.
func (s *scan) skipText() {
	for s.i++; s.i < len(s.b); s.i++ {
		switch s.b[s.i] {
		case '\\':
			s.i++
		case '"':
			s.i++
			return
		}
	}
}

// end demands that nothing follows.
func (s *scan) end() error {
	if s.err == nil && s.i != len(s.b) {
		s.err = errCanonical
	}
	return s.err
}

// value reads any value of the restricted JSON.
func (s *scan) value(depth int) Value {
	if depth > maxDepth {
		s.fail(errDepth)
		return Value{}
	}
	switch c := s.peek(); {
	case c == '"':
		return Text(s.text())
	case c == '-' || c-'0' <= 9:
		return Int(s.num())
	case c == '[':
		return s.array(depth)
	case c == '{':
		return s.object(depth)
	}
	return Bool(s.truth())
}

func (s *scan) array(depth int) Value {
	v := List()
	s.lit('[')
	for s.peek() != ']' && s.err == nil {
		if len(v.items) > 0 {
			s.lit(',')
		}
		v.items = append(v.items, s.value(depth+1))
	}
	s.lit(']')
	return v
}

func (s *scan) object(depth int) Value {
	v := Object()
	s.lit('{')
	for s.peek() != '}' && s.err == nil {
		if len(v.members) > 0 {
			s.lit(',')
		}
		key := string(s.plain())
		if n := len(v.members); n > 0 && v.members[n-1].Key >= key {
			s.fail(errKey)
		}
		s.lit(':')
		v.members = append(v.members, Member{key, s.value(depth + 1)})
	}
	s.lit('}')
	return v
}

// ParseJCS reads canonical JSON strictly: whatever it accepts, JCS writes
// again byte for byte. Errors: invalid.
func ParseJCS(b []byte) (Value, error) {
	s := scan{b: b}
	v := s.value(0)
	if err := s.end(); err != nil {
		return Value{}, invalid("jcs", err)
	}
	return v, nil
}
