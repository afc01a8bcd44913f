package store

import (
	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/vault"
)

// A row is where one record is scanned to, used again for the next. Its
// columns are those of fields; at gives for each cell of the permit the column,
// nil where they are the same.
type row struct {
	id, owner, subject kexin.ID
	rev, gen, wrapVer  int64
	wrapped            db.Borrowed
	flagged            bool
	text               []string
	num                []int64
	sealed             []db.Borrowed
	dest               []any
	shapes             []shape
	at                 []int
	clear              []byte
	cells              []kexin.Cell // of ahead rows, not given away yet
	ahead              int
}

// rowOf makes a row of fields; between the head and the fields stand extra
// columns. A field that is not read takes the NULL in its place. A single row,
// ahead 1, holds what is sealed for good; where more are read it is borrowed from
// the statement, and view comes before the next row.
func rowOf(ahead int, fields []*kexin.Field, unread func(i int) bool, extra ...any) *row {
	n := len(fields)
	r := &row{ahead: ahead, text: make([]string, n), num: make([]int64, n), sealed: make([]db.Borrowed, n), shapes: make([]shape, n)}
	r.dest = append(make([]any, 0, n+8+len(extra)), &r.id, &r.rev, &r.owner, &r.subject, &r.gen, &r.wrapVer, r.blob(&r.wrapped), &r.flagged)
	r.dest = append(r.dest, extra...)
	for i, f := range fields {
		r.shapes[i] = shapeOf(f)
		switch {
		case unread(i) || r.shapes[i] == asSealed:
			r.dest = append(r.dest, r.blob(&r.sealed[i]))
		case r.shapes[i] == asNumber:
			r.dest = append(r.dest, &r.num[i])
		default:
			r.dest = append(r.dest, &r.text[i])
		}
	}
	return r
}

// blob is what a sealed column is scanned to.
func (r *row) blob(b *db.Borrowed) any {
	if r.ahead == 1 {
		return (*[]byte)(b)
	}
	return b
}

// view opens and masks the scanned row. Only what the permit needs is
// decrypted, and only the mask's result goes on.
func (r *row) view(tx *Tx, p *gate.Permit) (kexin.View, error) {
	n := p.Cells()
	if len(r.cells) < n {
		r.cells = make([]kexin.Cell, n*r.ahead)
	}
	v := kexin.View{ID: r.id, Rev: r.rev, Cells: r.cells[:n:n]}
	r.cells = r.cells[n:]
	own := p.Own(r.owner)
	v.Own = own
	var key *vault.SubjectKey
	for i := range v.Cells {
		f, c := p.Field(i), i
		if r.at != nil {
			c = r.at[i]
		}
		flagged := r.flagged && gate.Searched(f)
		need := p.Need(i, own, flagged)
		if r.shapes[c] != asSealed {
			var val kexin.Value
			if need != gate.Skip {
				val = plainValue(f, r.text[c], r.num[c])
			}
			v.Cells[i] = p.Cell(i, own, flagged, !val.Empty(), val)
			continue
		}
		present := len(r.sealed[c]) > 0
		if need != gate.Decrypt || !present {
			v.Cells[i] = p.Cell(i, own, flagged, present, kexin.Value{})
			continue
		}
		if key == nil {
			var err error
			if key, err = tx.dataKey(r.subject, r.gen, r.wrapVer, r.wrapped); err != nil {
				return v, misplaced("subject_key", r.subject, err)
			}
		}
		val, err := r.open(key, f, r.sealed[c])
		if err != nil {
			return v, misplaced(tables[f.Object], r.id, err)
		}
		v.Cells[i] = p.Cell(i, own, flagged, true, val)
	}
	return v, nil
}

// open decrypts a cell of field f into the row's scratch space.
func (r *row) open(key *vault.SubjectKey, f *kexin.Field, sealed []byte) (kexin.Value, error) {
	clear, err := vault.AppendOpened(r.clear[:0], key, vault.CellAddr{Object: f.Object, Field: f.ID, Record: r.id}, sealed)
	if err != nil {
		return kexin.Value{}, err
	}
	r.clear = clear
	return unsealText(f, string(clear)), nil
}
