package kind

import (
	"strings"
	"time"
	"unicode/utf8"

	"kexin"
)

// time reads what follows a date: nothing, a weekday, a time of day with or
// without an offset. Other text is left over; a time that does not exist makes
// the date invalid.
func (m moment) time() (moment, string) {
	s := cutWeekday(strings.TrimLeft(m.left, " ,日号"))
	m.left = ""
	if s == "" || m.timed {
		m.left = s
		return m, ""
	}
	s = strings.TrimPrefix(s, "T")
	s = strings.TrimPrefix(s, "t")
	h, s := cutHalf(s)
	c, rest, ok := readClock(s)
	if !ok {
		m.left = s
		return m, ""
	}
	if late, after := cutHalf(strings.TrimLeft(rest, " ")); late != 0 {
		h, rest = late, after
	}
	if c, ok = h.adjust(c); !ok {
		return m, CodeDateInvalid
	}
	m.clock, m.timed = c, true
	m.offset, m.left, m.fixed = cutOffset(rest)
	m.left = cutWeekday(strings.TrimSpace(m.left))
	return m, ""
}

// cutWeekday drops 星期三, 周三, (周三).
func cutWeekday(s string) string {
	t := strings.TrimLeft(s, "( ")
	for _, w := range []string{"星期", "周", "礼拜"} {
		if rest, ok := strings.CutPrefix(t, w); ok && rest != "" {
			_, n := utf8.DecodeRuneInString(rest)
			return strings.TrimLeft(rest[n:], ") ,")
		}
	}
	return s
}

// A half is a half of the day, 0 where it was not said.
type half int

const (
	morning half = iota + 1
	noon
	afternoon
)

// cutHalf reads 上午, 下午, AM, PM and the like at the head of s.
func cutHalf(s string) (half, string) {
	for _, w := range [...]struct {
		word string
		half half
	}{
		{"上午", morning}, {"早上", morning}, {"凌晨", morning}, {"中午", noon}, {"下午", afternoon}, {"晚上", afternoon}, {"傍晚", afternoon},
		{"am", morning}, {"pm", afternoon}, {"a.m.", morning}, {"p.m.", afternoon},
	} {
		if len(s) >= len(w.word) && strings.EqualFold(s[:len(w.word)], w.word) {
			return w.half, strings.TrimLeft(s[len(w.word):], " ")
		}
	}
	return 0, s
}

// adjust puts a time of a twelve-hour clock into its half of the day.
func (h half) adjust(c time.Duration) (time.Duration, bool) {
	switch {
	case c >= 24*time.Hour:
		return 0, false
	case h == morning && c >= 12*time.Hour && c < 13*time.Hour:
		c -= 12 * time.Hour
	case h == afternoon && c < 12*time.Hour, h == noon && c < 3*time.Hour:
		c += 12 * time.Hour
	}
	return c, true
}

// readClock reads 14:00, 14:00:05, 14:00:05.123, 14时30分, 2点半, 2点.
func readClock(s string) (c time.Duration, rest string, ok bool) {
	unit := time.Hour
	for i := range 3 {
		n := digitRun(s)
		if n == 0 || n > 2 {
			return c, s, i > 0 && ok
		}
		v := time.Duration(atoi(s[:n]))
		if i > 0 && v > 59 {
			return 24 * time.Hour, s, true // no such time
		}
		c, s = c+v*unit, s[n:]
		unit /= 60
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == ':' && i < 2 && digitRun(s[size:]) > 0:
			s, ok = s[size:], true
		case r == '时' || r == '点' || r == '分' || r == '秒':
			s, ok = s[size:], true
			if after, found := strings.CutPrefix(s, "半"); found && i == 0 {
				return c + 30*time.Minute, after, true
			}
		case i == 0:
			return 0, s, false // a number alone is no time
		case i == 2:
			return c + fraction(&s), s, true
		default:
			return c, s, true
		}
	}
	return c, s, true
}

// fraction reads .123 of a second, to a millisecond.
func fraction(s *string) time.Duration {
	if len(*s) < 2 || (*s)[0] != '.' {
		return 0
	}
	n := digitRun((*s)[1:])
	if n == 0 {
		return 0
	}
	d := ((*s)[1:1+n] + "000")[:3]
	*s = (*s)[1+n:]
	return time.Duration(atoi(d)) * time.Millisecond
}

// cutOffset reads Z, +08:00 or +0800.
func cutOffset(s string) (seconds int, rest string, ok bool) {
	s = strings.TrimLeft(s, " ")
	if rest, ok := strings.CutPrefix(s, "Z"); ok {
		return 0, rest, true
	}
	if len(s) < 5 || s[0] != '+' && s[0] != '-' || !digitsOnly(s[1:3]) {
		return 0, s, false
	}
	rest = strings.TrimPrefix(s[3:], ":")
	if len(rest) < 2 || !digitsOnly(rest[:2]) {
		return 0, s, false
	}
	seconds = atoi(s[1:3])*3600 + atoi(rest[:2])*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, rest[2:], true
}

// checkDay takes a day that exists.
func checkDay(_ *kexin.Field, v kexin.Value) string {
	if v.T == kexin.Text && kexin.Day(v.S).Valid() && v.S >= "1900" && v.S < "2201" {
		return ""
	}
	return CodeDateInvalid
}

// Instants from the first day of firstYear to the last of lastYear in any zone.
const (
	earliest = -2_208_988_800_000 - 14*3_600_000 // 1900-01-01 in UTC+14
	latest   = 7_289_654_399_999 + 12*3_600_000  // the end of 2200 in UTC-12
)

// checkInstant takes a moment of the years that are read, in any zone.
func checkInstant(_ *kexin.Field, v kexin.Value) string {
	if v.T != kexin.Number {
		return CodeDateInvalid
	}
	if v.N < earliest || v.N > latest {
		return CodeDateInvalid
	}
	return ""
}

// formatInstant writes a moment in the merchant's zone, or in UTC with a Z
// where the clock shows the same time twice that night.
func formatInstant(v kexin.Value, env Env) string {
	t := kexin.Instant(v.N).Time()
	layout := "2006-01-02 15:04:05"
	if v.N%1000 != 0 {
		layout += ".000"
	}
	s := t.In(env.zone()).Format(layout)
	if back, err := time.ParseInLocation(layout, s, env.zone()); err != nil || !back.Equal(t) {
		return t.Format(layout + "Z")
	}
	return s
}
