package law

import (
	"time"

	"kexin"
)

// The budgets: numbers that keep looking, asking and contacting within what
// work needs. A merchant may lower them.

// Lookups: "is this phone known?" and all that answers it (security.md A4).
// Misses count as hits do.
const (
	LookupPerMinute     = 5
	LookupPerDay        = 30
	LookupPer30Days     = 200
	LookupDeptPerDay    = 200
	LookupImportPerFile = 200 // rows that match outside the importer's scope; above, a leader approves first
)

// Results of imports that tell who of a list is known already, and lists of
// numbers that were made up to be tried (security.md A4).
const (
	ImportTries     = 10 // in 30 days, not imported; from then on a result is coarse
	ImportTailTimes = 5  // phones that share their last four digits, to those that do by chance
)

// The enumeration detector over one person's or device's lookups of 30 days:
// so many different values with one tail or one head freeze the door.
const (
	DetectWindow    = 30 * 24 * time.Hour
	DetectSameLast4 = 8
	DetectSameHead7 = 30
)

// Reveals and contacts, per person (ACC-03).
const (
	RevealPerDay       = 30 // more needs a step-up
	ContactPerDay      = 60 // distinct customers
	ContactMedianTimes = 3  // of one's own 30-day median
	ContactMedianDays  = 5  // days with contacts that make a median: who is new has none yet
	ContactNoNote      = 20 // contacts without note, call or task within ContactNoteWithin
	ContactNoteWithin  = 24 * time.Hour
	LeavingPerDay      = 5 // full numbers, once a leaving date is set
)

// Exports, in persons (ACC-03).
const (
	ExportAlone  = 20  // more needs a second person
	ExportAtMost = 500 // more is refused, but for leaving with everything 搬家
)

// Releases to another merchant (SHR-11), referrals (SHR-07, SHR-12), messages
// (ALL-08) and campaigns (MKT-10).
const (
	ReleasePerHour    = 20
	ReleasePerDay     = 50
	ReleasePairPerDay = 100
	ReceiversPerNeed  = 3
	RequestsPerBatch  = 20
	PhonesInMessage   = 5 // from so many on a message looks like a list
	ComplaintsPerSend = 2 // per ComplaintSends; more pauses a campaign
	ComplaintSends    = 1000
)

// Requests for consent (CON-05).
const (
	AskPerPurposeYear  = 2 // for one purpose and receiver within AskYear
	AskPerCustomerYear = 6 // of all kinds by one merchant within AskYear
	AskYear            = 365 * 24 * time.Hour
	AskAgainDays       = 180 // after a no, for the same purpose and receiver
)

// A phone number as proof of who consents (security.md A7).
const (
	SharedNumberAtMost  = 4 // persons on one number before a consent by it is doubted
	DeviceGivesPerDay   = 2 // persons who gave from one device or address in 24 hours
	NumberStaleAfter    = 180 * 24 * time.Hour
	NumberOnFileAtLeast = 24 * time.Hour
)

// Commercial contact (MKT-05), per customer.
const (
	CallsPerDay      = 1
	CallsPer7Days    = 2
	CallsPerCampaign = 3
	SMSPerDay        = 1
	SMSPer30Days     = 4
	TouchesPer7Days  = 3 // over a whole alliance
)

// One-time codes (security.md A7).
const (
	CodeDigits        = 6
	CodeLife          = 5 * time.Minute
	CodeTries         = 5
	CodeResendAfter   = 60 * time.Second
	CodePerNumberHour = 5
	CodePerNumberDay  = 10
	CodePerAddrHour   = 20
)

// Links of a customer's page (security.md A6).
const (
	LinkLife          = 14 * 24 * time.Hour
	PortalSession     = 30 * time.Minute
	LinkMissPerMinute = 20  // wrong links from one address
	LinkMissPerHour   = 200 // wrong links of all: an alarm
)

// Quiet hours of commercial contact, hours of the customer's day (MKT-05).
const (
	ContactFrom        = 9
	ContactNoonFrom    = 12
	ContactNoonTo      = 14
	ContactTo          = 20
	ContactHolidayFrom = 10
)

// Quiet is nil when an offer may be made at t, in the customer's zone, and an
// E_QUIET_HOURS error otherwise, which says when it may be: 9 to 12 and 14 to
// 20, from 10 on public holidays. It binds offers, the first contact after a
// recommendation over any channel, every later call there, and links that the
// server sends; not what she asked for herself, such as a code.
func Quiet(t time.Time, c Calendar) error {
	if !quiet(t, c) {
		return nil
	}
	at := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), 0, 0, 0, t.Location())
	for quiet(at, c) || !at.After(t) {
		at = at.Add(time.Hour)
	}
	err := Refuse("law.quiet", "E_QUIET_HOURS", map[string]string{"time": at.Format("2006-01-02 15:04")})
	err.Until = kexin.At(at)
	return err
}

func quiet(t time.Time, c Calendar) bool {
	from := ContactFrom
	if c.Holiday(t) {
		from = ContactHolidayFrom
	}
	h := t.Hour()
	return h < from || h >= ContactTo || (h >= ContactNoonFrom && h < ContactNoonTo)
}
