package consent_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kexin"
	"kexin/consent"
	"kexin/i18n"
	"kexin/law"
)

func instant(t *testing.T, s string) kexin.Instant {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return kexin.At(d)
}

func TestMayContact(t *testing.T) {
	now, recent, old := instant(t, "2026-11-22"), instant(t, "2026-08-01"), instant(t, "2025-11-22")
	sms := consent.Row{Purpose: kexin.OwnSMS, Channel: kexin.BySMS, State: consent.Given, From: recent, Until: instant(t, "2027-08-01"), Changed: recent, Epoch: 1}
	follow := consent.Row{Purpose: kexin.FollowUp, State: consent.Given, From: old, Until: instant(t, "2026-12-01"), Changed: old, Epoch: 1}
	change := func(r consent.Row, s consent.State, at kexin.Instant) consent.Row {
		r.State, r.Changed, r.Epoch = s, at, r.Epoch+1
		return r
	}
	shop := consent.Person{Source: kexin.FromVisit, Enquired: recent}
	for name, c := range map[string]struct {
		p          consent.Person
		purpose    kexin.PurposeCode
		channel    kexin.Channel
		suppressed bool
		ok         bool
		law        kexin.Law
		reason     string
	}{
		"order by phone":             {consent.Person{}, kexin.QuoteOrder, kexin.ByCall, false, true, "", ""},
		"order though suppressed":    {consent.Person{}, kexin.AfterSales, kexin.BySMS, true, true, "", ""},
		"order, number disputed":     {consent.Person{Rows: []consent.Row{change(sms, consent.Suspended, now)}}, kexin.QuoteOrder, kexin.ByCall, false, false, "E_IDENTITY_DISPUTE", "consent_suspended"},
		"fresh enquiry":              {shop, kexin.FollowUp, kexin.ByCall, false, true, "", ""},
		"enquiry, suppressed":        {shop, kexin.FollowUp, kexin.ByCall, true, false, "E_PURPOSE", "suppressed"},
		"enquiry a year ago":         {consent.Person{Enquired: old}, kexin.FollowUp, kexin.ByCall, false, false, "E_PURPOSE", "no_enquiry"},
		"enquiry in the future":      {consent.Person{Enquired: now + 1}, kexin.FollowUp, kexin.ByCall, false, false, "E_PURPOSE", "no_enquiry"},
		"no enquiry":                 {consent.Person{Source: kexin.FromPublic}, kexin.FollowUp, kexin.ByCall, false, false, "E_PURPOSE", "no_enquiry"},
		"old enquiry, consent":       {consent.Person{Enquired: old, Rows: []consent.Row{follow}}, kexin.FollowUp, kexin.ByCall, false, true, "", ""},
		"enquiry, then no":           {consent.Person{Enquired: recent, Rows: []consent.Row{change(follow, consent.Withdrawn, recent+1)}}, kexin.FollowUp, kexin.ByCall, false, false, "E_PURPOSE", "consent_withdrawn"},
		"no, then enquiry":           {consent.Person{Enquired: recent, Rows: []consent.Row{change(follow, consent.Withdrawn, recent-1)}}, kexin.FollowUp, kexin.ByCall, false, true, "", ""},
		"refused, then enquiry":      {consent.Person{Enquired: recent, Rows: []consent.Row{change(follow, consent.Refused, recent-1)}}, kexin.FollowUp, kexin.ByCall, false, true, "", ""},
		"expired, enquiry":           {consent.Person{Enquired: recent, Rows: []consent.Row{change(follow, consent.Expired, recent+1)}}, kexin.FollowUp, kexin.ByCall, false, true, "", ""},
		"offer with consent":         {consent.Person{Source: kexin.FromForm, Rows: []consent.Row{sms}}, kexin.OwnSMS, kexin.BySMS, false, true, "", ""},
		"offer, call not agreed":     {consent.Person{Rows: []consent.Row{sms}}, kexin.OwnCall, kexin.ByCall, false, false, "E_NO_CHANNEL_CONSENT", "consent_none"},
		"offer, channel swapped":     {consent.Person{Rows: []consent.Row{sms}}, kexin.OwnSMS, kexin.ByCall, false, false, "E_NO_CHANNEL_CONSENT", "consent_none"},
		"offer without channel":      {consent.Person{Rows: []consent.Row{sms}}, kexin.OwnSMS, "", false, false, "E_NO_CHANNEL_CONSENT", "consent_none"},
		"offer, suppressed":          {consent.Person{Rows: []consent.Row{sms}}, kexin.OwnSMS, kexin.BySMS, true, false, "E_NO_CHANNEL_CONSENT", "suppressed"},
		"offer, child":               {consent.Person{Rows: []consent.Row{sms}, Minor: true}, kexin.OwnSMS, kexin.BySMS, false, false, "E_MINOR", "consent_none"},
		"IMP-06 migrated":            {consent.Person{Source: kexin.FromMigration, Enquired: recent}, kexin.OwnSMS, kexin.BySMS, false, false, "E_NO_CHANNEL_CONSENT", "migrated"},
		"migrated, asked again":      {consent.Person{Source: kexin.FromMigration, Rows: []consent.Row{sms}}, kexin.OwnSMS, kexin.BySMS, false, true, "", ""},
		"migrated, after-sales":      {consent.Person{Source: kexin.FromMigration}, kexin.AfterSales, kexin.BySMS, false, true, "", ""},
		"IMP-08 public":              {consent.Person{Source: kexin.FromPublic}, kexin.OwnSMS, kexin.BySMS, false, false, "E_NO_CHANNEL_CONSENT", "public_source"},
		"IMP-08 public, consent":     {consent.Person{Source: kexin.FromPublic, Rows: []consent.Row{sms}}, kexin.OwnSMS, kexin.BySMS, false, false, "E_NO_CHANNEL_CONSENT", "public_source"},
		"MKT-09 WeChat friend":       {consent.Person{Source: kexin.FromWeChat, Enquired: recent}, kexin.OwnWeChat, kexin.ByWeChat, false, false, "E_NO_CHANNEL_CONSENT", "consent_none"},
		"evidence":                   {shop, kexin.Evidence, kexin.ByCall, false, false, "E_PURPOSE", "consent_none"},
		"no purpose":                 {shop, "", kexin.ByCall, false, false, "E_PURPOSE", "consent_none"},
		"unknown purpose":            {shop, "whatever", kexin.ByCall, false, false, "E_PURPOSE", "consent_none"},
		"unknown service purpose":    {shop, "service.spam", kexin.ByCall, false, false, "E_PURPOSE", "consent_none"},
		"unknown offer":              {consent.Person{Rows: []consent.Row{{Purpose: "marketing.other", State: consent.Given, Until: now + 1}}}, "marketing.other", "", false, false, "E_NO_CHANNEL_CONSENT", "consent_none"},
		"campaign she signed up for": {consent.Person{Rows: []consent.Row{{Purpose: "campaign.joint.3", State: consent.Given, Until: now + 1}}}, "campaign.joint.3", kexin.ByCall, false, true, "", ""},
		"campaign, suppressed":       {consent.Person{Rows: []consent.Row{{Purpose: "campaign.joint.3", State: consent.Given, Until: now + 1}}}, "campaign.joint.3", kexin.ByCall, true, false, "E_PURPOSE", "suppressed"},
	} {
		d := consent.MayContact(c.p, c.purpose, c.channel, now, c.suppressed)
		if d.OK != c.ok || d.Law != c.law || d.Reason != c.reason {
			t.Errorf("%s: %+v", name, d)
		}
		if !d.OK && !i18n.Has("reason."+d.Reason) {
			t.Errorf("%s: no sentence for %q", name, d.Reason)
		}
	}
}

// TestPurposeRules: the purposes treated here as needing no consent, a
// channel's consent or another are those of the law's matrix.
func TestPurposeRules(t *testing.T) {
	now := instant(t, "2026-11-22")
	for _, p := range law.Purposes {
		code := p.Code
		if p.Family {
			code += ".1"
		}
		ch := p.Channel
		row := consent.Row{Purpose: code, Channel: ch, State: consent.Given, Until: now + 1, Epoch: 1}
		bare := consent.MayContact(consent.Person{Source: kexin.FromForm}, code, ch, now, false)
		held := consent.MayContact(consent.Person{Source: kexin.FromForm, Rows: []consent.Row{row}}, code, ch, now, false)
		if want := p.Basis == law.Contract; bare.OK != want {
			t.Errorf("%s on %s: without consent %v", code, p.Basis, bare.OK)
		}
		if want := p.Basis != law.Duty; held.OK != want {
			t.Errorf("%s on %s: with consent %+v", code, p.Basis, held)
		}
		if (bare.Law == "E_NO_CHANNEL_CONSENT") != (p.Consent == law.PerChannel) {
			t.Errorf("%s needs %s but is refused with %s", code, p.Consent, bare.Law)
		}
	}
	for _, s := range law.Sources {
		row := consent.Row{Purpose: kexin.OwnSMS, Channel: kexin.BySMS, State: consent.Given, Until: now + 1}
		d := consent.MayContact(consent.Person{Source: s.Kind, Rows: []consent.Row{row}}, kexin.OwnSMS, kexin.BySMS, now, false)
		if s.Lawful && d.OK != s.Marketing {
			t.Errorf("%s: offers %v, the table says %v", s.Kind, d.OK, s.Marketing)
		}
	}
}

// TestEnquiryLife: twelve calendar months of the merchant's own days, which end
// on a day that exists.
func TestEnquiryLife(t *testing.T) {
	for day, last := range map[string]string{"2026-11-22": "2027-11-22", "2027-12-31": "2028-12-31", "2028-02-29": "2029-02-28"} {
		asked, end := instant(t, day), instant(t, last)
		p := consent.Person{Enquired: asked}
		if !consent.MayContact(p, kexin.FollowUp, kexin.ByCall, end-1, false).OK || consent.MayContact(p, kexin.FollowUp, kexin.ByCall, end, false).OK {
			t.Errorf("an enquiry of %s does not end at %s", day, end.Time())
		}
	}
	// Midnight in Shanghai is another day in UTC, and here the last of a February.
	zone := time.FixedZone("CST", 8*3600)
	asked, last := time.Date(2027, 3, 1, 0, 0, 0, 0, zone), time.Date(2028, 3, 1, 0, 0, 0, 0, zone)
	p := consent.Person{Enquired: kexin.At(asked), Zone: zone}
	if d := consent.MayContact(p, kexin.FollowUp, kexin.ByCall, kexin.At(last)-1, false); !d.OK || d.Until != kexin.At(last) {
		t.Errorf("an enquiry of %s ends at %s", asked, d.Until.Time().In(zone))
	}
}

// TestContactProperties: a do-not-contact mark, a child's age or one more no
// never allows anything; what is allowed for an offer names its channel.
func TestContactProperties(t *testing.T) {
	all := append(slices.Clone(purposes), kexin.QuoteOrder, kexin.AfterSales, kexin.Evidence, kexin.OwnWeChat, "")
	rapid.Check(t, func(t *rapid.T) {
		p := consent.Person{
			Rows:     rapid.SliceOfN(anyRow, 0, 5).Draw(t, "rows"),
			Source:   rapid.SampledFrom([]kexin.SourceKind{"", kexin.FromPOS, kexin.FromMigration, kexin.FromPublic}).Draw(t, "source"),
			Enquired: kexin.Instant(rapid.IntRange(0, 100).Draw(t, "enquired")),
			Minor:    rapid.Bool().Draw(t, "minor"),
		}
		purpose, ch := rapid.SampledFrom(all).Draw(t, "purpose"), rapid.SampledFrom(channels).Draw(t, "channel")
		at := kexin.Instant(rapid.IntRange(0, 120).Draw(t, "at"))
		d := consent.MayContact(p, purpose, ch, at, false)
		shut := consent.MayContact(p, purpose, ch, at, true)
		if shut.OK && (!d.OK || (purpose != kexin.QuoteOrder && purpose != kexin.AfterSales)) {
			t.Fatalf("suppressed and still contacted for %q", purpose)
		}
		offer := purpose == kexin.OwnSMS || purpose == kexin.OwnCall || purpose == kexin.OwnWeChat
		if d.OK && offer && (p.Minor || p.Source == kexin.FromPublic || ch == "") {
			t.Fatalf("an offer to %+v", p)
		}
		extra := anyRow.Draw(t, "extra")
		extra.State = rapid.SampledFrom([]consent.State{consent.Withdrawn, consent.Suspended, consent.Refused}).Draw(t, "no")
		p.Rows = append(slices.Clone(p.Rows), extra)
		if consent.MayContact(p, purpose, ch, at, false).OK && !d.OK {
			t.Fatal("a no more allowed something")
		}
	})
}
