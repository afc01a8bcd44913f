package intake

import (
	"bytes"
	"io"
)

// Merged cells: one customer over three order lines, or a header over two
// rows. A sheet keeps the value in the upper left cell only; here the cells
// below it, in its column, get it too, marked by a note. Cells beside it stay
// empty: a name that spans three columns is no phone.

// merges are the vertical ones of a sheet.
type merges struct {
	byRow  map[int][]mergedCell // by first row
	active []mergedCell
}

type mergedCell struct {
	column, first, last int
	value               []byte
}

// maxMerges is where the list stops; further merged cells stay empty below.
const maxMerges = 50_000

// readMerges passes over a sheet for its <mergeCell>s, which stand behind the
// rows; nil where there is none that spans rows.
func (w *workbook) readMerges(p *part) (*merges, error) {
	r, err := w.zip.open(p)
	if err != nil {
		return nil, err
	}
	rest, err := afterRows(r)
	if err != nil || rest == nil {
		return nil, err
	}
	x := newXMLReader(rest, w.lim.XMLDepth)
	var m *merges
	for n := 0; n < maxMerges; {
		kind, err := x.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if kind != xmlStart || string(x.name) != "mergeCell" {
			continue
		}
		if c, ok := vertical(x.attrOf("ref")); ok {
			if m == nil {
				m = &merges{byRow: map[int][]mergedCell{}}
			}
			m.byRow[c.first] = append(m.byRow[c.first], c)
			n++
		}
	}
	return m, nil
}

// afterRows reads to </sheetData> by its letters, much faster than by tokens;
// nil where there is none.
func afterRows(r io.Reader) (io.Reader, error) {
	mark := []byte("sheetData>")
	buf := make([]byte, 0, xmlBuffer)
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if i := bytes.Index(buf, mark); i > 0 && closes(buf[:i]) {
			return io.MultiReader(bytes.NewReader(buf[i+len(mark):]), r), nil
		} else if i >= 0 {
			buf = append(buf[:0], buf[i+len(mark):]...)
			continue
		}
		if err == io.EOF {
			return nil, nil
		}
		if err != nil {
			return nil, brokenPart(err)
		}
		keep := min(len(buf), 32)
		buf = append(buf[:0], buf[len(buf)-keep:]...)
	}
}

// closes: what stands before the name makes it an end tag, with or without a
// prefix.
func closes(before []byte) bool {
	i := bytes.LastIndexByte(before, '<')
	return i >= 0 && i+1 < len(before) && before[i+1] == '/'
}

// vertical reads a range such as A3:A5 that spans rows.
func vertical(ref string) (mergedCell, bool) {
	from, to, ok := bytes.Cut([]byte(ref), []byte(":"))
	if !ok {
		return mergedCell{}, false
	}
	column, ok1 := columnOf(from)
	first, ok2 := smallInt(bytes.TrimLeft(from, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	last, ok3 := smallInt(bytes.TrimLeft(to, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	return mergedCell{column: column, first: first, last: last}, ok1 && ok2 && ok3 && last > first && column < 500
}

// fill completes the fields of a row and begins the merges that start there.
func (m *merges) fill(row int, fields [][]byte, notes []Note) ([][]byte, []Note) {
	kept := m.active[:0]
	for _, c := range m.active {
		if row > c.last {
			continue
		}
		kept = append(kept, c)
		for len(fields) <= c.column {
			fields = append(fields, nil)
		}
		if len(c.value) > 0 && len(fields[c.column]) == 0 {
			fields[c.column] = c.value
			notes = append(notes, Note{Column: c.column, Code: NoteMerged})
		}
	}
	m.active = kept
	for _, c := range m.byRow[row] {
		if c.column < len(fields) && len(m.active) < 1000 {
			c.value = bytes.Clone(fields[c.column])
			m.active = append(m.active, c)
		}
	}
	return fields, notes
}
