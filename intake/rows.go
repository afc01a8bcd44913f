package intake

import (
	"bytes"
	"io"
	"iter"
	"strings"
)

// Rows yields the records below the header, one after the other, in constant
// memory. An error ends it. Rows of Skip are yielded too; they have no N.
func Rows(f File, g Guess, lim Limits) iter.Seq2[Row, error] {
	return RowsFrom(f, g, lim, 0)
}

// RowsFrom is Rows without the first n data records: an import goes on after
// its last commit. They are read, because only reading finds where the next
// begins, but nothing is made of them.
func RowsFrom(f File, g Guess, lim Limits, n int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		p, err := newPipe(f, g, lim)
		for err == nil {
			var row Row
			var ok bool
			if row, ok, err = p.next(n); ok && !yield(row, nil) {
				return
			}
		}
		if err != io.EOF {
			yield(Row{}, err)
		}
	}
}

// A pipe turns records into rows.
type pipe struct {
	src    source
	text   *textReader // nil for a workbook
	tell   teller
	header int
	width  int
	escape bool // the file is one of WriteRefused: undo its quotes
	n      int
	last   int // number of the record before
	lim    Limits
}

// newPipe opens the file once more: nothing of Look but the Guess is needed.
func newPipe(f File, g Guess, lim Limits) (*pipe, error) {
	for _, c := range g.Columns {
		if !c.within(lim.Columns) {
			return nil, refuseAt(keyColumns, 1, max(c.Index+1, 1))
		}
	}
	p := &pipe{tell: newTeller(g.Columns), header: max(g.Header, 0), escape: g.Refused, lim: lim}
	for _, c := range g.Columns {
		p.width = max(p.width, c.Index+1)
	}
	var err error
	p.src, p.text, err = openSource(f, g, lim, true)
	return p, err
}

// openSource opens the table that g describes. fill asks for merged cells.
func openSource(f File, g Guess, lim Limits, fill bool) (source, *textReader, error) {
	if f.Size() > lim.Upload {
		return nil, nil, refuse(keyTooLarge)
	}
	if g.Format == XLSX {
		w, err := openWorkbook(f, lim)
		if err != nil {
			return nil, nil, err
		}
		src, err := w.open(g.Sheet, fill)
		return src, nil, err
	}
	text, err := newTextReader(f, g.Encoding)
	if err != nil {
		return nil, nil, err
	}
	if g.Format == JSON {
		return newJSONReader(text, g.Columns, lim), text, nil
	}
	delim, err := delimiterOf(g.Delimiter)
	if err != nil {
		return nil, nil, err
	}
	src, err := newCSVReader(text, delim, lim)
	return src, text, err
}

// open begins the sheet of that name.
func (w *workbook) open(name string, fill bool) (source, error) {
	s := w.named(name)
	if s == nil {
		return nil, refuse(keySheet)
	}
	return w.openSheet(s, fill)
}

// next gives the next row; not ok where the record is not to be yielded.
func (p *pipe) next(after int) (row Row, ok bool, err error) {
	rec, err := p.src.next()
	if err != nil || rec.num <= p.header {
		return row, false, err
	}
	row.apart = rec.num > p.last+1
	p.last = rec.num
	skip := p.tell.skip(rec.fields)
	if skip == "" {
		if p.n++; p.n > p.lim.Rows {
			return row, false, refuseAt(keyRows, rec.line, 0)
		}
		row.N = p.n
	}
	if p.n < after || p.n == after && skip == "" {
		return row, false, nil
	}
	row.Line, row.Skip = rec.line, skip
	row.Cells, row.Notes = p.cells(rec)
	return row, true, nil
}

// cells copies the fields into one string, padded to the columns; blank ones
// beyond them are dropped, others noted.
func (p *pipe) cells(rec record) ([]string, []Note) {
	fields := rec.fields
	for len(fields) > p.width && len(bytes.TrimSpace(fields[len(fields)-1])) == 0 {
		fields = fields[:len(fields)-1]
	}
	size := 0
	for _, f := range fields {
		size += len(f)
	}
	var all strings.Builder
	all.Grow(size)
	for _, f := range fields {
		all.Write(f)
	}
	text, cells := all.String(), make([]string, max(p.width, len(fields)))
	for i, f := range fields {
		cells[i], text = text[:len(f)], text[len(f):]
	}
	if p.escape {
		unprotectAll(cells)
	}
	return cells, p.notes(cells, rec.notes)
}

// notes adds what reading changed; the source's own are copied, because it
// uses them again.
func (p *pipe) notes(cells []string, own []Note) []Note {
	var out []Note
	if len(own) > 0 {
		out = append(out, own...)
	}
	for i := p.width; i < len(cells); i++ {
		if cells[i] != "" {
			out = append(out, Note{Column: i, Code: NoteExtra})
		}
	}
	if p.text == nil || p.text.bad == 0 {
		return out
	}
	for i, c := range cells {
		if strings.Contains(c, replacement) {
			out = append(out, Note{Column: i, Code: NoteEncoding})
		}
	}
	return out
}
