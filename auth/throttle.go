package auth

import (
	"net/netip"
	"time"

	"kexin"
)

// A Counter counts failures of one account or one network. The zero Counter
// has none. Success of an account drops its counter.
type Counter struct {
	Failures int
	Last     kexin.Instant
}

// A Throttle says how long to wait after failures: none for the first Free,
// then 2, 4, 8 … seconds up to Cap. It never locks out: the wait after a
// failure is at most Cap, whatever came before.
type Throttle struct {
	Free   int
	Cap    time.Duration
	Forget time.Duration // quiet time after which counting starts anew
}

// The throttles of a sign-in. Keep one counter for each account and one for
// each network (Network); a network is shared by a whole shop, so it has more
// free tries. Count a trusted device's failures apart from others', so that a
// stranger's guesses do not slow its owner.
var (
	AccountThrottle = Throttle{Free: 5, Cap: 15 * time.Minute, Forget: 24 * time.Hour}
	NetworkThrottle = Throttle{Free: 20, Cap: 15 * time.Minute, Forget: 24 * time.Hour}
)

// Fail is the counter after one more failure.
func (t Throttle) Fail(c Counter, now kexin.Instant) Counter {
	if now.Sub(c.Last) >= t.Forget {
		c.Failures = 0
	}
	return Counter{Failures: c.Failures + 1, Last: now}
}

// Wait is how long after the last failure the next try must come.
func (t Throttle) Wait(failures int) time.Duration {
	n := failures - t.Free + 1
	if n <= 0 {
		return 0
	}
	// 2¹⁰ s is more than any cap here; a larger shift would overflow.
	return min(t.Cap, time.Second<<min(n, 30))
}

// Check is nil when a try may be made now; else it is rate limited, with the
// time from which it may. Ask it before any work on the password.
func (t Throttle) Check(c Counter, now kexin.Instant) error {
	until := c.Last.Add(t.Wait(c.Failures))
	if c.Failures == 0 || now >= until {
		return nil
	}
	e := fault("throttle", kexin.RateLimited, "error.rate_limited")
	e.Until = until
	return e
}

// Network is what an address is counted under: its /24, or its /64 for IPv6,
// since one household has a whole /64. An invalid address is the zero prefix,
// one counter for all such.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// A Window counts tries of a second factor: CodeTries in CodeWindow.
type Window struct {
	Tries int
	From  kexin.Instant
}

// The tries of a second factor, by account.
const (
	CodeTries  = 5
	CodeWindow = 15 * time.Minute
)

// Try is the window after one more try, to be stored before the code is
// looked at; rate limited when the tries are used up.
func (w Window) Try(now kexin.Instant) (Window, error) {
	end := w.From.Add(CodeWindow)
	if w.Tries == 0 || now >= end {
		return Window{Tries: 1, From: now}, nil
	}
	if w.Tries >= CodeTries {
		e := fault("code", kexin.RateLimited, "error.rate_limited")
		e.Until = end
		return w, e
	}
	w.Tries++
	return w, nil
}
