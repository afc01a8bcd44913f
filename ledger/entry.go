package ledger

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"kexin"

	"golang.org/x/mod/sumdb/tlog"
)

// A Hash is SHA-256: of a leaf, a node, a commitment.
type Hash = tlog.Hash

// leafPrefix is the first line of every leaf: what it is and which version.
const leafPrefix = "kexin-leaf/1\n"

// LeafMax is the longest leaf, in bytes (A9).
const LeafMax = 1024

var (
	errLeaf    = errors.New("leaf is longer than 1024 bytes, or its first line is another")
	errSubject = errors.New("person's number is missing, or this kind of event has none")
	errType    = errors.New("unknown type of event")
)

// A Subj is the tag of one person in one merchant's log: 16 random bytes,
// mapped to the person only inside encrypted data. Zero means none.
type Subj [16]byte

// String is the tag as it stands in leaves.
func (s Subj) String() string { return base64.RawURLEncoding.EncodeToString(s[:]) }

// An ActorKind says what kind of actor did something.
type ActorKind string

// The kinds of actor.
const (
	ByStaff    ActorKind = "staff"    // a member; Ref is the member
	ByToken    ActorKind = "token"    // a program with a member's token; Ref is the token
	ByCLI      ActorKind = "cli"      // the operating system's user on the server
	BySystem   ActorKind = "system"   // a job; Ref is the job, if any
	ByCustomer ActorKind = "customer" // the person himself; Subj says which
	ByMerchant ActorKind = "merchant" // another merchant; Ref is the merchant
)

var actorKinds = []ActorKind{ByStaff, ByToken, ByCLI, BySystem, ByCustomer, ByMerchant}

// prefix stands before the Ref; "" where the kind has none.
func (k ActorKind) prefix() string {
	switch k {
	case ByStaff:
		return "u_"
	case ByToken:
		return "t_"
	case BySystem:
		return "j_"
	case ByMerchant:
		return "o_"
	}
	return ""
}

// An Actor is who did it, without a name.
type Actor struct {
	Kind     ActorKind
	Position kexin.Position // of staff and tokens
	Ref      kexin.ID
}

// Who makes the ledger's actor of one at work.
func Who(a kexin.Actor) Actor {
	switch a.Via {
	case kexin.ViaToken:
		return Actor{Kind: ByToken, Position: a.Position, Ref: a.Session}
	case kexin.ViaCLI:
		return Actor{Kind: ByCLI}
	}
	return Actor{Kind: ByStaff, Position: a.Position, Ref: a.User}
}

func (a *Actor) fields(c *codec) {
	outer := c.begin()
	pick(c, "kind", &a.Kind, actorKinds)
	pick(c, "position", &a.Position, positions)
	if c.member("ref", a.Ref != 0) {
		prefix := a.Kind.prefix()
		if prefix == "" {
			c.fail(errForm)
		}
		c.prefixed(prefix, &a.Ref)
	}
	c.end(outer)
}

// Refs are what an entry rests on or belongs to: ids, and the purpose 用途.
type Refs struct {
	Batch    kexin.ID // import
	Consent  kexin.ID
	Notice   kexin.ID
	Purpose  kexin.PurposeCode
	Receiver kexin.ID // merchant
	Record   kexin.ID
	Referral kexin.ID
	Session  kexin.ID
}

func (r *Refs) fields(c *codec) {
	outer := c.begin()
	c.id("batch", &r.Batch)
	c.id("consent", &r.Consent)
	c.id("notice", &r.Notice)
	word(c, "purpose", &r.Purpose, purposeForm)
	c.id("receiver", &r.Receiver)
	c.id("record", &r.Record)
	c.id("referral", &r.Referral)
	c.id("session", &r.Session)
	c.end(outer)
}

// purposeForm reports whether s looks like a purpose's code: two to four
// lower-case words joined by dots. Package law has the list.
func purposeForm(s string) bool {
	dots, last := 0, byte('.')
	for _, c := range []byte(s) {
		switch {
		case c == '.' && last != '.':
			dots++
		case c != '_' && (c < 'a' || c > 'z'):
			return false
		}
		last = c
	}
	return dots >= 1 && dots <= 3 && last != '.' && len(s) <= 48
}

// An Entry is one line of the ledger. It holds no free text, name, number,
// address, device or file name, and no hash of anything that could be guessed.
type Entry struct {
	ID     kexin.ID
	T      kexin.Instant
	Org    kexin.ID
	Actor  Actor
	Subj   Subj  // the person it is about; zero = none
	SSeq   int64 // which entry of that person, from 1
	SPrev  Hash  // leaf hash of that person's entry before
	Refs   Refs
	Facts  Facts
	Commit Hash // Commitment of the body, zero = no body
}

// Type is the type of event, "" without facts.
func (e *Entry) Type() Type {
	if e.Facts == nil {
		return ""
	}
	return e.Facts.Type()
}

// Encode writes the entry as leaf bytes: "kexin-leaf/1\n" and canonical JSON.
// Errors: invalid for values out of their range, a person's number that the
// type does not allow or lacks, or more than LeafMax bytes.
func (e *Entry) Encode() ([]byte, error) {
	if e.Facts == nil {
		return nil, invalid("encode", errType)
	}
	if err := e.check(); err != nil {
		return nil, invalid("encode", err)
	}
	c := codec{writing: true, out: append(make([]byte, 0, 512), leafPrefix...)}
	e.fields(&c)
	if err := c.done(); err != nil {
		return nil, invalid("encode", err)
	}
	if len(c.out) > LeafMax {
		return nil, invalid("encode", errLeaf)
	}
	return c.out, nil
}

// Decode reads leaf bytes strictly: whatever it accepts, Encode writes again
// byte for byte. Errors: invalid.
func Decode(leaf []byte) (*Entry, error) {
	e := &Entry{}
	if err := e.decode(leaf); err != nil {
		return nil, invalid("decode", err)
	}
	return e, nil
}

func (e *Entry) decode(leaf []byte) error {
	n := len(leafPrefix)
	if len(leaf) > LeafMax || len(leaf) < n || string(leaf[:n]) != leafPrefix {
		return errLeaf
	}
	c := codec{in: scan{b: leaf, i: n}}
	e.fields(&c)
	if err := c.done(); err != nil {
		return err
	}
	return e.check()
}

// fields are the members in the order of RFC 8785. The facts stand before the
// type that says what they are, so reading comes back to them.
func (e *Entry) fields(c *codec) {
	typ, span := string(e.Type()), []byte(nil)
	outer := c.begin()
	if c.member("actor", true) {
		e.Actor.fields(c)
	} else {
		c.fail(errCanonical)
	}
	c.bytes("commit", e.Commit[:])
	if c.writing {
		e.writeFacts(c)
	} else if c.member("facts", true) {
		span = c.in.skip()
	}
	c.id("id", &e.ID)
	c.id("org", &e.Org)
	if c.member("refs", e.Refs != Refs{}) {
		e.Refs.fields(c)
		if e.Refs == (Refs{}) {
			c.fail(errCanonical)
		}
	}
	c.bytes("sprev", e.SPrev[:])
	c.count("sseq", &e.SSeq)
	c.bytes("subj", e.Subj[:])
	c.count("t", (*int64)(&e.T))
	word(c, "type", &typ, knownType)
	c.end(outer)
	if !c.writing && c.err == nil && c.in.err == nil {
		e.readFacts(c, Type(typ), span)
	}
}

// writeFacts writes the facts unless they say nothing.
func (e *Entry) writeFacts(c *codec) {
	before, comma := len(c.out), c.comma
	c.member("facts", true)
	walkFacts(c, e.Facts)
	if bytes.HasSuffix(c.out[before:], []byte("{}")) {
		c.out, c.comma = c.out[:before], comma
	}
}

func (e *Entry) readFacts(c *codec, t Type, span []byte) {
	if e.Facts = newFacts(t); e.Facts == nil {
		c.fail(errType)
		return
	}
	if span == nil {
		return
	}
	sub := codec{in: scan{b: span}}
	walkFacts(&sub, e.Facts)
	if err := sub.done(); err != nil {
		c.fail(err)
	}
	if len(span) <= len("{}") {
		c.fail(errCanonical)
	}
}

// check is what must hold between the parts.
func (e *Entry) check() error {
	if e.ID <= 0 || e.T <= 0 || e.Org < 0 || e.Actor.Kind == "" {
		return errRange
	}
	about := e.Subj != Subj{}
	if about != (e.SSeq > 0) || (e.SSeq > 1) != (e.SPrev != Hash{}) {
		return errSubject
	}
	switch About(e.Type()) {
	case Never:
		if about {
			return errSubject
		}
	case Must:
		if !about {
			return errSubject
		}
	}
	return nil
}

// LeafHash is the hash by which a leaf stands in the tree (RFC 6962 section
// 2.1): SHA-256(0x00 ‖ leaf).
func LeafHash(leaf []byte) Hash {
	var room [1 + LeafMax]byte
	if len(leaf) > LeafMax {
		return tlog.RecordHash(leaf)
	}
	return sha256.Sum256(append(room[:1], leaf...))
}

// A Head is the last entry of one person: what subject_head holds.
type Head struct {
	Subj Subj
	Seq  int64
	Hash Hash // leaf hash; zero with Seq 0
}

// Link puts an entry behind a person's last one and encodes it. The caller
// holds the row of h locked and stores the head that comes back.
func Link(e *Entry, h Head) ([]byte, Head, error) {
	e.Subj, e.SSeq, e.SPrev = h.Subj, h.Seq+1, h.Hash
	leaf, err := e.Encode()
	if err != nil {
		return nil, h, err
	}
	return leaf, Head{Subj: h.Subj, Seq: h.Seq + 1, Hash: LeafHash(leaf)}, nil
}

// Commitment hides a body and binds an entry to it:
//
//	SHA-256("kexin-commit/1\n" | salt 32 | JCS body)
//
// With the body's key erased, nobody can tell from it what the body was.
// Errors: invalid where body is not canonical JSON.
func Commitment(salt [32]byte, body []byte) (Hash, error) {
	if _, err := ParseJCS(body); err != nil {
		return Hash{}, err
	}
	return commitment(salt, body), nil
}

func commitment(salt [32]byte, body []byte) (h Hash) {
	s := sha256.New()
	s.Write([]byte("kexin-commit/1\n"))
	s.Write(salt[:])
	s.Write(body)
	s.Sum(h[:0])
	return h
}

// NewSalt draws the salt of a commitment.
func NewSalt() (s [32]byte) {
	rand.Read(s[:])
	return s
}
