package ledger

import (
	"crypto/ed25519"
	"io"
)

// VerifyEvidence checks an evidence file with nothing but itself and what the
// reader brings: offline, without the server, without trust in who made it.
//
// Valid needs an anchor outside the merchant's reach: a checkpoint line or a
// receipt that somebody kept, or the witnesses of the reader's own policy, at
// or behind every entry of the file. Without one, a log that was rewritten
// and signed anew looks the same.
func VerifyEvidence(r io.Reader, opt VerifyOptions) Verdict {
	v := &Verdict{}
	file, err := io.ReadAll(io.LimitReader(r, EvidenceMax+1))
	if err != nil || len(file) > EvidenceMax {
		v.fault("read", "", -1, nil)
		return v.close(false, true)
	}
	e, err := ParseEvidence(file)
	if err != nil {
		v.fault("format", "", -1, nil)
		return v.close(false, true)
	}
	c := &fileCheck{Verdict: v, e: e, opt: opt}
	return c.run()
}

// A fileCheck is the check of one evidence file under way.
type fileCheck struct {
	*Verdict
	e     *Evidence
	opt   VerifyOptions
	trees []Checkpoint // of this epoch, of the one before, …
	seen  []int64      // how far others had seen the tree, by what its successor says
	read  []readLeaf
	texts map[Hash]bool // texts that entries name
	held  []int64       // up to which size somebody outside vouches, by tree
}

// A readLeaf is one entry of the file that could be read.
type readLeaf struct {
	*Proven
	entry *Entry
	hash  Hash
}

func (c *fileCheck) run() Verdict {
	if !c.signatures() || !c.epochs() {
		return c.close(false, true)
	}
	c.texts, c.held = map[Hash]bool{}, make([]int64, len(c.trees))
	for i := range c.e.Leaves {
		c.leaf(i)
	}
	c.persons()
	c.notices()
	c.tombs()
	links := c.links()
	anchored := c.lines(links)
	anchored = c.receipt(links) || anchored
	anchored = c.witnesses() || anchored
	c.say()
	v := c.close(anchored, anchored && c.covered())
	if v.Status != Invalid {
		v.Notices = c.e.Notices
		for _, l := range c.read {
			v.Read = append(v.Read, ReadEntry{l.entry, l.Index, l.Tree})
		}
	}
	return v
}

// fail notes a fault in the file's own tree.
func (c *fileCheck) fail(key string, tree, index int64, e *Entry) {
	var o Origin
	if tree >= 0 && tree < int64(len(c.trees)) {
		o = c.trees[tree].Origin
	}
	c.fault(key, o, index, e)
}

// signatures checks the keys, the checkpoint and the file's own signature.
func (c *fileCheck) signatures() bool {
	if len(c.e.Keys) == 0 || CheckKeys(c.e.Keys) != nil {
		c.fault("keys", "", -1, nil)
		return false
	}
	trusted, ok := trustedKeys(c.e.Keys, c.opt.Policy)
	if !ok {
		c.fault("unknown_log", "", -1, nil)
		return false
	}
	cp, err := Open(c.e.Checkpoint, trusted...)
	if err != nil || !sameLogKeys(c.e.Keys, cp.Origin) {
		c.fault("checkpoint", "", -1, nil)
		return false
	}
	_, _, last, _ := parseVKey(c.e.Keys[len(c.e.Keys)-1].VKey)
	if !ed25519.Verify(last, c.e.signed(), c.e.sig[:]) {
		c.fault("signature", cp.Origin, -1, nil)
		return false
	}
	c.Tree, c.trees, c.seen = cp, []Checkpoint{cp}, []int64{cp.Size}
	c.prove("signed", "keys", keyIDs(trusted))
	return true
}

// trustedKeys are the keys from the one that the policy names onward; without
// a policy or without logs in it, all. The same public key under another
// epoch of the log counts.
func trustedKeys(keys []LogKey, p *Policy) ([]string, bool) {
	from := 0
	if p != nil && len(p.Logs) > 0 {
		for from < len(keys) && !p.hasLog(keys[from].VKey) {
			from++
		}
	}
	var out []string
	for _, k := range keys[from:] {
		out = append(out, k.VKey)
	}
	return out, len(out) > 0
}

func (p *Policy) hasLog(vk string) bool {
	name, _, pub, err := parseVKey(vk)
	for _, l := range p.Logs {
		n, _, q, err2 := parseVKey(l.VKey)
		if err == nil && err2 == nil && pub.Equal(q) && Origin(n).SameLog(Origin(name)) {
			return true
		}
	}
	return false
}

// logKeys are the policy's keys of a log, under the name of this epoch.
func (p *Policy) logKeys(o Origin) (out []string) {
	if p == nil {
		return nil
	}
	for _, l := range p.Logs {
		if name, _, pub, err := parseVKey(l.VKey); err == nil && Origin(name).SameLog(o) {
			out = append(out, VKey(o, pub))
		}
	}
	return out
}

// sameLogKeys reports whether all keys are of the log of o.
func sameLogKeys(keys []LogKey, o Origin) bool {
	for _, k := range keys {
		name, _, _, err := parseVKey(k.VKey)
		if err != nil || !Origin(name).SameLog(o) {
			return false
		}
	}
	return true
}

// keyIDs are the keys as people compare them: name and eight digits.
func keyIDs(vkeys []string) string {
	s := ""
	for i, vk := range vkeys {
		name, alg, pub, err := parseVKey(vk)
		if err != nil {
			continue
		}
		if i > 0 {
			s += ", "
		}
		s += name + "+" + hex8(keyID(name, alg, pub))
	}
	return s
}

// epochs follows the log.epoch leaves back to older trees.
func (c *fileCheck) epochs() bool {
	for i, p := range c.e.Trees {
		now := c.trees[i]
		e, err := Decode(p.Leaf)
		if err != nil {
			c.fail("epoch", int64(i), 0, nil)
			return false
		}
		f, ok := e.Facts.(*LogEpoch)
		if !ok || CheckLeaf(p.Path, now.Tree, 0, LeafHash(p.Leaf)) != nil || !now.Origin.SameLog(f.OldOrigin) || !follows(now.Origin, f.OldOrigin) {
			c.fail("epoch", int64(i), 0, e)
			return false
		}
		c.trees = append(c.trees, Checkpoint{f.OldOrigin, Tree{f.OldSize, f.OldRoot}})
		c.seen = append(c.seen, max(f.Seen, f.OldSize))
		c.prove("epoch", "origin", string(f.OldOrigin), "size", itoa(f.OldSize))
	}
	return true
}

// follows reports whether the epoch of now is later than that of old.
func follows(now, old Origin) bool {
	_, _, a := now.Split()
	_, _, b := old.Split()
	return a > b
}

// leaf checks one entry: its form, its place in the tree, its body.
func (c *fileCheck) leaf(i int) {
	p := &c.e.Leaves[i]
	if p.Tree < 0 || p.Tree >= int64(len(c.trees)) {
		c.fail("tree", p.Tree, p.Index, nil)
		return
	}
	e, err := Decode(p.Leaf)
	if err != nil {
		c.fail("leaf", p.Tree, p.Index, nil)
		return
	}
	h := LeafHash(p.Leaf)
	if CheckLeaf(p.Path, c.trees[p.Tree].Tree, p.Index, h) != nil {
		c.fail("proof", p.Tree, p.Index, e)
		return
	}
	if _, org, _ := c.Tree.Origin.Split(); e.Org != org {
		c.fail("merchant", p.Tree, p.Index, e)
	}
	if i > 0 && !before(&c.e.Leaves[i-1], p) {
		c.fail("order", p.Tree, p.Index, e)
	}
	c.body(p, e)
	for _, t := range textsOf(e.Facts) {
		if t != (Hash{}) {
			c.texts[t] = true
		}
	}
	c.Entries++
	c.read = append(c.read, readLeaf{p, e, h})
}

// before is the order of leaves in a file: older trees first.
func before(a, b *Proven) bool {
	return a.Tree > b.Tree || a.Tree == b.Tree && a.Index < b.Index
}

// body checks an opened body against the commitment.
func (c *fileCheck) body(p *Proven, e *Entry) {
	switch {
	case p.Body == nil && p.Salt == [32]byte{}:
		return
	case p.Body == nil:
		c.fail("body", p.Tree, p.Index, e)
		return
	}
	if got, err := Commitment(p.Salt, p.Body); err != nil || got != e.Commit {
		c.fail("body", p.Tree, p.Index, e)
		return
	}
	c.Bodies++
}

// textsOf are the texts that an entry names by their hash.
func textsOf(f Facts) []Hash {
	switch x := f.(type) {
	case *NoticePublished:
		return []Hash{x.Text}
	case *ConsentRequested:
		return []Hash{x.Text}
	case *ConsentGiven:
		return []Hash{x.Text}
	}
	return nil
}

func (c *fileCheck) tombs() {
	for _, t := range c.e.Tombs {
		found := false
		for _, l := range c.read {
			_, erased := l.entry.Facts.(*SubjectErased)
			found = found || erased && l.Tree == 0 && l.Index == t.Index && l.entry.T == t.At
		}
		if !found {
			c.fail("tomb", 0, t.Index, nil)
			continue
		}
		c.prove("erased", "n", itoa(t.Index+1))
	}
}

// say adds what holds for the entries as a whole.
func (c *fileCheck) say() {
	c.prove("included", "n", itoa(c.Entries), "size", itoa(c.Tree.Size), "origin", string(c.Tree.Origin))
	if c.Bodies > 0 {
		c.prove("bodies", "n", itoa(c.Bodies))
	}
	closed := int64(0)
	for _, l := range c.read {
		if l.Body == nil && l.entry.Commit != (Hash{}) {
			closed++
		}
	}
	if closed > 0 {
		c.silent("bodies_closed", "n", itoa(closed))
	}
}
