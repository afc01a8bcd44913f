package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// An Opener opens a stream of a backup from its beginning.
type Opener func() (io.ReadCloser, error)

// A Restoring is a backup on its way back into a database.
type Restoring struct {
	Data, Keyring Opener
	AcceptLost    bool // a keyring older than the data: erasures in between are lost
	Say           Say
}

// Checked are the manifests of a backup that was read to its end.
type Checked struct {
	Data, Keyring Manifest
	Keys          int64    // unwrapped
	Lost          bool     // the keyring is older than the data
	Second        kexin.ID // who agreed to that, 0 where nothing is lost
}

// Check reads both streams to their ends and holds them against each other
// and against the master keys, before anything is written. Errors: invalid or
// unavailable with a key under "backup.".
func (r Restoring) Check(ctx context.Context, keepers vault.Keepers) (c Checked, err error) {
	err = reading(r.Keyring, func(in io.Reader) (err error) {
		c.Keyring, c.Keys, err = CheckKeyring(ctx, in, keepers)
		return err
	})
	if err != nil {
		return c, err
	}
	err = reading(r.Data, func(in io.Reader) (err error) {
		c.Data, err = ReadDump(in, func(m Manifest) error {
			c.Lost = c.Keyring.Created < m.Created
			switch {
			case m.Part != DataPart:
				return notBackup("backup.not_data")
			case m.Installation != c.Keyring.Installation:
				return notBackup("backup.other")
			case c.Lost && !r.AcceptLost:
				return notBackup("backup.keyring_old")
			}
			return nil
		}, func(*DumpTable, []any) error { return nil })
		return err
	})
	return c, err
}

func reading(open Opener, f func(io.Reader) error) error {
	in, err := open()
	if err != nil {
		return err
	}
	return errors.Join(f(in), in.Close())
}

// Load fills an empty database with a checked backup: migrations up to the
// backup's own, then every row in one transaction. Open and Resume finish it.
func (r Restoring) Load(ctx context.Context, d *db.DB, c Checked) error {
	if err := d.Migrate(ctx, until{migrations, c.Data.Schema}, "migrations"); err != nil {
		return err
	}
	return d.Update(ctx, func(t *db.Tx) error {
		l := &loader{t: t, say: r.Say, total: c.Data.Rows() + c.Keyring.Rows()}
		for _, open := range []Opener{r.Data, r.Keyring} {
			if err := reading(open, l.read); err != nil {
				return err
			}
		}
		_, err := t.Exec("UPDATE server SET key_epoch=key_epoch+1,backup_at=0,backup_error='' WHERE id=1")
		return err
	})
}

// until shows the migrations up to a number: a backup is loaded into the
// tables it was taken from, and what came later is applied to them.
type until struct {
	fs.FS
	version int64
}

// Open filters what a directory lists.
func (u until) Open(name string) (fs.File, error) {
	f, err := u.FS.Open(name)
	if dir, ok := f.(fs.ReadDirFile); ok && err == nil {
		return untilDir{dir, u.version}, nil
	}
	return f, err
}

type untilDir struct {
	fs.ReadDirFile
	version int64
}

// ReadDir leaves out the files with a higher number.
func (u untilDir) ReadDir(n int) ([]fs.DirEntry, error) {
	all, err := u.ReadDirFile.ReadDir(n)
	var out []fs.DirEntry
	for _, e := range all {
		digits, _, _ := strings.Cut(e.Name(), "_")
		if n, err := strconv.ParseInt(digits, 10, 64); e.IsDir() || err != nil || n <= u.version {
			out = append(out, e)
		}
	}
	return out, err
}

// loadRows is how many rows are written in one go.
const loadRows = 1000

// A loader writes streams into the tables of one transaction.
type loader struct {
	t           *db.Tx
	say         Say
	done, total int64
	table       *DumpTable
	cols        []string
	rows        [][]any
}

func (l *loader) read(in io.Reader) error {
	_, err := ReadDump(in, l.fits, l.row)
	if err != nil {
		return err
	}
	return l.flush()
}

// fits compares a manifest with the tables that are there: names from a file
// go into SQL only if the catalog has them.
func (l *loader) fits(m Manifest) error {
	for _, t := range m.Tables {
		cols, err := db.Columns(l.t, t.Name)
		if err != nil {
			return err
		}
		have := map[string]db.ColumnType{}
		for _, c := range cols {
			have[c.Name] = c.Type
		}
		for _, c := range t.Columns {
			if have[c.Name] != c.Type || c.Type == "" {
				return damaged(errDumpTable)
			}
			delete(have, c.Name)
		}
		if len(have) > 0 {
			return damaged(errDumpTable)
		}
	}
	return nil
}

func (l *loader) row(t *DumpTable, row []any) error {
	if t != l.table {
		if err := l.flush(); err != nil {
			return err
		}
		l.table, l.cols = t, make([]string, len(t.Columns))
		for i, c := range t.Columns {
			l.cols[i] = c.Name
		}
	}
	l.rows = append(l.rows, row)
	if len(l.rows) == loadRows {
		return l.flush()
	}
	return nil
}

func (l *loader) flush() error {
	if len(l.rows) == 0 {
		return nil
	}
	if err := l.t.Bulk(l.table.Name, l.cols, l.rows); err != nil {
		return err
	}
	l.done += int64(len(l.rows))
	l.rows = l.rows[:0]
	if l.say != nil {
		l.say(l.done, l.total)
	}
	return nil
}

// Full reports whether a database holds merchants, so that restoring over it
// would lose them.
func Full(ctx context.Context, d *db.DB) (full bool, err error) {
	if ok, err := d.Exists(ctx, "org"); err != nil || !ok {
		return false, err
	}
	err = d.View(ctx, func(t *db.Tx) error {
		var n int64
		err := t.Row("SELECT COUNT(*) FROM org").Scan(&n)
		full = n > 0
		return err
	})
	return full, err
}

// Why says what the restore is for a log: the same engine, or another.
func (c Checked) Why(d *db.DB) ledger.Why {
	if c.Data.Engine != "" && c.Data.Engine != engineOf(d) {
		return "engine"
	}
	return "restore"
}

// A Resumed is how a merchant's log goes on after a restore.
type Resumed struct {
	Org      kexin.ID
	Old, New ledger.Origin // the same where nothing was sealed yet
	Size     int64         // of the old log
	Seen     int64         // largest size that anybody is known to have seen
	Erased   int64         // persons who were scrubbed again
}

// Resume finishes a restored database: persons who were erased since are
// erased again, each log begins a new epoch, and the restore is written in it.
// seen gives the largest size of a merchant's log that is known outside, 0 for
// none; it is asked outside any transaction.
func (s *Store) Resume(ctx context.Context, c Checked, why ledger.Why, seen func(kexin.ID, ledger.Checkpoint) int64) (out []Resumed, err error) {
	all, err := s.Holders(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		var end ledger.Checkpoint
		if err := s.View(ctx, o.ID, func(tx *Tx) (err error) { end, err = tx.logEnd(); return err }); err != nil {
			return out, err
		}
		outside := int64(0)
		if end.Size > 0 {
			outside = seen(o.ID, end)
		}
		var r Resumed
		err := s.Update(ctx, o.ID, func(tx *Tx) (err error) {
			r = Resumed{Org: o.ID, Seen: outside}
			if r.Erased, err = tx.scrub(); err != nil {
				return err
			}
			if err := tx.newEpoch(&r, why); err != nil {
				return err
			}
			made := &ledger.RestoreMade{Erasures: c.Lost, Second: c.Second, Leaves: r.Size, Taken: c.Data.Created}
			return tx.Log(Event{Actor: ledger.Actor{Kind: ledger.ByCLI}, Facts: made})
		})
		if err != nil {
			return out, err
		}
		out = append(out, r)
	}
	return out, nil
}

// newEpoch begins the log anew behind where it stands: its first entry says
// how the old one ended. Entries that had no place yet get theirs in the new
// one, since the old log may have placed them otherwise before it was lost.
func (tx *Tx) newEpoch(r *Resumed, why ledger.Why) error {
	end, err := tx.logEnd()
	if err != nil {
		return err
	}
	r.Old, r.New, r.Size = end.Origin, end.Origin, end.Size
	if end.Size == 0 {
		return nil
	}
	r.Seen = max(end.Size, r.Seen)
	tx.epoch++
	if _, err := tx.Exec("UPDATE org SET epoch=$2,version=version+1 WHERE id=$1", tx.Org, tx.epoch); err != nil {
		return err
	}
	// A commitment to all persons speaks of places in the old log.
	if _, err := tx.Exec("DELETE FROM ledger_entry WHERE org_id=$1 AND idx IS NULL AND type='heads'", tx.Org); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE ledger_entry SET epoch=$2 WHERE org_id=$1 AND idx IS NULL", tx.Org, tx.epoch); err != nil {
		return err
	}
	if r.New, err = tx.Origin(); err != nil {
		return err
	}
	return tx.sealFirst(&ledger.LogEpoch{OldOrigin: end.Origin, OldRoot: end.Root, OldSize: end.Size, Seen: r.Seen, Why: why})
}

// logEnd is where the log of the present epoch ends; size 0 where nothing is
// sealed.
func (tx *Tx) logEnd() (end ledger.Checkpoint, err error) {
	if end.Origin, err = tx.Origin(); err != nil {
		return end, err
	}
	if end.Size, err = tx.LogSize(); err != nil || end.Size == 0 {
		return end, err
	}
	end.Root, err = ledger.RootOf(end.Size, tiles{tx, tx.epoch})
	return end, err
}

// sealFirst writes the first entry of an epoch and gives it its place.
func (tx *Tx) sealFirst(f *ledger.LogEpoch) error {
	row, _, err := tx.entry(Event{Actor: ledger.Actor{Kind: ledger.BySystem}, Facts: f}, nil)
	if err != nil {
		return err
	}
	if err := tx.Bulk("ledger_entry", append(append([]string(nil), entryCols...), "idx"), [][]any{append(row, int64(0))}); err != nil {
		return err
	}
	g, err := ledger.NewGrower(0, tiles{tx, tx.epoch})
	if err != nil {
		return err
	}
	g.Add(ledger.Hash(blob(row[6])))
	if err := tx.saveTiles(g.Tiles()); err != nil {
		return err
	}
	return tx.sign(g.Tree())
}

// buried are the persons whose erasure is written down.
const buried = "SELECT subject_id FROM tombstone WHERE org_id=$1"

// buryAgain writes down again who was erased by what the log says, where the
// keyring is from before and brought the key back.
func (tx *Tx) buryAgain() error {
	erased := map[ledger.Subj]kexin.Instant{}
	err := tx.Each("SELECT subj,at FROM ledger_entry WHERE org_id=$1 AND type='subject.erased' AND subj IS NOT NULL", []any{tx.Org}, func(r *db.Rows) error {
		var subj []byte
		var at kexin.Instant
		err := r.Scan(&subj, &at)
		erased[ledger.Subj(subj)] = at
		return err
	})
	if err != nil || len(erased) == 0 {
		return err
	}
	alive, err := tx.idList("SELECT s.id FROM subject s JOIN subject_key k ON k.org_id=s.org_id AND k.subject_id=s.id AND k.part=1 WHERE s.org_id=$1 AND NOT EXISTS (SELECT 1 FROM tombstone d WHERE d.org_id=$1 AND d.subject_id=s.id)", tx.Org)
	if err != nil {
		return err
	}
	for _, id := range alive {
		s, err := tx.subjectOf(id)
		if kexin.CodeOf(err) == kexin.NotFound {
			continue // his evidence is gone too
		}
		if err != nil {
			return err
		}
		if at, ok := erased[ledger.Subj(s.Tag)]; ok {
			if err := tx.bury(s, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// scrub takes out of a merchant's rows what an older backup still had of
// persons who were erased since: their data key, what they could be found by,
// and what stood in clear. It gives how many persons there are.
func (tx *Tx) scrub() (n int64, err error) {
	if err := tx.buryAgain(); err != nil {
		return 0, err
	}
	if err := tx.Row("SELECT COUNT(*) FROM tombstone WHERE org_id=$1", tx.Org).Scan(&n); err != nil || n == 0 {
		return n, err
	}
	for _, q := range []string{
		"DELETE FROM subject_key WHERE org_id=$1 AND part=1 AND subject_id IN (" + buried + ")",
		"DELETE FROM touched WHERE org_id=$1 AND subject_id IN (" + buried + ")",
		"UPDATE sending SET to_c=NULL,text_c=NULL WHERE org_id=$1 AND subject_id IN (" + buried + ")",
		"UPDATE referral SET given_c=NULL,words_c=NULL,browser=NULL WHERE org_id=$1 AND subject_id IN (" + buried + ")",
	} {
		if _, err := tx.Exec(q, tx.Org); err != nil {
			return n, err
		}
	}
	if err := tx.unfind("subject_id IN ("+buried+")", tx.Org); err != nil {
		return n, err
	}
	for _, o := range tx.s.schema.Objects() {
		if err := tx.blank(o); err != nil {
			return n, err
		}
	}
	return n, nil
}

// blank empties every field of the erased persons' records of one object but
// references, days, moments and amounts, and takes them out of every scope.
func (tx *Tx) blank(o *kexin.ObjectDef) error {
	_, err := tx.Exec("UPDATE "+tables[o.Object]+" SET "+emptied(o)+" WHERE org_id=$1 AND subject_id IN ("+buried+")", tx.Org)
	return err
}
