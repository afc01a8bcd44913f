package intake

import (
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/transform"
)

// A decoder turns bytes of one encoding into UTF-8. It appends to dst, leaves
// a character cut by the end of src unused unless eof, writes U+FFFD for what
// is no character, and counts these.
type decoder interface {
	decode(dst, src []byte, eof bool) (out []byte, used, bad int)
}

// newDecoder gives the decoder of one of Encodings; anything else is read as
// UTF-8.
func newDecoder(name string) decoder {
	switch name {
	case utf16LEName:
		return utf16Decoder{hi: 1}
	case utf16BEName:
		return utf16Decoder{lo: 1}
	case gbName:
		return newGBDecoder()
	case big5Name:
		return big5Decoder{traditionalchinese.Big5.NewDecoder()}
	}
	return utf8Decoder{}
}

const replacement = "�"

// utf8Decoder copies what is valid.
type utf8Decoder struct{}

// decode copies src at once where it is all valid, as it nearly always is.
func (utf8Decoder) decode(dst, src []byte, eof bool) ([]byte, int, int) {
	if utf8.Valid(src) {
		return append(dst, src...), len(src), 0
	}
	bad, i := 0, 0
	for i < len(src) {
		if src[i] < utf8.RuneSelf {
			dst = append(dst, src[i])
			i++
			continue
		}
		if !eof && !utf8.FullRune(src[i:]) {
			break
		}
		r, n := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		}
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst, i, bad
}

// utf16Decoder reads pairs of bytes; hi and lo are their places.
type utf16Decoder struct{ hi, lo int }

// decode takes two bytes at a time; an odd byte at the end is no character.
func (d utf16Decoder) decode(dst, src []byte, eof bool) ([]byte, int, int) {
	bad, i := 0, 0
	for i+2 <= len(src) {
		r, n := d.unit(src[i:]), 2
		if utf16.IsSurrogate(r) {
			if i+4 > len(src) && !eof {
				return dst, i, bad
			}
			r, n = d.pair(r, src[i:])
			if r == utf8.RuneError {
				bad++
			}
		}
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	if eof && i < len(src) {
		return append(dst, replacement...), len(src), bad + 1
	}
	return dst, i, bad
}

// unit is the code unit at the start of b.
func (d utf16Decoder) unit(b []byte) rune { return rune(b[d.hi])<<8 | rune(b[d.lo]) }

// pair joins two surrogates; a lone one is no character.
func (d utf16Decoder) pair(first rune, b []byte) (rune, int) {
	if len(b) >= 4 {
		if r := utf16.DecodeRune(first, d.unit(b[2:])); r != utf8.RuneError {
			return r, 4
		}
	}
	return utf8.RuneError, 2
}

// gbDecoder has the two-byte part of GB 18030 as a table, because x/text is
// slow at it; the rare four-byte part is left to x/text.
type gbDecoder struct {
	table *[126 * 191]uint16
	four  *encoding.Decoder
}

// newGBDecoder shares the table; what x/text needs is its own.
func newGBDecoder() gbDecoder {
	return gbDecoder{table: gbTable(), four: simplifiedchinese.GB18030.NewDecoder()}
}

// gbTable is made once from what x/text knows; 0 marks what is no character.
var gbTable = sync.OnceValue(func() *[126 * 191]uint16 {
	d := gbDecoder{table: new([126 * 191]uint16), four: simplifiedchinese.GB18030.NewDecoder()}
	for lead := 0x81; lead <= 0xfe; lead++ {
		for trail := 0x40; trail <= 0xfe; trail++ {
			if r := d.slow([]byte{byte(lead), byte(trail)}); r != utf8.RuneError && trail != 0x7f {
				d.table[(lead-0x81)*191+trail-0x40] = uint16(r) // all in the BMP
			}
		}
	}
	return d.table
})

// slow decodes exactly one character by x/text.
func (d gbDecoder) slow(src []byte) rune {
	var out [8]byte
	d.four.Reset()
	n, used, err := d.four.Transform(out[:], src, true)
	r, size := utf8.DecodeRune(out[:n])
	if err != nil || used != len(src) || size != n {
		return utf8.RuneError
	}
	return r
}

// decode handles ASCII and three-byte results without calling out: they are
// nearly all of a Chinese file.
func (d gbDecoder) decode(dst, src []byte, eof bool) ([]byte, int, int) {
	bad, i := 0, 0
	for i < len(src) {
		b := src[i]
		if b < utf8.RuneSelf {
			dst = append(dst, b)
			i++
			continue
		}
		r, n := d.one(src[i:], eof)
		if n == 0 {
			break
		}
		if r == utf8.RuneError {
			bad++
		}
		if r >= 0x800 && r < 0x10000 {
			dst = append(dst, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0xbf, 0x80|byte(r)&0xbf)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
		i += n
	}
	return dst, i, bad
}

// one decodes the character at the start of src, whose first byte is not
// ASCII; 0 bytes used means that more are needed. A byte that starts nothing
// is used alone, so that a delimiter behind it is never swallowed.
func (d gbDecoder) one(src []byte, eof bool) (rune, int) {
	lead := src[0]
	switch {
	case lead == 0x80:
		return '€', 1 // as Windows code page 936 has it
	case lead == 0xff:
		return utf8.RuneError, 1
	case len(src) < 2:
		return cut(eof)
	}
	trail := src[1]
	if trail >= 0x40 && trail != 0xff {
		if r := d.table[int(lead-0x81)*191+int(trail-0x40)]; r != 0 {
			return rune(r), 2
		}
		return utf8.RuneError, 1
	}
	if trail < '0' || trail > '9' {
		return utf8.RuneError, 1
	}
	if len(src) < 4 {
		return cut(eof)
	}
	if r := d.slow(src[:4]); r != utf8.RuneError {
		return r, 4
	}
	return utf8.RuneError, 1
}

// cut is a character that the end of the bytes divides.
func cut(eof bool) (rune, int) {
	if eof {
		return utf8.RuneError, 1
	}
	return 0, 0
}

// big5Decoder leaves everything to x/text.
type big5Decoder struct{ d *encoding.Decoder }

// decode grows dst until x/text has room.
func (b big5Decoder) decode(dst, src []byte, eof bool) ([]byte, int, int) {
	from := len(dst)
	dst = append(dst, make([]byte, 2*len(src)+8)...) // two bytes give three or four
	n, used := 0, 0
	for {
		wrote, read, err := b.d.Transform(dst[from+n:], src[used:], eof)
		n, used = n+wrote, used+read
		if err != transform.ErrShortDst {
			break
		}
		dst = append(dst, make([]byte, len(src)+8)...)
	}
	dst = dst[:from+n]
	return dst, used, countReplacements(dst[from:])
}

// countReplacements counts U+FFFD, which x/text writes for what is no
// character.
func countReplacements(text []byte) (n int) {
	for i := 0; i+3 <= len(text); i++ {
		if string(text[i:i+3]) == replacement {
			n++
		}
	}
	return n
}
