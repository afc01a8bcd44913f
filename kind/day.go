package kind

import (
	"strings"
	"time"
	"unicode/utf8"

	"kexin"
)

// The years that dates are read for.
const (
	firstYear = 1900
	lastYear  = 2200
)

// A moment is what was read of a date, perhaps with its time of day.
type moment struct {
	year, month, day int
	clock            time.Duration // since midnight
	timed            bool          // a time of day was there
	offset           int           // seconds east of UTC
	fixed            bool          // an offset was there
	left             string
}

// readDay reads a calendar day in the forms of readMoment. A time of day is
// dropped, unless an offset says that it is another day in the merchant's zone.
func readDay(f *kexin.Field, raw string, env Env) reading {
	s := tidy(raw)
	if nothing(s) {
		return reading{}
	}
	m, code := readMoment(s)
	if code != "" {
		return reading{left: s, code: code, hard: true}
	}
	if m.fixed {
		y, month, d := m.in(env.zone()).Date()
		m.year, m.month, m.day = y, int(month), d
	}
	if m.year < firstYear || m.year > lastYear {
		return reading{left: s, code: CodeDateInvalid, hard: true}
	}
	r := reading{v: kexin.Str(m.text(s)), left: m.left}
	first, ahead := plausible(f)
	switch {
	case m.year < first:
		r.code = CodeDateOld
	case !ahead && env.Now != 0:
		y, month, d := env.Now.Time().In(env.zone()).Date()
		if m.number() > (moment{year: y, month: int(month), day: d}).number()+1 {
			r.code = CodeDateFuture
		}
	}
	return r
}

// text is the day as YYYY-MM-DD, taken from s where s begins with it.
func (m moment) text(s string) string {
	var b [10]byte
	for i, n := range [...]int{m.year / 1000, m.year / 100 % 10, m.year / 10 % 10, m.year % 10, -3, m.month / 10, m.month % 10, -3, m.day / 10, m.day % 10} {
		b[i] = byte('0' + n)
	}
	if len(s) >= len(b) && s[:len(b)] == string(b[:]) {
		return s[:len(b)]
	}
	return string(b[:])
}

// number counts days from one to the next.
func (m moment) number() int {
	return int(time.Date(m.year, time.Month(m.month), m.day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// readInstant reads a moment; a day alone is its first instant in the
// merchant's zone.
func readInstant(f *kexin.Field, raw string, env Env) reading {
	s := tidy(raw)
	if nothing(s) {
		return reading{}
	}
	m, code := readMoment(s)
	if code != "" {
		return reading{left: s, code: code, hard: true}
	}
	t := m.in(env.zone())
	if t.Year() < firstYear || t.Year() > lastYear {
		return reading{left: s, code: CodeDateInvalid, hard: true}
	}
	r := reading{v: kexin.Num(int64(kexin.At(t))), left: m.left}
	first, ahead := plausible(f)
	switch {
	case t.Year() < first:
		r.code = CodeDateOld
	case !ahead && env.Now != 0 && kexin.At(t).Sub(env.Now) > 24*time.Hour:
		r.code = CodeDateFuture
	}
	return r
}

// in is the moment in a zone.
func (m moment) in(zone *time.Location) time.Time {
	if m.fixed {
		return time.Date(m.year, time.Month(m.month), m.day, 0, 0, -m.offset, 0, time.UTC).Add(m.clock).In(zone)
	}
	h, rest := m.clock/time.Hour, m.clock%time.Hour
	return time.Date(m.year, time.Month(m.month), m.day, int(h), int(rest/time.Minute), int(rest%time.Minute/time.Second), int(rest%time.Second), zone)
}

// What dates of a field can be: from the first year; ahead says that it may
// lie in the future.
func plausible(f *kexin.Field) (first int, ahead bool) {
	switch f.ID {
	case kexin.CustBirthday:
		return 1900, false
	case kexin.CustSourceOn, kexin.CustFirstOn, kexin.CustLastOn, kexin.CustLastAt, kexin.OrdOn, kexin.VisitAt, kexin.TaskDoneAt:
		return 1990, false
	}
	return 1900, true
}

// readMoment reads 2025-01-23, 2023年4月16日, 2021.6.17, 2024/8/14, 20230328,
// 14-8-2024 where only one order is possible, 16-Apr-2023, the serial number
// of a sheet (45976, 45976.583), each with or without a time of day. The year
// must have four digits and lie from 1900 to 2200.
func readMoment(s string) (moment, string) {
	if d, frac, ok := serial(s); ok {
		return fromSerial(d, frac)
	}
	s = arabic(s)
	var m moment
	var code string
	switch n := digitRun(s); {
	case n == 8, n == 14:
		m, code = m.compact(s[:n])
		m.left = s[n:]
	case n == 6 && len(s) == 6:
		return m, CodeDateAmbiguous
	default:
		m, code = m.parts(s)
	}
	if code != "" {
		return m, code
	}
	if m.month < 1 || m.month > 12 || m.day < 1 || m.day > daysIn(m.year, m.month) || m.year < firstYear || m.year > lastYear {
		return m, CodeDateInvalid
	}
	return m.time()
}

// daysIn is the length of a month of the Gregorian calendar.
func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// digitRun is the number of ASCII digits at the head of s.
func digitRun(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// compact reads 20230328 or 20230328140005.
func (m moment) compact(d string) (moment, string) {
	m.year, m.month, m.day = atoi(d[:4]), atoi(d[4:6]), atoi(d[6:8])
	if len(d) == 14 {
		h, min, sec := atoi(d[8:10]), atoi(d[10:12]), atoi(d[12:])
		if h > 23 || min > 59 || sec > 59 {
			return m, CodeDateInvalid
		}
		m.clock, m.timed = clock(h, min, sec), true
	}
	return m, ""
}

// atoi is the value of digits; the caller bounds their number.
func atoi(d string) int {
	n := 0
	for i := range len(d) {
		n = n*10 + int(d[i]-'0')
	}
	return n
}

// clock is a time of day since midnight.
func clock(h, m, s int) time.Duration {
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
}

// A part is one number of a written date, or a month's name.
type part struct {
	n, digits int
	name      bool // a month's name
	unit      rune // 年, 月, 日 or 号 behind it
}

// parts reads three numbers with something between them and tells year, month
// and day apart.
func (m moment) parts(s string) (moment, string) {
	var p [3]part
	for i := range p {
		n := 0
		if p[i], n = nextPart(s); n == 0 {
			if i == 2 && p[0].unit == '月' || i == 2 && p[0].digits <= 2 && p[1].digits <= 2 {
				return m, CodeDateAmbiguous // no year
			}
			return m, CodeDateInvalid
		}
		s = s[n:]
		if i < 2 {
			s = strings.TrimLeft(s, "-/., 年月–—−")
		}
	}
	m.left = s
	switch {
	case p[0].digits == 4 || p[0].unit == '年' && p[0].digits == 4:
		m.year, m.month, m.day = p[0].n, p[1].n, p[2].n
	case p[2].digits != 4:
		return m, CodeDateAmbiguous // a year of two digits
	case p[0].name:
		m.year, m.month, m.day = p[2].n, p[0].n, p[1].n
	case p[1].name || p[0].n > 12 || p[0].n == p[1].n:
		m.year, m.month, m.day = p[2].n, p[1].n, p[0].n
	case p[1].n > 12:
		m.year, m.month, m.day = p[2].n, p[0].n, p[1].n
	default:
		return m, CodeDateAmbiguous // 3/4/2024
	}
	return m, ""
}

var months = [...]string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// nextPart reads a number of at most four digits with its unit, or a month's
// name; n is its length, 0 for neither.
func nextPart(s string) (p part, n int) {
	if n = digitRun(s); n > 0 && n <= 4 {
		p.n, p.digits = atoi(s[:n]), n
		r, size := utf8.DecodeRuneInString(s[n:])
		if strings.ContainsRune("年月日号", r) && r != utf8.RuneError {
			p.unit, n = r, n+size
		}
		return p, n
	}
	for n = 0; n < len(s) && (s[n] >= 'a' && s[n] <= 'z' || s[n] >= 'A' && s[n] <= 'Z'); n++ {
	}
	if n >= 3 {
		for i, name := range months {
			if strings.EqualFold(s[:3], name) {
				return part{n: i + 1, name: true}, n
			}
		}
	}
	return p, 0
}

// serial reports the serial number of a sheet: five digits, perhaps with
// decimals for the time of day.
func serial(s string) (days int, frac string, ok bool) {
	if digitRun(s) != 5 {
		return 0, "", false
	}
	rest := s[5:]
	if rest != "" && (rest[0] != '.' || !digitsOnly(rest[1:])) {
		return 0, "", false
	}
	return atoi(s[:5]), strings.TrimPrefix(rest, "."), true
}

// fromSerial counts days from 1899-12-30, which is right for the 1900 system
// of Excel from 1 March 1900 on. The time of day is rounded to a second.
func fromSerial(days int, frac string) (moment, string) {
	t := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, days)
	seconds := 0
	if frac != "" {
		frac = frac[:min(len(frac), 9)]
		unit := 1
		for range frac {
			unit *= 10
		}
		seconds = (atoi(frac)*86400 + unit/2) / unit
	}
	t = t.Add(time.Duration(seconds) * time.Second)
	if t.Year() > lastYear {
		return moment{}, CodeDateInvalid
	}
	h, m, s := t.Clock()
	return moment{year: t.Year(), month: int(t.Month()), day: t.Day(), clock: clock(h, m, s), timed: frac != ""}, ""
}

// arabic writes the Chinese numerals of a date with digits: 二〇二三年四月十六日
// gives 2023年4月16日. 十 is a place or a ten by its neighbours.
func arabic(s string) string {
	if !strings.ContainsAny(s, "一二三四五六七八九十〇零") {
		return s
	}
	const ones = "〇一二三四五六七八九"
	var b strings.Builder
	rs := []rune(strings.ReplaceAll(s, "零", "〇"))
	digit := func(i int) bool { return i >= 0 && i < len(rs) && strings.ContainsRune(ones, rs[i]) }
	for i, r := range rs {
		switch {
		case digit(i):
			b.WriteByte('0' + byte(strings.IndexRune(ones, r)/3))
		case r == '十' && digit(i-1) && digit(i+1): // 二十一
		case r == '十' && digit(i-1):
			b.WriteByte('0')
		case r == '十' && digit(i+1):
			b.WriteByte('1')
		case r == '十':
			b.WriteString("10")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
