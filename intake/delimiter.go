package intake

import "bytes"

// Delimiters are those that are tried, in the order of preference.
var Delimiters = []rune{',', '\t', ';', '|'}

// delimiterOf checks a delimiter that the user chose; any ASCII character will
// do but quotes, line ends, letters and digits.
func delimiterOf(r rune) (byte, error) {
	switch {
	case r == '\t':
	case r < ' ', r > '~', r == '"', r >= '0' && r <= '9', isLetter(byte(r)):
		return 0, refuse(keyDelimiter)
	}
	return byte(r), nil
}

// isLetter is for ASCII only.
func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// findDelimiter tries each on the head, which is cut behind its last whole
// line: the one under which most records are equally wide, and known words
// stand alone in their cells, wins.
func (g *Guess) findDelimiter(text []byte, o Options, lim Limits) error {
	if o.Delimiter != 0 {
		g.Delimiter = o.Delimiter
		_, err := delimiterOf(o.Delimiter)
		return err
	}
	if i := bytes.LastIndexAny(text, "\r\n"); i > 0 && len(text) > chunk/2 {
		text = text[:i+1]
	}
	best := -1.0
	for _, r := range Delimiters {
		if s := delimiterScore(text, byte(r), lim); s > best {
			g.Delimiter, best = r, s
		}
	}
	return nil
}

// delimiterScore reads the head as if r were the delimiter.
func delimiterScore(text []byte, r byte, lim Limits) float64 {
	c, err := newCSVReader(&memory{text: bytes.Clone(text)}, r, lim)
	if err != nil {
		return 0
	}
	widths := map[int]int{}
	records, words := 0, 0
	for records < 200 {
		rec, err := c.next()
		if err != nil {
			break // the head ends inside a record, or a limit is passed
		}
		records++
		widths[len(rec.fields)]++
		if records <= headerWithin {
			words = max(words, headerScore(copyCells(rec.fields)))
		}
	}
	most, width := 0, 1
	for w, n := range widths {
		if w > 1 && (n > most || n == most && w > width) {
			most, width = n, w
		}
	}
	if records == 0 || most == 0 {
		return float64(words) / 10
	}
	return float64(most)/float64(records)*(1+float64(min(width, 20))/20) + float64(words)/10
}
