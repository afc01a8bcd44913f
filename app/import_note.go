package app

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"os"

	"kexin"
	"kexin/gate"
	"kexin/store"
	"kexin/vault"
)

// A notebook holds the people of a dry run outside of memory: what the file
// would make of each, sealed under a key that lives only as long as the run,
// in a file that has no name. In memory stay a hash for each key and where
// each person lies, some forty bytes a row.
type notebook struct {
	f       *os.File
	w       *bufio.Writer
	seal    *vault.Sealer
	seed    maphash.Seed
	flushed int64 // bytes that are in the file
	end     int64 // and in the writer
	places  []place
	heads   map[uint64]uint32 // hash of a key → 1 + index into links
	links   []link
	records map[kexin.ID]int // slot of a record that was there and has changed
	marks   map[string]struct{}
}

// A place is where a person lies in the file.
type place struct {
	at   int64
	size int32
}

// A link is one person of a key; the next one was added later.
type link struct{ slot, next uint32 }

// newNotebook makes one in dir.
func newNotebook(dir string) (*notebook, error) {
	key := vault.NewKey()
	s, err := vault.NewSealer(vault.INTL, key[:])
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "scratch-*")
	if err != nil {
		return nil, &kexin.Error{Op: "app.notebook", Code: kexin.Unavailable, Key: "import.no_room", Err: errors.Unwrap(err)}
	}
	// Without a name it is gone with the process, whatever happens. Where the
	// system does not allow that, Close removes it.
	_ = os.Remove(f.Name())
	return &notebook{f: f, w: bufio.NewWriterSize(f, 1<<20), seal: s, seed: maphash.MakeSeed(), heads: map[uint64]uint32{},
		records: map[kexin.ID]int{}, marks: map[string]struct{}{}}, nil
}

// Close removes everything.
func (n *notebook) Close() {
	_ = n.f.Close()
	_ = os.Remove(n.f.Name())
}

// write stores a person as she would be now, and the keys she is found by.
func (n *notebook) write(p *person, hashes []uint64) error {
	if p.slot < 0 {
		p.slot = len(n.places)
		n.places = append(n.places, place{})
		if p.known != nil {
			n.records[p.known.ID] = p.slot
		}
	}
	sealed := vault.SealToken(n.seal, nil, encodePerson(p))
	if _, err := n.w.WriteString(sealed); err != nil {
		return &kexin.Error{Op: "app.notebook", Code: kexin.Unavailable, Key: "import.no_room", Err: errors.Unwrap(err)}
	}
	n.places[p.slot] = place{n.end, int32(len(sealed))}
	n.end += int64(len(sealed))
	for _, h := range hashes {
		n.link(h, p.slot)
	}
	return nil
}

// link appends a person to those of a key, up to as many as are compared.
func (n *notebook) link(h uint64, slot int) {
	l := link{slot: uint32(slot)}
	head, ok := n.heads[h]
	if !ok {
		n.links = append(n.links, l)
		n.heads[h] = uint32(len(n.links))
		return
	}
	at, count := head, 1
	for {
		x := &n.links[at-1]
		if x.slot == l.slot || count == candidatesMost {
			return
		}
		if x.next == 0 {
			n.links = append(n.links, l)
			n.links[at-1].next = uint32(len(n.links))
			return
		}
		at, count = x.next, count+1
	}
}

// find gives the slots of a key's people, the earliest first.
func (n *notebook) find(h uint64) (slots []int) {
	for at := n.heads[h]; at != 0; at = n.links[at-1].next {
		slots = append(slots, int(n.links[at-1].slot))
	}
	return slots
}

// read brings a person back.
func (n *notebook) read(slot int) (*person, error) {
	at := n.places[slot]
	if at.at+int64(at.size) > n.flushed {
		if err := n.w.Flush(); err != nil {
			return nil, &kexin.Error{Op: "app.notebook", Code: kexin.Unavailable, Key: "import.no_room", Err: errors.Unwrap(err)}
		}
		n.flushed = n.end
	}
	b := make([]byte, at.size)
	if _, err := n.f.ReadAt(b, at.at); err != nil {
		return nil, &kexin.Error{Op: "app.notebook", Err: err}
	}
	plain, err := vault.OpenToken(n.seal, nil, string(b))
	if err != nil {
		return nil, &kexin.Error{Op: "app.notebook", Err: err}
	}
	p := decodePerson(plain)
	p.slot = slot
	return p, nil
}

// A coder writes numbers and texts one after the other.
type coder struct{ b []byte }

func (c *coder) num(n int64)   { c.b = binary.AppendVarint(c.b, n) }
func (c *coder) text(s string) { c.b = append(binary.AppendUvarint(c.b, uint64(len(s))), s...) }

func (c *coder) readNum() int64 {
	v, n := binary.Varint(c.b)
	c.b = c.b[max(n, 0):]
	return v
}

func (c *coder) readText() string {
	v, n := binary.Uvarint(c.b)
	s := string(c.b[n : n+int(v)])
	c.b = c.b[n+int(v):]
	return s
}

// encodePerson writes what later rows must know of her.
func encodePerson(p *person) []byte {
	c := coder{b: make([]byte, 0, 256)}
	c.num(int64(p.id()))
	c.num(int64(p.seq))
	c.num(int64(p.owner))
	c.num(int64(p.tier))
	flags := int64(0)
	if p.sealed {
		flags = 1
	}
	c.num(flags)
	if k := p.known; k != nil {
		c.num(k.State)
		c.num(int64(k.Subject))
	}
	c.vals(p.vals)
	c.num(int64(len(p.orders)))
	for _, o := range p.orders {
		c.text(o.No)
		c.text(string(o.On))
		c.num(o.Amount)
	}
	c.num(int64(len(p.origins)))
	for _, g := range p.origins {
		c.text(g.Kind)
		c.text(string(g.Day))
		c.text(g.Way)
	}
	c.parts(p.parts)
	return c.b
}

// vals writes values, readVals reads them.
func (c *coder) vals(vals store.Values) {
	c.num(int64(len(vals)))
	for id, v := range vals {
		c.num(int64(id))
		c.num(int64(v.T))
		c.text(v.S)
		c.num(v.N)
	}
}

func (c *coder) readVals() store.Values {
	n := c.readNum()
	vals := make(store.Values, n)
	for range n {
		f := kexin.FieldID(c.readNum())
		v := kexin.Value{T: kexin.Type(c.readNum()), S: c.readText()}
		v.N = c.readNum()
		vals[f] = v
	}
	return vals
}

// decodePerson is its reverse.
func decodePerson(b []byte) *person {
	c := coder{b: b}
	id := kexin.ID(c.readNum())
	p := &person{seq: int(c.readNum()), owner: kexin.ID(c.readNum()), tier: kexin.Tier(c.readNum()), sealed: c.readNum() == 1}
	if id != 0 {
		p.known = &store.Known{Facts: gate.Facts{ID: id, Owner: p.owner, State: c.readNum(), Subject: kexin.ID(c.readNum())}}
	}
	p.vals = c.readVals()
	for range c.readNum() {
		p.orders = append(p.orders, store.KnownOrder{No: c.readText(), On: kexin.Day(c.readText()), Amount: c.readNum()})
	}
	for range c.readNum() {
		p.origins = append(p.origins, store.Origin{Kind: c.readText(), Day: kexin.Day(c.readText()), Way: c.readText()})
	}
	p.parts = c.readParts()
	return p
}
