package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"strings"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
)

// A backup 备份 is two streams of JSON lines (security.md A3), the same for
// SQLite and PostgreSQL, so that it also moves a server from one to the other:
// the data without a key, and the keyring without data.
//
//	{"kexin":"backup","format":1,…}        the manifest
//	{"table":"org"}                        then its rows, one a line,
//	[1,"石语瓷砖店",…]                        in the order of the manifest's columns
//	{"end":true,"rows":…,"sha256":"…"}     over every byte before this line
//
// Numbers are as they are, blobs base64, NULL null. Whoever writes a stream to
// disk encrypts it first.
const (
	backupName   = "backup"
	backupFormat = 1
)

// A Part says which of the two streams it is.
type Part string

// The parts.
const (
	DataPart    Part = "data"
	KeyringPart Part = "keyring"
)

// has reports whether a table belongs into the part.
func (p Part) has(t Table) bool { return !t.Local && t.Keys == (p == KeyringPart) }

// A Manifest is the first line of a stream.
type Manifest struct {
	Kexin        string        `json:"kexin"`
	Format       int           `json:"format"`
	Part         Part          `json:"part"`
	Installation string        `json:"installation"`
	Engine       string        `json:"engine"`  // sqlite or postgres: where it was taken
	Schema       int64         `json:"schema"`  // number of the newest migration
	Created      kexin.Instant `json:"created"` // of the snapshot
	Tables       []DumpTable   `json:"tables"`
}

// A DumpTable is one table of a stream: columns and how many rows follow.
type DumpTable struct {
	Name    string       `json:"name"`
	Columns []DumpColumn `json:"columns"`
	Rows    int64        `json:"rows"`
}

// A DumpColumn is a column and what it holds.
type DumpColumn struct {
	Name string        `json:"name"`
	Type db.ColumnType `json:"type"`
}

// Rows is how many rows the stream holds.
func (m Manifest) Rows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// A LogEnd is where a merchant's log stood in a backup, and how many records
// he had.
type LogEnd struct {
	Org     kexin.ID
	Size    int64
	Records int64
}

// A Taken is what a backup holds.
type Taken struct {
	Data, Keyring Manifest
	Logs          []LogEnd
}

// A Say is told how far a long work is: done of total, 0 = not known.
type Say func(done, total int64)

// Dump writes the data and the keyring from one snapshot. data nil writes the
// keyring alone. Memory does not grow with the rows.
func (s *Store) Dump(ctx context.Context, data, keyring io.Writer, say Say) (Taken, error) {
	var out Taken
	version, err := s.db.Version(ctx)
	if err != nil {
		return out, err
	}
	err = s.db.Long(ctx, func(t *db.Tx) error {
		d := &dumper{t: t, version: version, installation: s.server.Installation, engine: engineOf(s.db), say: say}
		if err := d.merchants(); err != nil {
			return err
		}
		if data != nil {
			if out.Data, err = d.write(data, DataPart); err != nil {
				return err
			}
			if out.Logs, err = d.logs(); err != nil {
				return err
			}
		}
		out.Keyring, err = d.write(keyring, KeyringPart)
		return err
	})
	return out, err
}

func engineOf(d *db.DB) string {
	if d.Postgres() {
		return "postgres"
	}
	return "sqlite"
}

// A dumper writes the streams of one snapshot.
type dumper struct {
	t            *db.Tx
	version      int64
	installation string
	engine       string
	orgs         []kexin.ID // the server itself first
	say          Say
	done, total  int64
	out          *bufio.Writer
	sum          hash.Hash
	line         []byte
}

func (d *dumper) merchants() error {
	d.orgs = []kexin.ID{0}
	return d.t.Each("SELECT id FROM org ORDER BY id", nil, func(r *db.Rows) error {
		var id kexin.ID
		err := r.Scan(&id)
		d.orgs = append(d.orgs, id)
		return err
	})
}

// logs are the ends of the merchants' logs inside the snapshot.
func (d *dumper) logs() (out []LogEnd, err error) {
	for _, org := range d.orgs[1:] {
		e := LogEnd{Org: org}
		if err := d.t.Row("SELECT COUNT(*) FROM ledger_entry WHERE org_id=$1 AND idx IS NOT NULL", org).Scan(&e.Size); err != nil {
			return nil, err
		}
		for o := range tables {
			var n int64
			if err := d.t.Row("SELECT COUNT(*) FROM "+tables[o]+" WHERE org_id=$1", org).Scan(&n); err != nil {
				return nil, err
			}
			e.Records += n
		}
		out = append(out, e)
	}
	return out, nil
}

func (d *dumper) write(w io.Writer, p Part) (Manifest, error) {
	m := Manifest{Kexin: backupName, Format: backupFormat, Part: p, Installation: d.installation, Engine: d.engine, Schema: d.version, Created: d.t.Now}
	var plans []plan
	for _, t := range Registry {
		if !p.has(t) {
			continue
		}
		x, err := d.plan(t)
		if err != nil {
			return m, err
		}
		if len(x.Columns) == 0 { // not made yet
			continue
		}
		plans, m.Tables = append(plans, x), append(m.Tables, x.DumpTable)
		d.total += x.Rows
	}
	d.sum, d.out = sha256.New(), bufio.NewWriterSize(w, 64<<10)
	if err := d.json(m); err != nil {
		return m, err
	}
	for _, x := range plans {
		if err := d.table(x); err != nil {
			return m, err
		}
	}
	if err := d.json(trailer{true, m.Rows(), hex.EncodeToString(d.sum.Sum(nil))}); err != nil {
		return m, err
	}
	return m, ioErr(d.out.Flush())
}

// A trailer is the last line.
type trailer struct {
	End    bool   `json:"end"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// A plan is how one table is read: a statement for each merchant, so that
// none looks over all of them.
type plan struct {
	DumpTable
	q    string
	orgs []kexin.ID // nil = a table of the whole server
	json []bool     // columns whose text the engine writes in its own way
}

func (d *dumper) plan(t Table) (plan, error) {
	x := plan{DumpTable: DumpTable{Name: t.Name}}
	cols, err := db.Columns(d.t, t.Name)
	if err != nil || len(cols) == 0 {
		return x, err
	}
	names, keys := make([]string, len(cols)), make([]string, len(cols))
	n := 0
	for i, c := range cols {
		names[i] = c.Name
		x.Columns = append(x.Columns, DumpColumn{c.Name, c.Type})
		x.json = append(x.json, c.JSON)
		if c.Key > 0 {
			keys[c.Key-1] = c.Name
			n++
		}
	}
	where := ""
	if t.Class == Tenant {
		where, x.orgs = " WHERE org_id=$1", d.orgs
	}
	x.q = "SELECT " + strings.Join(names, ",") + " FROM " + t.Name + where + " ORDER BY " + strings.Join(keys[:n], ",")
	err = d.each(x, "SELECT COUNT(*) FROM "+t.Name+where, func(r *db.Rows) error {
		var n int64
		err := r.Scan(&n)
		x.Rows += n
		return err
	})
	return x, err
}

// each runs a statement of a plan for every merchant, or once.
func (d *dumper) each(x plan, q string, f func(*db.Rows) error) error {
	if x.orgs == nil {
		return d.t.Each(q, nil, f)
	}
	for _, org := range x.orgs {
		if err := d.t.Each(q, []any{org}, f); err != nil {
			return err
		}
	}
	return nil
}

func (d *dumper) table(x plan) error {
	if err := d.json(tableLine{x.Name}); err != nil {
		return err
	}
	cells := make([]anyCell, len(x.Columns))
	dest := make([]any, len(cells))
	for i := range cells {
		dest[i] = &cells[i]
	}
	return d.each(x, x.q, func(r *db.Rows) error {
		if err := r.Scan(dest...); err != nil {
			return err
		}
		line, err := appendRow(d.line[:0], x.DumpTable, x.json, cells)
		if err != nil {
			return err
		}
		d.line = line
		if d.done++; d.say != nil && d.done&4095 == 0 {
			d.say(d.done, d.total)
		}
		return d.put(line)
	})
}

type tableLine struct {
	Table string `json:"table"`
}

func (d *dumper) json(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return &kexin.Error{Op: "store.dump", Err: err}
	}
	return d.put(append(b, '\n'))
}

func (d *dumper) put(line []byte) error {
	d.sum.Write(line)
	_, err := d.out.Write(line)
	return ioErr(err)
}

// ioErr is the failure of a file below.
func ioErr(err error) error {
	if err == nil {
		return nil
	}
	return &kexin.Error{Op: "store.dump", Code: kexin.Unavailable, Key: "backup.write", Err: err}
}

// BackedUp notes on the server that a backup was made, and in the log of each
// merchant what is in it.
func (s *Store) BackedUp(ctx context.Context, t Taken, by ledger.Actor) error {
	for _, e := range t.Logs {
		err := s.Update(ctx, e.Org, func(tx *Tx) error {
			return tx.Log(Event{Actor: by, Facts: &ledger.BackupMade{Keyring: true, Leaves: e.Size, Records: e.Records}})
		})
		if err != nil {
			return err
		}
	}
	return s.db.Update(ctx, func(x *db.Tx) error {
		_, err := x.Exec("UPDATE server SET backup_at=$1,backup_error='' WHERE id=1", t.Data.Created)
		return err
	})
}

// BackupFailed notes the catalogue key of why.
func (s *Store) BackupFailed(ctx context.Context, key string) error {
	return s.db.Update(ctx, func(t *db.Tx) error {
		_, err := t.Exec("UPDATE server SET backup_error=$1 WHERE id=1", key)
		return err
	})
}

// A BackupNote is what is known of the newest backup of the server.
type BackupNote struct {
	At    kexin.Instant // 0 = none yet
	Error string        // catalogue key of why the last try failed, "" = it did not
}

// BackupNote reads it.
func (tx *Tx) BackupNote() (BackupNote, error) { return backupNote(tx.Tx) }

// LastBackup reads it in a transaction of its own.
func (s *Store) LastBackup(ctx context.Context) (b BackupNote, err error) {
	err = s.db.View(ctx, func(t *db.Tx) error { b, err = backupNote(t); return err })
	return b, err
}

func backupNote(t *db.Tx) (b BackupNote, err error) {
	err = t.Row("SELECT backup_at,backup_error FROM server WHERE id=1").Scan(&b.At, &b.Error)
	return b, err
}
