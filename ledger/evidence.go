package ledger

import (
	"bytes"
	"crypto/ed25519"
	"errors"

	"kexin"
)

// EvidenceMax is the longest evidence file that is read, in bytes.
const EvidenceMax = 64 << 20

// evidenceForm is the first line of what is signed, and the file's "form".
const evidenceForm = "kexin-evidence/1"

var errEvidence = errors.New("not an evidence file, or not in its one canonical form")

// Evidence is what an evidence file 凭证 holds: everything that is needed to
// check entries of one log without the server. The file is one canonical JSON
// document and a newline:
//
//	{"doc":{…},"form":"kexin-evidence/1","sig":"…"}
//
// sig is by the last of Keys over "kexin-evidence/1\n" and the doc, so that
// no byte of it can be changed unseen. Leaves and bodies stand in it as they
// are, readable.
type Evidence struct {
	Made       kexin.Instant
	Policy     string // the merchant's own, for information: a reader brings his
	Checkpoint string // signed note with cosignatures
	Keys       []LogKey
	Trees      []EpochProof // leaf 0 of this epoch, then of the one before, …
	Subj       Subj         // whose entries these are, all of them; zero = an excerpt
	Leaves     []Proven     // older epochs first, then by index
	Heads      *HeadsProof
	Notices    []Notice
	Tombs      []Tombstone
	Links      []Growth

	doc []byte // what was signed
	sig Signature
}

// An EpochProof is a log.epoch leaf, which is leaf 0 of its tree and says how
// the tree before it ended.
type EpochProof struct {
	Leaf []byte
	Path []Hash
}

// A Proven is an entry with its proof of inclusion. Tree 0 is the one of the
// checkpoint, 1 the one of the epoch before, and so on.
type Proven struct {
	Tree  int64
	Index int64
	Leaf  []byte
	Path  []Hash
	Body  []byte   // canonical JSON; nil = not opened, or erased
	Salt  [32]byte // of the body's commitment
}

// A HeadsProof is a heads leaf of tree 0 and what it says about the person.
type HeadsProof struct {
	Index int64
	Leaf  []byte
	Path  []Hash
	At    HeadProof
}

// A Tombstone says that the bodies before an entry were erased; the entry at
// Index of tree 0 is the erasure.
type Tombstone struct {
	At    kexin.Instant
	Index int64
}

// A Growth is a proof that an earlier checkpoint, which people may hold, is a
// beginning of the log.
type Growth struct {
	Checkpoint
	Path []Hash
}

// Seal writes the evidence file and signs it. Errors: invalid.
func (e *Evidence) Seal(key ed25519.PrivateKey) ([]byte, error) {
	doc := codec{writing: true}
	e.fields(&doc)
	if err := doc.done(); err != nil {
		return nil, invalid("evidence", err)
	}
	e.doc = doc.out
	e.sig = Signature(ed25519.Sign(key, e.signed()))
	c := codec{writing: true}
	e.outer(&c)
	if err := c.done(); err != nil {
		return nil, invalid("evidence", err)
	}
	if len(c.out) >= EvidenceMax {
		return nil, invalid("evidence", errRange)
	}
	return append(c.out, '\n'), nil
}

func (e *Evidence) signed() []byte { return append([]byte(evidenceForm+"\n"), e.doc...) }

// outer is the document around the doc.
func (e *Evidence) outer(c *codec) {
	form := ""
	if c.writing {
		form = evidenceForm
	}
	outer := c.begin()
	c.object("doc", &e.doc)
	word(c, "form", &form, func(s string) bool { return s == evidenceForm })
	c.bytes("sig", e.sig[:])
	c.end(outer)
	if form == "" {
		c.fail(errEvidence)
	}
}

// ParseEvidence reads an evidence file strictly: whatever it accepts, Seal
// would write byte for byte. It checks no signature and no proof; that is
// VerifyEvidence. Errors: invalid.
func ParseEvidence(file []byte) (*Evidence, error) {
	body, ok := bytes.CutSuffix(file, []byte("\n"))
	e := &Evidence{}
	c := codec{in: scan{b: body}}
	e.outer(&c)
	if err := c.done(); err != nil || !ok || e.sig == (Signature{}) {
		return nil, invalid("evidence", errEvidence)
	}
	doc := codec{in: scan{b: e.doc}}
	e.fields(&doc)
	if err := doc.done(); err != nil {
		return nil, invalid("evidence", errors.Join(errEvidence, err))
	}
	return e, nil
}

func (e *Evidence) fields(c *codec) {
	outer := c.begin()
	c.text("checkpoint", &e.Checkpoint)
	if c.member("heads", e.Heads != nil) {
		if e.Heads == nil {
			e.Heads = &HeadsProof{}
		}
		e.Heads.fields(c)
	}
	list(c, "keys", &e.Keys, (*codec).logKey)
	list(c, "leaves", &e.Leaves, (*codec).proven)
	list(c, "links", &e.Links, (*codec).growth)
	c.count("made", (*int64)(&e.Made))
	list(c, "notices", &e.Notices, (*codec).notice)
	c.text("policy", &e.Policy)
	c.bytes("subj", e.Subj[:])
	list(c, "tombs", &e.Tombs, (*codec).tomb)
	list(c, "trees", &e.Trees, (*codec).epoch)
	c.end(outer)
}

func (h *HeadsProof) fields(c *codec) {
	outer := c.begin()
	list(c, "at", (*[]PlacedHead)(&h.At), (*codec).placed)
	c.count("index", &h.Index)
	c.leaf("leaf", &h.Leaf)
	c.path(&h.Path)
	c.end(outer)
}

func (c *codec) logKey(k *LogKey) {
	outer := c.begin()
	c.bytes("sig", k.Sig[:])
	c.text("vkey", &k.VKey)
	c.end(outer)
}

func (c *codec) proven(p *Proven) {
	outer := c.begin()
	c.object("body", &p.Body)
	c.count("index", &p.Index)
	c.leaf("leaf", &p.Leaf)
	c.path(&p.Path)
	c.bytes("salt", p.Salt[:])
	c.count("tree", &p.Tree)
	c.end(outer)
}

func (c *codec) growth(g *Growth) {
	outer := c.begin()
	word(c, "origin", &g.Origin, originForm)
	c.path(&g.Path)
	c.bytes("root", g.Root[:])
	c.count("size", &g.Size)
	c.end(outer)
}

func (c *codec) tomb(t *Tombstone) {
	outer := c.begin()
	c.count("at", (*int64)(&t.At))
	c.count("index", &t.Index)
	c.end(outer)
}

func (c *codec) epoch(p *EpochProof) {
	outer := c.begin()
	c.leaf("leaf", &p.Leaf)
	c.path(&p.Path)
	c.end(outer)
}

func (c *codec) placed(p *PlacedHead) {
	outer := c.begin()
	c.bytes("hash", p.Hash[:])
	c.count("index", &p.Index)
	c.path(&p.Path)
	c.count("seq", &p.Seq)
	c.bytes("subj", p.Subj[:])
	c.end(outer)
}

func (c *codec) path(v *[]Hash) {
	list(c, "path", v, func(c *codec, h *Hash) { c.raw(h[:]) })
}

// object is one JSON object as it stands.
func (c *codec) object(key string, v *[]byte) {
	if !c.member(key, len(*v) > 0) {
		return
	}
	if c.writing {
		c.out = append(c.out, *v...)
		return
	}
	if c.in.peek() != '{' {
		c.fail(errForm)
		return
	}
	*v = c.in.skip()
}

// leaf is an object that stands without the first line of leaves.
func (c *codec) leaf(key string, v *[]byte) {
	body := bytes.TrimPrefix(*v, []byte(leafPrefix))
	c.object(key, &body)
	if !c.writing && len(body) > 0 {
		*v = append([]byte(leafPrefix), body...)
	}
}
