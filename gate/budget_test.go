package gate

import (
	"errors"
	"testing"

	"kexin"
	"kexin/law"
)

// A refused budget says when it opens again: a minute later, at the merchant's
// midnight, or, where notes are missing, once they are written.
func TestBudgetsTellWhen(t *testing.T) {
	const now, midnight = kexin.Instant(1_000_000), kexin.Instant(9_000_000)
	for name, x := range map[string]struct {
		err   error
		key   string
		until kexin.Instant
	}{
		"minute":   {MayLookup(Spend{Minute: law.LookupPerMinute}, now, midnight), "error.lookup_minute", now + 60_000},
		"day":      {MayLookup(Spend{Day: law.LookupPerDay}, now, midnight), "error.lookup_budget", midnight},
		"dept":     {MayLookup(Spend{DeptDay: law.LookupDeptPerDay}, now, midnight), "error.lookup_budget", midnight},
		"month":    {MayLookup(Spend{Month: law.LookupPer30Days}, now, midnight), "error.lookup_month", midnight},
		"frozen":   {MayLookup(Spend{Frozen: true}, now, midnight), "error.lookup_frozen", 0},
		"reveal":   {MayReveal(law.LeavingPerDay, true, true, midnight), "error.reveal_budget", midnight},
		"contacts": {MayContact(Contacts{Today: law.ContactPerDay}, midnight), "error.contact_day", midnight},
		"usual":    {MayContact(Contacts{Median: 2, Today: 2 * law.ContactMedianTimes}, midnight), "error.contact_median", midnight},
		"notes":    {MayContact(Contacts{NoNote: law.ContactNoNote}, midnight), "error.contact_notes", 0},
	} {
		var e *kexin.Error
		if !errors.As(x.err, &e) || e.Key != x.key || e.Until != x.until {
			t.Errorf("%s: %+v", name, x.err)
		}
	}
	for name, err := range map[string]error{
		"lookup": MayLookup(Spend{}, now, midnight), "reveal": MayReveal(law.RevealPerDay-1, false, false, midnight), "contact": MayContact(Contacts{Again: true, NoNote: law.ContactNoNote}, midnight),
		"usual": MayContact(Contacts{Median: 2, Today: 2*law.ContactMedianTimes - 1}, midnight), "new": MayContact(Contacts{Today: law.ContactPerDay - 1}, midnight),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
