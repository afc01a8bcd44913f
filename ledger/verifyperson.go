package ledger

// persons checks that nobody's entries have a gap, and where the file is for
// one person, that all are there.
func (c *fileCheck) persons() {
	last := map[Subj]Head{}
	for _, l := range c.read {
		s := l.entry.Subj
		if s == (Subj{}) {
			continue
		}
		if c.e.Subj != (Subj{}) && s != c.e.Subj {
			c.fail("person", l.Tree, l.Index, l.entry)
			continue
		}
		if !c.linked(l.entry, last) {
			c.fail("chain", l.Tree, l.Index, l.entry)
		}
		last[s] = Head{s, l.entry.SSeq, l.hash}
	}
	c.Persons = int64(len(last))
	if c.e.Subj == (Subj{}) {
		c.silent("excerpt")
		return
	}
	c.silent("second_tag")
	c.head(last[c.e.Subj])
}

// linked reports whether an entry may stand behind the person's last one in
// the file. An excerpt may skip, but not go back, nor link wrongly.
func (c *fileCheck) linked(e *Entry, last map[Subj]Head) bool {
	h, known := last[e.Subj]
	if e.SSeq == h.Seq+1 {
		return e.SPrev == h.Hash
	}
	if c.e.Subj != (Subj{}) {
		return false
	}
	return !known || e.SSeq > h.Seq
}

// head compares the person's entries with the daily commitment. have is the
// last entry in the file.
func (c *fileCheck) head(have Head) {
	if c.e.Heads == nil {
		c.silent("no_heads")
		return
	}
	said, e := c.headsLeaf()
	if said == nil {
		return
	}
	h, err := CheckHead(c.e.Heads.At, *said, c.e.Subj)
	if err != nil {
		c.fail("head", 0, c.e.Heads.Index, e)
		return
	}
	n, at := c.upTo(said.Size)
	if n != h.Seq || at != h.Hash || have.Seq < h.Seq {
		c.fail("left_out", 0, c.e.Heads.Index, e)
		return
	}
	c.silent("since", "day", string(said.Day), "size", itoa(said.Size))
	if h.Seq == 0 {
		c.prove("absent", "day", string(said.Day), "size", itoa(said.Size))
		return
	}
	c.prove("complete", "day", string(said.Day), "size", itoa(said.Size), "n", itoa(h.Seq))
}

// headsLeaf checks the heads leaf itself.
func (c *fileCheck) headsLeaf() (*Heads, *Entry) {
	p := c.e.Heads
	e, err := Decode(p.Leaf)
	if err != nil {
		c.fail("heads", 0, p.Index, nil)
		return nil, nil
	}
	said, ok := e.Facts.(*Heads)
	if !ok || said.Size > p.Index || CheckLeaf(p.Path, c.Tree.Tree, p.Index, LeafHash(p.Leaf)) != nil {
		c.fail("heads", 0, p.Index, e)
		return nil, nil
	}
	return said, e
}

// upTo is how many of the person's entries in the file lie below size of the
// newest tree or in older ones, and the last one's hash.
func (c *fileCheck) upTo(size int64) (n int64, at Hash) {
	for _, l := range c.read {
		if l.entry.Subj == c.e.Subj && (l.Tree > 0 || l.Index < size) {
			n, at = n+1, l.hash
		}
	}
	return n, at
}
