package intake

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// Vertical merges over any grid give what filling the grid by hand gives; rows
// without a cell of their own stay blank, and blank rows at the end vanish.
func TestMergesAgainstGrid(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const width = 4
		height := rapid.IntRange(1, 12).Draw(rt, "height")
		grid := make([][]string, height)
		for r := range grid {
			grid[r] = make([]string, width)
			for c := range grid[r] {
				if rapid.IntRange(0, 2).Draw(rt, "filled") > 0 {
					grid[r][c] = fmt.Sprintf("%d.%d", r, c)
				}
			}
		}
		var refs strings.Builder
		want := make([][]string, height)
		for r := range grid {
			want[r] = slices.Clone(grid[r])
		}
		taken := map[[2]int]bool{}
		for range rapid.IntRange(0, 5).Draw(rt, "merges") {
			c, r := rapid.IntRange(0, width-1).Draw(rt, "column"), rapid.IntRange(0, height-1).Draw(rt, "row")
			last := rapid.IntRange(r, height-1).Draw(rt, "last")
			free := true
			for i := r; i <= last; i++ {
				free = free && !taken[[2]int{i, c}]
			}
			if !free || blankRow(grid[r]) {
				continue
			}
			for i := r; i <= last; i++ {
				taken[[2]int{i, c}] = true
				if i > r {
					grid[i][c], want[i][c] = "", grid[r][c]
				}
			}
			fmt.Fprintf(&refs, `<mergeCell ref="%s%d:%s%d"/>`, columnName(c), r+1, columnName(c), last+1)
		}
		for len(grid) > 0 && blankRow(grid[len(grid)-1]) {
			grid = grid[:len(grid)-1]
		}
		b := newBook(data(grid...) + "<mergeCells>" + refs.String() + "</mergeCells>")
		w, err := openWorkbook(b.file(t), lim)
		if err != nil {
			rt.Fatal(err)
		}
		s, err := w.openSheet(&w.sheets[0], true)
		if err != nil {
			rt.Fatal(err)
		}
		for r := range grid {
			rec, err := s.next()
			if err != nil || rec.num != r+1 {
				rt.Fatalf("row %d: %d %v", r+1, rec.num, err)
			}
			cells := copyCells(rec.fields)
			for len(cells) < width {
				cells = append(cells, "")
			}
			line := want[r]
			if blankRow(grid[r]) {
				line = make([]string, width)
			}
			filled := 0
			for c := range line {
				if line[c] != grid[r][c] {
					filled++
				}
			}
			if !slices.Equal(cells, line) || len(rec.notes) != filled {
				rt.Fatalf("row %d: %q with %d notes, want %q with %d", r+1, cells, len(rec.notes), line, filled)
			}
		}
		if _, err := s.next(); err != io.EOF {
			rt.Fatalf("%v", err)
		}
	})
}

func blankRow(cells []string) bool { return strings.Join(cells, "") == "" }

func TestVerticalRefs(t *testing.T) {
	for ref, want := range map[string]mergedCell{
		"A1:A2": {column: 0, first: 1, last: 2}, "B3:D9": {column: 1, first: 3, last: 9}, "AA10:AA12": {column: 26, first: 10, last: 12},
	} {
		if got, ok := vertical(ref); !ok || got.column != want.column || got.first != want.first || got.last != want.last {
			t.Errorf("%s: %+v %v", ref, got, ok)
		}
	}
	for _, ref := range []string{"", "A1", "A1:K1", "A2:A1", "1:2", "A:B", "A1:B", "ZZZ1:ZZZ5", "a1:a5", "A1:A9999999999"} {
		if got, ok := vertical(ref); ok {
			t.Errorf("%s: %+v", ref, got)
		}
	}
}

// The end of the rows is found wherever the reads fall, and is not mistaken
// for the beginning or for text.
func TestAfterRows(t *testing.T) {
	for s, want := range map[string]string{
		"<worksheet><sheetData><row/></sheetData>rest":                        "rest",
		"<x:sheetData></x:sheetData>rest":                                     "rest",
		"<sheetData>" + strings.Repeat("<row/>", 60_000) + "</sheetData>rest": "rest",
	} {
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(s), "bytes": iotest.OneByteReader(strings.NewReader(s)), "with end": iotest.DataErrReader(strings.NewReader(s))} {
			rest, err := afterRows(r)
			if err != nil || rest == nil {
				t.Errorf("%s: %v %v", name, rest, err)
				continue
			}
			if got, err := io.ReadAll(rest); err != nil || string(got) != want {
				t.Errorf("%s: %d bytes, %v", name, len(got), err)
			}
		}
	}
	for _, s := range []string{"", "<sheetData>", "<sheetData/>", "sheetData>"} {
		if rest, err := afterRows(strings.NewReader(s)); rest != nil || err != nil {
			t.Errorf("%q: %v %v", s, rest, err)
		}
	}
	if _, err := afterRows(iotest.ErrReader(io.ErrClosedPipe)); err == nil {
		t.Error("no error")
	}
}

// Many merges are bounded; those that are over are forgotten.
func TestManyMerges(t *testing.T) {
	m := &merges{byRow: map[int][]mergedCell{}}
	for i := range 5000 {
		m.byRow[1] = append(m.byRow[1], mergedCell{column: i % 500, first: 1, last: 3})
	}
	m.byRow[4] = []mergedCell{{column: 0, first: 4, last: 5}}
	wide := make([][]byte, 500)
	for i := range wide {
		wide[i] = []byte("x")
	}
	m.fill(1, slices.Clone(wide), nil)
	if len(m.active) > 1000 {
		t.Error(len(m.active))
	}
	fields, notes := m.fill(2, nil, nil)
	if len(fields) != 500 || len(notes) != 500 || !bytes.Equal(fields[7], []byte("x")) {
		t.Errorf("%d fields, %d notes", len(fields), len(notes))
	}
	m.fill(4, slices.Clone(wide), nil)
	if len(m.active) != 1 {
		t.Errorf("%d are still active", len(m.active))
	}
}
