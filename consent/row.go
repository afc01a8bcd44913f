package consent

import (
	"slices"
	"strings"

	"kexin"
)

// A Grade says what evidence there is that a consent was hers (security.md
// A8). Grades compare: a greater one is harder to forge.
type Grade uint8

// The grades, each with who can forge it.
const (
	NoGrade   Grade = iota
	Paper           // E0: scan and a second witness; any two staff
	Tablet          // E1: glass signature on a registered device; staff
	Handed          // E2: a link that staff copied or showed; that member of staff
	Link            // E2+: a link the server sent to her number; who reads her messages
	Code            // E3: one-time code; the server's administrator
	CodeTwice       // E4: a second, independent code; two administrators together
	Passkey         // E5: her device's key; nobody without the device
)

var gradeNames = [...]string{"", "E0", "E1", "E2", "E2+", "E3", "E4", "E5"}

// String is the grade's code.
func (g Grade) String() string {
	if int(g) < len(gradeNames) {
		return gradeNames[g]
	}
	return ""
}

// A Row is one consent as decisions read it: one per subject × controller ×
// purpose × channel × receiver × notice version. All rows of one slice belong
// to one person in the eyes of one merchant.
type Row struct {
	Purpose  kexin.PurposeCode
	Channel  kexin.Channel // "" = not tied to one
	Receiver kexin.ID      // merchant it names; 0 = the controller itself
	State    State
	From     kexin.Instant // given at
	Until    kexin.Instant // first moment it no longer holds; 0 = never given
	Changed  kexin.Instant // last transition
	Grade    Grade
	Epoch    uint32          // counts gives and withdrawals; see Open
	Fields   []kexin.FieldID // data it covers; empty where the purpose gives nothing away
}

// Open is the row before its first event. It continues the epoch of all
// earlier rows that speak of the same purpose and receiver over this channel
// or over none, so that what is given now is newer than any of their ends.
func Open(rows []Row, purpose kexin.PurposeCode, channel kexin.Channel, receiver kexin.ID) Row {
	r := Row{Purpose: purpose, Channel: channel, Receiver: receiver}
	for _, old := range rows {
		near := old.Channel == channel || old.Channel == "" || channel == ""
		if near && old.Purpose == purpose && old.Receiver == receiver {
			r.Epoch = max(r.Epoch, old.Epoch)
		}
	}
	return r
}

// Apply moves the row by an event, with the epoch and times that follow. The
// row itself stays as it was; until is used by Give alone.
func (r Row) Apply(e Event, until kexin.Instant, grade Grade) (Row, error) {
	next, err := Apply(r.State, e)
	if err != nil {
		return r, err
	}
	if e.Kind == Give && until <= e.At {
		return r, fault(kexin.Invalid, "error.consent_until")
	}
	r.State, r.Changed = next, e.At
	switch e.Kind {
	case Give:
		r.From, r.Until, r.Grade = e.At, until, grade
		r.Epoch++
	case Withdraw:
		r.Epoch++
	}
	return r, nil
}

// A Decision is the answer to "may this be done now?", with the reason.
type Decision struct {
	OK     bool
	Law    kexin.Law     // refusal code, "" where OK
	Reason string        // catalogue key "reason.<Reason>", "" where OK
	Until  kexin.Instant // where OK by a consent, when it ends
	Epoch  uint32        // where OK by a consent, its epoch, for the receiver
}

// Err is the decision as an error, nil where OK. channel fills the sentence.
func (d Decision) Err(channelName string) error {
	if d.OK {
		return nil
	}
	e := refuse(d.Law)
	if d.Law == "E_NO_CHANNEL_CONSENT" {
		e.Args = map[string]string{"channel": channelName}
	}
	return e
}

func no(l kexin.Law, reason string) Decision { return Decision{Law: l, Reason: reason} }

// speaksOf reports whether a row is about this purpose, channel and receiver.
// A row without channel counts for every channel where it stops something;
// to allow an offer it must name the channel (MKT-01).
func (r Row) speaksOf(purpose kexin.PurposeCode, channel kexin.Channel, receiver kexin.ID) bool {
	return r.Purpose == purpose && r.Receiver == receiver && (r.Channel == channel || r.Channel == "")
}

func (r Row) grants(channel kexin.Channel, at kexin.Instant) bool {
	named := r.Channel == channel || (r.Channel == "" && !marketing(r.Purpose))
	return r.State == Given && named && r.From <= at && at < r.Until
}

// Allows decides one purpose over one channel to one receiver at one moment
// (I5). Only a given, unexpired consent allows; no row is no; an expired one
// needs no job to stop; one that is disputed stops its like; and an ended one
// stops every consent that is not newer (security.md A13).
func Allows(rows []Row, purpose kexin.PurposeCode, channel kexin.Channel, receiver kexin.ID, at kexin.Instant) Decision {
	var about []Row
	for _, r := range rows {
		if r.speaksOf(purpose, channel, receiver) {
			about = append(about, r)
		}
	}
	best := -1
	for i, r := range about {
		switch {
		case r.State == Suspended:
			return no("E_IDENTITY_DISPUTE", "consent_suspended")
		case !r.grants(channel, at) || slices.ContainsFunc(about, r.endedBy):
		case best < 0 || r.Epoch > about[best].Epoch:
			best = i
		}
	}
	if best < 0 {
		return denial(about, purpose, at)
	}
	return Decision{OK: true, Until: about[best].Until, Epoch: about[best].Epoch}
}

// endedBy reports whether another row's end reaches this one: by epoch, which
// holds in whatever order messages arrived, and a withdrawal by time too,
// since it may have been made on a row of all channels.
func (r Row) endedBy(other Row) bool {
	switch other.State {
	case Withdrawn:
		return r.Epoch <= other.Epoch || r.From < other.Changed
	case Invalidated, Revoked:
		return r.Epoch <= other.Epoch
	}
	return false
}

// denial says why none of the rows allows: the strongest word among them.
func denial(about []Row, purpose kexin.PurposeCode, at kexin.Instant) Decision {
	d := missing(purpose)
	for _, r := range about {
		switch why := whyNot(r, at); {
		case d.Reason == "consent_none", why == "consent_withdrawn":
			d.Reason = why
		}
	}
	return d
}

// whyNot names the state of a row that does not allow.
func whyNot(r Row, at kexin.Instant) string {
	switch {
	case r.State == Withdrawn || r.State == Invalidated || r.State == Revoked:
		return "consent_withdrawn"
	case r.State == Expired, r.State == Given && at >= r.Until:
		return "consent_expired"
	case r.State == Refused:
		return "consent_refused"
	}
	return "consent_none"
}

// missing is the refusal of a purpose for which there is no consent.
func missing(purpose kexin.PurposeCode) Decision {
	if marketing(purpose) {
		return no("E_NO_CHANNEL_CONSENT", "consent_none")
	}
	return no("E_PURPOSE", "consent_none")
}

// marketing reports whether a purpose is an offer, which needs consent to its
// channel.
func marketing(p kexin.PurposeCode) bool { return strings.HasPrefix(string(p), "marketing.") }

// ParseGrade reads what String wrote; anything else is no grade.
func ParseGrade(s string) Grade {
	for g, name := range gradeNames {
		if name == s {
			return Grade(g)
		}
	}
	return NoGrade
}
