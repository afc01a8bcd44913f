package ledger

import (
	"slices"
)

// lag is how far behind its own index a heads leaf may speak: the sealer
// computes it while others write.
const lag = 1 << 16

// dirtyMax is how many changed heads wait before they are merged.
const dirtyMax = 1 << 18

// A headState follows every person's last entry while a log is read, and can
// say what the heads were at any of the last 65,536 entries.
type headState struct {
	now     map[Subj]*seqHash
	pending []update // steps not yet in dirty, by index
	dirty   []Head   // steps not yet in sorted, in order
	sorted  []Head
	leaves  []Hash // headLeaf of each of sorted
	settled int64  // steps below this index are no longer pending
}

type seqHash struct {
	seq  int64
	hash Hash
}

type update struct {
	index int64
	Head
}

func newHeadState() *headState { return &headState{now: map[Subj]*seqHash{}} }

// step takes a person's next entry. False where it does not follow the last.
func (s *headState) step(index int64, h Head, sprev Hash) bool {
	last := s.now[h.Subj]
	if last == nil {
		last = &seqHash{}
		s.now[h.Subj] = last
	}
	was := *last
	*last = seqHash{h.Seq, h.Hash}
	s.pending = append(s.pending, update{index, h})
	if len(s.pending) >= 2*lag {
		s.settle(index - lag)
	}
	return h.Seq == was.seq+1 && sprev == was.hash
}

// settle takes the steps below an index out of pending.
func (s *headState) settle(below int64) {
	n := 0
	for n < len(s.pending) && s.pending[n].index < below {
		s.dirty = append(s.dirty, s.pending[n].Head)
		n++
	}
	s.pending = append(s.pending[:0], s.pending[n:]...)
	s.settled = max(s.settled, below)
	if len(s.dirty) >= dirtyMax {
		s.merge()
	}
}

// rebase begins a new epoch: indexes start again.
func (s *headState) rebase() {
	s.settle(1<<63 - 1)
	s.settled = 0
}

func (s *headState) persons() int64 { return int64(len(s.now)) }

// at is the number of heads and their root over the entries below size. False
// where that is too far back.
func (s *headState) at(size int64) (int64, Hash, bool) {
	ok := size >= s.settled
	s.settle(size)
	s.merge()
	var f frontier
	for _, h := range s.leaves {
		f.push(h, nil)
	}
	return f.size, f.root(), ok
}

// merge brings the changed heads into the sorted ones.
func (s *headState) merge() {
	if len(s.dirty) == 0 {
		return
	}
	slices.SortStableFunc(s.dirty, func(a, b Head) int { return cmpSubj(a.Subj, b.Subj) })
	heads := make([]Head, 0, len(s.sorted)+len(s.dirty))
	leaves := make([]Hash, 0, cap(heads))
	i := 0
	for j := range s.dirty {
		d := s.dirty[j]
		if j+1 < len(s.dirty) && s.dirty[j+1].Subj == d.Subj {
			continue // a later step of the same person follows
		}
		for i < len(s.sorted) && cmpSubj(s.sorted[i].Subj, d.Subj) < 0 {
			heads, leaves = append(heads, s.sorted[i]), append(leaves, s.leaves[i])
			i++
		}
		if i < len(s.sorted) && s.sorted[i].Subj == d.Subj {
			i++
		}
		heads, leaves = append(heads, d), append(leaves, headLeaf(d))
	}
	s.sorted = append(heads, s.sorted[i:]...)
	s.leaves = append(leaves, s.leaves[i:]...)
	s.dirty = s.dirty[:0]
}
