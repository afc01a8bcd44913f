package ledger

import "kexin"

// The consent's id, purpose, receiver and notice stand in Refs; the answers
// and the proof in the body, under the person's evidence key.

// NoticePublished: a notice has a new version 告知书. Text is the SHA-256 of
// its words, which are public.
type NoticePublished struct {
	Text    Hash
	Version int64
}

// ConsentRequested: the person was asked.
type ConsentRequested struct {
	Channel kexin.Channel
	Fields  []kexin.FieldID
	Text    Hash
	Until   kexin.Instant
	Way     Way
}

// ConsentGiven: the person said yes 同意. Only the person's own act makes it.
type ConsentGiven struct {
	Channel kexin.Channel
	Epoch   int64 // of the consent, +1 at every giving and withdrawal
	Fields  []kexin.FieldID
	Grade   Grade
	Text    Hash
	Until   kexin.Instant
	Way     Way
}

// ConsentRefused: the person said no.
type ConsentRefused struct {
	Channel kexin.Channel
	Way     Way
}

// ConsentLapsed: no answer in time, or the request was taken back.
type ConsentLapsed struct{ Why Why }

// ConsentSuspended: somebody disputes it 暂停; nothing may rest on it.
type ConsentSuspended struct{ Why Why }

// ConsentConfirmed: the person confirmed it after a dispute.
type ConsentConfirmed struct{ Grade Grade }

// ConsentWithdrawn: the person took it back 撤回.
type ConsentWithdrawn struct {
	Channel kexin.Channel
	Epoch   int64
	Way     Way
}

// ConsentLifted: the person asked this merchant for something anew and proved
// the address since, so that an earlier stop of hers ends for it.
type ConsentLifted struct {
	Epoch int64
	Grade Grade
}

// ConsentExpired: its time is over.
type ConsentExpired struct{ Epoch int64 }

// ConsentInvalidated: it was found not to hold.
type ConsentInvalidated struct{ Why Why }

// ConsentRevoked: the merchant stopped the purpose.
type ConsentRevoked struct{ Why Why }

// SubjectErased: the person's data key was destroyed 删除. What stood under it
// cannot be read any more, in backups after Horizon.
type SubjectErased struct {
	Horizon kexin.Day
	Why     Why
}

// ErasurePutOff: the person put off an erasure that a stop would have brought.
// What was to be erased is kept, locked, until then.
type ErasurePutOff struct{ Until kexin.Instant }

// The types of these events.
func (*NoticePublished) Type() Type    { return "notice.published" }
func (*ConsentRequested) Type() Type   { return "consent.requested" }
func (*ConsentGiven) Type() Type       { return "consent.given" }
func (*ConsentRefused) Type() Type     { return "consent.refused" }
func (*ConsentLapsed) Type() Type      { return "consent.lapsed" }
func (*ConsentSuspended) Type() Type   { return "consent.suspended" }
func (*ConsentConfirmed) Type() Type   { return "consent.confirmed" }
func (*ConsentWithdrawn) Type() Type   { return "consent.withdrawn" }
func (*ConsentLifted) Type() Type      { return "consent.lifted" }
func (*ConsentExpired) Type() Type     { return "consent.expired" }
func (*ConsentInvalidated) Type() Type { return "consent.invalidated" }
func (*ConsentRevoked) Type() Type     { return "consent.revoked" }
func (*SubjectErased) Type() Type      { return "subject.erased" }
func (*ErasurePutOff) Type() Type      { return "erasure.put_off" }

func (x *NoticePublished) walk(f *facts) {
	f.digest("text", &x.Text)
	f.count("version", &x.Version)
}

func (x *ConsentRequested) walk(f *facts) {
	enum(f, "channel", &x.Channel, channels)
	f.fields("fields", &x.Fields)
	f.digest("text", &x.Text)
	f.instant("until", &x.Until)
	enum(f, "way", &x.Way, ways)
}

func (x *ConsentGiven) walk(f *facts) {
	enum(f, "channel", &x.Channel, channels)
	f.count("epoch", &x.Epoch)
	f.fields("fields", &x.Fields)
	enum(f, "grade", &x.Grade, Grades)
	f.digest("text", &x.Text)
	f.instant("until", &x.Until)
	enum(f, "way", &x.Way, ways)
}

func (x *ConsentRefused) walk(f *facts) {
	enum(f, "channel", &x.Channel, channels)
	enum(f, "way", &x.Way, ways)
}

func (x *ConsentLapsed) walk(f *facts) { enum(f, "why", &x.Why, []Why{"timeout", "cancelled"}) }

func (x *ConsentSuspended) walk(f *facts) {
	enum(f, "why", &x.Why, []Why{"not_me", "not_me_reply", "capacity", "relative", "number"})
}

func (x *ConsentConfirmed) walk(f *facts) { enum(f, "grade", &x.Grade, Grades) }

func (x *ConsentWithdrawn) walk(f *facts) {
	enum(f, "channel", &x.Channel, channels)
	f.count("epoch", &x.Epoch)
	enum(f, "way", &x.Way, ways)
}

func (x *ConsentLifted) walk(f *facts) {
	f.count("epoch", &x.Epoch)
	enum(f, "grade", &x.Grade, Grades)
}

func (x *ConsentExpired) walk(f *facts) { f.count("epoch", &x.Epoch) }
func (x *ConsentInvalidated) walk(f *facts) {
	enum(f, "why", &x.Why, []Why{"unconfirmed", "not_hers", "defect", "authority"})
}

func (x *ConsentRevoked) walk(f *facts) {
	enum(f, "why", &x.Why, []Why{"purpose_stopped", "closing", "agreement_ended"})
}

func (x *ErasurePutOff) walk(f *facts) { f.instant("until", &x.Until) }

func (x *SubjectErased) walk(f *facts) {
	f.day("horizon", &x.Horizon)
	enum(f, "why", &x.Why, []Why{"asked", "retention", "withdrawn", "authority", "closing"})
}
