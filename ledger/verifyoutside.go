package ledger

import (
	"fmt"
	"strings"
)

// hex8 is a key id as it is written.
func hex8(n uint32) string { return fmt.Sprintf("%08x", n) }

// links checks the proofs for earlier checkpoints and gives them.
func (c *fileCheck) links() map[Origin]map[int64]Hash {
	out := map[Origin]map[int64]Hash{}
	for _, t := range c.trees {
		out[t.Origin] = map[int64]Hash{t.Size: t.Root}
	}
	for _, l := range c.e.Links {
		tree, ok := c.treeOf(l.Origin)
		if !ok || l.Size < 1 || CheckGrowth(l.Path, tree.Tree, l.Tree) != nil {
			c.fault("link", l.Origin, -1, nil)
			continue
		}
		out[l.Origin][l.Size] = l.Root
	}
	return out
}

func (c *fileCheck) treeOf(o Origin) (Checkpoint, bool) {
	for _, t := range c.trees {
		if t.Origin == o {
			return t, true
		}
	}
	return Checkpoint{}, false
}

// lines compares with the checkpoint lines that the reader brought. True
// where at least one holds.
func (c *fileCheck) lines(links map[Origin]map[int64]Hash) bool {
	var first Checkpoint
	held := false
	for i, text := range c.opt.Known {
		known, err := ParseLine(text)
		if err != nil {
			c.silent("line_unreadable", "line", itoa(int64(i+1)))
			continue
		}
		if !c.against(known, links) {
			continue
		}
		if !held || earlier(known, first) {
			first = known
		}
		held = true
	}
	if held {
		c.prove("unaltered", "origin", string(first.Origin), "size", itoa(first.Size))
	}
	return held
}

// hold notes that somebody outside vouches for a tree up to a size. Older
// trees are fixed by the first entry of a newer one.
func (c *fileCheck) hold(o Origin, size int64) {
	for i, t := range c.trees {
		if t.Origin == o && size > 0 {
			c.held[i] = max(c.held[i], size)
			for j := i + 1; j < len(c.trees); j++ {
				c.held[j] = c.trees[j].Size
			}
		}
	}
}

// covered reports whether everything in the file lies below what somebody
// outside vouches for, and says what does not: it could have been rewritten
// since.
func (c *fileCheck) covered() bool {
	n := int64(0)
	for _, l := range c.read {
		receipt := c.opt.Receipt != nil && c.opt.Receipt.Leaf == l.hash
		if l.Index >= c.held[l.Tree] && !receipt {
			n++
		}
	}
	if c.e.Heads != nil && c.e.Heads.Index >= c.held[0] {
		n++
	}
	if n > 0 {
		c.silent("beyond", "n", itoa(n), "size", itoa(c.held[0]))
	}
	return n == 0
}

// earlier orders checkpoints of one log by epoch and size.
func earlier(a, b Checkpoint) bool {
	return follows(b.Origin, a.Origin) || a.Origin == b.Origin && a.Size < b.Size
}

// against compares one checkpoint from outside with the file. True where it
// is proved to be a beginning of the log.
func (c *fileCheck) against(known Checkpoint, links map[Origin]map[int64]Hash) bool {
	if !known.Origin.SameLog(c.Tree.Origin) {
		c.silent("line_other_log", "origin", string(known.Origin))
		return false
	}
	roots, ok := links[known.Origin]
	if root, linked := roots[known.Size]; linked {
		if root != known.Root {
			c.fault("rewritten", known.Origin, known.Size, nil)
			return false
		}
		c.hold(known.Origin, known.Size)
		return true
	}
	if ok && c.lost(known) {
		return false
	}
	c.silent("line_unlinked", "origin", string(known.Origin), "size", itoa(known.Size))
	return false
}

// lost handles a checkpoint beyond the end of an older epoch: entries were
// lost at a restore. If the new epoch says so, it is disclosed; else the log
// was cut.
func (c *fileCheck) lost(known Checkpoint) bool {
	for i, t := range c.trees {
		if i == 0 || t.Origin != known.Origin || known.Size <= t.Size {
			continue
		}
		if known.Size > c.seen[i] {
			c.fault("cut", known.Origin, t.Size, nil)
		} else {
			c.silent("cut", "origin", string(known.Origin), "from", itoa(t.Size), "to", itoa(known.Size))
		}
		return true
	}
	return false
}

// receipt checks a customer's receipt: its entry must be in the file and its
// checkpoint a beginning of the log.
func (c *fileCheck) receipt(links map[Origin]map[int64]Hash) bool {
	r := c.opt.Receipt
	if r == nil {
		return false
	}
	found := false
	for _, l := range c.read {
		found = found || l.hash == r.Leaf
	}
	if !found || !r.Origin.SameLog(c.Tree.Origin) {
		c.fault("receipt", r.Origin, -1, nil)
		return false
	}
	if r.Size == 0 {
		c.prove("receipt_entry")
		return false
	}
	if !c.against(r.Checkpoint, links) {
		return false
	}
	c.prove("receipt", "size", itoa(r.Size))
	return true
}

// witnesses checks the cosignatures by the reader's own policy.
func (c *fileCheck) witnesses() bool {
	if !c.Verdict.witnesses(c.e.Checkpoint, c.opt.Policy, c.Tree.Origin) {
		return false
	}
	c.hold(c.Tree.Origin, c.Tree.Size)
	return true
}

// witnesses reports whether a checkpoint has the quorum of a policy, and says
// so.
func (v *Verdict) witnesses(msg string, p *Policy, o Origin) bool {
	if p == nil || !p.Needs() {
		return false
	}
	q, err := quorum(msg, p)
	switch {
	case err != nil:
		v.fault("cosignature", o, -1, nil)
	case !q.ok:
		v.silent("quorum", "have", itoa(int64(q.have)))
	default:
		v.prove("witnessed", "names", q.names, "time", moment(q.time))
	}
	return err == nil && q.ok
}

// A quorumed checkpoint is what a policy's witnesses say of it.
type quorumed struct {
	ok    bool
	have  int    // witnesses that signed
	names string // theirs
	time  int64  // of the newest signature, seconds
}

func quorum(msg string, p *Policy) (q quorumed, err error) {
	got, err := Cosignatures(msg, p.WitnessKeys()...)
	if err != nil {
		return q, err
	}
	have, names := map[string]bool{}, []string{}
	for _, s := range got {
		if !have[s.VKey] {
			names = append(names, s.Witness)
		}
		have[s.VKey], q.time = true, max(q.time, s.Time)
	}
	q.have, q.ok, q.names = len(have), p.Satisfied(have), strings.Join(names, ", ")
	return q, nil
}
