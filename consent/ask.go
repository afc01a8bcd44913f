package consent

import (
	"slices"
	"time"

	"kexin"
	"kexin/law"
)

// An Ask is one request for consent that one merchant made of one person.
type Ask struct {
	Purpose  kexin.PurposeCode
	Receiver kexin.ID
	At       kexin.Instant
	Refused  kexin.Instant // when she said no; 0 = she did not
}

// AskLimits are how often a merchant may ask (CON-05). A merchant may make
// them stricter.
type AskLimits struct {
	Cooldown    time.Duration // without asking after a no, for the same purpose and receiver
	Window      time.Duration
	PerPurpose  int // asks within Window, for the same purpose and receiver
	PerCustomer int // asks within Window, of every kind
}

// DefaultAsk are the limits of the law page.
var DefaultAsk = AskLimits{Cooldown: law.AskAgainDays * 24 * time.Hour, Window: law.AskYear, PerPurpose: law.AskPerPurposeYear, PerCustomer: law.AskPerCustomerYear}

// MayAsk is nil when the person may be asked at a moment, given all asks so
// far in any order; otherwise an E_REASK_COOLDOWN error whose Until says from
// when. She herself may begin at any time: that is no ask.
func (l AskLimits) MayAsk(asks []Ask, purpose kexin.PurposeCode, receiver kexin.ID, at kexin.Instant) error {
	var same, all []kexin.Instant
	var free kexin.Instant
	for _, a := range asks {
		all = append(all, a.At)
		if a.Purpose != purpose || a.Receiver != receiver {
			continue
		}
		same = append(same, a.At)
		if a.Refused != 0 {
			free = max(free, a.Refused.Add(l.Cooldown))
		}
	}
	free = max(free, l.freeAt(same, l.PerPurpose), l.freeAt(all, l.PerCustomer))
	if at >= free {
		return nil
	}
	e := refuse("E_REASK_COOLDOWN")
	e.Until = free
	return e
}

// freeAt is the first moment with fewer than n asks in the window before it.
func (l AskLimits) freeAt(asks []kexin.Instant, n int) kexin.Instant {
	if len(asks) < n {
		return 0
	}
	slices.Sort(asks)
	return asks[len(asks)-n].Add(l.Window)
}
