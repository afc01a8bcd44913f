package intake

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// How a workbook shows its numbers. Only what a customer list needs: dates,
// and the leading zeros that a format such as 00000 adds.

// A numberFormat is what a cell's style says about numbers.
type numberFormat struct {
	kind numberKind
	pad  uint8 // digits, for padded
}

type numberKind uint8

const (
	plainNumber numberKind = iota
	dateNumber
	timeNumber // hours and minutes without a day
	padded
)

// builtinFormat classifies the numbered formats that every workbook has
// (ECMA-376 part 1, 18.8.30), with those of Chinese and Japanese Excel.
func builtinFormat(id int) numberFormat {
	switch {
	case id >= 14 && id <= 17, id == 22, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id >= 57 && id <= 58:
		return numberFormat{kind: dateNumber}
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id >= 45 && id <= 47, id >= 55 && id <= 56:
		return numberFormat{kind: timeNumber}
	}
	return numberFormat{}
}

// customFormat classifies a format code by its letters outside quotes,
// escapes and brackets.
func customFormat(code string) numberFormat {
	letters := formatLetters(code)
	switch {
	case strings.Contains(letters, "general"):
	case strings.ContainsAny(letters, "yd") || strings.Contains(letters, "e") && !strings.ContainsAny(letters, "0#?"):
		return numberFormat{kind: dateNumber}
	case strings.ContainsAny(letters, "hs"):
		return numberFormat{kind: timeNumber}
	case strings.Contains(letters, "m") && !strings.ContainsAny(letters, "0#?"):
		return numberFormat{kind: dateNumber}
	case len(letters) > 1 && len(letters) < 30 && strings.Trim(letters, "0") == "":
		return numberFormat{kind: padded, pad: uint8(len(letters))}
	}
	return numberFormat{}
}

// formatLetters is the first section of a code in lower case without what is
// only shown; [h] counts as h.
func formatLetters(code string) string {
	var b strings.Builder
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case ';':
			return b.String()
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return b.String()
			}
			i += end + 1
		case '\\', '_', '*':
			i++
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return b.String()
			}
			if inside := strings.ToLower(code[i+1 : i+end]); strings.Trim(inside, "hms") == "" {
				b.WriteString(inside)
			}
			i += end
		default:
			if c < 0x80 {
				b.WriteByte(c | lowerBit(c))
			}
		}
	}
	return b.String()
}

// lowerBit is the bit that makes a capital small, 0 for other characters.
func lowerBit(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return 0x20
	}
	return 0
}

// show appends the number raw as the sheet would show it where it is a phone,
// an id or a date: all digits, never 1.38E+10.
func (f numberFormat) show(dst, raw []byte, date1904 bool) []byte {
	raw = bytes.TrimSpace(raw)
	if f.kind == plainNumber && digitsOnly(raw) {
		return append(dst, raw...)
	}
	x, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return append(dst, raw...)
	}
	if f.kind == dateNumber || f.kind == timeNumber {
		if out, ok := appendDate(dst, x, f.kind == timeNumber, date1904); ok {
			return out
		}
	}
	from := len(dst)
	dst = appendNumber(dst, x)
	if missing := int(f.pad) - (len(dst) - from); f.kind == padded && missing > 0 && digitsOnly(dst[from:]) {
		number := string(dst[from:])
		dst = append(append(dst[:from], strings.Repeat("0", missing)...), number...)
	}
	return dst
}

// digitsOnly: at least one ASCII digit and nothing else.
func digitsOnly(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// appendNumber writes x without exponent, rounded to the 15 digits that a
// sheet keeps; beyond 10^21 as it is.
func appendNumber(dst []byte, x float64) []byte {
	if math.Abs(x) >= 1e21 || math.IsNaN(x) {
		return strconv.AppendFloat(dst, x, 'g', -1, 64)
	}
	if y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 15, 64), 64); err == nil && math.Abs(x) < 1e15 {
		x = y
	}
	return strconv.AppendFloat(dst, x, 'f', -1, 64)
}

// appendDate writes a serial as 2006-01-02, with the time where it has one.
// Serial 60 is the 29 February 1900 that never was, so it stays a number, as
// does what lies before 1900 or after 9999.
func appendDate(dst []byte, serial float64, timeOnly, date1904 bool) ([]byte, bool) {
	if serial < 0 || serial > 2958465.999999 || !date1904 && serial >= 60 && serial < 61 {
		return dst, false
	}
	day := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case date1904:
		day = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case serial < 60:
		day = day.AddDate(0, 0, 1)
	}
	days := math.Floor(serial)
	t := day.AddDate(0, 0, int(days)).Add(time.Duration(math.Round((serial-days)*86400)) * time.Second)
	switch {
	case timeOnly && serial < 1:
		return t.AppendFormat(dst, time.TimeOnly), true
	case t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0:
		return t.AppendFormat(dst, time.DateOnly), true
	}
	return t.AppendFormat(dst, time.DateTime), true
}
