package match_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"kexin"
	"kexin/intake"
	"kexin/internal/shareddata"
	"kexin/kind"
	"kexin/match"
)

// sharedDir finds the data that tests share, loudly skipping without it.
func sharedDir(tb testing.TB) string {
	tb.Helper()
	return shareddata.Path(tb, "data", "shop-exports")
}

// A row of the three honest files, read.
type row struct {
	file   string
	n      int
	person int
	facts  match.Facts
	bad    bool // a fatal issue
}

// parse reads a cell; what is not clean is left for kind.Normalise.
func parse(f *kexin.Field, raw string) (kexin.Value, []kexin.Issue) {
	v, issues := kind.Parse(f, raw, kind.Env{})
	if len(issues) == 0 || f.Kind == kexin.KindChoice || f.Kind == kexin.KindChoices {
		return v, issues
	}
	return kexin.Str(raw), nil
}

func readTruth(tb testing.TB, dir string) map[string]int {
	f, err := os.Open(filepath.Join(dir, "truth.csv"))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	recs, err := csv.NewReader(f).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	out := map[string]int{}
	for _, r := range recs[1:] {
		p, err := strconv.Atoi(r[2])
		if err != nil {
			tb.Fatal(err)
		}
		out[r[0]+"/"+r[1]] = p
	}
	return out
}

func readRows(tb testing.TB) (out []row) {
	dir := sharedDir(tb)
	truth := readTruth(tb, dir)
	s := kexin.Builtin()
	for _, name := range []string{"tile-gb18030.csv", "cabinet-utf8bom.csv", "appliance.xlsx"} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			tb.Fatal(err)
		}
		defer f.Close()
		st, err := f.Stat()
		if err != nil {
			tb.Fatal(err)
		}
		file := sized{f, st.Size()}
		g, err := intake.Look(file, intake.Options{}, intake.DefaultLimits())
		if err != nil {
			tb.Fatal(err)
		}
		targets := intake.Map(g, s, kexin.Customer)
		for r, err := range intake.Rows(file, g, intake.DefaultLimits()) {
			if err != nil {
				tb.Fatal(err)
			}
			if r.Skip != "" {
				continue
			}
			d, order, _ := intake.Drafts(r, targets, s, parse)
			kind.Normalise(s, &d, kind.Env{})
			x := row{file: name, n: r.N, person: truth[name+"/"+strconv.Itoa(r.N)]}
			var orders []string
			if order != nil {
				orders = []string{order.Values[kexin.OrdNo].S}
			}
			x.facts = match.FactsOf(d.Values, orders...)
			for _, i := range d.Issues {
				x.bad = x.bad || i.Fatal
			}
			out = append(out, x)
		}
	}
	return out
}

type sized struct {
	*os.File
	size int64
}

func (s sized) Size() int64 { return s.size }

// TestTruth matches the rows of the three honest files in the order they would
// be imported and compares the persons with the truth, pair by pair.
func TestTruth(t *testing.T) {
	rows := readRows(t)
	var people [][]row
	at := map[kexin.Key][]int{}
	of := make([]int, len(rows))
	reviews := map[string]int{}
	for i, r := range rows {
		of[i] = -1
		if (r.person < 0) != r.bad {
			t.Errorf("%s row %d: person %d, refused %v", r.file, r.n, r.person, r.bad)
		}
		if r.bad {
			continue
		}
		var ids []int
		var cands []match.Facts
		seen := map[int]bool{}
		for _, k := range match.Keys(r.facts) {
			for _, id := range at[kexin.Key{Kind: k.Kind, Canon: k.Canon}] {
				if !seen[id] {
					seen[id] = true
					ids, cands = append(ids, id), append(cands, merged(people[id]))
				}
			}
		}
		d := match.Decide(r.facts, cands)
		switch d.Verdict {
		case match.Review:
			reviews[r.file]++
			t.Logf("review: %d %v %+v | %+v", d.Score, d.Why, r.facts, cands[d.At])
			continue
		case match.New:
			of[i] = len(people)
			people = append(people, nil)
		default:
			of[i] = ids[d.At]
		}
		people[of[i]] = append(people[of[i]], r)
		for _, k := range match.Keys(merged(people[of[i]])) {
			k.Field = 0
			if l := at[k]; len(l) == 0 || l[len(l)-1] != of[i] {
				at[k] = append(l, of[i])
			}
		}
	}
	pairs(t, rows, of)
	t.Log(reviews)
}

func merged(rows []row) match.Facts {
	f := rows[0].facts
	for _, r := range rows[1:] {
		f.Phones = append(f.Phones[:len(f.Phones):len(f.Phones)], r.facts.Phones...)
		f.Orders = append(f.Orders[:len(f.Orders):len(f.Orders)], r.facts.Orders...)
		if f.Room == "" && (f.Estate == "" || f.Estate == r.facts.Estate) {
			f.Estate, f.Room = r.facts.Estate, r.facts.Room
			if len(r.facts.Region) >= len(f.Region) && r.facts.Region != "" {
				f.Region = r.facts.Region
			}
		}
	}
	return f
}

func pairs(t *testing.T, rows []row, of []int) {
	var both, found, real int
	for i := range rows {
		for j := range i {
			if rows[i].person < 0 || rows[j].person < 0 {
				continue
			}
			same, told := rows[i].person == rows[j].person, of[i] >= 0 && of[i] == of[j]
			if same {
				real++
			}
			if told {
				found++
			}
			if same && told {
				both++
			}
		}
	}
	precision, recall := float64(both)/float64(found), float64(both)/float64(real)
	t.Logf("pairwise precision %.4f, recall %.4f over %d pairs", precision, recall, real)
	if precision < 0.998 || recall < 0.90 {
		t.Error("below the floor")
	}
}
