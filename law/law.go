// Package law is the law as tables: purposes, refusals, sources, retention,
// clocks, working days, the criminal-tier meter, budgets and the register of
// requirements. It holds no behaviour beyond looking a row up and comparing
// with it; other packages ask it and act.
//
// The tables follow the project's reading of Chinese law (PIPL 个人信息保护法
// and what stands beside it), an engineering reading and not legal advice. A
// merchant may make any number stricter, none looser.
package law

import "time"

// A Period is a length of time by the calendar, as law counts it: three
// years are not 1,095 days.
type Period struct{ Years, Months, Days int }

// IsZero reports whether nothing is stated.
func (p Period) IsZero() bool { return p == Period{} }

// From is the moment p after t, in t's own zone. A month that lacks the day
// ends on its last day: one month after 31 January is 28 or 29 February
// (民法典 202).
func (p Period) From(t time.Time) time.Time {
	first := time.Date(t.Year()+p.Years, t.Month()+time.Month(p.Months), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1+p.Days)
}

// AtLeast reports whether p never ends before q, whatever the day they both
// start on: 365 days are less than a year, since the year may be a leap year.
func (p Period) AtLeast(q Period) bool {
	// Four years of starting days hold every length that months and years
	// can have.
	for d := range 4*365 + 1 {
		start := time.Date(2027, time.January, 1+d, 0, 0, 0, 0, time.UTC)
		if p.From(start).Before(q.From(start)) {
			return false
		}
	}
	return true
}

func years(n int) Period  { return Period{Years: n} }
func months(n int) Period { return Period{Months: n} }
func days(n int) Period   { return Period{Days: n} }
