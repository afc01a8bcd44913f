package store

import (
	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/vault"
)

// An Import is one batch 导入批次: what was declared about a list, what was
// found in the file, and how far it is. The texts are JSON that package app
// writes; none of them holds a value of a row.
type Import struct {
	ID, By          kexin.ID
	State           string
	Source          kexin.SourceKind
	Manifest, Plan  string
	Counts, Fault   string // outcomes and causes; why it failed, "" for not
	Found           []byte // what the file looks like, with masked samples; nil once it is gone
	Note            []byte // of a refused list let in again: on what ground, nil for none
	Page            string // address of the public page it was read from, "" for other sources
	File, Rows      bool   // whether the keys of the staged file and of kept rows are there
	Size            int64  // bytes
	SHA             []byte
	Version         int64 // grows with every change
	Done, Total     int64 // rows saved or read, of how many
	At, DoneAt, Due kexin.Instant
	Fetched         kexin.Instant // when the refused rows were handed back, 0 for not since they were made
}

// The labels under which an import's secrets are sealed.
const (
	labelFile  vault.Label = "import.file"
	labelRows  vault.Label = "import.rows"
	labelFound vault.Label = "import.found"
	labelNote  vault.Label = "import.note"
	labelPage  vault.Label = "import.page"
)

// AddImport writes a declared batch and gives its id.
func (tx *Tx) AddImport(b Import) (kexin.ID, error) {
	b.ID = tx.NewID()
	var page []byte
	if b.Page != "" {
		page = vault.SealOrg(tx.ring, labelPage, b.ID, []byte(b.Page))
	}
	_, err := tx.Exec(`INSERT INTO import_batch(org_id,id,by_id,state,source,manifest,plan,counts,size,error,version,done,total,at,done_at,purge_at,page_c)
 VALUES($1,$2,$3,$4,$5,$6,'{}','{}',0,'{}',1,0,0,$7,0,$8,$9)`, tx.Org, b.ID, b.By, b.State, string(b.Source), b.Manifest, tx.Now, b.Due, page)
	return b.ID, err
}

const importCols = "id,by_id,state,source,manifest,found_c,note_c,page_c,plan,counts,file_key IS NOT NULL,rows_key IS NOT NULL,size,sha,error,version,done,total,at,done_at,purge_at,fetched_at"

func (tx *Tx) scanImport(scan func(...any) error) (b Import, err error) {
	var source string
	var found, note, page []byte
	err = scan(&b.ID, &b.By, &b.State, &source, &b.Manifest, &found, &note, &page, &b.Plan, &b.Counts, &b.File, &b.Rows, &b.Size, &b.SHA, &b.Fault,
		&b.Version, &b.Done, &b.Total, &b.At, &b.DoneAt, &b.Due, &b.Fetched)
	if err != nil {
		return b, err
	}
	b.Source = kexin.SourceKind(source)
	if b.Fault == "{}" {
		b.Fault = ""
	}
	if len(found) > 0 {
		if b.Found, err = vault.OpenOrg(tx.ring, labelFound, b.ID, found); err != nil {
			return b, err
		}
	}
	if len(page) > 0 {
		clear, err := vault.OpenOrg(tx.ring, labelPage, b.ID, page)
		if err != nil {
			return b, err
		}
		b.Page = string(clear)
	}
	if len(note) > 0 {
		b.Note, err = vault.OpenOrg(tx.ring, labelNote, b.ID, note)
	}
	return b, err
}

// Import reads one batch. Errors: not_found.
func (tx *Tx) Import(id kexin.ID) (Import, error) {
	return tx.scanImport(tx.Row("SELECT "+importCols+" FROM import_batch WHERE org_id=$1 AND id=$2", tx.Org, id).Scan)
}

// Imports are the newest batches of some members.
func (tx *Tx) Imports(by gate.Scope, limit int) (out []Import, err error) {
	var s stmt
	s.add("SELECT " + importCols + " FROM import_batch WHERE org_id=").arg(tx.Org)
	owners(&s, by, "by_id")
	s.add(" ORDER BY id DESC LIMIT ").arg(limit)
	return tx.imports(s.b.String(), s.args...)
}

// ImportsDue are batches of which something must be destroyed by now.
func (tx *Tx) ImportsDue() ([]Import, error) {
	return tx.imports("SELECT "+importCols+" FROM import_batch WHERE org_id=$1 AND purge_at>0 AND purge_at<=$2 ORDER BY purge_at,id LIMIT 100", tx.Org, tx.Now)
}

func (tx *Tx) imports(q string, args ...any) (out []Import, err error) {
	err = tx.Each(q, args, func(r *db.Rows) error {
		b, err := tx.scanImport(r.Scan)
		out = append(out, b)
		return err
	})
	return out, err
}

// SaveImport writes what may change of a batch that still has the version
// read, and gives it the next one. Errors: conflict.
func (tx *Tx) SaveImport(b Import) error {
	var found, note []byte
	if b.Found != nil {
		found = vault.SealOrg(tx.ring, labelFound, b.ID, b.Found)
	}
	if b.Note != nil {
		note = vault.SealOrg(tx.ring, labelNote, b.ID, b.Note)
	}
	fault := b.Fault
	if fault == "" {
		fault = "{}"
	}
	n, err := tx.Exec(`UPDATE import_batch SET state=$4,found_c=$5,plan=$6,counts=$7,size=$8,sha=$9,error=$10,done=$11,total=$12,done_at=$13,purge_at=$14,note_c=$15,version=version+1
 WHERE org_id=$1 AND id=$2 AND version=$3`, tx.Org, b.ID, b.Version, b.State, found, b.Plan, b.Counts, b.Size, b.SHA, fault, b.Done, b.Total, b.DoneAt, b.Due, note)
	if err == nil && n != 1 {
		err = &kexin.Error{Op: "store.import", Code: kexin.Conflict, Key: "error.changed"}
	}
	return err
}

// Fetch marks the refused rows of a batch as handed back. Errors: conflict where
// they were already.
func (tx *Tx) Fetch(id kexin.ID) error {
	n, err := tx.Exec("UPDATE import_batch SET fetched_at=$3 WHERE org_id=$1 AND id=$2 AND fetched_at=0", tx.Org, id, tx.Now)
	if err == nil && n == 0 {
		err = &kexin.Error{Op: "store.import", Code: kexin.Conflict, Key: "import.fetched"}
	}
	return err
}

// Unfetch lets them be handed back once more.
func (tx *Tx) Unfetch(id kexin.ID) error {
	_, err := tx.Exec("UPDATE import_batch SET fetched_at=0 WHERE org_id=$1 AND id=$2", tx.Org, id)
	return err
}

// ImportRead notes how many rows were read so far, for the page that waits.
func (tx *Tx) ImportRead(id kexin.ID, rows int) error {
	_, err := tx.Exec("UPDATE import_batch SET done=$3 WHERE org_id=$1 AND id=$2", tx.Org, id, rows)
	return err
}

// ImportKeys are the keys of one batch: of its staged file, and of rows that
// are kept without being imported.
type ImportKeys struct{ File, Rows []byte }

// SetImportKeys seals both under the merchant's key.
func (tx *Tx) SetImportKeys(id kexin.ID, k ImportKeys) error {
	_, err := tx.Exec("UPDATE import_batch SET file_key=$3,rows_key=$4 WHERE org_id=$1 AND id=$2", tx.Org, id,
		vault.SealOrg(tx.ring, labelFile, id, k.File), vault.SealOrg(tx.ring, labelRows, id, k.Rows))
	return err
}

// ImportKeys opens them; one that was destroyed is nil.
func (tx *Tx) ImportKeys(id kexin.ID) (k ImportKeys, err error) {
	var file, rows []byte
	if err = tx.Row("SELECT file_key,rows_key FROM import_batch WHERE org_id=$1 AND id=$2", tx.Org, id).Scan(&file, &rows); err != nil {
		return k, err
	}
	if len(file) > 0 {
		if k.File, err = vault.OpenOrg(tx.ring, labelFile, id, file); err != nil {
			return k, err
		}
	}
	if len(rows) > 0 {
		k.Rows, err = vault.OpenOrg(tx.ring, labelRows, id, rows)
	}
	return k, err
}

// DropImportKeys destroys keys: what they sealed cannot be read from then on.
func (tx *Tx) DropImportKeys(id kexin.ID, file, rows bool) error {
	for col, drop := range map[string]bool{"file_key": file, "rows_key": rows} {
		if !drop {
			continue
		}
		if _, err := tx.Exec("UPDATE import_batch SET "+col+"=NULL WHERE org_id=$1 AND id=$2", tx.Org, id); err != nil {
			return err
		}
	}
	return nil
}

// CellSealer seals rows under the batch's own key.
func (tx *Tx) CellSealer(k ImportKeys) (*vault.Sealer, error) {
	if k.Rows == nil {
		return nil, &kexin.Error{Op: "store.import", Code: kexin.NotFound, Key: "import.rows_gone"}
	}
	return vault.NewSealer(tx.ring.Suite(), k.Rows)
}
