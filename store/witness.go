package store

import (
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
)

// A Submission is what a witness 见证 is asked: the newest checkpoint, and the
// size of the one that it signed last as far as is known here.
type Submission struct {
	ledger.Checkpoint
	Note  string
	Known int64
}

// Submission prepares the question for a witness, named by its verifier key;
// size 0 where nothing is sealed yet.
func (tx *Tx) Submission(witness string) (s Submission, err error) {
	p, err := tx.LastPoint()
	if err != nil || p.Size == 0 {
		return s, err
	}
	if s.Checkpoint, err = ledger.ParseLine(p.Note); err != nil {
		return s, err
	}
	s.Note = p.Note
	err = tx.Row("SELECT COALESCE(MAX(size),0) FROM cosignature WHERE org_id=$1 AND epoch=$2 AND witness=$3", tx.Org, tx.epoch, witness).Scan(&s.Known)
	return s, err
}

// ProveFrom proves that a checkpoint goes on from an older size of the log.
// Errors: as ledger.ProveGrowth.
func (tx *Tx) ProveFrom(c ledger.Checkpoint, old int64) ([]ledger.Hash, error) {
	if old == 0 || old == c.Size {
		return nil, nil
	}
	_, _, epoch := c.Origin.Split()
	return ledger.ProveGrowth(c.Size, old, tiles{tx, epoch})
}

// keepCosigned is how many of a witness's newest signatures are kept beside
// the first of each day.
const keepCosigned = 50

// Cosigned stores a witness's lines over a checkpoint; the caller has checked
// them. Of older ones the first of each day stays, so that a line that the
// witness holds can be linked to for years without a row every ten minutes.
func (tx *Tx) Cosigned(c ledger.Checkpoint, witness, lines string) error {
	_, _, epoch := c.Origin.Split()
	if _, err := tx.Exec("INSERT INTO cosignature(org_id,epoch,size,witness,line,at) VALUES($1,$2,$3,$4,$5,$6) ON CONFLICT(org_id,epoch,size,witness) DO UPDATE SET line=excluded.line,at=excluded.at",
		tx.Org, epoch, c.Size, witness, lines, tx.Now); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM cosignature WHERE org_id=$1 AND epoch=$2 AND witness=$3
 AND size<(SELECT MIN(size) FROM (SELECT size FROM cosignature WHERE org_id=$1 AND epoch=$2 AND witness=$3 ORDER BY size DESC LIMIT $4) newest)
 AND EXISTS (SELECT 1 FROM cosignature b WHERE b.org_id=$1 AND b.epoch=$2 AND b.witness=$3 AND b.size<cosignature.size AND b.at/$5=cosignature.at/$5)`,
		tx.Org, epoch, witness, int64(keepCosigned), int64(kexin.DayMS))
	return err
}

// A Witnessed is what a witness signed last of the present epoch.
type Witnessed struct {
	Witness string // verifier key
	Size    int64
	At      kexin.Instant
}

// WitnessedBy lists what each witness signed last, by key.
func (tx *Tx) WitnessedBy() (out []Witnessed, err error) {
	err = tx.Each("SELECT witness,MAX(size),MAX(at) FROM cosignature WHERE org_id=$1 AND epoch=$2 GROUP BY witness ORDER BY witness", []any{tx.Org, tx.epoch}, func(r *db.Rows) error {
		var s Witnessed
		err := r.Scan(&s.Witness, &s.Size, &s.At)
		out = append(out, s)
		return err
	})
	return out, err
}

// DayLine is the checkpoint that people keep 每天一行: the log up to and with
// the first commitment to all persons of the newest day that has one. It stays
// the same all day, and every evidence file links to the lines of all days.
// Size 0 where there is none yet.
func (tx *Tx) DayLine() (ledger.Checkpoint, error) {
	days, err := tx.dayLines(tx.epoch)
	if err != nil || len(days) == 0 {
		return ledger.Checkpoint{}, err
	}
	return tx.pointAt(tx.epoch, days[len(days)-1])
}

// LineDue is the day's line and its day where it was not sent out yet; size 0
// where it was, or where today has none.
func (tx *Tx) LineDue() (c ledger.Checkpoint, day kexin.Day, err error) {
	row, facts, found, err := tx.lastHeads()
	if err != nil || !found || row.Index < 0 || facts.Day != tx.day() {
		return c, "", err
	}
	sent := false
	err = tx.entries("SELECT leaf FROM ledger_entry WHERE org_id=$1 AND type='line.sent' AND at>$2", []any{tx.Org, tx.Now.Add(-48 * time.Hour)}, func(e *ledger.Entry) {
		x, ok := e.Facts.(*ledger.LineSent)
		sent = sent || ok && x.Day == facts.Day
	})
	if err != nil || sent {
		return c, "", err
	}
	c, err = tx.DayLine()
	return c, facts.Day, err
}

// dayLines are the sizes of the day lines of an epoch, rising.
func (tx *Tx) dayLines(epoch int64) (sizes []int64, err error) {
	last := kexin.Day("")
	err = tx.Each("SELECT idx,leaf FROM ledger_entry WHERE org_id=$1 AND +epoch=$2 AND type='heads' AND idx IS NOT NULL ORDER BY +idx", []any{tx.Org, epoch}, func(r *db.Rows) error {
		var row ledger.Row
		if err := r.Scan(&row.Index, &row.Leaf); err != nil {
			return err
		}
		e, err := ledger.Decode(row.Leaf)
		if err != nil {
			return err
		}
		if h, ok := e.Facts.(*ledger.Heads); ok && h.Day > last {
			last, sizes = h.Day, append(sizes, row.Index+1)
		}
		return nil
	})
	return sizes, err
}

func (tx *Tx) pointAt(epoch, size int64) (c ledger.Checkpoint, err error) {
	if c.Origin, err = ledger.NewOrigin(tx.s.server.Installation, tx.Org, epoch); err != nil {
		return c, err
	}
	c.Size = size
	c.Root, err = ledger.RootOf(size, tiles{tx, epoch})
	return c, err
}

// outside are the sizes of an epoch that somebody outside may hold, rising:
// the day lines, what witnesses signed, and the checkpoints that were
// published of late.
func (tx *Tx) outside(epoch, below int64) (map[int64]bool, error) {
	sizes := map[int64]bool{}
	days, err := tx.dayLines(epoch)
	if err != nil {
		return nil, err
	}
	for _, n := range days {
		sizes[n] = true
	}
	for _, q := range []string{
		"SELECT size FROM cosignature WHERE org_id=$1 AND epoch=$2",
		"SELECT size FROM checkpoint WHERE org_id=$1 AND epoch=$2",
	} {
		if err := tx.Each(q, []any{tx.Org, epoch}, func(r *db.Rows) error {
			var n int64
			err := r.Scan(&n)
			sizes[n] = true
			return err
		}); err != nil {
			return nil, err
		}
	}
	for n := range sizes {
		if n < 1 || n >= below {
			delete(sizes, n)
		}
	}
	return sizes, nil
}

// HeadsDue reports whether a new day has no commitment to all persons yet
// although something was sealed since the last.
func (tx *Tx) HeadsDue() (bool, error) {
	row, facts, found, err := tx.lastHeads()
	if err != nil || found && facts.Day >= tx.day() {
		return false, err
	}
	size, err := tx.LogSize()
	return size > 0 && (!found || size > row.Index+1), err
}
