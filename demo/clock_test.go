package demo

import (
	"testing"
	"time"

	"kexin"
	"kexin/law"
)

// TestClock: the town is at work at every moment that its clock shows, from
// whatever moment on; it never goes back, and a town that has lived longer
// than this morning goes on from there.
func TestClock(t *testing.T) {
	at := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, c := range []struct{ from, want string }{
		{"2026-11-26 09:31", "2026-11-26 09:31"}, // a Thursday at work
		{"2026-11-26 02:10", "2026-11-26 09:30"},
		{"2026-11-26 12:00", "2026-11-26 14:00"},
		{"2026-11-26 13:59", "2026-11-26 14:00"},
		{"2026-11-26 19:59", "2026-11-26 19:59"},
		{"2026-11-26 20:00", "2026-11-27 09:30"},
		{"2026-11-27 23:00", "2026-11-30 09:30"}, // over the weekend
		{"2026-11-28 10:00", "2026-11-30 09:30"},
		{"2026-10-01 10:00", "2026-10-08 09:30"}, // a holiday of seven days
	} {
		if got := awake(at(c.from)); !got.Equal(at(c.want)) {
			t.Errorf("from %s: %s, want %s", c.from, got, c.want)
		}
	}
	for m := at("2026-09-20 00:00"); m.Before(at("2026-10-12 00:00")); m = m.Add(7 * time.Minute) {
		if got := awake(m); law.Quiet(got, law.China()) != nil || !law.China().Works(got) || got.Before(m) {
			t.Fatalf("from %s: %s is no time to call", m, got)
		}
	}
	c := NewClock(time.Now())
	c.to(c.at.Add(-time.Hour))
	first := c.Now()
	last := awake(first.AddDate(0, 0, Days+30)).Add(time.Hour)
	c.Run(kexin.At(last))
	if now := c.Now(); now.Before(last) || law.Quiet(now.In(zone), law.China()) != nil {
		t.Errorf("it lived until %s and goes on at %s", last, now)
	}
	for was := c.Now(); ; {
		now := c.Now()
		if now.Before(was) {
			t.Fatalf("back from %s to %s", was, now)
		}
		if was = now; now.Sub(last) > 0 {
			break
		}
	}
}
