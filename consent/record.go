package consent

import (
	"strconv"
	"strings"

	"kexin"
)

// Terms are what an offer's consent promises her (MKT-02).
type Terms struct {
	About       string // kind of messages, catalogue code
	MaxPerMonth int
	Until       kexin.Instant
}

// A Record is the proof of one consent (CON-01). Every part is mandatory:
// Receiver where the purpose names one, Terms where it is an offer.
type Record struct {
	Subject    kexin.ID
	Controller kexin.ID
	Purpose    kexin.PurposeCode
	Fields     []kexin.FieldID // categories of data, field by field
	Processing string          // method of processing, catalogue code
	Notice     int             // version of the notice shown
	NoticeHash Hash
	Terms      Terms
	Receiver   kexin.ID
	GivenAt    kexin.Instant
	Way        Grade  // how she gave it
	Evidence   string // reference to the evidence: challenge id, signature image hash, scan
	ExpiresAt  kexin.Instant
}

// A part of a record: its name, and whether it is missing or impossible.
type part struct {
	path string
	bad  bool
}

// Validate lists every part that is missing or impossible, as one invalid
// error with a field for each.
func (r Record) Validate() error {
	return r.lacks(append(r.asked(),
		part{"terms.until", marketing(r.Purpose) && r.Terms.Until <= r.GivenAt},
		part{"given_at", r.GivenAt <= 0},
		part{"expires_at", r.ExpiresAt <= r.GivenAt},
	))
}

// ValidateAsk is Validate for a question: all that she must be told before she
// answers, without what only her answer brings.
func (r Record) ValidateAsk() error { return r.lacks(r.asked()) }

// asked are the parts that stand before she answers.
func (r Record) asked() []part {
	return []part{
		{"subject", r.Subject == 0},
		{"controller", r.Controller == 0},
		{"purpose", r.Purpose == ""},
		{"categories", len(r.Fields) == 0},
		{"processing", r.Processing == ""},
		{"notice_version", r.Notice <= 0},
		{"notice_hash", r.NoticeHash == Hash{}},
		{"terms.about", marketing(r.Purpose) && r.Terms.About == ""},
		{"terms.max_per_month", marketing(r.Purpose) && r.Terms.MaxPerMonth <= 0},
		{"receiver", r.badReceiver()},
		{"method", r.Way == NoGrade || r.Way > Passkey},
		{"evidence", r.Evidence == ""},
	}
}

func (r Record) lacks(parts []part) error {
	e := fault(kexin.Invalid, "error.consent_record")
	for _, f := range parts {
		if f.bad {
			e.Fields = append(e.Fields, kexin.FieldError{Path: f.path, Key: "error.consent_part"})
		}
	}
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

// providing is the family of purposes that names its receiver.
const providing = "share.provide."

// badReceiver: a consent to provide names the merchant that its purpose
// names, never all of them; another consent names none.
func (r Record) badReceiver() bool {
	name, ok := strings.CutPrefix(string(r.Purpose), providing)
	if !ok {
		return r.Receiver != 0
	}
	return r.Receiver == 0 || name != strconv.FormatInt(int64(r.Receiver), 10)
}
