package demo

import (
	"sync"
	"time"

	"kexin"
	"kexin/law"
)

// A Clock is the time of the demonstration. While the town is built it stands
// where the story is; then it runs as fast as the real one, but only in the
// hours in which a shop may call a customer: first contact keeps the hours for
// it (law.Quiet), and whoever looks at the demonstration at eleven at night is
// to see the shops at work and not a refusal. Nothing of the rule changes; the
// town simply goes from one working time straight to the next. Every page says
// what time it is there. It is safe for concurrent use.
type Clock struct {
	mu    sync.Mutex
	first time.Time // the morning of the day on which the town is opened
	at    time.Time
	since time.Time // real time when it was at at; zero = it stands
}

// Days is how far back the demonstration begins.
const Days = 400

// NewClock makes a clock that stands where the story begins, for a town that is
// opened on the day of t.
func NewClock(t time.Time) *Clock {
	m := Morning(t)
	return &Clock{first: m, at: m.AddDate(0, 0, -Days)}
}

// zone is where the town lies.
var zone = time.FixedZone("CST", 8*3600)

// opens is when the town's working day begins.
const opens = 9*time.Hour + 30*time.Minute

// Morning is half past nine on the first working day that is not before the
// day of t.
func Morning(t time.Time) time.Time {
	t = t.In(zone)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone)
	for !law.China().Works(day) {
		day = day.AddDate(0, 0, 1)
	}
	return day.Add(opens)
}

// awake is the first moment from t on in which the town is at work.
func awake(t time.Time) time.Time {
	t = t.In(zone)
	if m := Morning(t); t.Before(m) {
		return m
	}
	for law.Quiet(t, law.China()) != nil {
		if t.Hour() >= law.ContactTo {
			return Morning(t.AddDate(0, 0, 1))
		}
		t = t.Truncate(time.Hour).Add(time.Hour)
	}
	return t
}

// Now is the time there.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.since.IsZero() {
		c.at = c.at.Add(time.Millisecond)
		return c.at
	}
	real := time.Now()
	c.at, c.since = awake(c.at.Add(real.Sub(c.since))), real
	return c.at
}

// to moves the standing clock forward; it never goes back.
func (c *Clock) to(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.since.IsZero() && t.After(c.at) {
		c.at = t
	}
}

// Run lets it go on the morning of the day, or, where the town has lived
// later than that, from there.
func (c *Clock) Run(last kexin.Instant) {
	m := c.first
	if t := last.Time().Add(time.Minute); last != 0 && t.After(m) {
		m = awake(t)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.After(c.at) {
		c.at = m
	}
	c.since = time.Now()
}
