package store

import (
	"context"
	"crypto/ed25519"
	"iter"
	"slices"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// logReader gives a merchant's stored log to ledger.VerifyLog, from one
// snapshot.
type logReader struct{ tx *Tx }

// LogReader reads the merchant's log in this transaction.
func (tx *Tx) LogReader() ledger.LogReader { return logReader{tx} }

// Epochs implements ledger.LogReader.
func (l logReader) Epochs() (out []ledger.Origin, err error) {
	last := int64(0) // what the merchant's row says can be set back past the program
	if err := l.tx.Row("SELECT COALESCE(MAX(epoch),0) FROM (SELECT MAX(epoch) AS epoch FROM ledger_entry WHERE org_id=$1 AND idx IS NOT NULL UNION ALL SELECT MAX(epoch) FROM ledger_entry WHERE org_id=$1 AND idx IS NULL) x", l.tx.Org).Scan(&last); err != nil {
		return nil, err
	}
	for e := int64(1); e <= max(last, l.tx.epoch); e++ {
		o, err := ledger.NewOrigin(l.tx.s.server.Installation, l.tx.Org, e)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// readMost is how many entries are held at a time.
const readMost = 2000

// Rows implements ledger.LogReader.
func (l logReader) Rows(o ledger.Origin) iter.Seq2[ledger.Row, error] {
	_, _, epoch := o.Split()
	return func(yield func(ledger.Row, error) bool) {
		last := int64(-1)
		for {
			rows, err := l.tx.logRows(epoch, last, readMost)
			if err != nil {
				yield(ledger.Row{}, err)
				return
			}
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
				last = r.Index
			}
			if len(rows) < readMost {
				return
			}
		}
	}
}

func (tx *Tx) logRows(epoch, after int64, limit int) (out []ledger.Row, err error) {
	err = tx.Each("SELECT idx,leaf FROM ledger_entry WHERE org_id=$1 AND epoch=$2 AND idx>$3 ORDER BY idx LIMIT $4", []any{tx.Org, epoch, after, limit}, func(r *db.Rows) error {
		var row ledger.Row
		err := r.Scan(&row.Index, &row.Leaf)
		out = append(out, row)
		return err
	})
	return out, err
}

// Tiles implements ledger.LogReader.
func (l logReader) Tiles(o ledger.Origin) ledger.Tiles {
	_, _, epoch := o.Split()
	return tiles{l.tx, epoch}
}

// Checkpoints implements ledger.LogReader.
func (l logReader) Checkpoints(o ledger.Origin) iter.Seq2[string, error] {
	_, _, epoch := o.Split()
	return func(yield func(string, error) bool) {
		var notes []string
		lines, err := l.tx.cosignatures(epoch)
		if err == nil {
			err = l.tx.Each("SELECT size,note FROM checkpoint WHERE org_id=$1 AND epoch=$2 ORDER BY size", []any{l.tx.Org, epoch}, func(r *db.Rows) error {
				var size int64
				var n string
				err := r.Scan(&size, &n)
				notes = append(notes, n+lines[size])
				return err
			})
		}
		for _, n := range notes {
			if !yield(n, nil) {
				return
			}
		}
		if err != nil {
			yield("", err)
		}
	}
}

// cosignatures are the lines of witnesses over the checkpoints of an epoch, by
// size.
func (tx *Tx) cosignatures(epoch int64) (map[int64]string, error) {
	out := map[int64]string{}
	err := tx.Each("SELECT size,line FROM cosignature WHERE org_id=$1 AND epoch=$2 ORDER BY size,witness", []any{tx.Org, epoch}, func(r *db.Rows) error {
		var size int64
		var line string
		err := r.Scan(&size, &line)
		out[size] += line
		return err
	})
	return out, err
}

// Keys implements ledger.LogReader.
func (l logReader) Keys(o ledger.Origin) ([]ledger.LogKey, error) {
	if l.tx.ring == nil {
		return nil, ledger.ErrNoKeys
	}
	return l.tx.logKeys(o)
}

// logKeys are the keys of a log with their introductions, the oldest first.
// The introductions are made anew, since in a later epoch the keys have other
// names; in the epoch of the rotation they are those of its log.key entry.
func (tx *Tx) logKeys(o ledger.Origin) ([]ledger.LogKey, error) {
	vs := tx.ring.Versions(vault.UseLog, vault.Active, vault.Accept, vault.Retired)
	slices.Sort(vs)
	out := make([]ledger.LogKey, len(vs))
	var before ed25519.PrivateKey
	for i, v := range vs {
		key, err := tx.ring.Signing(vault.UseLog, v)
		if err != nil {
			return nil, err
		}
		out[i].VKey = ledger.VKey(o, key.Public().(ed25519.PublicKey))
		if before != nil {
			out[i].Sig = ledger.IntroduceKey(before, out[i].VKey)
		}
		before = key
	}
	return out, nil
}

// Unsealed implements ledger.LogReader.
func (l logReader) Unsealed() (n int64, err error) {
	err = l.tx.Row("SELECT COUNT(*) FROM ledger_entry WHERE org_id=$1 AND idx IS NULL", l.tx.Org).Scan(&n)
	return n, err
}

// headsBefore are every person's last entries among those with a place below
// size in this epoch, and all of earlier epochs, sorted: the last ones of all,
// but of who has entries behind that the one which the first of those names.
func (tx *Tx) headsBefore(size int64) (out []ledger.Head, err error) {
	first := map[ledger.Subj]ledger.Head{}
	note := func(e *ledger.Entry) {
		if h, ok := first[e.Subj]; !ok || e.SSeq <= h.Seq {
			first[e.Subj] = ledger.Head{Subj: e.Subj, Seq: e.SSeq - 1, Hash: e.SPrev}
		}
	}
	const about = "SELECT leaf FROM ledger_entry WHERE org_id=$1 AND subj IS NOT NULL AND "
	if err := tx.entries(about+"epoch=$2 AND idx>=$3", []any{tx.Org, tx.epoch, size}, note); err != nil {
		return nil, err
	}
	if err := tx.entries(about+"idx IS NULL", []any{tx.Org}, note); err != nil {
		return nil, err
	}
	err = tx.lasts("SELECT subj,sseq,head,last_id FROM subject_head WHERE org_id=$1 ORDER BY subj", []any{tx.Org}, func(h last) {
		if earlier, ok := first[h.Subj]; ok {
			h.Head = earlier
		}
		if h.Seq > 0 {
			out = append(out, h.Head)
		}
	})
	return out, err
}

// LogHeads writes the daily entry that commits to every person's last entry.
// It does nothing while entries wait to be sealed, and reports that.
func (tx *Tx) LogHeads() (done bool, err error) {
	h, ok, err := tx.commitment()
	if err != nil || !ok {
		return false, err
	}
	return true, tx.logHeads(h)
}

// commitment works it out; false while entries wait to be sealed.
func (tx *Tx) commitment() (h ledger.Heads, ok bool, err error) {
	waiting, err := logReader{tx}.Unsealed()
	if err != nil || waiting > 0 {
		return h, false, err
	}
	size, err := tx.LogSize()
	if err != nil {
		return h, false, err
	}
	heads, err := tx.headsBefore(size)
	if err != nil {
		return h, false, err
	}
	root, err := ledger.HeadsRoot(heads)
	return ledger.Heads{Count: int64(len(heads)), Day: tx.day(), Root: root, Size: size}, err == nil, err
}

func (tx *Tx) logHeads(h ledger.Heads) error {
	return tx.Log(Event{Actor: ledger.Actor{Kind: ledger.BySystem}, Facts: &h})
}

// DailyHeads writes the entry of the day, once: with many persons it takes
// seconds to work out, which it does on a snapshot, so that nobody waits. It
// speaks of the entries up to the snapshot. False while entries wait to be
// sealed.
func (s *Store) DailyHeads(ctx context.Context, org kexin.ID) (done bool, err error) {
	var h ledger.Heads
	ok, had := false, false
	err = s.View(ctx, org, func(tx *Tx) error {
		_, last, found, err := tx.lastHeads()
		if had = err == nil && found && last.Day == tx.day(); had || err != nil {
			return err
		}
		h, ok, err = tx.commitment()
		return err
	})
	if err != nil || had || !ok {
		return had, err
	}
	err = s.Update(ctx, org, func(tx *Tx) error { return tx.logHeads(h) })
	return err == nil, err
}

// lastHeads is the newest sealed heads entry of this epoch, false for none. The signs
// keep SQLite to the index of rare entries: by that of places it would go through the
// log since.
func (tx *Tx) lastHeads() (row ledger.Row, facts ledger.Heads, found bool, err error) {
	err = tx.Row("SELECT idx,leaf FROM ledger_entry WHERE org_id=$1 AND +epoch=$2 AND type='heads' AND idx IS NOT NULL ORDER BY +idx DESC LIMIT 1", tx.Org, tx.epoch).Scan(&row.Index, &row.Leaf)
	if kexin.CodeOf(err) == kexin.NotFound {
		return row, facts, false, nil
	}
	if err != nil {
		return row, facts, false, err
	}
	e, err := ledger.Decode(row.Leaf)
	if err != nil {
		return row, facts, false, err
	}
	h, ok := e.Facts.(*ledger.Heads)
	if !ok {
		return row, facts, false, &kexin.Error{Op: "store.heads"}
	}
	return row, *h, true, nil
}

// A Logged is one entry as an officer's page shows it. Index is -1 while it
// waits to be sealed.
type Logged struct {
	*ledger.Entry
	Index int64
	Hash  ledger.Hash
	Leaf  []byte
}

// Logged reads entries older than after (0 = the newest), newest first.
func (tx *Tx) Logged(after kexin.ID, limit int) (out []Logged, err error) {
	if after == 0 {
		after = 1<<63 - 1
	}
	err = tx.Each("SELECT COALESCE(idx,-1),leaf,hash FROM ledger_entry WHERE org_id=$1 AND id<$2 ORDER BY id DESC LIMIT $3", []any{tx.Org, after, limit}, func(r *db.Rows) error {
		var l Logged
		var hash []byte
		if err := r.Scan(&l.Index, &l.Leaf, &hash); err != nil {
			return err
		}
		copy(l.Hash[:], hash)
		var err error
		l.Entry, err = ledger.Decode(l.Leaf)
		out = append(out, l)
		return err
	})
	return out, err
}

// LoggedSince is when the oldest entry of the log was made, 0 where there is
// none.
func (tx *Tx) LoggedSince() (at kexin.Instant, err error) {
	err = tx.Row("SELECT at FROM ledger_entry WHERE org_id=$1 ORDER BY id LIMIT 1", tx.Org).Scan(&at)
	if kexin.CodeOf(err) == kexin.NotFound {
		err = nil
	}
	return at, err
}
