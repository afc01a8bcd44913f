package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"slices"

	"kexin"
	"kexin/vault"
)

// lineMax is the longest line of a backup that is read, in bytes.
const lineMax = 32 << 20

var (
	errDumpOrder = errors.New("lines are not in the order of the manifest")
	errDumpCount = errors.New("rows and the manifest's numbers differ")
	errDumpSum   = errors.New("the digest at the end is another")
	errDumpCut   = errors.New("the end is missing")
	errDumpAfter = errors.New("something follows the end")
	errDumpTable = errors.New("a table or column that this part does not have")
)

// damaged is the error for a stream that contradicts itself.
func damaged(cause error) error {
	return &kexin.Error{Op: "store.restore", Code: kexin.Invalid, Key: "backup.damaged", Err: cause}
}

// notBackup is the error for a stream that is something else.
func notBackup(key string) error {
	return &kexin.Error{Op: "store.restore", Code: kexin.Invalid, Key: key}
}

// ReadDump reads a stream to its end and checks it: its form, the number of
// rows of each table, and the digest. begin is told the manifest before the
// first row, row each row with its table; the row is row's to keep. Errors:
// invalid with a key under "backup.", and those of begin and row.
func ReadDump(r io.Reader, begin func(Manifest) error, row func(*DumpTable, []any) error) (Manifest, error) {
	d := &dumpReader{lines: bufio.NewScanner(r), sum: sha256.New(), row: row}
	d.lines.Buffer(make([]byte, 0, 64<<10), lineMax)
	if !d.next() {
		return d.m, d.broken(notBackup("backup.format"))
	}
	if err := d.manifest(); err != nil {
		return d.m, err
	}
	if err := begin(d.m); err != nil {
		return d.m, err
	}
	for i := range d.m.Tables {
		if err := d.table(&d.m.Tables[i]); err != nil {
			return d.m, err
		}
	}
	return d.m, d.end()
}

type dumpReader struct {
	lines *bufio.Scanner
	sum   hash.Hash
	row   func(*DumpTable, []any) error
	m     Manifest
}

// next steps to the next line and takes the last one into the digest.
func (d *dumpReader) next() bool { return d.lines.Scan() }

func (d *dumpReader) taken() {
	d.sum.Write(d.lines.Bytes())
	d.sum.Write([]byte{'\n'})
}

// broken is the failure of what is below, or err where the stream just ends.
func (d *dumpReader) broken(err error) error {
	e := d.lines.Err()
	var own *kexin.Error
	switch {
	case e == nil:
		return err
	case errors.As(e, &own):
		return e
	}
	return damaged(e)
}

func (d *dumpReader) manifest() error {
	dec := json.NewDecoder(bytes.NewReader(d.lines.Bytes()))
	if err := dec.Decode(&d.m); err != nil || d.m.Kexin != backupName {
		return notBackup("backup.format")
	}
	if d.m.Format > backupFormat {
		return notBackup("backup.newer")
	}
	if d.m.Format != backupFormat || d.m.Schema < 1 || d.m.Part != DataPart && d.m.Part != KeyringPart {
		return notBackup("backup.format")
	}
	d.taken()
	return d.known()
}

// known refuses tables that do not belong into the part, or stand twice.
func (d *dumpReader) known() error {
	seen := map[string]bool{}
	for _, t := range d.m.Tables {
		i := slices.IndexFunc(Registry, func(r Table) bool { return r.Name == t.Name })
		if i < 0 || !d.m.Part.has(Registry[i]) || seen[t.Name] || len(t.Columns) == 0 || t.Rows < 0 {
			return damaged(errDumpTable)
		}
		seen[t.Name] = true
	}
	return nil
}

func (d *dumpReader) table(t *DumpTable) error {
	if !d.next() {
		return d.broken(damaged(errDumpCut))
	}
	var line tableLine
	if json.Unmarshal(d.lines.Bytes(), &line) != nil || line.Table != t.Name {
		return damaged(errDumpOrder)
	}
	d.taken()
	for range t.Rows {
		if !d.next() {
			return d.broken(damaged(errDumpCut))
		}
		cells := make([]any, len(t.Columns))
		if err := parseRow(d.lines.Bytes(), t.Columns, cells); err != nil {
			return damaged(err)
		}
		d.taken()
		if err := d.row(t, cells); err != nil {
			return err
		}
	}
	return nil
}

// end reads the last line, and on to the end of what is below, which may have
// a check of its own there.
func (d *dumpReader) end() error {
	if !d.next() {
		return d.broken(damaged(errDumpCut))
	}
	var t trailer
	if json.Unmarshal(d.lines.Bytes(), &t) != nil || !t.End {
		return damaged(errDumpCount)
	}
	if t.Rows != d.m.Rows() {
		return damaged(errDumpCount)
	}
	if t.SHA256 != hex.EncodeToString(d.sum.Sum(nil)) {
		return damaged(errDumpSum)
	}
	if d.next() {
		return damaged(errDumpAfter)
	}
	return d.broken(nil)
}

// CheckKeyring reads a keyring stream and unwraps every key in it. It gives
// how many there were. Errors: as ReadDump; invalid "backup.keyring_key" where
// one does not open, unavailable where the master key is not here.
func CheckKeyring(ctx context.Context, r io.Reader, keepers vault.Keepers) (Manifest, int64, error) {
	k := &keyCheck{ctx: ctx, keepers: keepers, rows: map[kexin.ID][]vault.OrgKey{}}
	m, err := ReadDump(r, func(m Manifest) error {
		if m.Part != KeyringPart {
			return notBackup("backup.not_keyring")
		}
		return nil
	}, k.row)
	if err == nil {
		err = k.rest()
	}
	return m, k.n, err
}

// A keyCheck unwraps keys as they come by: the merchants' first, then persons'
// in the order of merchants.
type keyCheck struct {
	ctx     context.Context
	keepers vault.Keepers
	rows    map[kexin.ID][]vault.OrgKey
	ring    *vault.Ring
	n       int64
}

func (k *keyCheck) row(t *DumpTable, row []any) error {
	at := func(name string) any {
		for i, c := range t.Columns {
			if c.Name == name {
				return row[i]
			}
		}
		return nil
	}
	switch t.Name {
	case "org_key":
		return k.orgKey(at)
	case "subject_key":
		return k.subjectKey(at)
	}
	return nil
}

func (k *keyCheck) orgKey(at func(string) any) error {
	state, err := vault.ParseState(text(at("state")))
	if err != nil {
		return damaged(err)
	}
	row := vault.OrgKey{Org: kexin.ID(number(at("org_id"))), Use: vault.Use(number(at("use"))), Ver: vault.Version(number(at("ver"))),
		State: state, KeeperID: text(at("keeper")), Wrapped: blob(at("wrapped"))}
	k.rows[row.Org] = append(k.rows[row.Org], row)
	k.n++
	return nil
}

func (k *keyCheck) subjectKey(at func(string) any) error {
	org := kexin.ID(number(at("org_id")))
	if k.ring == nil || k.ring.Org() != org {
		if err := k.open(org); err != nil {
			return err
		}
	}
	_, err := vault.OpenSubjectKey(k.ring, vault.WrappedKey{Org: org, Subject: kexin.ID(number(at("subject_id"))), Part: vault.Part(number(at("part"))),
		Gen: uint8(number(at("gen"))), WrapVer: vault.Version(number(at("wrap_ver"))), Wrapped: blob(at("wrapped"))})
	if err != nil {
		return keyBroken(err)
	}
	k.n++
	return nil
}

func (k *keyCheck) open(org kexin.ID) (err error) {
	if k.ring, err = vault.OpenRing(k.ctx, k.keepers, org, k.rows[org]); err != nil {
		return keyBroken(err)
	}
	delete(k.rows, org)
	return nil
}

// rest opens the keys of merchants who have no persons.
func (k *keyCheck) rest() error {
	for org := range k.rows {
		if err := k.open(org); err != nil {
			return err
		}
	}
	return nil
}

// keyBroken tells a missing master key from a key that does not open.
func keyBroken(err error) error {
	if kexin.CodeOf(err) == kexin.Unavailable {
		return &kexin.Error{Op: "store.keyring", Code: kexin.Unavailable, Key: "backup.keyring_master", Err: err}
	}
	return &kexin.Error{Op: "store.keyring", Code: kexin.Invalid, Key: "backup.keyring_key", Err: err}
}

// number, text and blob are a cell that has that type, or its zero.
func number(v any) int64 { n, _ := v.(int64); return n }
func text(v any) string  { s, _ := v.(string); return s }
func blob(v any) []byte  { b, _ := v.([]byte); return b }
