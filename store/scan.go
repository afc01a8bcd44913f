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
	cols               []col
	dest               []any
	at                 []int
	key                vault.SubjectKey
	clear              []byte
	cells              []kexin.Cell // of ahead rows, not given away yet
	ahead              int
}

// A col is where one column is scanned to: to one of the three, by its shape.
type col struct {
	shape  shape
	num    int64
	text   string
	sealed db.Borrowed
}

// rowOf makes a row of fields; between the head and the fields stand extra
// columns. A field that is not read takes the NULL in its place. What is sealed
// is borrowed from the statement: view comes before the next row, and before its
// end.
func rowOf(ahead int, fields []*kexin.Field, unread func(i int) bool, extra ...any) *row {
	r := &row{ahead: ahead, cols: make([]col, len(fields))}
	r.dest = append(make([]any, 0, len(fields)+8+len(extra)), &r.id, &r.rev, &r.owner, &r.subject, &r.gen, &r.wrapVer, &r.wrapped, &r.flagged)
	r.dest = append(r.dest, extra...)
	for i, f := range fields {
		c := &r.cols[i]
		c.shape = shapeOf(f)
		switch {
		case unread(i) || c.shape == asSealed:
			r.dest = append(r.dest, &c.sealed)
		case c.shape == asNumber:
			r.dest = append(r.dest, &c.num)
		default:
			r.dest = append(r.dest, &c.text)
		}
	}
	return r
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
	opened := false
	for i := range v.Cells {
		f, at := p.Field(i), i
		if r.at != nil {
			at = r.at[i]
		}
		c, flagged := &r.cols[at], r.flagged && gate.Searched(f)
		need := p.Need(i, own, flagged)
		if c.shape != asSealed {
			var val kexin.Value
			if need != gate.Skip {
				val = plainValue(f, c.text, c.num)
			}
			v.Cells[i] = p.Cell(i, own, flagged, !val.Empty(), val)
			continue
		}
		present := len(c.sealed) > 0
		if need != gate.Decrypt || !present {
			v.Cells[i] = p.Cell(i, own, flagged, present, kexin.Value{})
			continue
		}
		if !opened {
			if err := tx.dataKey(&r.key, r.subject, r.gen, r.wrapVer, r.wrapped); err != nil {
				return v, misplaced("subject_key", r.subject, err)
			}
			opened = true
		}
		val, err := r.open(f, c.sealed)
		if err != nil {
			return v, misplaced(tables[f.Object], r.id, err)
		}
		v.Cells[i] = p.Cell(i, own, flagged, true, val)
	}
	return v, nil
}

// open decrypts a cell of field f into the row's scratch space.
func (r *row) open(f *kexin.Field, sealed []byte) (kexin.Value, error) {
	clear, err := vault.AppendOpened(r.clear[:0], &r.key, vault.CellAddr{Object: f.Object, Field: f.ID, Record: r.id}, sealed)
	if err != nil {
		return kexin.Value{}, err
	}
	r.clear = clear
	return unsealText(f, string(clear)), nil
}
