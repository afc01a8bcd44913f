package ledger

import "kexin"

// RecordCreated: a record was made. Refs.Record is the record; its values
// stand in the body.
type RecordCreated struct {
	Fields []kexin.FieldID
	Object kexin.Object
	Way    Way
}

// RecordEdited: fields of a record have other values.
type RecordEdited struct {
	Fields []kexin.FieldID
	Object kexin.Object
	Rev    int64 // the revision that it made
	Way    Way
}

// RecordMoved: a record has another owner.
type RecordMoved struct {
	From   kexin.ID
	Object kexin.Object
	To     kexin.ID
	Why    Why
}

// RecordOpened: a record was looked at. Fields are those shown in clear.
type RecordOpened struct {
	Fields []kexin.FieldID
	Object kexin.Object
}

// ValueRevealed: one full value was asked for and shown 看完整号码.
type ValueRevealed struct {
	Field  kexin.FieldID
	Object kexin.Object
	Why    Why
}

// ContactMade: a customer was called or opened for contact.
type ContactMade struct {
	Channel kexin.Channel
	Object  kexin.Object
	Way     Way
}

// ListPage: a page of records was shown. Who they were and what was asked
// stand in the body: a digest of the question could be guessed.
type ListPage struct {
	Fields []kexin.FieldID // shown in clear
	Object kexin.Object
	Rows   int64
	Scene  kexin.Scene
}

// CountRead: a number over records was shown.
type CountRead struct {
	Group  kexin.FieldID
	Object kexin.Object
	Scene  kexin.Scene
}

// LookupAsked: somebody asked whether a value is known 查重. Neither the value
// nor anything made of it stands here.
type LookupAsked struct {
	Answer Why
	Kind   kexin.KeyKind
}

// LookupFrozen: a person's lookups were stopped; the detector saw a pattern.
type LookupFrozen struct {
	Member kexin.ID
	Until  kexin.Instant
	Why    Why
}

// DecisionRefused: the gate said no.
type DecisionRefused struct {
	Act    kexin.Act
	Code   kexin.Code
	Law    kexin.Law
	Object kexin.Object
}

// EvidenceTaken: an evidence file was made 出凭证.
type EvidenceTaken struct {
	Entries int64
	Way     Way
}

// The types of these events.
func (*RecordCreated) Type() Type   { return "record.created" }
func (*RecordEdited) Type() Type    { return "record.edited" }
func (*RecordMoved) Type() Type     { return "record.moved" }
func (*RecordOpened) Type() Type    { return "record.opened" }
func (*ValueRevealed) Type() Type   { return "value.revealed" }
func (*ContactMade) Type() Type     { return "contact.made" }
func (*ListPage) Type() Type        { return "list.page" }
func (*CountRead) Type() Type       { return "count.read" }
func (*LookupAsked) Type() Type     { return "lookup.asked" }
func (*LookupFrozen) Type() Type    { return "lookup.frozen" }
func (*DecisionRefused) Type() Type { return "decision.refused" }
func (*EvidenceTaken) Type() Type   { return "evidence.taken" }

// The ways in which records come and change.
var recordWays = []Way{"hand", "import", "merge", "form", "token", "job", "customer"}

func (x *RecordCreated) walk(f *facts) {
	f.fields("fields", &x.Fields)
	f.object("object", &x.Object)
	enum(f, "way", &x.Way, recordWays)
}

func (x *RecordEdited) walk(f *facts) {
	f.fields("fields", &x.Fields)
	f.object("object", &x.Object)
	f.count("rev", &x.Rev)
	enum(f, "way", &x.Way, recordWays)
}

func (x *RecordMoved) walk(f *facts) {
	f.id("from", &x.From)
	f.object("object", &x.Object)
	f.id("to", &x.To)
	enum(f, "why", &x.Why, []Why{"hand", "leaver", "claim", "return", "recycle", "import"})
}

func (x *RecordOpened) walk(f *facts) {
	f.fields("fields", &x.Fields)
	f.object("object", &x.Object)
}

func (x *ValueRevealed) walk(f *facts) {
	f.field("field", &x.Field)
	f.object("object", &x.Object)
	enum(f, "why", &x.Why, []Why{"appointment", "aftersales", "caller", "complaint", "delivery", "check", "customer"})
}

func (x *ContactMade) walk(f *facts) {
	enum(f, "channel", &x.Channel, channels)
	f.object("object", &x.Object)
	enum(f, "way", &x.Way, []Way{"call", "open", "copy"})
}

func (x *ListPage) walk(f *facts) {
	f.fields("fields", &x.Fields)
	f.object("object", &x.Object)
	f.count("rows", &x.Rows)
	enum(f, "scene", &x.Scene, scenes)
}

func (x *CountRead) walk(f *facts) {
	f.field("group", &x.Group)
	f.object("object", &x.Object)
	enum(f, "scene", &x.Scene, scenes)
}

func (x *LookupAsked) walk(f *facts) {
	enum(f, "answer", &x.Answer, []Why{"none", "mine", "exists"})
	f.keyKind("kind", &x.Kind)
}

func (x *LookupFrozen) walk(f *facts) {
	f.id("member", &x.Member)
	f.instant("until", &x.Until)
	enum(f, "why", &x.Why, []Why{"tail", "head", "budget"})
}

func (x *DecisionRefused) walk(f *facts) {
	enum(f, "act", &x.Act, acts)
	enum(f, "code", &x.Code, codes)
	f.law("law", &x.Law)
	f.object("object", &x.Object)
}

func (x *EvidenceTaken) walk(f *facts) {
	f.count("entries", &x.Entries)
	enum(f, "way", &x.Way, []Way{"staff", "customer", "cli", "authority"})
}
