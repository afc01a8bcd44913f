package auth

import (
	"time"

	"kexin"
)

// A Life is how long a session lasts without use, and at most.
type Life struct{ Idle, Absolute time.Duration }

// LifeOf is the life of a session by position: 12 hours and 7 days; 30
// minutes and 12 hours for the owner and the protection officer, who can
// change what others may see.
func LifeOf(p kexin.Position) Life {
	if p == kexin.Owner || p == kexin.PIO {
		return Life{Idle: 30 * time.Minute, Absolute: 12 * time.Hour}
	}
	return Life{Idle: 12 * time.Hour, Absolute: 7 * 24 * time.Hour}
}

// A Session is what a stored session knows of time. A sign-in, a step-up and
// a change of rights each make a new secret; Opened stays.
type Session struct {
	Position kexin.Position
	Opened   kexin.Instant
	Seen     kexin.Instant // last request
	StepUp   kexin.Instant // last second factor; 0 = never
}

// Ends is the first moment at which the session is over.
func (s Session) Ends() kexin.Instant {
	life := LifeOf(s.Position)
	return min(s.Seen.Add(life.Idle), s.Opened.Add(life.Absolute))
}

// Alive reports whether the session may be used at now. One that was opened or
// used by a clock that was ahead may not: nobody knows how old it is.
func (s Session) Alive(now kexin.Instant) bool {
	return s.Opened != 0 && max(s.Opened, s.Seen) <= now.Add(clockOff) && now < s.Ends()
}

// clockOff is how far the clocks of a merchant's servers may be apart.
const clockOff = 5 * time.Minute

// StepUpLife is how long a second factor counts for what needs one afresh.
const StepUpLife = 10 * time.Minute

// Fresh reports whether a second factor shown at stepUp still counts at now.
// Never shown, or shown in the future, does not.
func Fresh(stepUp, now kexin.Instant) bool {
	return stepUp != 0 && stepUp <= now && now <= stepUp.Add(StepUpLife)
}

// DeviceTrust is how long a device that showed a second factor needs none to
// sign in: 30 days in a shop, where one counter's computer is signed in every
// morning; not at all elsewhere.
func DeviceTrust(size kexin.Size) time.Duration {
	if size == kexin.Shop {
		return 30 * 24 * time.Hour
	}
	return 0
}

// NeedsCode reports whether signing in from a device at now needs the second
// factor, when the device last showed one at shown (0 = never).
func NeedsCode(size kexin.Size, shown, now kexin.Instant) bool {
	return shown == 0 || shown > now || now >= shown.Add(DeviceTrust(size))
}

// Lives of links that are good for one POST, and the longest of a program's
// token.
const (
	SetupLife       = time.Hour
	RecoverLife     = time.Hour
	InviteLife      = 7 * 24 * time.Hour
	DemoLife        = 10 * time.Minute
	APITokenLongest = 365 * 24 * time.Hour
)
