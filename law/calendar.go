package law

import (
	"maps"
	"time"

	"kexin"
)

// A Calendar knows working days 工作日: Monday to Friday, but for public
// holidays, and the weekend days worked instead (调休). The zero Calendar
// knows weekends only.
type Calendar struct {
	off map[kexin.Day]bool // holidays that fall on weekdays, or on weekends: no matter
	on  map[kexin.Day]bool // weekend days that are worked
}

// A span is a run of days, first to last.
type span struct{ first, last kexin.Day }

// The State Council's notices: 国办发明电〔2024〕12号 of 2024-11-12 for 2025,
// and the notice of 2025-11-04 for 2026. The notice for a year comes out in
// the November before; years that are not here count weekends only until a
// merchant adds them with With. A weekday holiday then counts as worked, so
// a deadline is early, never late, but for the few worked weekend days.
var (
	holidays = []span{
		{"2025-01-01", "2025-01-01"}, // 元旦
		{"2025-01-28", "2025-02-04"}, // 春节
		{"2025-04-04", "2025-04-06"}, // 清明节
		{"2025-05-01", "2025-05-05"}, // 劳动节
		{"2025-05-31", "2025-06-02"}, // 端午节
		{"2025-10-01", "2025-10-08"}, // 国庆节、中秋节

		{"2026-01-01", "2026-01-03"}, // 元旦
		{"2026-02-15", "2026-02-23"}, // 春节
		{"2026-04-04", "2026-04-06"}, // 清明节
		{"2026-05-01", "2026-05-05"}, // 劳动节
		{"2026-06-19", "2026-06-21"}, // 端午节
		{"2026-09-25", "2026-09-27"}, // 中秋节
		{"2026-10-01", "2026-10-07"}, // 国庆节
	}
	workedDays = []kexin.Day{
		"2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
		"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
	}
)

// China is the calendar of the mainland, with the years whose notices are
// known.
func China() Calendar {
	var off []kexin.Day
	for _, s := range holidays {
		off = append(off, s.days()...)
	}
	return Calendar{}.With(off, workedDays)
}

func (s span) days() (all []kexin.Day) {
	t, err := time.Parse(time.DateOnly, string(s.first))
	if err != nil {
		panic(err) // a fault in the table above, which the test finds first
	}
	for ; kexin.DayOf(t) <= s.last; t = t.AddDate(0, 0, 1) {
		all = append(all, kexin.DayOf(t))
	}
	return all
}

// With is the calendar with more holidays and more worked weekend days, for a
// year that the program does not know. A day named in both is a holiday.
func (c Calendar) With(off, on []kexin.Day) Calendar {
	c = Calendar{off: maps.Clone(c.off), on: maps.Clone(c.on)}
	if c.off == nil {
		c.off, c.on = map[kexin.Day]bool{}, map[kexin.Day]bool{}
	}
	for _, d := range off {
		c.off[d] = true
	}
	for _, d := range on {
		c.on[d] = true
	}
	return c
}

// Holiday reports whether t falls on a listed public holiday in its own zone.
func (c Calendar) Holiday(t time.Time) bool { return c.off[kexin.DayOf(t)] }

// Works reports whether t falls on a working day in its own zone.
func (c Calendar) Works(t time.Time) bool {
	d := kexin.DayOf(t)
	switch {
	case c.off[d]:
		return false
	case c.on[d]:
		return true
	}
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
}

// Add is the moment n working days after t, at the same time of day in t's
// zone. The day of t itself does not count (民法典 201); n ≤ 0 gives t.
func (c Calendar) Add(t time.Time, n int) time.Time {
	for n > 0 {
		t = t.AddDate(0, 0, 1)
		if c.Works(t) {
			n--
		}
	}
	return t
}
