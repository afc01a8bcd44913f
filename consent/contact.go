package consent

import (
	"cmp"
	"strings"
	"time"

	"kexin"
	"kexin/law"
)

// A Person is what decisions about contact know of one customer of one
// merchant.
type Person struct {
	Rows     []Row
	Source   kexin.SourceKind // where the record came from
	Enquired kexin.Instant    // last time she came, called, wrote or bought something; 0 = not known
	Zone     *time.Location   // in which the merchant counts days; nil = UTC
	Minor    bool             // under 14
	Disputed bool             // somebody said that the number is not hers (CON-13)
}

// enquiry is how long an enquiry carries following it up: as long as it is kept.
var enquiry = func() law.Period {
	r, err := law.RetentionOf(kexin.KeepEnquiry)
	if err != nil {
		panic(err)
	}
	return r.Period
}()

// offerChannels are the channels of the marketing purposes.
var offerChannels = map[kexin.PurposeCode]kexin.Channel{
	kexin.OwnSMS: kexin.BySMS, kexin.OwnCall: kexin.ByCall, kexin.OwnWeChat: kexin.ByWeChat, kexin.OwnEmail: kexin.ByEmail,
}

// MayContact decides whether a person may be contacted for a purpose over a
// channel at a moment. suppressed is the do-not-contact mark of her address
// 勿扰: it stops all but what an order needs. Hours, frequency and budgets are
// asked elsewhere.
//
//   - A disputed number gets nothing at all (CON-13).
//   - Orders and after-sales need no consent (PIPL 13(1)2).
//   - An enquiry may be answered for twelve months, or longer by consent.
//   - An offer needs her consent to that channel (MKT-01); a child gets none
//     (SEN-04), nor does a person known from public data (IMP-08); one who
//     came from an earlier system has given none (IMP-06).
//   - Anything else needs its consent; evidence is no ground to contact.
func MayContact(p Person, purpose kexin.PurposeCode, channel kexin.Channel, at kexin.Instant, suppressed bool) Decision {
	switch {
	case p.disputed(channel):
		return no("E_IDENTITY_DISPUTE", "consent_suspended")
	case purpose == kexin.QuoteOrder || purpose == kexin.AfterSales:
		return Decision{OK: true}
	case purpose == "" || strings.HasPrefix(string(purpose), "legal."):
		return no("E_PURPOSE", "consent_none")
	case suppressed:
		return suppression(purpose)
	case purpose == kexin.FollowUp:
		return p.followUp(channel, at)
	case marketing(purpose):
		return p.offer(purpose, channel, at)
	}
	return Allows(p.Rows, purpose, channel, 0, at)
}

func suppression(purpose kexin.PurposeCode) Decision {
	d := missing(purpose)
	d.Reason = "suppressed"
	return d
}

// disputed reports whether the number, or any consent of hers that reaches the
// same address, waits for her to say that it is hers.
func (p Person) disputed(channel kexin.Channel) bool {
	if p.Disputed {
		return true
	}
	for _, r := range p.Rows {
		if r.State == Suspended && (r.Channel == "" || channel == "" || (r.Channel == kexin.ByEmail) == (channel == kexin.ByEmail)) {
			return true
		}
	}
	return false
}

func (p Person) offer(purpose kexin.PurposeCode, channel kexin.Channel, at kexin.Instant) Decision {
	switch {
	case p.Minor:
		return no("E_MINOR", "consent_none")
	case p.Source == kexin.FromPublic:
		return no("E_NO_CHANNEL_CONSENT", "public_source")
	case channel == "" || offerChannels[purpose] != channel:
		return no("E_NO_CHANNEL_CONSENT", "consent_none")
	}
	d := Allows(p.Rows, purpose, channel, 0, at)
	if !d.OK && d.Reason == "consent_none" && p.Source == kexin.FromMigration {
		d.Reason = "migrated"
	}
	return d
}

// followUp: by consent, or by an enquiry of the last twelve months that is
// newer than her last no.
func (p Person) followUp(channel kexin.Channel, at kexin.Instant) Decision {
	d := Allows(p.Rows, kexin.FollowUp, channel, 0, at)
	if d.OK {
		return d
	}
	if p.Enquired == 0 || p.Enquired > at || at >= p.enquiryEnd() {
		if d.Reason == "consent_none" {
			d.Reason = "no_enquiry"
		}
		return d
	}
	for _, r := range p.Rows {
		if r.speaksOf(kexin.FollowUp, channel, 0) && r.saysNo() && r.Changed >= p.Enquired {
			return d
		}
	}
	return Decision{OK: true, Until: p.enquiryEnd()}
}

// saysNo reports whether the row ended by somebody's no, not by time.
func (r Row) saysNo() bool {
	switch r.State {
	case Refused, Withdrawn, Invalidated, Revoked:
		return true
	}
	return false
}

// enquiryEnd is the first moment at which her enquiry is too old.
func (p Person) enquiryEnd() kexin.Instant {
	return kexin.At(enquiry.From(p.Enquired.Time().In(cmp.Or(p.Zone, time.UTC))))
}
