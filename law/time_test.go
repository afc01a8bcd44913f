package law_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kexin"
	"kexin/i18n"
	"kexin/law"
)

func day(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse("2006-01-02 15:04", s+" 10:30")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestPeriod(t *testing.T) {
	for _, c := range []struct {
		p           law.Period
		start, want string
	}{
		{law.Period{Months: 1}, "2027-01-31", "2027-02-28"},
		{law.Period{Months: 1}, "2028-01-31", "2028-02-29"},
		{law.Period{Years: 1}, "2028-02-29", "2029-02-28"},
		{law.Period{Months: 12}, "2026-11-22", "2027-11-22"},
		{law.Period{Months: 14}, "2026-11-30", "2028-01-30"},
		{law.Period{Months: 1, Days: 1}, "2027-01-31", "2027-03-01"},
		{law.Period{Days: 30}, "2027-01-31", "2027-03-02"},
		{law.Period{}, "2027-01-31", "2027-01-31"},
	} {
		if got := c.p.From(day(t, c.start)); got != day(t, c.want) {
			t.Errorf("%+v from %s: %s, want %s", c.p, c.start, got, c.want)
		}
	}
}

func TestAtLeast(t *testing.T) {
	year := law.Period{Years: 1}
	for p, want := range map[law.Period]bool{
		{Months: 12}: true, {Days: 366}: true, {Days: 365}: false, {Months: 11, Days: 31}: true,
		{Months: 11, Days: 30}: false, {Years: 2}: true, {}: false, {Days: -1}: false,
	} {
		if got := p.AtLeast(year); got != want {
			t.Errorf("%+v at least a year: %v", p, got)
		}
	}
}

// TestPeriodProperties: at-least is what it says on any day, and a longer
// period never ends earlier.
func TestPeriodProperties(t *testing.T) {
	period := rapid.Custom(func(t *rapid.T) law.Period {
		return law.Period{Years: rapid.IntRange(0, 6).Draw(t, "y"), Months: rapid.IntRange(0, 30).Draw(t, "m"), Days: rapid.IntRange(0, 90).Draw(t, "d")}
	})
	rapid.Check(t, func(t *rapid.T) {
		p, q := period.Draw(t, "p"), period.Draw(t, "q")
		start := time.Date(2025, 1, 1+rapid.IntRange(0, 5000).Draw(t, "start"), 12, 0, 0, 0, time.UTC)
		if p.AtLeast(q) && p.From(start).Before(q.From(start)) {
			t.Fatalf("%+v is at least %+v but ends first from %s", p, q, start)
		}
		if longer := (law.Period{Years: p.Years, Months: p.Months, Days: p.Days + 1}); !longer.AtLeast(p) || p.AtLeast(longer) {
			t.Fatalf("a day more is not more: %+v", p)
		}
	})
}

func TestRetentions(t *testing.T) {
	seen := map[kexin.Retention]bool{}
	for _, r := range law.Retentions {
		if seen[r.Code] {
			t.Errorf("%s stands twice", r.Code)
		}
		seen[r.Code] = true
		if !i18n.Has(r.Key()) || r.Ref == "" || r.Start == "" || r.Expiry == "" {
			t.Errorf("%s is incomplete", r.Code)
		}
		if (r.Expiry == law.Forever) != r.Period.IsZero() {
			t.Errorf("%s: a row without end has no period, another has one", r.Code)
		}
		if r.Expiry != law.Forever {
			if err := law.CheckRetention(r.Code, r.Period, ""); err != nil {
				t.Errorf("%s: its own default is refused: %v", r.Code, err)
			}
		}
		if r.Evidence && !r.Ceiling.IsZero() {
			t.Errorf("%s: evidence has no ceiling", r.Code)
		}
	}
	for _, o := range kexin.Builtin().Objects() {
		for _, f := range o.Fields {
			if !seen[f.Retention] {
				t.Errorf("%s.%s is kept for %q, which is no row (RET-01)", o.Name, f.Name, f.Retention)
			}
		}
	}
}

func TestCheckRetention(t *testing.T) {
	for _, c := range []struct {
		code   kexin.Retention
		want   law.Period
		region string
		law    kexin.Law
		err    kexin.Code
	}{
		{law.KeepConsentProof, law.Period{Years: 1}, "330382", "E_RETENTION_FLOOR", kexin.Invalid},
		{law.KeepConsentProof, law.Period{Years: 3}, "330382", "", ""},
		{law.KeepConsentProof, law.Period{Years: 4}, "310115", "E_RETENTION_FLOOR", kexin.Invalid},
		{law.KeepConsentProof, law.Period{Years: 4}, "", "E_RETENTION_FLOOR", kexin.Invalid},
		{law.KeepConsentProof, law.Period{Years: 30}, "310115", "", ""},
		{law.KeepSecurityLog, law.Period{Days: 90}, "330382", "E_RETENTION_FLOOR", kexin.Invalid},
		{law.KeepSecurityLog, law.Period{Months: 6}, "330382", "", ""},
		{law.KeepPIA, law.Period{Years: 2, Months: 11}, "330382", "E_RETENTION_FLOOR", kexin.Invalid},
		{law.KeepRecording, law.Period{Days: 29}, "", "E_RETENTION_FLOOR", kexin.Invalid},
		{kexin.KeepEnquiry, law.Period{Months: 6}, "", "", ""},
		{kexin.KeepEnquiry, law.Period{Months: 13}, "", "", kexin.Invalid},
		{kexin.KeepOrder, law.Period{Years: -1}, "", "E_RETENTION_FLOOR", kexin.Invalid},
		{kexin.KeepSystem, law.Period{Years: 1}, "", "", kexin.Invalid},
		{"nonsense", law.Period{Years: 1}, "", "", kexin.Invalid},
	} {
		err := law.CheckRetention(c.code, c.want, c.region)
		if kexin.LawOf(err) != c.law || kexin.CodeOf(err) != c.err {
			t.Errorf("%s %+v in %q: %v", c.code, c.want, c.region, err)
		}
	}
}

// TestCalendar: the two years as published, day by day where it is odd.
func TestCalendar(t *testing.T) {
	c := law.China()
	for d, want := range map[string]bool{
		"2025-01-01": false, "2025-01-26": true, "2025-01-27": true, "2025-01-28": false, "2025-02-04": false, "2025-02-05": true, "2025-02-08": true,
		"2025-04-27": true, "2025-05-05": false, "2025-06-02": false, "2025-09-28": true, "2025-10-08": false, "2025-10-09": true, "2025-10-11": true,
		"2026-01-02": false, "2026-01-04": true, "2026-02-14": true, "2026-02-23": false, "2026-02-24": true, "2026-02-28": true, "2026-05-09": true,
		"2026-06-19": false, "2026-09-20": true, "2026-09-25": false, "2026-10-07": false, "2026-10-08": true, "2026-10-10": true,
		"2026-11-20": true, "2026-11-21": false, "2026-11-22": false,
		"2027-10-01": true, "2027-10-02": false, // not published: weekends only
	} {
		if got := c.Works(day(t, d)); got != want {
			t.Errorf("%s works: %v", d, got)
		}
	}
	for year, want := range map[int]int{2025: 248, 2026: 248} {
		n := 0
		for d := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == year; d = d.AddDate(0, 0, 1) {
			if c.Works(d) {
				n++
			}
		}
		if n != want {
			t.Errorf("%d has %d working days, want %d", year, n, want)
		}
	}
}

func TestCalendarAdd(t *testing.T) {
	c := law.China()
	for _, x := range []struct {
		start string
		n     int
		want  string
	}{
		{"2026-11-20", 0, "2026-11-20"},
		{"2026-11-20", 1, "2026-11-23"},
		{"2026-11-21", 1, "2026-11-23"},
		{"2026-02-13", 1, "2026-02-14"},
		{"2026-02-14", 1, "2026-02-24"},
		{"2026-09-18", 15, "2026-10-15"},
	} {
		if got := c.Add(day(t, x.start), x.n); got != day(t, x.want) {
			t.Errorf("%d working days from %s: %s, want %s", x.n, x.start, got, x.want)
		}
	}
}

// TestCalendarWith: a merchant's own table for a new year, and the original
// stays as it was.
func TestCalendarWith(t *testing.T) {
	c := law.China()
	more := c.With([]kexin.Day{"2027-02-08"}, []kexin.Day{"2027-02-14"})
	if more.Works(day(t, "2027-02-08")) || !more.Works(day(t, "2027-02-14")) {
		t.Error("the added days do not count")
	}
	if !c.Works(day(t, "2027-02-08")) {
		t.Error("the first calendar changed")
	}
	if more.Works(day(t, "2026-10-01")) {
		t.Error("the known years are gone")
	}
	zero := law.Calendar{}.With([]kexin.Day{"2027-02-08"}, nil)
	if zero.Works(day(t, "2027-02-08")) || !zero.Works(day(t, "2027-02-09")) {
		t.Error("from the zero calendar")
	}
}

// TestCalendarProperties: n days hold n working days, and one after the other
// is the same as together.
func TestCalendarProperties(t *testing.T) {
	c := law.China()
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2025, 1, 1+rapid.IntRange(0, 900).Draw(t, "day"), 9, 0, 0, 0, time.UTC)
		a, b := rapid.IntRange(0, 40).Draw(t, "a"), rapid.IntRange(0, 40).Draw(t, "b")
		if c.Add(c.Add(start, a), b) != c.Add(start, a+b) {
			t.Fatal("not additive")
		}
		end, n := c.Add(start, a), 0
		for d := start.AddDate(0, 0, 1); !d.After(end); d = d.AddDate(0, 0, 1) {
			if c.Works(d) {
				n++
			}
		}
		if n != a {
			t.Fatalf("%d working days, want %d", n, a)
		}
	})
}

func TestClocks(t *testing.T) {
	seen := map[law.ClockCode]bool{}
	now := day(t, "2026-09-18")
	for _, c := range law.Clocks {
		if seen[c.Code] || c.Ref == "" {
			t.Errorf("%s stands twice or has no source", c.Code)
		}
		seen[c.Code] = true
		target, hard := c.Due(now, law.China())
		if !hard.After(now) || target.After(hard) || target.Before(now) {
			t.Errorf("%s: target %s, hard %s", c.Code, target, hard)
		}
	}
	if _, ok := law.ClockOf("nonsense"); ok {
		t.Error("a clock that is not there was found")
	}
}

func TestDue(t *testing.T) {
	start := day(t, "2026-09-18")
	for code, want := range map[law.ClockCode][2]string{
		law.ClockRights:     {"2026-10-03", "2026-10-18"},
		law.ClockCorrect:    {"2026-10-03", "2026-10-15"},
		law.ClockComplaint:  {"2026-10-15", "2026-10-15"},
		law.ClockReask:      {"2027-03-17", "2027-03-17"},
		law.ClockAuditLarge: {"2027-09-18", "2028-09-18"},
	} {
		c, ok := law.ClockOf(code)
		if !ok {
			t.Fatalf("%s is not there", code)
		}
		target, hard := c.Due(start, law.China())
		if target != day(t, want[0]) || hard != day(t, want[1]) {
			t.Errorf("%s: %s and %s, want %v", code, target, hard, want)
		}
	}
	// Without holidays 15 working days may be earlier than a target in days.
	c := law.Clock{Target: law.Term{Period: law.Period{Days: 30}}, Hard: law.Term{WorkDays: 15}}
	if target, hard := c.Due(start, law.Calendar{}); target != hard {
		t.Errorf("target %s comes after hard %s", target, hard)
	}
}

// TestQuiet is MKT-05, minute by minute at the edges.
func TestQuiet(t *testing.T) {
	for at, open := range map[string]bool{
		"2026-11-20 08:59": false, "2026-11-20 09:00": true, "2026-11-20 11:59": true, "2026-11-20 12:00": false,
		"2026-11-20 13:59": false, "2026-11-20 14:00": true, "2026-11-20 19:59": true, "2026-11-20 20:00": false, "2026-11-20 20:01": false,
		"2026-11-20 00:00": false, "2026-11-21 09:00": true,
		"2026-10-01 09:30": false, "2026-10-01 10:00": true,
	} {
		when, err := time.Parse("2006-01-02 15:04", at)
		if err != nil {
			t.Fatal(err)
		}
		err = law.Quiet(when, law.China())
		if (err == nil) != open || (err != nil && kexin.LawOf(err) != "E_QUIET_HOURS") {
			t.Errorf("%s: %v", at, err)
		}
	}
}

// TestQuietUntil: the refusal names the first moment at which contact is
// possible again.
func TestQuietUntil(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	rapid.Check(t, func(t *rapid.T) {
		when := time.Date(2026, 1, 1, 0, rapid.IntRange(0, 365*24*60).Draw(t, "minute"), 0, 0, zone)
		var e *kexin.Error
		if err := law.Quiet(when, law.China()); err == nil {
			return
		} else if !errors.As(err, &e) {
			t.Fatal(err)
		}
		open := e.Until.Time().In(zone)
		if !open.After(when) || law.Quiet(open, law.China()) != nil || e.Args["time"] != open.Format("2006-01-02 15:04") {
			t.Fatalf("%s: open at %s", when, open)
		}
		for at := when; at.Before(open); at = at.Add(time.Minute) {
			if law.Quiet(at, law.China()) == nil {
				t.Fatalf("%s: open at %s already, not %s", when, at, open)
			}
		}
	})
}
