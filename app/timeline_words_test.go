package app

import (
	"slices"
	"testing"

	"kexin"
	"kexin/consent"
	"kexin/law"
)

// The newest word over each channel counts, one that has run out is expired, and
// an enquiry that may be answered is told where she said nothing.
func TestWordsOn(t *testing.T) {
	u := law.Purpose{Code: kexin.FollowUp, Basis: law.Consent}
	row := func(ch kexin.Channel, s consent.State, changed, until kexin.Instant) consent.Row {
		return consent.Row{Purpose: u.Code, Channel: ch, State: s, Changed: changed, Until: until}
	}
	asked := []May{{Channel: kexin.ByCall, Purpose: u.Code, Decision: consent.Decision{OK: true, Until: 90}}, {Channel: kexin.BySMS, Purpose: u.Code}, {Channel: kexin.ByEmail, Purpose: kexin.QuoteOrder, Decision: consent.Decision{OK: true}}}
	for name, c := range map[string]struct {
		rows []consent.Row
		mays []May
		want []Word
	}{
		"nothing":        {nil, nil, []Word{{Purpose: u}}},
		"an enquiry":     {nil, asked, []Word{{Purpose: u, Channel: kexin.ByCall, Asked: true, Until: 90}}},
		"newest":         {[]consent.Row{row("", consent.Given, 1, 100), row("", consent.Withdrawn, 5, 100)}, asked, []Word{{Purpose: u, State: consent.Withdrawn, Until: 100}}},
		"newest first":   {[]consent.Row{row("", consent.Withdrawn, 5, 100), row("", consent.Given, 1, 100)}, nil, []Word{{Purpose: u, State: consent.Withdrawn, Until: 100}}},
		"run out":        {[]consent.Row{row("", consent.Given, 1, 10)}, asked, []Word{{Purpose: u, State: consent.Expired, Until: 10}}},
		"each channel":   {[]consent.Row{row(kexin.BySMS, consent.Refused, 2, 0), row(kexin.ByCall, consent.Given, 1, 100)}, nil, []Word{{Purpose: u, Channel: kexin.ByCall, State: consent.Given, Until: 100}, {Purpose: u, Channel: kexin.BySMS, State: consent.Refused}}},
		"another's word": {[]consent.Row{{Purpose: kexin.OwnSMS, State: consent.Given, Until: 100}, {Purpose: u.Code, Receiver: 7, State: consent.Given, Until: 100}}, nil, []Word{{Purpose: u}}},
	} {
		same := func(a, b Word) bool {
			return a.Channel == b.Channel && a.State == b.State && a.Asked == b.Asked && a.Until == b.Until
		}
		if got := wordsOn(u, c.rows, c.mays, 50); !slices.EqualFunc(got, c.want, same) {
			t.Errorf("%s: %+v, not %+v", name, got, c.want)
		}
	}
}
