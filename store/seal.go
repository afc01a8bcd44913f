package store

import (
	"context"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// sealMost is how many entries are sealed in one transaction.
const sealMost = 500

// tiles reads a merchant's stored tiles of one epoch.
type tiles struct {
	tx    *Tx
	epoch int64
}

// ReadTile implements ledger.Tiles.
func (t tiles) ReadTile(id ledger.TileID) (data []byte, err error) {
	err = t.tx.Row("SELECT data FROM ledger_tile WHERE org_id=$1 AND epoch=$2 AND level=$3 AND n=$4", t.tx.Org, t.epoch, int64(id.Level), id.N).Scan(&data)
	if kexin.CodeOf(err) == kexin.NotFound {
		return nil, nil
	}
	return data, err
}

// Seal gives waiting entries of a merchant their places in the tree, stores
// the tiles and signs a checkpoint 封账. It picks what has no place yet, not
// what is newer than the last: on PostgreSQL ids commit out of order. It gives
// how many were sealed.
func (s *Store) Seal(ctx context.Context, org kexin.ID) (n int, err error) {
	err = s.Update(ctx, org, func(tx *Tx) error {
		n = 0
		ids, hashes, err := tx.waiting()
		if err != nil || len(ids) == 0 {
			return err
		}
		size, err := tx.LogSize()
		if err != nil {
			return err
		}
		g, err := ledger.NewGrower(size, tiles{tx, tx.epoch})
		if err != nil {
			return err
		}
		for _, h := range hashes {
			g.Add(h)
		}
		if err := tx.place(ids, size); err != nil {
			return err
		}
		if err := tx.saveTiles(g.Tiles()); err != nil {
			return err
		}
		n = len(ids)
		return tx.sign(g.Tree())
	})
	return n, err
}

// waiting locks the merchant's row against a second sealer and reads entries
// without a place, in the order of their ids, each person's in their own.
func (tx *Tx) waiting() (ids []kexin.ID, hashes []ledger.Hash, err error) {
	var epoch int64
	if err := tx.Row("SELECT epoch FROM org WHERE id=$1"+tx.s.db.ForUpdate(), tx.Org).Scan(&epoch); err != nil {
		return nil, nil, err
	}
	list, err := tx.open("SELECT id,hash,subj,sseq FROM ledger_entry WHERE org_id=$1 AND idx IS NULL ORDER BY id LIMIT $2", tx.Org, sealMost)
	if err != nil {
		return nil, nil, err
	}
	if list, err = tx.inChain(list); err != nil {
		return nil, nil, err
	}
	for _, e := range list {
		ids, hashes = append(ids, e.id), append(hashes, e.hash)
	}
	return ids, hashes, nil
}

// An unplaced entry waits for its place in the tree.
type unplaced struct {
	id   kexin.ID
	hash ledger.Hash
	subj ledger.Subj
	sseq int64
}

func (tx *Tx) open(q string, args ...any) (out []unplaced, err error) {
	err = tx.Each(q, args, func(r *db.Rows) error {
		var e unplaced
		var h, subj []byte
		if err := r.Scan(&e.id, &h, &subj, &e.sseq); err != nil {
			return err
		}
		copy(e.subj[:], subj)
		e.hash = ledger.Hash(h)
		out = append(out, e)
		return nil
	})
	return out, err
}

// inChain puts each person's entries in the order of their numbers. Two
// servers whose clocks differ may give a later entry the smaller id; one that
// must go before then stands behind the limit and is fetched.
func (tx *Tx) inChain(list []unplaced) ([]unplaced, error) {
	if !severalNodes(list) {
		return list, nil
	}
	most := map[ledger.Subj]int64{}
	for _, e := range list {
		if e.sseq > 0 {
			most[e.subj] = max(most[e.subj], e.sseq)
		}
	}
	behind, err := tx.open("SELECT id,hash,subj,sseq FROM ledger_entry WHERE org_id=$1 AND id>$2 AND sseq>0 AND idx IS NULL ORDER BY id", tx.Org, list[len(list)-1].id)
	if err != nil {
		return nil, err
	}
	for _, e := range behind {
		if e.sseq < most[e.subj] {
			list = append(list, e)
		}
	}
	at := map[ledger.Subj][]int{}
	for i, e := range list {
		if e.sseq > 0 {
			at[e.subj] = append(at[e.subj], i)
		}
	}
	for _, places := range at {
		own := make([]unplaced, len(places))
		for i, p := range places {
			own[i] = list[p]
		}
		slices.SortFunc(own, func(a, b unplaced) int { return int(a.sseq - b.sseq) })
		for i, p := range places {
			list[p] = own[i]
		}
	}
	return list, nil
}

func severalNodes(list []unplaced) bool {
	for _, e := range list {
		if nodeOf(e.id) != nodeOf(list[0].id) {
			return true
		}
	}
	return false
}

// LogSize is how many entries are sealed in the present epoch.
func (tx *Tx) LogSize() (int64, error) { return tx.sizeOf(tx.epoch) }

func (tx *Tx) sizeOf(epoch int64) (n int64, err error) {
	err = tx.Row("SELECT COALESCE(MAX(idx)+1,0) FROM ledger_entry WHERE org_id=$1 AND epoch=$2 AND idx IS NOT NULL", tx.Org, epoch).Scan(&n)
	return n, err
}

// place writes the entries' places, in one statement a hundred.
func (tx *Tx) place(ids []kexin.ID, from int64) error {
	for chunk := range slices.Chunk(ids, 100) {
		var s stmt
		s.add("UPDATE ledger_entry SET idx=CASE id")
		for i, id := range chunk {
			s.add(" WHEN ").arg(id).add(" THEN CAST(").arg(from + int64(i)).add(" AS BIGINT)")
		}
		s.add(" END WHERE org_id=").arg(tx.Org).add(" AND idx IS NULL AND id IN ").list(chunk)
		n, err := tx.Exec(s.b.String(), s.args...)
		if err != nil {
			return err
		}
		if n != int64(len(chunk)) {
			return &kexin.Error{Op: "store.seal", Code: kexin.Conflict}
		}
		from += int64(len(chunk))
	}
	return nil
}

func (tx *Tx) saveTiles(list []ledger.Tile) error {
	for _, t := range list {
		if _, err := tx.Exec("INSERT INTO ledger_tile(org_id,epoch,level,n,data) VALUES($1,$2,$3,$4,$5) ON CONFLICT(org_id,epoch,level,n) DO UPDATE SET data=excluded.data",
			tx.Org, tx.epoch, int64(t.Level), t.N, t.Hashes); err != nil {
			return err
		}
	}
	return nil
}

// keepPoints is how many of the newest checkpoints are kept beside those that
// a witness signed.
const keepPoints = 50

// sign writes a signed checkpoint of the tree.
func (tx *Tx) sign(tree ledger.Tree) error {
	origin, err := tx.Origin()
	if err != nil {
		return err
	}
	signers, err := tx.logSigners(origin)
	if err != nil {
		return err
	}
	text, err := ledger.Sign(ledger.Checkpoint{Origin: origin, Tree: tree}, signers...)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("INSERT INTO checkpoint(org_id,epoch,size,note,at) VALUES($1,$2,$3,$4,$5)", tx.Org, tx.epoch, tree.Size, text, tx.Now); err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM checkpoint WHERE org_id=$1 AND epoch=$2 AND size<(SELECT MIN(size) FROM (SELECT size FROM checkpoint WHERE org_id=$1 AND epoch=$2 ORDER BY size DESC LIMIT $3) newest)
 AND NOT EXISTS (SELECT 1 FROM cosignature w WHERE w.org_id=$1 AND w.epoch=$2 AND w.size=checkpoint.size)`, tx.Org, tx.epoch, int64(keepPoints))
	return err
}

// Origin names the merchant's log in its present epoch.
func (tx *Tx) Origin() (ledger.Origin, error) {
	return ledger.NewOrigin(tx.s.server.Installation, tx.Org, tx.epoch)
}

// logSigners are the log keys that sign now: the active one, and one that was
// replaced less than 30 days ago.
func (tx *Tx) logSigners(o ledger.Origin) (out []note.Signer, err error) {
	for _, v := range tx.ring.Versions(vault.UseLog, vault.Active, vault.Accept) {
		key, err := tx.ring.Signing(vault.UseLog, v)
		if err != nil {
			return nil, err
		}
		out = append(out, ledger.NewSigner(o, key))
	}
	return out, nil
}

// A Point is the newest checkpoint of a log.
type Point struct {
	Size int64
	Note string
	At   kexin.Instant
}

// LastPoint gives it; size 0 where nothing is sealed yet.
func (tx *Tx) LastPoint() (p Point, err error) {
	err = tx.Row("SELECT size,note,at FROM checkpoint WHERE org_id=$1 AND epoch=$2 ORDER BY size DESC LIMIT 1", tx.Org, tx.epoch).Scan(&p.Size, &p.Note, &p.At)
	if kexin.CodeOf(err) == kexin.NotFound {
		return Point{}, nil
	}
	return p, err
}

// Unsealed lists merchants with waiting entries and the time of the oldest. It
// looks over all merchants, for the sealer and the readiness check alone.
func (s *Store) Unsealed(ctx context.Context) (orgs []kexin.ID, oldest kexin.Instant, err error) {
	err = s.db.View(ctx, func(t *db.Tx) error {
		orgs, oldest = nil, 0
		return t.Each("SELECT org_id,MIN(at) FROM ledger_entry WHERE idx IS NULL GROUP BY org_id", nil, func(r *db.Rows) error {
			var id kexin.ID
			var at kexin.Instant
			err := r.Scan(&id, &at)
			orgs = append(orgs, id)
			if oldest == 0 || at < oldest {
				oldest = at
			}
			return err
		})
	})
	return orgs, oldest, err
}

// LastSealed is the time of the newest checkpoint of any log, 0 for none: a
// clock that shows less went back.
func (s *Store) LastSealed(ctx context.Context) (at kexin.Instant, err error) {
	all, err := s.Holders(ctx)
	if err != nil {
		return 0, err
	}
	err = s.db.View(ctx, func(t *db.Tx) error {
		for _, o := range all {
			var x kexin.Instant
			if err := t.Row("SELECT COALESCE(MAX(at),0) FROM checkpoint WHERE org_id=$1", o.ID).Scan(&x); err != nil {
				return err
			}
			at = max(at, x)
		}
		return nil
	})
	return at, err
}
