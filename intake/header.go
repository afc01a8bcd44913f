package intake

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// headerWithin is how far down a header is looked for.
const headerWithin = 30

// A sampled record, its cells copied.
type sampled struct {
	num   int
	cells []string
}

// findHeader gives the place in recs of the header: the record with the most
// known words and the fewest values, else by shape; -1 where the first full
// record is data already.
func findHeader(recs []sampled) int {
	best, bestScore := -1, 0
	for i, r := range recs[:min(len(recs), headerWithin)] {
		if s := headerScore(r.cells); s > bestScore {
			best, bestScore = i, s
		}
	}
	if best >= 0 {
		return best
	}
	return headerByShape(recs)
}

// headerScore is 0 for what cannot be a header. One known word is enough only
// in a narrow record.
func headerScore(cells []string) int {
	known, filled, values := 0, 0, 0
	for _, c := range cells {
		switch c = strings.TrimSpace(c); {
		case c == "":
			continue
		case conceptOf(c) != unknown && utf8.RuneCountInString(c) <= 20:
			known++
		case valueLike(c):
			values++
		}
		filled++
	}
	if values > known/2 || known == 0 || known == 1 && filled > 2 {
		return 0
	}
	return 3*known - 2*values
}

// headerByShape takes the first record as wide as the others whose cells are
// short, all different and no values, above at least one that holds values.
func headerByShape(recs []sampled) int {
	width := usualWidth(recs)
	for i, r := range recs[:min(len(recs), headerWithin)] {
		if n := filledCells(r.cells); n == 0 || n*10 < width*7 {
			continue
		}
		if namesOnly(r.cells) && i+1 < len(recs) && anyValue(recs[i+1:]) {
			return i
		}
		return -1
	}
	return -1
}

// usualWidth is the most frequent number of filled cells.
func usualWidth(recs []sampled) int {
	count := map[int]int{}
	best := 0
	for _, r := range recs {
		n := filledCells(r.cells)
		count[n]++
		if n > 0 && (count[n] > count[best] || count[n] == count[best] && n > best) {
			best = n
		}
	}
	return best
}

// filledCells counts the cells that are not blank.
func filledCells(cells []string) (n int) {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

// namesOnly: short texts, no two the same, none of them a value.
func namesOnly(cells []string) bool {
	seen := map[string]bool{}
	for _, c := range cells {
		c = strings.TrimSpace(c)
		if c == "" {
			continue
		}
		if seen[c] || valueLike(c) || utf8.RuneCountInString(c) > 20 {
			return false
		}
		seen[c] = true
	}
	return true
}

// anyValue: below a header stands data, so some cell has a value.
func anyValue(recs []sampled) bool {
	for _, r := range recs {
		for _, c := range r.cells {
			if valueLike(c) {
				return true
			}
		}
	}
	return false
}

// A teller tells data from repeated headers and totals.
type teller struct{ header [][]byte }

// newTeller takes the header from the columns.
func newTeller(columns []Column) teller {
	var t teller
	for _, c := range columns {
		for len(t.header) <= c.Index {
			t.header = append(t.header, nil)
		}
		t.header[c.Index] = []byte(strings.TrimSpace(c.Name))
	}
	return t
}

// skip says why a record is no data, "" where it is.
func (t teller) skip(fields [][]byte) Skip {
	switch {
	case t.repeats(fields):
		return SkipHeader
	case totals(fields):
		return SkipTotal
	}
	return ""
}

// repeats: every named column holds its own name.
func (t teller) repeats(fields [][]byte) bool {
	named := false
	for i, name := range t.header {
		if len(name) == 0 {
			continue
		}
		named = true
		if i >= len(fields) || !bytes.Equal(bytes.TrimSpace(fields[i]), name) {
			return false
		}
	}
	return named
}

// totalWords begin a line of totals.
var totalWords = []string{"合计", "总计", "小计", "共计", "累计", "总合计", "本页小计", "本页合计", "本月合计", "total", "grandtotal", "subtotal", "totals", "sum"}

// totalWord: the cell says that totals follow, perhaps with the count in it.
// The first byte decides nearly always, because every row is asked.
func totalWord(cell []byte) bool {
	if len(cell) > 60 || !mayTotal(cell) {
		return false
	}
	word := plain(string(cell))
	for _, total := range totalWords {
		rest, ok := strings.CutPrefix(word, total)
		if !ok {
			continue
		}
		for _, filler := range []string{"共", "金额", "人数"} {
			rest = strings.TrimPrefix(rest, filler)
		}
		if rest == "" || numberLike(rest) || countLike(rest) {
			return true
		}
	}
	return false
}

// mayTotal looks at the first character of a word for a total.
func mayTotal(cell []byte) bool {
	if c := cell[0] | 0x20; c == 't' || c == 's' || c == 'g' {
		return true
	}
	return len(cell) >= 3 && strings.Contains("合总小共累本", string(cell[:3]))
}

// totals: the first filled cell is a word for a total, and the others are
// numbers; a person's row has more than that.
func totals(fields [][]byte) bool {
	first := true
	for _, f := range fields {
		f = bytes.TrimSpace(f)
		if len(f) == 0 {
			continue
		}
		if first {
			if !totalWord(f) {
				return false
			}
			first = false
			continue
		}
		if cell := string(f); !numberLike(cell) && !countLike(cell) || phoneLike(cell) {
			return false
		}
	}
	return !first
}

// countLike: a number with a unit, such as 1551人 or 20 单.
func countLike(s string) bool {
	for _, unit := range []string{"人", "单", "户", "条", "位", "笔", "个", "套", "行"} {
		if n, ok := strings.CutSuffix(s, unit); ok {
			return numberLike(n)
		}
	}
	return false
}
