package store

import (
	"encoding/binary"

	"kexin"
	"kexin/internal/db"
	"kexin/vault"
)

// An ImportRow is the outcome of one row. Cells are kept, sealed, only of rows
// that are not stored as records: refused, set aside, to be judged.
type ImportRow struct {
	N       int // data row, from 1
	Outcome kexin.Outcome
	Code    string     // cause of refusal, reasons of a question, group of a row set aside
	Record  kexin.ID   // the record it went to, or the candidate
	Person  *NewPerson // instead of Record, where it is made in the same step
	Score   int
	Mark    []byte // digest by which the same row is known again, nil for none
	Cells   []byte // sealed by SealCells, nil for none
}

var importRowCols = []string{"org_id", "batch_id", "n", "outcome", "code", "record_id", "score", "mark", "cells_c"}

func (tx *Tx) importRows(batch kexin.ID, rows []ImportRow) [][]any {
	out := make([][]any, len(rows))
	for i, r := range rows {
		if r.Person != nil {
			r.Record = r.Person.ID
		}
		out[i] = []any{tx.Org, batch, int64(r.N), string(r.Outcome), r.Code, r.Record, int64(r.Score), r.Mark, r.Cells}
	}
	return out
}

// SealCells seals the cells of one row for its place in the batch.
func SealCells(s *vault.Sealer, batch kexin.ID, n int, plain []byte) []byte {
	return []byte(vault.SealToken(s, cellPlace(batch, n), plain))
}

// OpenCells opens what SealCells sealed there.
func OpenCells(s *vault.Sealer, batch kexin.ID, n int, sealed []byte) ([]byte, error) {
	return vault.OpenToken(s, cellPlace(batch, n), string(sealed))
}

func cellPlace(batch kexin.ID, n int) []byte {
	b := binary.BigEndian.AppendUint64([]byte("import.cells"), uint64(batch))
	return binary.BigEndian.AppendUint64(b, uint64(n))
}

// KeptRows gives the rows of a batch that are not records, behind row n and
// at most limit, in order: the refused and those set aside.
func (tx *Tx) KeptRows(batch kexin.ID, n, limit int) ([]ImportRow, error) {
	return tx.readRows("SELECT n,outcome,code,record_id,score,mark,cells_c FROM import_row WHERE org_id=$1 AND batch_id=$2 AND n>$3 AND cells_c IS NOT NULL AND (outcome='refused' OR outcome='aside') ORDER BY n LIMIT $4",
		tx.Org, batch, n, limit)
}

// OpenRows are the rows of a batch that wait to be judged, the surest first.
func (tx *Tx) OpenRows(batch kexin.ID, limit int) ([]ImportRow, error) {
	return tx.readRows("SELECT n,outcome,code,record_id,score,mark,cells_c FROM import_row WHERE org_id=$1 AND batch_id=$2 AND outcome='review' AND cells_c IS NOT NULL ORDER BY score DESC,n LIMIT $3",
		tx.Org, batch, limit)
}

// HandedRows are the rows of a batch that match records outside the importer's
// scope and wait for somebody who may change those.
func (tx *Tx) HandedRows(batch kexin.ID, limit int) ([]ImportRow, error) {
	return tx.readRows("SELECT n,outcome,code,record_id,score,mark,cells_c FROM import_row WHERE org_id=$1 AND batch_id=$2 AND outcome='same' AND cells_c IS NOT NULL ORDER BY n LIMIT $3",
		tx.Org, batch, limit)
}

// ImportRow reads one row of a batch. Errors: not_found.
func (tx *Tx) ImportRow(batch kexin.ID, n int) (ImportRow, error) {
	rows, err := tx.readRows("SELECT n,outcome,code,record_id,score,mark,cells_c FROM import_row WHERE org_id=$1 AND batch_id=$2 AND n=$3", tx.Org, batch, n)
	if err != nil || len(rows) == 1 {
		return append(rows, ImportRow{})[0], err
	}
	return ImportRow{}, &kexin.Error{Op: "store.import", Code: kexin.NotFound}
}

func (tx *Tx) readRows(q string, args ...any) (out []ImportRow, err error) {
	err = each(tx.Tx, q, args, func(r *db.Rows) error {
		var x ImportRow
		var n, score int64
		var outcome string
		err := r.Scan(&n, &outcome, &x.Code, &x.Record, &score, &x.Mark, &x.Cells)
		x.N, x.Score, x.Outcome = int(n), int(score), kexin.Outcome(outcome)
		out = append(out, x)
		return err
	})
	return out, err
}

// Judged writes what became of a row that waited, and destroys its cells.
func (tx *Tx) Judged(batch kexin.ID, r ImportRow) error {
	_, err := tx.Exec("UPDATE import_row SET outcome=$4,code=$5,record_id=$6,cells_c=NULL WHERE org_id=$1 AND batch_id=$2 AND n=$3",
		tx.Org, batch, r.N, string(r.Outcome), r.Code, r.Record)
	return err
}

// DropRows destroys the cells kept of rows with an outcome and gives their
// number.
func (tx *Tx) DropRows(batch kexin.ID, o kexin.Outcome) (int64, error) {
	return tx.Exec("UPDATE import_row SET cells_c=NULL WHERE org_id=$1 AND batch_id=$2 AND outcome=$3 AND cells_c IS NOT NULL", tx.Org, batch, string(o))
}

// RowCounts are the outcomes of a batch's rows with their numbers.
func (tx *Tx) RowCounts(batch kexin.ID) (map[kexin.Outcome]int, error) {
	out := map[kexin.Outcome]int{}
	return out, each(tx.Tx, "SELECT outcome,COUNT(*) FROM import_row WHERE org_id=$1 AND batch_id=$2 GROUP BY outcome", []any{tx.Org, batch}, func(r *db.Rows) error {
		var o string
		var n int64
		err := r.Scan(&o, &n)
		out[kexin.Outcome(o)] = int(n)
		return err
	})
}

// markKind is the family of marks: keyed digests of a whole row.
const markKind kexin.KeyKind = 8

// Mark is the keyed digest of a row in canonical form, by which the same row
// is known when it comes again.
func (tx *Tx) Mark(canon string) []byte {
	b := vault.Index(tx.ring, markKind, canon)
	return b.Idx[:]
}

// Marked tells which of these marks belong to a row that was taken in before:
// stored, or waiting to be judged, in whatever batch.
func (tx *Tx) Marked(marks [][]byte) (map[string]bool, error) {
	out := map[string]bool{}
	for from := 0; from < len(marks); from += lookMost {
		part := marks[from:min(from+lookMost, len(marks))]
		var s stmt
		s.add("SELECT mark FROM import_row WHERE org_id=").arg(tx.Org).add(" AND mark IS NOT NULL AND mark IN ")
		s.blobs(part).add(" AND outcome IN ('new','same','unchanged','review')")
		err := each(tx.Tx, s.b.String(), s.args, func(r *db.Rows) error {
			var m []byte
			err := r.Scan(&m)
			out[string(m)] = true
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
