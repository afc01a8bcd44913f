package store

import (
	"maps"
	"math"
	"slices"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// Evidence makes the evidence file 凭证 of the person of the record a permit
// names: every entry about him with its proof, opened bodies, and the proof
// that none is left out up to the last commitment to all persons. Entries must
// be sealed before; the caller logs that it was taken.
func (tx *Tx) Evidence(p *gate.Permit) ([]byte, error) {
	if err := tx.check(p, "store.evidence"); err != nil {
		return nil, err
	}
	f, err := tx.Facts(p.Object().Object, p.Record())
	if err != nil {
		return nil, err
	}
	s, err := tx.subjectOf(f.Subject)
	if err != nil {
		return nil, err
	}
	point, err := tx.LastPoint()
	if err != nil {
		return nil, err
	}
	origin, err := tx.Origin()
	if err != nil {
		return nil, err
	}
	e := &ledger.Evidence{Made: tx.Now, Subj: ledger.Subj(s.Tag), Checkpoint: point.Note}
	if e.Keys, err = tx.logKeys(origin); err != nil {
		return nil, err
	}
	if e.Checkpoint, err = tx.cosigned(point); err != nil {
		return nil, err
	}
	if err := tx.evidenceLeaves(e, s, point.Size); err != nil {
		return nil, err
	}
	if err := tx.evidenceHeads(e, point.Size); err != nil {
		return nil, err
	}
	if err := tx.evidenceLinks(e, point.Size); err != nil {
		return nil, err
	}
	tombs(e)
	if err := tx.evidenceNotices(e); err != nil {
		return nil, err
	}
	// The newest key signs the file, from its introduction on: while it is not
	// active yet, it stands last in Keys all the same.
	vs := tx.ring.Versions(vault.UseLog, vault.Active, vault.Accept)
	key, err := tx.ring.Signing(vault.UseLog, slices.Max(vs))
	if err != nil {
		return nil, err
	}
	return e.Seal(key)
}

// cosigned is the checkpoint with what witnesses signed on it.
func (tx *Tx) cosigned(p Point) (string, error) {
	text := p.Note
	err := tx.Each("SELECT line FROM cosignature WHERE org_id=$1 AND epoch=$2 AND size=$3 ORDER BY witness", []any{tx.Org, tx.epoch, p.Size}, func(r *db.Rows) error {
		var line string
		err := r.Scan(&line)
		text += line
		return err
	})
	return text, err
}

// evidenceLeaves adds the person's entries, older epochs first, with bodies.
func (tx *Tx) evidenceLeaves(e *ledger.Evidence, s *Subject, size int64) error {
	bodies := map[string]body{}
	byEpoch := map[int64][]ledger.Row{}
	err := tx.Each(chain("e.id,e.epoch,e.idx,e.leaf,e.body_c", " AND e.idx IS NOT NULL ORDER BY e.epoch,e.idx"), []any{tx.Org, s.Tag[:], int64(math.MaxInt32)}, func(r *db.Rows) error {
		var id kexin.ID
		var epoch int64
		var row ledger.Row
		var sealed []byte
		if err := r.Scan(&id, &epoch, &row.Index, &row.Leaf, &sealed); err != nil {
			return err
		}
		byEpoch[epoch] = append(byEpoch[epoch], row)
		if len(sealed) == 0 {
			return nil
		}
		clear, err := vault.OpenCell(s.evidence, vault.CellAddr{Field: bodyField, Record: id}, sealed)
		if err != nil || len(clear) < 32 {
			return err
		}
		bodies[string(row.Leaf)] = body{[32]byte(clear[:32]), clear[32:]}
		return nil
	})
	if err != nil {
		return err
	}
	for epoch := int64(1); epoch <= tx.epoch; epoch++ {
		if err := tx.proveEpoch(e, epoch, size, byEpoch[epoch], bodies); err != nil {
			return err
		}
	}
	return nil
}

type body struct {
	salt [32]byte
	text []byte
}

// proveEpoch adds proofs for the entries of one epoch.
func (tx *Tx) proveEpoch(e *ledger.Evidence, epoch, size int64, rows []ledger.Row, bodies map[string]body) error {
	t := tiles{tx, epoch}
	tree := tx.epoch - epoch
	if tree > 0 {
		var err error
		if size, err = tx.sizeOf(epoch); err != nil {
			return err
		}
	}
	if epoch > 1 {
		first, err := tx.logRows(epoch, -1, 1)
		if err != nil || len(first) == 0 {
			return err
		}
		proof, err := ledger.ProveEpoch(size, first[0].Leaf, t)
		if err != nil {
			return err
		}
		e.Trees = append([]ledger.EpochProof{proof}, e.Trees...)
	}
	proven, err := ledger.ProveRows(tree, size, rows, t)
	if err != nil {
		return err
	}
	for i := range proven {
		if b, ok := bodies[string(proven[i].Leaf)]; ok {
			proven[i].Salt, proven[i].Body = b.salt, b.text
		}
	}
	e.Leaves = append(e.Leaves, proven...)
	return nil
}

// evidenceHeads adds the last commitment to all persons and what it says of
// this one.
func (tx *Tx) evidenceHeads(e *ledger.Evidence, size int64) error {
	row, facts, found, err := tx.lastHeads()
	if err != nil || !found || row.Index >= size {
		return err
	}
	heads, err := tx.headsBefore(facts.Size)
	if err != nil {
		return err
	}
	at, err := ledger.ProveHead(heads, e.Subj)
	if err != nil {
		return err
	}
	path, err := ledger.ProveLeaf(size, row.Index, tiles{tx, tx.epoch})
	if err != nil {
		return err
	}
	e.Heads = &ledger.HeadsProof{Index: row.Index, Leaf: row.Leaf, Path: path, At: at}
	return nil
}

// evidenceLinks adds the proofs that what people outside may hold of this log
// is a beginning of it, in every epoch.
func (tx *Tx) evidenceLinks(e *ledger.Evidence, size int64) error {
	for epoch := tx.epoch; epoch >= 1; epoch-- {
		if epoch < tx.epoch {
			var err error
			if size, err = tx.sizeOf(epoch); err != nil {
				return err
			}
		}
		sizes, err := tx.outside(epoch, size)
		if err != nil {
			return err
		}
		now, err := tx.pointAt(epoch, size)
		if err != nil {
			return err
		}
		links, err := ledger.ProveLinks(now, slices.Sorted(maps.Keys(sizes)), tiles{tx, epoch})
		if err != nil {
			return err
		}
		e.Links = append(e.Links, links...)
	}
	return nil
}

// evidenceNotices adds the texts that the person's entries name: what she
// agreed to, in its words.
func (tx *Tx) evidenceNotices(e *ledger.Evidence) error {
	have := map[kexin.ID]bool{}
	for _, p := range e.Leaves {
		x, err := ledger.Decode(p.Leaf)
		if err != nil || x.Refs.Notice == 0 || have[x.Refs.Notice] {
			continue
		}
		n, err := tx.NoticeOf(int64(x.Refs.Notice))
		if err != nil {
			return err
		}
		for _, lang := range slices.Sorted(maps.Keys(n.Texts)) {
			if t := n.Texts[lang]; ledger.Names(x.Facts, ledger.Hash(t.Hash)) {
				have[x.Refs.Notice] = true
				e.Notices = append(e.Notices, ledger.Notice{Hash: ledger.Hash(t.Hash), Lang: t.Lang, Title: t.Title, Text: t.Text, Version: int64(t.Version)})
			}
		}
	}
	return nil
}

// tombs names the erasures among the entries of the newest tree.
func tombs(e *ledger.Evidence) {
	for _, p := range e.Leaves {
		if x, err := ledger.Decode(p.Leaf); err == nil && p.Tree == 0 && x.Type() == "subject.erased" {
			e.Tombs = append(e.Tombs, ledger.Tombstone{At: x.T, Index: p.Index})
		}
	}
}

// LogEvidence writes that evidence of a person was taken.
func (tx *Tx) LogEvidence(p *gate.Permit) error {
	f, err := tx.Facts(p.Object().Object, p.Record())
	if err != nil {
		return err
	}
	s, err := tx.subjectOf(f.Subject)
	if err != nil {
		return err
	}
	h, err := tx.head(s.Tag)
	if err != nil {
		return err
	}
	return tx.Log(Event{Actor: ledger.Who(p.Actor()), Subject: s, Refs: ledger.Refs{Purpose: p.Actor().Purpose}, Facts: &ledger.EvidenceTaken{Entries: h.Seq, Way: "staff"}})
}
