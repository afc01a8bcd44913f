package store

import (
	"kexin"
	"kexin/gate"
	"kexin/vault"
)

// A row is where one record is scanned to, used again for the next.
type row struct {
	id, owner, subject kexin.ID
	rev, gen, wrapVer  int64
	wrapped            []byte
	flagged            bool
	text               []string
	num                []int64
	sealed             [][]byte
	dest               []any
	shapes             []shape
	clear              []byte
	sortText           string
	sortNum            int64
}

func newRow(f *finder) *row {
	n := f.p.Cells()
	r := &row{text: make([]string, n), num: make([]int64, n), sealed: make([][]byte, n), shapes: make([]shape, n)}
	r.dest = append(make([]any, 0, n+9), &r.id, &r.rev, &r.owner, &r.subject, &r.gen, &r.wrapVer, &r.wrapped, &r.flagged)
	if s := f.p.Sort(); s != nil && shapeOf(s) == asNumber {
		r.dest = append(r.dest, &r.sortNum)
	} else if s != nil {
		r.dest = append(r.dest, &r.sortText)
	}
	for i := range n {
		r.shapes[i] = shapeOf(f.p.Field(i))
		switch {
		case f.unread(i) || r.shapes[i] == asSealed:
			r.dest = append(r.dest, &r.sealed[i])
		case r.shapes[i] == asNumber:
			r.dest = append(r.dest, &r.num[i])
		default:
			r.dest = append(r.dest, &r.text[i])
		}
	}
	return r
}

// view opens and masks the scanned row. Only what the permit needs is
// decrypted, and only the mask's result goes on.
func (r *row) view(tx *Tx, p *gate.Permit) (kexin.View, error) {
	v := kexin.View{ID: r.id, Rev: r.rev, Cells: make([]kexin.Cell, p.Cells())}
	own := p.Own(r.owner)
	v.Own = own
	var key *vault.SubjectKey
	for i := range v.Cells {
		f := p.Field(i)
		flagged := r.flagged && gate.Searched(f)
		need := p.Need(i, own, flagged)
		if r.shapes[i] != asSealed {
			var val kexin.Value
			if need != gate.Skip {
				val = plainValue(f, r.text[i], r.num[i])
			}
			v.Cells[i] = p.Cell(i, own, flagged, !val.Empty(), val)
			continue
		}
		present := len(r.sealed[i]) > 0
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
		val, err := r.open(key, f, i)
		if err != nil {
			return v, misplaced(tables[f.Object], r.id, err)
		}
		v.Cells[i] = p.Cell(i, own, flagged, true, val)
	}
	return v, nil
}

// open decrypts cell of field f into the row's scratch space.
func (r *row) open(key *vault.SubjectKey, f *kexin.Field, i int) (kexin.Value, error) {
	clear, err := vault.AppendOpened(r.clear[:0], key, vault.CellAddr{Object: f.Object, Field: f.ID, Record: r.id}, r.sealed[i])
	if err != nil {
		return kexin.Value{}, err
	}
	r.clear = clear
	return unsealText(f, string(clear)), nil
}
