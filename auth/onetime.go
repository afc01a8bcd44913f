package auth

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"kexin"
	"kexin/law"
)

// NewOneTime draws the six digits of a one-time code 验证码 (security.md A7).
// Only a keyed hash of it is stored, bound to the challenge: vault.OneTimeMAC.
func NewOneTime() Secret {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // never: the runtime stops the program instead
	}
	return Secret(fmt.Sprintf("%06d", n.Int64()))
}

// A Challenge is one code that waits for its answer: one live for each number
// and act.
type Challenge struct {
	Made  kexin.Instant
	Tries int
	Used  kexin.Instant
}

// Ends is the first moment at which the code is worth nothing.
func (c Challenge) Ends() kexin.Instant { return c.Made.Add(law.CodeLife) }

// Live reports whether a code may still be right at now.
func (c Challenge) Live(now kexin.Instant) bool {
	return c.Made != 0 && c.Used == 0 && c.Tries < law.CodeTries && now < c.Ends()
}

// Try is the challenge after one more try, to be stored whatever the answer.
// Errors: invalid where the code is over, used or tried too often; wrong,
// unknown and dead look alike.
func (c Challenge) Try(right bool, now kexin.Instant) (Challenge, error) {
	if !c.Live(now) {
		return c, fault("onetime", kexin.Invalid, "error.onetime")
	}
	c.Tries++
	if !right {
		return c, fault("onetime", kexin.Invalid, "error.onetime")
	}
	c.Used = now
	return c, nil
}

// Again is nil when another code may be sent after one made at last.
func Again(last, now kexin.Instant) error {
	if last == 0 || now >= last.Add(law.CodeResendAfter) {
		return nil
	}
	e := fault("onetime", kexin.RateLimited, "error.onetime_again")
	e.Until = last.Add(law.CodeResendAfter)
	return e
}

// A Rate is how many of something may happen within a time, wherever that time
// begins.
type Rate struct {
	Within time.Duration
	Most   int
}

// The rates of sending codes: for one number, and from one address.
var (
	OneTimeNumber = []Rate{{time.Hour, law.CodePerNumberHour}, {24 * time.Hour, law.CodePerNumberDay}}
	OneTimeAddr   = []Rate{{time.Hour, law.CodePerAddrHour}}
)

// MerchantOneTime is how many codes a merchant may send in a day, when median
// is that of his last days: twice as many, and a hundred.
func MerchantOneTime(median int) int { return 2*median + 100 }
