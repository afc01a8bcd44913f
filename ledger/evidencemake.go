package ledger

// ProveRows makes the proofs for entries of one tree of the given size. tree
// is 0 for the newest epoch, 1 for the one before. Errors: as ProveLeaf.
func ProveRows(tree, size int64, rows []Row, t Tiles) ([]Proven, error) {
	out := make([]Proven, 0, len(rows))
	for _, r := range rows {
		path, err := ProveLeaf(size, r.Index, t)
		if err != nil {
			return nil, err
		}
		out = append(out, Proven{Tree: tree, Index: r.Index, Leaf: r.Leaf, Path: path})
	}
	return out, nil
}

// ProveLinks makes the proofs that earlier sizes of a log are beginnings of
// the checkpoint now: for every line that was sent out or printed on a
// receipt, so that who holds it can compare. Errors: as ProveGrowth.
func ProveLinks(now Checkpoint, sizes []int64, t Tiles) ([]Growth, error) {
	out := make([]Growth, 0, len(sizes))
	for _, n := range sizes {
		root, err := RootOf(n, t)
		if err != nil {
			return nil, err
		}
		path, err := ProveGrowth(now.Size, n, t)
		if err != nil {
			return nil, err
		}
		out = append(out, Growth{Checkpoint{now.Origin, Tree{n, root}}, path})
	}
	return out, nil
}

// ProveEpoch makes the proof for the first leaf of an epoch.
func ProveEpoch(size int64, leaf []byte, t Tiles) (EpochProof, error) {
	path, err := ProveLeaf(size, 0, t)
	return EpochProof{leaf, path}, err
}
