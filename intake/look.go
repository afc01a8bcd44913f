package intake

import (
	"bytes"
	"io"
	"slices"
	"strings"
)

const (
	lookRecords = 100     // records looked at for header and sample
	lookBytes   = 4 << 20 // and no more than this of them
	sampleRows  = 20
	maxHeader   = 1000
)

// Look finds out what f is by its content: format, encoding, delimiter, sheet,
// header row and columns, with a sample for the user to check. What o sets is
// taken as said. Anything that is no table is refused with a key of its own.
func Look(f File, o Options, lim Limits) (Guess, error) {
	head, err := headOf(f, lim)
	if err != nil {
		return Guess{}, err
	}
	if bytes.HasPrefix(head, []byte(zipMagic)) || bytes.HasPrefix(head, []byte(zipEmpty)) {
		return lookWorkbook(f, o, lim)
	}
	if err := sniff(f, head); err != nil {
		return Guess{}, err
	}
	return lookText(f, head, o, lim)
}

// headOf reads the first 64 KiB, within the limit of the whole.
func headOf(f File, lim Limits) ([]byte, error) {
	switch size := f.Size(); {
	case size == 0:
		return nil, refuse(keyEmpty)
	case size > lim.Upload:
		return nil, refuse(keyTooLarge)
	}
	head := make([]byte, chunk)
	n, err := readAt(f, head, 0)
	if err == nil && n == 0 {
		err = refuse(keyTruncated)
	}
	return head[:n], err
}

// lookText handles CSV and JSON.
func lookText(f File, head []byte, o Options, lim Limits) (Guess, error) {
	g := Guess{Format: CSV}
	if err := g.findEncoding(f, head, o); err != nil {
		return g, err
	}
	text, _, _ := newDecoder(g.Encoding).decode(nil, head[bomOf(head, g.Encoding):], false)
	if looksBinary(text) {
		return g, refuse(keyNotATable)
	}
	text = dropControls(text)
	if jsonLike(text) {
		return lookJSON(f, g, lim)
	}
	if err := g.findDelimiter(text, o, lim); err != nil {
		return g, err
	}
	src, _, err := openSource(f, g, lim, false)
	if err != nil {
		return g, err
	}
	recs, err := sampleOf(src, o.Header)
	if err != nil {
		return g, err
	}
	return g.finish(recs, o.Header)
}

// findEncoding looks behind the head where that is ASCII only.
func (g *Guess) findEncoding(f File, head []byte, o Options) (err error) {
	if o.Encoding != "" {
		g.Encoding, err = encodingOf(o.Encoding)
		g.Sure = true
		return err
	}
	if isASCII(head) {
		if head, err = firstForeign(f, head); err != nil {
			return err
		}
	}
	g.Encoding, g.Sure = detect(head)
	return nil
}

// isASCII: without bytes beyond ASCII, and without the zeros of UTF-16.
func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 || c == 0 {
			return false
		}
	}
	return true
}

// foreignWithin is how far the first byte beyond ASCII is looked for.
const foreignWithin = 64 << 20

// firstForeign gives the first piece behind head with a byte beyond ASCII,
// from that byte on, and head where there is none.
func firstForeign(f File, head []byte) ([]byte, error) {
	piece := make([]byte, 4*chunk)
	for off := int64(len(head)); off < min(f.Size(), foreignWithin); {
		n, err := readAt(f, piece, off)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(piece[:n], func(c byte) bool { return c >= 0x80 }); i >= 0 {
			n, err = readAt(f, piece, off+int64(i))
			return piece[:n], err
		}
		if off += int64(n); n == 0 {
			break
		}
	}
	return head, nil
}

// jsonLike: an object with a key, or an array of objects.
func jsonLike(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	if len(text) == 0 {
		return false
	}
	rest := bytes.TrimLeft(text[1:], " \t\r\n")
	switch {
	case len(rest) == 0:
		return false
	case text[0] == '{':
		return rest[0] == '"' || rest[0] == '}'
	}
	return text[0] == '[' && (rest[0] == '{' || rest[0] == ']')
}

// lookJSON reads the whole file, because any record may bring a new key.
func lookJSON(f File, g Guess, lim Limits) (Guess, error) {
	g.Format = JSON
	text, err := newTextReader(f, g.Encoding)
	if err != nil {
		return g, err
	}
	j := newJSONReader(text, nil, lim)
	for {
		rec, err := j.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return g, err
		}
		if rec.num > lim.Rows {
			return g, refuseAt(keyRows, rec.line, 0)
		}
		if len(g.Sample) < sampleRows {
			g.Sample = append(g.Sample, copyCells(rec.fields))
		}
	}
	for i, name := range j.names {
		g.Columns = append(g.Columns, Column{Name: name, Index: i})
	}
	if len(g.Columns) == 0 {
		return g, refuse(keyEmpty)
	}
	g.square()
	return g, nil
}

// lookWorkbook chooses the sheet with the best header.
func lookWorkbook(f File, o Options, lim Limits) (Guess, error) {
	g := Guess{Format: XLSX, Sure: true}
	w, err := openWorkbook(f, lim)
	if err != nil {
		return g, err
	}
	for _, s := range w.sheets {
		g.Sheets = append(g.Sheets, s.name)
	}
	if g.Sheet = o.Sheet; g.Sheet == "" {
		if g.Sheet, err = w.bestSheet(); err != nil {
			return g, err
		}
	}
	src, err := w.open(g.Sheet, true)
	if err != nil {
		return g, err
	}
	recs, err := sampleOf(src, o.Header)
	if err != nil {
		return g, err
	}
	return g.finish(recs, o.Header)
}

// bestSheet is the visible sheet whose header has most known words; the first
// with any row where none has.
func (w *workbook) bestSheet() (string, error) {
	best, bestScore := "", -1
	for i := range w.sheets {
		s := &w.sheets[i]
		if s.hidden {
			continue
		}
		src, err := w.openSheet(s, false)
		if err != nil {
			return "", err
		}
		recs, err := sampleOf(src, 0)
		if err != nil {
			return "", err
		}
		score := -1
		for _, r := range recs {
			score = max(score, headerScore(r.cells))
		}
		if score > bestScore {
			best, bestScore = s.name, score
		}
	}
	if best == "" {
		return "", refuse(keyEmpty)
	}
	return best, nil
}

// sampleOf copies the first records, up to some way below the header that the
// user named.
func sampleOf(src source, header int) ([]sampled, error) {
	if header > maxHeader {
		return nil, refuse(keyHeaderRow)
	}
	var recs []sampled
	size := 0
	for len(recs) < lookRecords+max(header, 0) && size < lookBytes {
		rec, err := src.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		cells := copyCells(rec.fields)
		for _, c := range cells {
			size += len(c)
		}
		recs = append(recs, sampled{num: rec.num, cells: cells})
	}
	return recs, nil
}

// copyCells makes strings of fields that live until the next record only.
func copyCells(fields [][]byte) []string {
	cells := make([]string, len(fields))
	for i, f := range fields {
		cells[i] = string(f)
	}
	return cells
}

// finish chooses the header and makes columns and sample of the records.
func (g Guess) finish(recs []sampled, header int) (Guess, error) {
	if !slices.ContainsFunc(recs, func(r sampled) bool { return filledCells(r.cells) > 0 }) {
		return g, refuse(keyEmpty)
	}
	at := -1
	switch {
	case header == 0:
		at = findHeader(recs)
	case header > 0:
		if at = slices.IndexFunc(recs, func(r sampled) bool { return r.num == header }); at < 0 {
			return g, refuse(keyHeaderRow)
		}
	}
	g.Header = NoHeader
	var names []string
	if at >= 0 {
		g.Header, names = recs[at].num, recs[at].cells
	}
	g.sample(recs[at+1:], names)
	g.dropCodes()
	return g, nil
}

// sample takes the first data records and the columns they and the header
// have.
func (g *Guess) sample(recs []sampled, names []string) {
	width := lastFilled(names)
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	tell := newTeller(columnsOf(names, width))
	for _, r := range recs {
		fields := make([][]byte, len(r.cells))
		for i, c := range r.cells {
			fields[i] = []byte(c)
		}
		if tell.skip(fields) != "" {
			continue
		}
		if len(g.Sample) < sampleRows {
			g.Sample = append(g.Sample, r.cells)
		}
		width = max(width, lastFilled(r.cells))
	}
	g.Columns = columnsOf(names, width)
	g.square()
}

// columnsOf numbers width columns and names those that have a name.
func columnsOf(names []string, width int) []Column {
	out := make([]Column, width)
	for i := range out {
		out[i].Index = i
		if i < len(names) {
			out[i].Name = names[i]
		}
	}
	return out
}

// lastFilled is the number of cells without the blank ones at the end.
func lastFilled(cells []string) int {
	n := len(cells)
	for n > 0 && strings.TrimSpace(cells[n-1]) == "" {
		n--
	}
	return n
}

// square gives every row of the sample one cell for each column.
func (g *Guess) square() {
	for i, cells := range g.Sample {
		for len(cells) < len(g.Columns) {
			cells = append(cells, "")
		}
		g.Sample[i] = cells[:len(g.Columns)]
	}
}

// dropCodes knows a file of WriteRefused by its two columns side by side, and
// takes them out of Columns.
func (g *Guess) dropCodes() {
	for i := 0; i+1 < len(g.Columns); i++ {
		if conceptOf(g.Columns[i].Name) != cCode || conceptOf(g.Columns[i+1].Name) != cWhy {
			continue
		}
		g.Refused = true
		g.Columns = slices.Delete(g.Columns, i, i+2)
		for j := range g.Columns {
			g.Columns[j].Name = unprotect(g.Columns[j].Name)
		}
		for _, cells := range g.Sample {
			unprotectAll(cells)
		}
		return
	}
}
