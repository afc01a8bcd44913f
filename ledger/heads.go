package ledger

import (
	"bytes"
	"encoding/binary"
	"sort"

	"golang.org/x/mod/sumdb/tlog"
)

// Once a day a leaf of type heads commits to the last entry of every person:
// the RFC 6962 root over
//
//	subj 16 | u64 sseq | head 32
//
// sorted by subj. With it, an evidence file proves that no entry of its person
// up to that leaf is left out, or that the person had none.

// headLeaf is the hash of one head in that tree.
func headLeaf(h Head) Hash {
	var b [16 + 8 + 32]byte
	copy(b[:], h.Subj[:])
	binary.BigEndian.PutUint64(b[16:], uint64(h.Seq))
	copy(b[24:], h.Hash[:])
	return LeafHash(b[:])
}

func cmpSubj(a, b Subj) int { return bytes.Compare(a[:], b[:]) }

// HeadsRoot is the root over heads, which must be sorted by Subj, without
// doubles, each with at least one entry. Errors: invalid.
func HeadsRoot(heads []Head) (Hash, error) {
	var f frontier
	for i, h := range heads {
		if i > 0 && cmpSubj(heads[i-1].Subj, h.Subj) >= 0 || h.Seq < 1 {
			return Hash{}, invalid("heads", errOrder)
		}
		f.push(headLeaf(h), nil)
	}
	return f.root(), nil
}

// A PlacedHead is a head with its place among all heads and the proof of it.
type PlacedHead struct {
	Index int64
	Head
	Path []Hash
}

// A HeadProof proves a person's head, or with one or two neighbours that the
// person has none.
type HeadProof []PlacedHead

// ProveHead proves what the sorted heads say about a person. Errors: invalid
// where there are no heads at all or they are not sorted.
func ProveHead(heads []Head, subj Subj) (HeadProof, error) {
	stored := make([]Hash, 0, 2*len(heads))
	var f frontier
	for i, h := range heads {
		if i > 0 && cmpSubj(heads[i-1].Subj, h.Subj) >= 0 {
			return nil, invalid("heads", errOrder)
		}
		f.push(headLeaf(h), func(_ int, _ int64, h Hash) { stored = append(stored, h) })
	}
	at := sort.Search(len(heads), func(i int) bool { return cmpSubj(heads[i].Subj, subj) >= 0 })
	first, last := at, at
	if at == len(heads) || heads[at].Subj != subj {
		first, last = max(at-1, 0), min(at, len(heads)-1)
	}
	var p HeadProof
	for i := first; i <= last; i++ {
		path, err := tlog.ProveRecord(int64(len(heads)), int64(i), tlog.HashReaderFunc(func(at []int64) ([]Hash, error) { return pickHashes(stored, at), nil }))
		if err != nil {
			return nil, invalid("heads", err)
		}
		p = append(p, PlacedHead{int64(i), heads[i], path})
	}
	if len(p) == 0 {
		return nil, invalid("heads", errRange)
	}
	return p, nil
}

func pickHashes(stored []Hash, at []int64) []Hash {
	out := make([]Hash, len(at))
	for i, x := range at {
		out[i] = stored[x]
	}
	return out
}

// CheckHead checks such a proof against what a heads leaf says. A head with
// Seq 0 means: proved that there is none. Errors: invalid.
func CheckHead(p HeadProof, said Heads, subj Subj) (Head, error) {
	for _, h := range p {
		if h.Seq < 1 || CheckLeaf(h.Path, Tree{said.Count, said.Root}, h.Index, headLeaf(h.Head)) != nil {
			return Head{}, invalid("head", errProof)
		}
	}
	switch {
	case len(p) == 1 && p[0].Subj == subj:
		return p[0].Head, nil
	case len(p) == 1 && p[0].Index == 0 && cmpSubj(subj, p[0].Subj) < 0, // before the first
		len(p) == 1 && p[0].Index == said.Count-1 && cmpSubj(subj, p[0].Subj) > 0, // behind the last
		len(p) == 2 && p[1].Index == p[0].Index+1 && cmpSubj(p[0].Subj, subj) < 0 && cmpSubj(subj, p[1].Subj) < 0:
		return Head{Subj: subj}, nil
	}
	return Head{}, invalid("head", errProof)
}
