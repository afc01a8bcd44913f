package intake

import (
	"bytes"
	"io"
)

// A sheetReader reads the rows of one worksheet. Rows without cells are no
// records, nor are blank rows below the last filled one: those are formatting.
// Blank rows in between are records like any other.
type sheetReader struct {
	w      *workbook
	x      *xmlReader
	table  *stringTable
	merged *merges // nil where the sheet has none

	row    int    // number of the row being read
	text   []byte // all cells of the row
	spans  []span // by column
	cells  bool   // the row has a cell, blank or not
	filled bool
	value  collector
	notes  []Note
	fields [][]byte

	blank []int32 // numbers of blank rows not yet followed by a filled one
	ready bool    // a filled row waits behind them
}

// A span is a cell's place in text.
type span struct{ from, to int }

// openSheet begins to read a sheet; fill asks for the values of merged cells,
// which stand behind the rows and so cost a pass of their own.
func (w *workbook) openSheet(s *sheet, fill bool) (*sheetReader, error) {
	table, err := w.sharedStrings()
	if err != nil {
		return nil, err
	}
	p := w.zip.find(s.part)
	out := &sheetReader{w: w, table: table, value: collector{limit: w.lim.Cell}}
	if fill {
		if out.merged, err = w.readMerges(p); err != nil {
			return nil, err
		}
	}
	r, err := w.zip.open(p)
	if err != nil {
		return nil, err
	}
	out.x = newXMLReader(r, w.lim.XMLDepth)
	return out, nil
}

// next gives the next record; its num and line are the row's number.
func (s *sheetReader) next() (record, error) {
	if s.ready && len(s.blank) > 0 {
		row := int(s.blank[0])
		s.blank = s.blank[1:]
		return record{num: row, line: row}, nil
	}
	for !s.ready {
		if err := s.readRow(); err != nil {
			return record{}, err
		}
		switch {
		case s.filled:
			s.ready = true
		case s.cells && len(s.blank) >= s.w.lim.Rows:
			return record{}, refuseAt(keyRows, s.row, 0)
		case s.cells:
			s.blank = append(s.blank, int32(s.row))
		}
	}
	if len(s.blank) > 0 {
		return s.next()
	}
	s.ready, s.blank = false, nil
	return record{num: s.row, line: s.row, fields: s.cut(), notes: s.notes}, nil
}

// cut makes fields of the spans, filling merged cells from above.
func (s *sheetReader) cut() [][]byte {
	s.fields = s.fields[:0]
	for _, p := range s.spans {
		s.fields = append(s.fields, s.text[p.from:p.to])
	}
	if s.merged != nil {
		s.fields, s.notes = s.merged.fill(s.row, s.fields, s.notes)
	}
	return s.fields
}

// readRow reads one <row>; io.EOF behind the last.
func (s *sheetReader) readRow() error {
	for {
		kind, err := s.x.next()
		switch {
		case err == io.EOF:
			return refuse(keyTruncated) // </sheetData> ends the rows, not the part
		case err != nil:
			return err
		case kind == xmlStart && string(s.x.name) == "row":
			s.startRow()
			return s.readCells()
		case kind == xmlEnd && string(s.x.name) == "sheetData":
			return io.EOF
		}
	}
}

// startRow takes the row's number; where it has none, or one that no sheet
// has, it is the one after the last.
func (s *sheetReader) startRow() {
	s.row++
	for n, v, rest := attr(s.x.attrs); n != nil; n, v, rest = attr(rest) {
		if string(n) == "r" {
			if row, ok := smallInt(v); ok && row > 0 {
				s.row = row
			}
			break
		}
	}
	s.text, s.spans, s.notes = s.text[:0], s.spans[:0], s.notes[:0]
	s.cells, s.filled = false, false
}

// readCells reads the cells of the row up to its end. A cell without a
// reference stands beside the one before it.
func (s *sheetReader) readCells() error {
	for column := 0; ; column++ {
		kind, err := s.nextInRow()
		if err != nil || kind == xmlEnd {
			return err
		}
		at, style, typ := s.cellAttrs(column)
		column = at
		s.cells = true
		if err := s.readValue(); err != nil {
			return err
		}
		if err := s.setCell(at, style, typ); err != nil {
			return err
		}
	}
}

// nextInRow finds the next <c>, or the end of the row.
func (s *sheetReader) nextInRow() (xmlKind, error) {
	for {
		kind, err := s.x.next()
		switch {
		case err == io.EOF:
			return 0, refuse(keyTruncated)
		case err != nil:
			return 0, err
		case kind == xmlStart && string(s.x.name) == "c":
			return kind, nil
		case kind == xmlEnd && string(s.x.name) == "row":
			return kind, nil
		}
	}
}

// cellAttrs reads a cell's column, style and type. Without a reference it
// stands in the column given.
func (s *sheetReader) cellAttrs(column int) (at int, style numberFormat, typ byte) {
	at = column
	for n, v, rest := attr(s.x.attrs); n != nil; n, v, rest = attr(rest) {
		if len(n) != 1 {
			continue
		}
		switch n[0] {
		case 'r':
			if c, ok := columnOf(v); ok {
				at = c
			}
		case 's':
			style = s.w.style(v)
		case 't':
			typ = cellType(v)
		}
	}
	return at, style, typ
}

// The cell types (ECMA-376 part 1, 18.18.11), one letter each.
func cellType(v []byte) byte {
	switch string(v) {
	case "s":
		return 's'
	case "inlineStr", "str":
		return 'i'
	case "b":
		return 'b'
	case "e":
		return 'e'
	case "d":
		return 'd'
	}
	return 'n'
}

// columnOf reads the letters of a reference such as AB12; A is 0.
func columnOf(ref []byte) (int, bool) {
	n, i := 0, 0
	for ; i < len(ref) && ref[i] >= 'A' && ref[i] <= 'Z' && i < 4; i++ {
		n = 26*n + int(ref[i]-'A') + 1
	}
	return n - 1, i > 0
}

// readValue gathers the text of the cell up to </c>.
func (s *sheetReader) readValue() error {
	s.value.reset()
	for {
		kind, err := s.x.next()
		switch {
		case err == io.EOF:
			return refuse(keyTruncated)
		case err != nil:
			return err
		case kind == xmlEnd && len(s.x.name) == 1 && s.x.name[0] == 'c':
			return nil
		}
		if err := s.value.take(s.x, kind); err != nil {
			return err
		}
	}
}

// setCell puts what the cell shows into the row.
func (s *sheetReader) setCell(column int, style numberFormat, typ byte) error {
	if s.value.over {
		return refuseAt(keyCell, s.row, column+1)
	}
	from := len(s.text)
	if len(s.value.buf) > 0 {
		if err := s.show(column, style, typ); err != nil {
			return err
		}
	}
	if len(s.text) == from {
		return nil
	}
	if column >= s.w.lim.Columns {
		return refuseAt(keyColumns, s.row, column+1)
	}
	if len(s.text) > s.w.lim.Line {
		return refuseAt(keyLine, s.row, 0)
	}
	for len(s.spans) <= column {
		s.spans = append(s.spans, span{})
	}
	s.spans[column] = span{from, len(s.text)}
	s.filled = s.filled || len(bytes.TrimSpace(s.text[from:])) > 0
	return nil
}

// show appends the value by its type.
func (s *sheetReader) show(column int, style numberFormat, typ byte) error {
	raw := s.value.buf
	switch typ {
	case 's':
		return s.showShared(column, bytes.TrimSpace(raw))
	case 'i':
		s.text = append(s.text, s.value.done()...)
	case 'b':
		if truth(string(raw)) {
			s.text = append(s.text, "TRUE"...)
		} else {
			s.text = append(s.text, "FALSE"...)
		}
	case 'e':
		s.notes = append(s.notes, Note{Column: column, Code: NoteError})
		s.cells, s.filled = true, true // it is not blank, it is wrong
	case 'd':
		day, clock, _ := bytes.Cut(tidy(raw), []byte("T"))
		s.text = append(s.text, day...)
		if clock = bytes.TrimRight(clock, "Z"); len(clock) > 0 && !bytes.HasPrefix(clock, []byte("00:00:00")) {
			s.text = append(append(s.text, ' '), clock...)
		}
	default:
		s.text = style.show(s.text, tidy(raw), s.w.date1904)
	}
	return nil
}

// showShared looks the string up.
func (s *sheetReader) showShared(column int, raw []byte) error {
	n, ok := smallInt(raw)
	text, known, fits := s.table.get(n)
	switch {
	case !ok || !known:
		s.notes = append(s.notes, Note{Column: column, Code: NoteError})
	case !fits:
		return refuseAt(keyCell, s.row, column+1)
	default:
		s.text = append(s.text, text...)
	}
	return nil
}
