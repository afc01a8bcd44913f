package auth_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kexin"
	"kexin/auth"
	"kexin/i18n"
)

func TestWait(t *testing.T) {
	for failures, want := range map[int]time.Duration{
		0: 0, 4: 0, 5: 2 * time.Second, 6: 4 * time.Second, 7: 8 * time.Second, 13: 512 * time.Second, 14: 15 * time.Minute, 15: 15 * time.Minute, 1_000_000: 15 * time.Minute,
	} {
		if got := auth.AccountThrottle.Wait(failures); got != want {
			t.Errorf("after %d failures: %v, want %v", failures, got, want)
		}
	}
	if auth.NetworkThrottle.Wait(19) != 0 || auth.NetworkThrottle.Wait(20) == 0 {
		t.Error("a network's free tries")
	}
}

func TestThrottle(t *testing.T) {
	th, now := auth.AccountThrottle, kexin.Instant(1_800_000_000_000)
	var c auth.Counter
	for range 5 {
		if err := th.Check(c, now); err != nil {
			t.Fatalf("a free try is refused: %v", err)
		}
		c = th.Fail(c, now)
	}
	var e *kexin.Error
	if err := th.Check(c, now+1999); !errors.As(err, &e) || e.Code != kexin.RateLimited || e.Until != now+2000 || !i18n.Has(e.Key) {
		t.Errorf("%v", err)
	}
	if err := th.Check(c, now+2000); err != nil {
		t.Errorf("at Until: %v", err)
	}
	if next := th.Fail(c, now.Add(24*time.Hour)); next.Failures != 1 {
		t.Errorf("after a quiet day: %+v", next)
	}
	if next := th.Fail(c, now.Add(23*time.Hour)); next.Failures != 6 {
		t.Errorf("within the day: %+v", next)
	}
}

// TestNeverLocksOut: whatever came before, fifteen minutes after the last
// failure a try may be made; and more failures never wait less.
func TestNeverLocksOut(t *testing.T) {
	th := auth.AccountThrottle
	rapid.Check(t, func(t *rapid.T) {
		now, c := kexin.Instant(1_800_000_000_000), auth.Counter{}
		for range rapid.IntRange(0, 60).Draw(t, "failures") {
			now = now.Add(time.Duration(rapid.IntRange(0, 7200).Draw(t, "s")) * time.Second)
			before := th.Wait(c.Failures)
			next := th.Fail(c, now)
			if next.Failures > c.Failures && th.Wait(next.Failures) < before {
				t.Fatal("one more failure waits less")
			}
			c = next
		}
		if err := th.Check(c, now.Add(15*time.Minute)); err != nil {
			t.Fatalf("locked out after %d failures", c.Failures)
		}
	})
}

func TestNetwork(t *testing.T) {
	for addr, want := range map[string]string{
		"203.0.113.77":         "203.0.113.0/24",
		"::ffff:203.0.113.9":   "203.0.113.0/24",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"fe80::1%eth0":         "fe80::/64",
	} {
		if got := auth.Network(netip.MustParseAddr(addr)); got.String() != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
	if got := auth.Network(netip.Addr{}); got != (netip.Prefix{}) {
		t.Errorf("no address: %v", got)
	}
}

func TestWindow(t *testing.T) {
	now := kexin.Instant(1_800_000_000_000)
	var w auth.Window
	var err error
	for i := range 5 {
		if w, err = w.Try(now + kexin.Instant(i)); err != nil {
			t.Fatalf("try %d: %v", i+1, err)
		}
	}
	var e *kexin.Error
	full, err := w.Try(now + 5)
	if !errors.As(err, &e) || e.Code != kexin.RateLimited || e.Until != now.Add(15*time.Minute) || full != w {
		t.Errorf("the sixth try: %+v %v", full, err)
	}
	if w, err = w.Try(e.Until); err != nil || w.Tries != 1 || w.From != e.Until {
		t.Errorf("after the window: %+v %v", w, err)
	}
}

func TestLives(t *testing.T) {
	for _, p := range kexin.Positions {
		life, want := auth.LifeOf(p), auth.Life{Idle: 12 * time.Hour, Absolute: 7 * 24 * time.Hour}
		if p == kexin.Owner || p == kexin.PIO {
			want = auth.Life{Idle: 30 * time.Minute, Absolute: 12 * time.Hour}
		}
		if life != want {
			t.Errorf("%s: %+v", p, life)
		}
	}
}

func TestSession(t *testing.T) {
	opened := kexin.Instant(1_800_000_000_000)
	hours := func(h float64) kexin.Instant { return opened.Add(time.Duration(h * float64(time.Hour))) }
	for name, c := range map[string]struct {
		s    auth.Session
		ends kexin.Instant
	}{
		"new rep":         {auth.Session{Position: kexin.Rep, Opened: opened, Seen: opened}, hours(12)},
		"rep, seen":       {auth.Session{Position: kexin.Rep, Opened: opened, Seen: hours(10)}, hours(22)},
		"rep, last day":   {auth.Session{Position: kexin.Rep, Opened: opened, Seen: hours(167)}, hours(168)},
		"owner, idle":     {auth.Session{Position: kexin.Owner, Opened: opened, Seen: hours(1)}, hours(1.5)},
		"owner, all day":  {auth.Session{Position: kexin.Owner, Opened: opened, Seen: hours(11.9)}, hours(12)},
		"officer":         {auth.Session{Position: kexin.PIO, Opened: opened, Seen: opened}, hours(0.5)},
		"no position yet": {auth.Session{Opened: opened, Seen: opened}, hours(12)},
	} {
		if got := c.s.Ends(); got != c.ends || !c.s.Alive(got-1) || c.s.Alive(got) {
			t.Errorf("%s: ends after %v", name, got.Sub(opened))
		}
	}
	ahead := auth.Session{Position: kexin.Owner, Opened: opened, Seen: hours(1)} // by a clock that has been set back since
	if !ahead.Alive(hours(1).Add(-5*time.Minute)) || ahead.Alive(hours(1).Add(-5*time.Minute)-1) || ahead.Alive(opened.Add(-365*24*time.Hour)) {
		t.Error("how old a session is that lies ahead of the clock, nobody knows")
	}
	if (auth.Session{}).Alive(0) || (auth.Session{Position: kexin.Rep}).Alive(1) {
		t.Error("a session that was never opened is alive")
	}
}

func TestStepUp(t *testing.T) {
	now := kexin.Instant(1_800_000_000_000)
	for ago, want := range map[time.Duration]bool{0: true, 10 * time.Minute: true, 10*time.Minute + time.Millisecond: false, -time.Second: false} {
		at := now.Add(-ago)
		if auth.Fresh(at, now) != want {
			t.Errorf("%v ago: %v", ago, !want)
		}
	}
	if auth.Fresh(0, 5) {
		t.Error("never shown counts as fresh")
	}
}

func TestNeedsCode(t *testing.T) {
	now := kexin.Instant(1_800_000_000_000)
	day := 24 * time.Hour
	for _, c := range []struct {
		size  kexin.Size
		shown kexin.Instant
		want  bool
	}{
		{kexin.Shop, 0, true}, {kexin.Shop, now, false}, {kexin.Shop, now.Add(-29 * day), false}, {kexin.Shop, now.Add(-30 * day), true},
		{kexin.Shop, now + 1, true}, {kexin.Company, now, true}, {kexin.Mall, now.Add(-day), true}, {"", now, true},
	} {
		if got := auth.NeedsCode(c.size, c.shown, now); got != c.want {
			t.Errorf("%s, %v ago: %v", c.size, now.Sub(c.shown), got)
		}
	}
}
