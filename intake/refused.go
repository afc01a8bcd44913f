package intake

import (
	"bufio"
	"io"
	"iter"
	"strings"
)

// A Refused is one row that was not imported, with its cells as they came.
type Refused struct {
	Cells    []string
	Code     string // for programs, such as "phone_length"
	Sentence string // for the user, in her language
}

// The headers of the two columns that WriteRefused adds. Look knows the file
// again by them.
const (
	CodeColumn = "代码"
	WhyColumn  = "原因"
)

// WriteRefused writes a CSV that Excel opens rightly (UTF-8 with a mark, CRLF):
// the original columns, then code and sentence. What a spreadsheet would
// evaluate is written with an apostrophe before it (security A14); Rows takes
// it off again, so that the corrected file can be imported. Cells beyond the
// columns follow behind the sentence.
func WriteRefused(w io.Writer, g Guess, rows iter.Seq[Refused]) error {
	out := refusedWriter{w: bufio.NewWriter(w)}
	out.w.WriteString("\ufeff")
	width := 0
	for _, c := range g.Columns {
		out.cell(c.Name)
		width = max(width, c.Index+1)
	}
	out.cell(CodeColumn)
	out.cell(WhyColumn)
	out.end()
	for r := range rows {
		for _, c := range g.Columns {
			if c.within(len(r.Cells)) {
				out.cell(r.Cells[c.Index])
			} else {
				out.cell("")
			}
		}
		out.cell(r.Code)
		out.cell(r.Sentence)
		for i := width; i < len(r.Cells); i++ {
			out.cell(r.Cells[i])
		}
		if err := out.end(); err != nil {
			return err
		}
	}
	return out.w.Flush()
}

// refusedWriter writes CSV; a bufio.Writer keeps its first error.
type refusedWriter struct {
	w     *bufio.Writer
	begun bool
}

// cell writes one cell, quoted where anything but a plain reader could
// misread it.
func (r *refusedWriter) cell(s string) {
	if r.begun {
		r.w.WriteByte(',')
	}
	r.begun = true
	s = protect(s)
	if strings.ContainsAny(s, ",\"\r\n\t;|") || strings.TrimSpace(s) != s {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	r.w.WriteString(s)
}

// end ends a record and gives the first error so far.
func (r *refusedWriter) end() error {
	r.begun = false
	_, err := r.w.WriteString("\r\n")
	return err
}

// danger is what makes a spreadsheet take a cell for a formula (security A14).
const danger = "=+-@\t\r＝＋－＠"

// protect puts an apostrophe before a cell that a spreadsheet would evaluate,
// and before one that only unprotect would change.
func protect(cell string) string {
	if dangerous(strings.TrimLeft(cell, "'")) {
		return "'" + cell
	}
	return cell
}

// unprotect undoes protect.
func unprotect(cell string) string {
	if strings.HasPrefix(cell, "'") && dangerous(strings.TrimLeft(cell, "'")) {
		return cell[1:]
	}
	return cell
}

// unprotectAll undoes protect in place.
func unprotectAll(cells []string) {
	for i, c := range cells {
		cells[i] = unprotect(c)
	}
}

// dangerous: begins as a formula does.
func dangerous(s string) bool {
	for _, r := range s {
		return strings.ContainsRune(danger, r)
	}
	return false
}
