package intake

import (
	"encoding/csv"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// The three honest files: every row that truth.csv numbers is found under that
// number, and no other.
func TestTruth(t *testing.T) {
	truth := readTruth(t)
	for _, c := range []struct {
		name, encoding string
		header, skips  int
	}{
		{"tile-gb18030.csv", "gb18030", 2, 2},
		{"cabinet-utf8bom.csv", "utf-8", 1, 0},
		{"appliance.xlsx", "", 2, 0},
	} {
		f := sharedFile(t, c.name)
		g := look(t, f, Options{})
		if g.Encoding != c.encoding || g.Header != c.header || !g.Sure || len(g.Columns) != 11 || g.Columns[1].Name != "手机" || len(g.Sample) != 20 {
			t.Errorf("%s: %+v", c.name, g)
		}
		n, skips := 0, 0
		for _, r := range rows(t, f, g) {
			if r.Skip != "" {
				skips++
				continue
			}
			n++
			person, ok := truth[c.name][r.N]
			if r.N != n || !ok {
				t.Fatalf("%s: row %d at line %d, truth has it: %v", c.name, r.N, r.Line, ok)
			}
			if blank := strings.Join(r.Cells, "") == ""; blank && person != -1 {
				t.Errorf("%s row %d is blank, truth says person %d", c.name, r.N, person)
			}
			if len(r.Notes) > 0 {
				t.Errorf("%s row %d: %v", c.name, r.N, r.Notes)
			}
		}
		if n != len(truth[c.name]) || skips != c.skips {
			t.Errorf("%s: %d rows and %d skipped, truth has %d and %d", c.name, n, skips, len(truth[c.name]), c.skips)
		}
	}
}

// The rows of the workbook also stand in the text files; the cells must be the
// same, phones stored as numbers included.
func TestTruthSamePersonSamePhone(t *testing.T) {
	truth := readTruth(t)
	phones := map[int]map[string]bool{}
	for _, name := range []string{"tile-gb18030.csv", "cabinet-utf8bom.csv"} {
		f := sharedFile(t, name)
		for _, r := range rows(t, f, look(t, f, Options{})) {
			person := truth[name][r.N]
			if phones[person] == nil {
				phones[person] = map[string]bool{}
			}
			phones[person][lastEleven(r.Cells[1])] = true
		}
	}
	f := sharedFile(t, "appliance.xlsx")
	numbers := 0
	for _, r := range rows(t, f, look(t, f, Options{})) {
		if person := truth["appliance.xlsx"][r.N]; person >= 0 && !phones[person][lastEleven(r.Cells[1])] {
			t.Errorf("row %d: phone is in no other file", r.N)
		}
		if len(r.Cells[1]) == 11 && strings.Trim(r.Cells[1], "0123456789") == "" {
			numbers++
		}
	}
	if numbers < 100 {
		t.Errorf("only %d plain numbers", numbers)
	}
}

// lastEleven: a number in a sheet has lost its 00 and the signs between.
func lastEleven(cell string) string {
	d, _ := digitsOf(cell, "-+")
	return d[max(0, len(d)-11):]
}

func readTruth(t *testing.T) map[string]map[int]int {
	t.Helper()
	f := sharedFile(t, "truth.csv")
	records, err := csv.NewReader(io.NewSectionReader(f, 0, f.Size())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[int]int{}
	for _, r := range records[1:] {
		if out[r[0]] == nil {
			out[r[0]] = map[int]int{}
		}
		row, _ := strconv.Atoi(r[1])
		if out[r[0]][row], err = strconv.Atoi(r[2]); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// RowsFrom gives exactly the rest, wherever it begins.
func TestResume(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"tile-gb18030.csv", "appliance.xlsx"} {
		f := sharedFile(t, name)
		g := look(t, f, Options{})
		whole := rows(t, f, g)
		for range 8 {
			after := dice.IntN(len(whole) + 2)
			var rest []Row
			for r, err := range RowsFrom(f, g, lim, after) {
				if err != nil {
					t.Fatal(err)
				}
				rest = append(rest, r)
			}
			want := whole
			for len(want) > 0 && want[0].N > 0 && want[0].N <= after || len(want) > 1 && want[0].N == 0 && after > 0 && want[1].N > 0 && want[1].N <= after {
				want = want[1:]
			}
			if grid(rest) != grid(want) {
				t.Errorf("%s after %d: %d rows, want %d", name, after, len(rest), len(want))
			}
		}
	}
}

// A consumer may stop at any row.
func TestStopEarly(t *testing.T) {
	f := sharedFile(t, "tile-gb18030.csv")
	n := 0
	for range Rows(f, look(t, f, Options{}), lim) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Error(n)
	}
}
