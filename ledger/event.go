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

// An Event is one line of the table.
type Event struct {
	Person Person
	New    func() Facts
}

// Events is the table of all types of event. It is never changed at run time.
var Events = table(
	Event{Never, func() Facts { return new(OrgCreated) }},
	Event{Never, func() Facts { return new(OrgMoved) }},
	Event{Never, func() Facts { return new(SettingsChanged) }},
	Event{Never, func() Facts { return new(LogEpoch) }},
	Event{Never, func() Facts { return new(LogKeyed) }},
	Event{Never, func() Facts { return new(Heads) }},
	Event{Never, func() Facts { return new(KeysRotated) }},
	Event{Never, func() Facts { return new(BackupMade) }},
	Event{Never, func() Facts { return new(RestoreMade) }},

	Event{Never, func() Facts { return new(MemberInvited) }},
	Event{Never, func() Facts { return new(MemberJoined) }},
	Event{Never, func() Facts { return new(MemberDisabled) }},
	Event{Never, func() Facts { return new(MemberPosition) }},
	Event{Never, func() Facts { return new(DeptChanged) }},
	Event{Never, func() Facts { return new(SessionOpened) }},
	Event{Never, func() Facts { return new(SessionClosed) }},
	Event{Never, func() Facts { return new(SessionRefused) }},
	Event{Never, func() Facts { return new(StepUp) }},
	Event{Never, func() Facts { return new(TokenMade) }},
	Event{Never, func() Facts { return new(TokenRevoked) }},

	Event{Never, func() Facts { return new(ImportDeclared) }},
	Event{Never, func() Facts { return new(ImportRefused) }},
	Event{Never, func() Facts { return new(ImportBatch) }},
	Event{Never, func() Facts { return new(ImportDone) }},
	Event{Never, func() Facts { return new(ImportCancelled) }},
	Event{Never, func() Facts { return new(ImportPurged) }},

	Event{May, func() Facts { return new(RecordCreated) }},
	Event{May, func() Facts { return new(RecordEdited) }},
	Event{May, func() Facts { return new(RecordMerged) }},
	Event{May, func() Facts { return new(RecordMoved) }},
	Event{May, func() Facts { return new(RecordOpened) }},
	Event{May, func() Facts { return new(ValueRevealed) }},
	Event{May, func() Facts { return new(ContactMade) }},
	Event{May, func() Facts { return new(VisitNoted) }},
	Event{Never, func() Facts { return new(ListPage) }},
	Event{Never, func() Facts { return new(CountRead) }},
	Event{May, func() Facts { return new(LookupAsked) }},
	Event{Never, func() Facts { return new(LookupFrozen) }},
	Event{May, func() Facts { return new(DecisionRefused) }},

	Event{Never, func() Facts { return new(ExportAsked) }},
	Event{Never, func() Facts { return new(ExportApproved) }},
	Event{Never, func() Facts { return new(ExportRefused) }},
	Event{Never, func() Facts { return new(ExportDone) }},
	Event{Must, func() Facts { return new(ExportHeld) }},
	Event{Never, func() Facts { return new(ExportFetched) }},

	Event{Never, func() Facts { return new(NoticePublished) }},
	Event{Must, func() Facts { return new(ConsentRequested) }},
	Event{Must, func() Facts { return new(ConsentGiven) }},
	Event{Must, func() Facts { return new(ConsentRefused) }},
	Event{Must, func() Facts { return new(ConsentLapsed) }},
	Event{Must, func() Facts { return new(ConsentSuspended) }},
	Event{Must, func() Facts { return new(ConsentConfirmed) }},
	Event{Must, func() Facts { return new(ConsentWithdrawn) }},
	Event{Must, func() Facts { return new(ConsentExpired) }},
	Event{Must, func() Facts { return new(ConsentSuperseded) }},
	Event{Must, func() Facts { return new(ConsentInvalidated) }},
	Event{Must, func() Facts { return new(ConsentRevoked) }},
	Event{Must, func() Facts { return new(SubjectErased) }},
	Event{May, func() Facts { return new(EvidenceTaken) }},
)

func table(events ...Event) map[Type]Event {
	m := make(map[Type]Event, len(events))
	for _, e := range events {
		m[e.New().Type()] = e
	}
	return m
}

func knownType(s string) bool { _, ok := Events[Type(s)]; return ok }

func personOf(t Type) Person { return Events[t].Person }

// newFacts is an empty struct for the type, nil for an unknown one.
func newFacts(t Type) Facts {
	e, ok := Events[t]
	if !ok {
		return nil
	}
	return e.New()
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
func (f *facts) class(key string, v *kexin.Class)        { number8(f.c, key, (*uint8)(v)) }
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
