package store

import (
	"context"
	"errors"
	"io"
	"strconv"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// A KeyringRestore brings the keys of a keyring file back into a database
// whose own were lost, in part or as a whole. What is there stays as it is.
type KeyringRestore struct {
	Keyring Opener
	Accept  bool // persons whose keys are not in the file stay unreadable
	Org     kexin.ID
	Second  kexin.ID        // of that merchant, who agrees besides whoever runs the server
	Agrees  func(*Tx) error // judges him once the keys are there; an error takes them away again
}

// A KeyringRestored is what came of it.
type KeyringRestored struct {
	Keyring    Manifest
	Keys       int64 // brought back
	Unreadable int64 // persons who came after the file: their keys are nowhere
	Erased     int64 // persons who were erased again
}

// Run reads the file to its end, puts in what is missing in one transaction,
// and opens the store on it. Persons who were erased, by what the database or
// its logs say, are erased again; each log says what happened. Errors: invalid
// and unavailable under "backup.", conflict "backup.keyring_whole" where
// nothing is missing, conflict "backup.keyring_short" where persons or
// merchants would stay unreadable and Accept is not set.
func (r KeyringRestore) Run(ctx context.Context, d *db.DB, keepers vault.Keepers, now func() kexin.Instant) (out KeyringRestored, err error) {
	if err := reading(r.Keyring, func(in io.Reader) error {
		out.Keyring, _, err = CheckKeyring(ctx, in, keepers)
		return err
	}); err != nil {
		return out, err
	}
	s, err := OpenReading(ctx, d, keepers, now)
	if err != nil {
		return out, err
	}
	if err := d.Update(ctx, func(t *db.Tx) error {
		out.Keys = 0
		var here string
		if err := t.Row("SELECT installation FROM server WHERE id=1").Scan(&here); err != nil {
			return err
		}
		if here != out.Keyring.Installation {
			return notBackup("backup.other")
		}
		m := &mender{loader: loader{t: t}}
		if err := reading(r.Keyring, func(in io.Reader) error {
			if _, err := ReadDump(in, m.fits, m.row); err != nil {
				return err
			}
			return m.flush()
		}); err != nil {
			return err
		}
		if out.Keys = m.n; m.n == 0 {
			return &kexin.Error{Op: "store.keyring", Code: kexin.Conflict, Key: "backup.keyring_whole"}
		}
		if out.Unreadable, err = unreadable(t); err != nil {
			return err
		}
		if out.Unreadable > 0 && !r.Accept {
			return &kexin.Error{Op: "store.keyring", Code: kexin.Conflict, Key: "backup.keyring_short", Args: map[string]string{"n": strconv.FormatInt(out.Unreadable, 10)}}
		}
		if _, err := t.Exec("UPDATE server SET key_epoch=key_epoch+1 WHERE id=1"); err != nil {
			return err
		}
		return r.agreed(ctx, t, s)
	}); err != nil {
		return out, err
	}
	if s, err = Open(ctx, d, keepers, now); err != nil {
		return out, err
	}
	return out, errors.Join(s.keyringBack(ctx, &out, r.Second), s.Leave(ctx))
}

// agreed has the second person judged in the transaction that brings the keys,
// by rows whose codes those keys make.
func (r KeyringRestore) agreed(ctx context.Context, t *db.Tx, s *Store) error {
	tx := &Tx{Tx: t, Org: r.Org, s: s, how: updating}
	for org, to := range map[kexin.ID]**vault.Ring{r.Org: &tx.ring, 0: &tx.root} {
		rows, err := orgKeys(t, org)
		if err != nil {
			return err
		}
		if *to, err = vault.OpenRing(ctx, s.Keepers(), org, rows); err != nil {
			return err
		}
	}
	if err := tx.load(); err != nil {
		return err
	}
	return r.Agrees(tx)
}

// keyringBack finishes: who was erased is erased again, and the logs say so.
func (s *Store) keyringBack(ctx context.Context, out *KeyringRestored, second kexin.ID) error {
	all, err := s.Holders(ctx)
	if err != nil {
		return err
	}
	for _, o := range all {
		n := int64(0)
		if err := s.Update(ctx, o.ID, func(tx *Tx) (err error) {
			if n, err = tx.scrub(); err != nil {
				return err
			}
			return tx.Log(Event{Actor: ledger.Actor{Kind: ledger.ByCLI}, Facts: &ledger.RestoreMade{Keyring: true, Second: second, Taken: out.Keyring.Created}})
		}); err != nil {
			return err
		}
		out.Erased += n
	}
	return nil
}

// unreadable counts persons without the key of their evidence, merchant by
// merchant; one without keys at all is an error.
func unreadable(t *db.Tx) (n int64, err error) {
	var orgs []kexin.ID
	if err := t.Each("SELECT id FROM org", nil, func(r *db.Rows) error {
		var id kexin.ID
		err := r.Scan(&id)
		orgs = append(orgs, id)
		return err
	}); err != nil {
		return 0, err
	}
	for _, org := range orgs {
		var keys, lost int64
		if err := t.Row("SELECT COUNT(*) FROM org_key WHERE org_id=$1", org).Scan(&keys); err != nil {
			return 0, err
		}
		if keys == 0 {
			return 0, &kexin.Error{Op: "store.keyring", Code: kexin.Conflict, Key: "backup.keyring_merchant", Args: map[string]string{"org": org.String()}}
		}
		if err := t.Row(`SELECT COUNT(*) FROM subject s WHERE s.org_id=$1 AND NOT EXISTS (SELECT 1 FROM tombstone d WHERE d.org_id=$1 AND d.subject_id=s.id)
 AND NOT EXISTS (SELECT 1 FROM subject_key k WHERE k.org_id=$1 AND k.subject_id=s.id AND k.part=1)`, org).Scan(&lost); err != nil {
			return 0, err
		}
		n += lost
	}
	return n, nil
}

// A mender puts in rows of a keyring that are not there.
type mender struct {
	loader
	n int64
}

func (m *mender) row(t *DumpTable, row []any) error {
	if t != m.table {
		if err := m.flush(); err != nil {
			return err
		}
		m.table = t
	}
	if m.rows = append(m.rows, row); len(m.rows) == mendRows {
		return m.flush()
	}
	return nil
}

// mendRows is how many rows are put in by one statement.
const mendRows = 100

// flush writes what waits; table and columns were compared with the catalog.
func (m *mender) flush() error {
	if len(m.rows) == 0 {
		return nil
	}
	var s stmt
	s.add("INSERT INTO " + m.table.Name + "(")
	for i, c := range m.table.Columns {
		if i > 0 {
			s.add(",")
		}
		s.add(c.Name)
	}
	s.add(") VALUES")
	for i, row := range m.rows {
		if i > 0 {
			s.add(",")
		}
		s.add("(")
		for j, v := range row {
			if j > 0 {
				s.add(",")
			}
			s.arg(v)
		}
		s.add(")")
	}
	n, err := m.t.Exec(s.b.String()+" ON CONFLICT DO NOTHING", s.args...)
	m.n, m.rows = m.n+n, m.rows[:0]
	return err
}
