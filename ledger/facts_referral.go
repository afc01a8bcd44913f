package ledger

import "kexin"

// The referral's id stands in Refs; nothing in these facts says who the person
// is or what was given.

// ReferralMoved: a referral went from one state to another 转介绍.
type ReferralMoved struct {
	Event Why
	From  Why
	Side  Why
	To    Why
	Way   Way
}

// ReferralRefused: something was tried that the referral's state does not
// allow.
type ReferralRefused struct {
	Code  kexin.Code
	Event Why
	Law   kexin.Law
	Side  Why
	State Why
}

// WordTried: the word that the person answered at a call was compared with the
// one on the receipt.
type WordTried struct {
	Left  int64 // tries
	Right bool
}

// CodeSent: a one-time code was queued for the person.
type CodeSent struct {
	Act     Why
	Channel kexin.Channel
}

// CodeTried: a one-time code was typed on the person's page.
type CodeTried struct {
	Act   Why
	Right bool
}

// PageShown: the person's own data was shown to the person.
type PageShown struct {
	Fields []kexin.FieldID // shown in clear
	What   Why
}

// AllianceChanged: the merchant founded an alliance 联盟, joined one, or
// verified a member.
type AllianceChanged struct {
	Alliance kexin.ID
	Change   Why
	Member   kexin.ID // merchant
}

// AllianceMember: in an alliance's own log, what a merchant said of a
// membership in a signed letter. Key is the hash of the key that signed it: by
// it a merchant's key is introduced to the others (security.md A13).
type AllianceMember struct {
	Change Why
	Key    Hash
	Member kexin.ID      // merchant
	Said   kexin.Instant // when; letters of several merchants may overtake each other
}

// MessageSent and MessageTaken: a signed message between two merchants. Hash
// is that of the whole message.
type MessageSent struct {
	Hash Hash
	Kind Why
	Peer kexin.ID
	Seq  int64
}

// MessageTaken: see MessageSent.
type MessageTaken struct {
	Hash    Hash
	Kind    Why
	Outcome Why
	Peer    kexin.ID
	Seq     int64
}

// VoucherChanged: a walk-in voucher 到店券 was used. It is nobody's. That one was
// made stands in older logs alone.
type VoucherChanged struct {
	Change Why
	Peer   kexin.ID // the merchant who recommended
}

// SendingChanged: a message to the person was queued, sent, failed or
// cancelled.
type SendingChanged struct {
	Channel kexin.Channel
	State   Why
}

var (
	referralStates = []Why{"DRAFT", "BLOCKED", "AWAITING_CUSTOMER", "DECLINED", "EXPIRED", "SELF_SUBMITTED", "REJECTED_BY_RECEIVER", "ACCEPTED", "CONTACTED", "WON", "LOST", "REVOKING", "REVOKED", "CLOSED"}
	referralEvents = []Why{"create", "pass", "block", "fix", "cancel", "decline", "take_back", "timeout", "submit", "accept", "reject", "silence", "contact", "idle", "order", "no_deal", "withdraw", "outcome", "overdue", "close"}
	sides          = []Why{"sender", "receiver"}
	messageKinds   = []Why{"referral.moved", "consent.withdrawn", "consent.outcome", "credit.counted", "alliance.member"}
	codeActs       = []Why{"prove", "mine", "copy", "stop"}
)

// The types of these events.
func (*ReferralMoved) Type() Type   { return "referral.moved" }
func (*ReferralRefused) Type() Type { return "referral.refused" }
func (*WordTried) Type() Type       { return "word.tried" }
func (*CodeSent) Type() Type        { return "code.sent" }
func (*CodeTried) Type() Type       { return "code.tried" }
func (*PageShown) Type() Type       { return "page.shown" }
func (*AllianceChanged) Type() Type { return "alliance.changed" }
func (*AllianceMember) Type() Type  { return "alliance.member" }
func (*MessageSent) Type() Type     { return "message.sent" }
func (*MessageTaken) Type() Type    { return "message.taken" }
func (*VoucherChanged) Type() Type  { return "voucher.changed" }
func (*SendingChanged) Type() Type  { return "sending.changed" }

func (x *ReferralMoved) walk(f *facts) {
	enum(f, "event", &x.Event, referralEvents)
	enum(f, "from", &x.From, referralStates)
	enum(f, "side", &x.Side, sides)
	enum(f, "to", &x.To, referralStates)
	enum(f, "way", &x.Way, []Way{"copy", "qr", "send", "counter", "message"})
}

func (x *ReferralRefused) walk(f *facts) {
	enum(f, "code", &x.Code, codes)
	enum(f, "event", &x.Event, referralEvents)
	f.law("law", &x.Law)
	enum(f, "side", &x.Side, sides)
	enum(f, "state", &x.State, referralStates)
}

func (x *WordTried) walk(f *facts) {
	f.count("left", &x.Left)
	f.flag("right", &x.Right)
}

func (x *CodeSent) walk(f *facts) {
	enum(f, "act", &x.Act, codeActs)
	enum(f, "channel", &x.Channel, channels)
}

func (x *CodeTried) walk(f *facts) {
	enum(f, "act", &x.Act, codeActs)
	f.flag("right", &x.Right)
}

func (x *PageShown) walk(f *facts) {
	f.fields("fields", &x.Fields)
	enum(f, "what", &x.What, []Why{"holders", "held", "values", "receipt", "copy"})
}

func (x *AllianceChanged) walk(f *facts) {
	f.id("alliance", &x.Alliance)
	enum(f, "change", &x.Change, []Why{"founded", "invited", "joined", "verified", "suspended", "left", "renamed"})
	f.id("member", &x.Member)
}

func (x *AllianceMember) walk(f *facts) {
	enum(f, "change", &x.Change, []Why{"founded", "joined", "verified", "suspended", "left", "renamed"})
	f.digest("key", &x.Key)
	f.id("member", &x.Member)
	f.instant("said", &x.Said)
}

func (x *MessageSent) walk(f *facts) {
	f.digest("hash", &x.Hash)
	enum(f, "kind", &x.Kind, messageKinds)
	f.id("peer", &x.Peer)
	f.count("seq", &x.Seq)
}

func (x *MessageTaken) walk(f *facts) {
	f.digest("hash", &x.Hash)
	enum(f, "kind", &x.Kind, messageKinds)
	enum(f, "outcome", &x.Outcome, []Why{"done", "nothing", "refused", "aside"})
	f.id("peer", &x.Peer)
	f.count("seq", &x.Seq)
}

func (x *VoucherChanged) walk(f *facts) {
	enum(f, "change", &x.Change, []Why{"made", "used"})
	f.id("peer", &x.Peer)
}

func (x *SendingChanged) walk(f *facts) {
	enum(f, "channel", &x.Channel, channels)
	enum(f, "state", &x.State, []Why{"queued", "sent", "failed", "cancelled_by_withdrawal", "cancelled"})
}
