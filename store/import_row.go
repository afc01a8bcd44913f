package store

import (
	"encoding/binary"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/vault"
)

// An ImportRow is the outcome of one row. Cells are kept, sealed, only of rows
// that are not stored as records: refused, set aside, to be judged.
type ImportRow struct {
	Batch   kexin.ID // where it is read
	N       int      // data row, from 1
	Outcome kexin.Outcome
	Code    string     // cause of refusal, reasons of a question, group of a row set aside
	Record  kexin.ID   // the record it went to, or the candidate
	Person  *NewPerson // instead of Record, where it is made in the same step
	Part    kexin.ID   // of a list of what hangs on customers: the record it made or added to
	Step    *PartStep  // instead of Part, where it is stored in the same step
	Score   int
	Mark    []byte // digest by which the same row is known again, nil for none
	Cells   []byte // sealed by SealCells, nil for none
}

var importRowCols = []string{"org_id", "batch_id", "n", "outcome", "code", "record_id", "score", "mark", "cells_c", "part_id"}

func (tx *Tx) importRows(batch kexin.ID, rows []ImportRow) [][]any {
	out := make([][]any, len(rows))
	for i, r := range rows {
		if r.Person != nil {
			r.Record = r.Person.ID
		}
		if r.Step != nil {
			r.Part = r.Step.ID
		}
		out[i] = []any{tx.Org, batch, int64(r.N), string(r.Outcome), r.Code, r.Record, int64(r.Score), r.Mark, r.Cells, r.Part}
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
	return tx.readRows("SELECT batch_id,n,outcome,code,record_id,score,mark,cells_c,part_id FROM import_row WHERE org_id=$1 AND batch_id=$2 AND n>$3 AND cells_c IS NOT NULL AND (outcome='refused' OR outcome='aside') ORDER BY n LIMIT $4",
		tx.Org, batch, n, limit)
}

// Partless gives rows of a batch of what hangs on customers that stand by no
// record, behind row n and at most limit, in order and without their cells.
func (tx *Tx) Partless(batch kexin.ID, n, limit int) ([]ImportRow, error) {
	return tx.readRows("SELECT batch_id,n,outcome,code,record_id,score,NULL,NULL,part_id FROM import_row WHERE org_id=$1 AND batch_id=$2 AND n>$3 AND part_id=0 ORDER BY n LIMIT $4", tx.Org, batch, n, limit)
}

// A Wait says which rows that wait to be judged are meant: about customers of
// some owners, who are there and not guarded.
type Wait struct {
	Batch  kexin.ID   // 0 for every one that is through
	By     gate.Scope // whose batches, where Batch is 0
	Of     gate.Scope // whose customers
	Handed bool       // that were outside the importer's scope, else his own questions
}

// Waiting gives such rows, the surest first and at most limit, and how many
// there are.
func (tx *Tx) Waiting(w Wait, limit int) (rows []ImportRow, n int64, err error) {
	if n, err = tx.CountWaiting(w); err != nil || n == 0 || limit == 0 {
		return nil, n, err
	}
	var s stmt
	s.add("SELECT r.batch_id,r.n,r.outcome,r.code,r.record_id,r.score,r.mark,r.cells_c,r.part_id")
	tx.fromWaiting(&s, w)
	s.add(" ORDER BY r.score DESC,r.batch_id,r.n LIMIT ").arg(limit)
	rows, err = tx.readRows(s.b.String(), s.args...)
	return rows, n, err
}

// CountWaiting is how many there are.
func (tx *Tx) CountWaiting(w Wait) (n int64, err error) {
	var s stmt
	s.add("SELECT COUNT(*)")
	tx.fromWaiting(&s, w)
	err = tx.Row(s.b.String(), s.args...).Scan(&n)
	return n, err
}

func (tx *Tx) fromWaiting(s *stmt, w Wait) {
	outcome := "'review'"
	if w.Handed {
		outcome = "'same'"
	}
	s.add(" FROM import_row r JOIN import_batch b ON b.org_id=r.org_id AND b.id=r.batch_id JOIN customer c ON c.org_id=r.org_id AND c.id=r.record_id WHERE r.org_id=").arg(tx.Org)
	s.add(" AND r.outcome=" + outcome + " AND r.cells_c IS NOT NULL AND b.state IN ('done','cancelled','failed') AND c.state=0")
	if w.Batch != 0 {
		s.add(" AND r.batch_id=").arg(w.Batch)
	} else {
		owners(s, w.By, "b.by_id")
	}
	owners(s, w.Of, "c.owner_id")
}

// WaitingRows counts the rows of a batch that nobody has judged yet, its own
// questions and those about customers outside the importer's scope.
func (tx *Tx) WaitingRows(batch kexin.ID) (n int64, err error) {
	err = tx.Row("SELECT COUNT(*) FROM import_row WHERE org_id=$1 AND batch_id=$2 AND outcome IN ('review','same') AND cells_c IS NOT NULL", tx.Org, batch).Scan(&n)
	return n, err
}

// ImportRow reads one row of a batch. Errors: not_found.
func (tx *Tx) ImportRow(batch kexin.ID, n int) (ImportRow, error) {
	rows, err := tx.readRows("SELECT batch_id,n,outcome,code,record_id,score,mark,cells_c,part_id FROM import_row WHERE org_id=$1 AND batch_id=$2 AND n=$3", tx.Org, batch, n)
	if err != nil || len(rows) == 1 {
		return append(rows, ImportRow{})[0], err
	}
	return ImportRow{}, &kexin.Error{Op: "store.import", Code: kexin.NotFound}
}

func (tx *Tx) readRows(q string, args ...any) (out []ImportRow, err error) {
	err = tx.Each(q, args, func(r *db.Rows) error {
		var x ImportRow
		var n, score int64
		var outcome string
		err := r.Scan(&x.Batch, &n, &outcome, &x.Code, &x.Record, &score, &x.Mark, &x.Cells, &x.Part)
		x.N, x.Score, x.Outcome = int(n), int(score), kexin.Outcome(outcome)
		out = append(out, x)
		return err
	})
	return out, err
}

// Judged writes what became of a row that waited, and destroys its cells. Of
// one that was handed to another it does not say what: the importer would learn
// it. Where the row is still nobody's its cells stay.
func (tx *Tx) Judged(batch kexin.ID, r ImportRow) error {
	if r.Step != nil {
		r.Part = r.Step.ID
	}
	cells := ",cells_c=NULL"
	if r.Outcome == kexin.OutReview || r.Outcome == kexin.OutRefused {
		cells = ""
	}
	_, err := tx.Exec("UPDATE import_row SET outcome=$4,code=$5,record_id=$6,score=$7,part_id=$8"+cells+" WHERE org_id=$1 AND batch_id=$2 AND n=$3",
		tx.Org, batch, r.N, string(r.Outcome), r.Code, r.Record, int64(r.Score), r.Part)
	return err
}

// DropRows destroys the cells kept of rows with an outcome and gives their
// number.
func (tx *Tx) DropRows(batch kexin.ID, o kexin.Outcome) (int64, error) {
	return tx.Exec("UPDATE import_row SET cells_c=NULL WHERE org_id=$1 AND batch_id=$2 AND outcome=$3 AND cells_c IS NOT NULL", tx.Org, batch, string(o))
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
		s.add("SELECT mark FROM import_row WHERE org_id=").arg(tx.Org).add(" AND mark IS NOT NULL AND ")
		tx.blobs(&s, "mark", part).add(" AND outcome IN ('new','same','unchanged','review')")
		err := tx.Each(s.b.String(), s.args, func(r *db.Rows) error {
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

// MarkOutcome is what became of the row of a batch with a mark, "" where it has
// none.
func (tx *Tx) MarkOutcome(batch kexin.ID, mark []byte) (kexin.Outcome, error) {
	var o string
	err := tx.Row("SELECT outcome FROM import_row WHERE org_id=$1 AND mark=$2 AND batch_id=$3", tx.Org, mark, batch).Scan(&o)
	if kexin.CodeOf(err) == kexin.NotFound {
		err = nil
	}
	return kexin.Outcome(o), err
}

// RowsOf are rows of a batch behind row n and up to row last, at most limit, in
// order and without their cells; o narrows them to one outcome, "" for all, and
// code to what their code begins with.
func (tx *Tx) RowsOf(batch kexin.ID, o kexin.Outcome, code string, n, last, limit int) ([]ImportRow, error) {
	return tx.readRows(`SELECT batch_id,n,outcome,code,record_id,score,NULL,NULL,part_id FROM import_row
 WHERE org_id=$1 AND batch_id=$2 AND n>$3 AND n<=$4 AND (outcome=$5 OR CAST($5 AS TEXT)='') AND (code LIKE CAST($6 AS TEXT) || '%') ORDER BY n LIMIT $7`, tx.Org, batch, n, last, string(o), code, limit)
}
