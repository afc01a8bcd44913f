package ledger

import (
	"kexin"
)

// A Type names a kind of event.
type Type string

// Facts are what one type of event says beside who, when and about whom. Each
// type has its struct; every field is a count, an id, a code of a closed
// list, a number of a field or a digest, because the walk offers nothing else.
type Facts interface {
	// Type is the event's name in the table.
	Type() Type
	// walk lists the fields in the order of their keys.
	walk(*facts)
}

// A Person says whether events of a type are about a person.
type Person uint8

// The rules about the person.
const (
	Never Person = iota // no person: members, keys, lists
	May                 // records may be a company's
	Must                // consents, opened records
)

// An event is one line of the table.
type event struct {
	person Person
	make   func() Facts
}

// events is the table of all types of event.
var events = table(
	event{Never, func() Facts { return new(OrgCreated) }},
	event{Never, func() Facts { return new(SettingsChanged) }},
	event{Never, func() Facts { return new(LogEpoch) }},
	event{Never, func() Facts { return new(LogKeyed) }},
	event{Never, func() Facts { return new(Heads) }},
	event{Never, func() Facts { return new(LineSent) }},
	event{Never, func() Facts { return new(KeysRotated) }},
	event{Never, func() Facts { return new(BackupMade) }},
	event{Never, func() Facts { return new(RestoreMade) }},

	event{Never, func() Facts { return new(MemberInvited) }},
	event{Never, func() Facts { return new(MemberJoined) }},
	event{Never, func() Facts { return new(MemberDisabled) }},
	event{Never, func() Facts { return new(MemberPosition) }},
	event{Never, func() Facts { return new(MemberRecovery) }},
	event{Never, func() Facts { return new(DeptChanged) }},
	event{Never, func() Facts { return new(AlertClosed) }},
	event{Never, func() Facts { return new(SessionOpened) }},
	event{Never, func() Facts { return new(SessionClosed) }},
	event{Never, func() Facts { return new(SessionRefused) }},
	event{Never, func() Facts { return new(StepUp) }},
	event{Never, func() Facts { return new(TokenMade) }},
	event{Never, func() Facts { return new(TokenRevoked) }},

	event{Never, func() Facts { return new(ImportDeclared) }},
	event{Never, func() Facts { return new(ImportRefused) }},
	event{Never, func() Facts { return new(ImportReopened) }},
	event{Never, func() Facts { return new(ImportHanded) }},
	event{Never, func() Facts { return new(ImportBatch) }},
	event{Never, func() Facts { return new(ImportDone) }},
	event{Never, func() Facts { return new(ImportCancelled) }},
	event{Never, func() Facts { return new(ImportPurged) }},

	event{May, func() Facts { return new(RecordCreated) }},
	event{May, func() Facts { return new(RecordEdited) }},
	event{May, func() Facts { return new(RecordMoved) }},
	event{May, func() Facts { return new(RecordOpened) }},
	event{May, func() Facts { return new(ValueRevealed) }},
	event{May, func() Facts { return new(ContactMade) }},
	event{Never, func() Facts { return new(ListPage) }},
	event{Never, func() Facts { return new(CountRead) }},
	event{May, func() Facts { return new(LookupAsked) }},
	event{Never, func() Facts { return new(LookupFrozen) }},
	event{May, func() Facts { return new(DecisionRefused) }},

	event{Never, func() Facts { return new(NoticePublished) }},
	event{Must, func() Facts { return new(ConsentRequested) }},
	event{Must, func() Facts { return new(ConsentGiven) }},
	event{Must, func() Facts { return new(ConsentRefused) }},
	event{Must, func() Facts { return new(ConsentLapsed) }},
	event{Must, func() Facts { return new(ConsentSuspended) }},
	event{Must, func() Facts { return new(ConsentConfirmed) }},
	event{Must, func() Facts { return new(ConsentWithdrawn) }},
	event{Must, func() Facts { return new(ConsentLifted) }},
	event{Must, func() Facts { return new(ConsentExpired) }},
	event{Must, func() Facts { return new(ConsentInvalidated) }},
	event{Must, func() Facts { return new(ConsentRevoked) }},
	event{Must, func() Facts { return new(SubjectErased) }},
	event{Must, func() Facts { return new(ErasurePutOff) }},
	event{May, func() Facts { return new(EvidenceTaken) }},

	event{May, func() Facts { return new(ReferralMoved) }},
	event{May, func() Facts { return new(ReferralRefused) }},
	event{Must, func() Facts { return new(WordTried) }},
	event{May, func() Facts { return new(CodeSent) }},
	event{May, func() Facts { return new(CodeTried) }},
	event{Must, func() Facts { return new(PageShown) }},
	event{Never, func() Facts { return new(AllianceChanged) }},
	event{Never, func() Facts { return new(AllianceMember) }},
	event{Never, func() Facts { return new(MessageSent) }},
	event{Never, func() Facts { return new(MessageTaken) }},
	event{Never, func() Facts { return new(VoucherChanged) }},
	event{May, func() Facts { return new(SendingChanged) }},
)

func table(events ...event) map[Type]event {
	m := make(map[Type]event, len(events))
	for _, e := range events {
		m[e.make().Type()] = e
	}
	return m
}

func knownType(s string) bool { _, ok := events[Type(s)]; return ok }

// About says whether entries of a type are about a person.
func About(t Type) Person { return events[t].person }

// newFacts is an empty struct for the type, nil for an unknown one.
func newFacts(t Type) Facts {
	e, ok := events[t]
	if !ok {
		return nil
	}
	return e.make()
}

// facts is the walk that facts structs see. What is not here cannot stand in
// a leaf.
type facts struct{ c *codec }

func walkFacts(c *codec, f Facts) {
	outer := c.begin()
	f.walk(&facts{c})
	c.end(outer)
}

func (f *facts) count(key string, v *int64)              { f.c.count(key, v) }
func (f *facts) flag(key string, v *bool)                { f.c.flag(key, v) }
func (f *facts) id(key string, v *kexin.ID)              { f.c.id(key, v) }
func (f *facts) instant(key string, v *kexin.Instant)    { f.c.count(key, (*int64)(v)) }
func (f *facts) digest(key string, v *Hash)              { f.c.bytes(key, v[:]) }
func (f *facts) signature(key string, v *Signature)      { f.c.bytes(key, v[:]) }
func (f *facts) day(key string, v *kexin.Day)            { word(f.c, key, v, dayForm) }
func (f *facts) origin(key string, v *Origin)            { word(f.c, key, v, originForm) }
func (f *facts) law(key string, v *kexin.Law)            { word(f.c, key, v, lawForm) }
func (f *facts) fields(key string, v *[]kexin.FieldID)   { list(f.c, key, v, fieldItem) }
func (f *facts) field(key string, v *kexin.FieldID)      { number32(f.c, key, (*uint32)(v)) }
func (f *facts) object(key string, v *kexin.Object)      { number32(f.c, key, (*uint32)(v)) }
func (f *facts) keyKind(key string, v *kexin.KeyKind)    { number8(f.c, key, (*uint8)(v)) }
func enum[T ~string](f *facts, key string, v *T, of []T) { pick(f.c, key, v, of) }

func enums[T ~string](f *facts, key string, v *[]T, of []T) {
	list(f.c, key, v, func(c *codec, x *T) { pickItem(c, x, of) })
}

func dayForm(s string) bool { return s != "" && kexin.Day(s).Valid() }

// lawForm reports whether s looks like a refusal code of package law.
func lawForm(s string) bool {
	if len(s) < 3 || len(s) > 40 || s[:2] != "E_" {
		return false
	}
	for _, c := range []byte(s[2:]) {
		if c != '_' && (c < 'A' || c > 'Z') && c-'0' > 9 {
			return false
		}
	}
	return true
}

func number32(c *codec, key string, v *uint32) {
	n := int64(*v)
	if c.count(key, &n); n > 1<<32-1 {
		c.fail(errRange)
	}
	*v = uint32(n)
}

func number8(c *codec, key string, v *uint8) {
	n := int64(*v)
	if c.count(key, &n); n > 255 {
		c.fail(errRange)
	}
	*v = uint8(n)
}

func fieldItem(c *codec, v *kexin.FieldID) {
	n := int64(*v)
	if c.number(&n); n <= 0 || n > 1<<32-1 {
		c.fail(errRange)
	}
	*v = kexin.FieldID(n)
}
