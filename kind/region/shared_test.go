package region

import (
	"bufio"
	"kexin/internal/shareddata"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shared gives a folder of the test data, or skips the test.
func shared(t testing.TB, name string) string {
	t.Helper()
	return shareddata.Path(t, "data", name)
}

// A labelled address: its text and the parts that people marked.
type labelled struct {
	text string
	part map[string]string
}

// readLabelled reads a file of one character and its BIO tag a line.
func readLabelled(t *testing.T, file string) []labelled {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []labelled
	cur := labelled{part: map[string]string{}}
	for in := bufio.NewScanner(f); in.Scan(); {
		ch, tag, ok := strings.Cut(in.Text(), " ")
		if !ok {
			if cur.text != "" {
				out = append(out, cur)
			}
			cur = labelled{part: map[string]string{}}
			continue
		}
		cur.text += ch
		if len(tag) > 2 {
			name := tag[2:]
			if tag[0] == 'B' && cur.part[name] != "" {
				name += "2"
			}
			cur.part[name] += ch
		}
	}
	return out
}

// meant are the codes that the marked province, city and district can mean.
func meant(a labelled) []string {
	tab := load()
	var out []string
	same := func(i int16, s string) bool {
		p := tab.places[i]
		return s == p.name || len(s) >= 6 && (s == p.name[:p.stem] || strings.HasPrefix(s, p.name[:p.stem]) && suffix(&p, s[p.stem:]) == len(s)-int(p.stem))
	}
	for _, i := range tab.rows {
		if tab.places[i].level != District || !same(i, a.part["district"]) {
			continue
		}
		ok := true
		for _, up := range []string{"city", "prov"} {
			if a.part[up] == "" {
				continue
			}
			found := false
			for j := tab.places[i].up; j >= 0; j = tab.places[j].up {
				found = found || same(j, a.part[up])
			}
			ok = ok && (found || same(i, a.part[up]))
		}
		if ok {
			out = append(out, tab.places[i].code)
		}
	}
	return out
}

// Real addresses with hand-marked parts (Neural Chinese Address Parsing, 2019):
// at least 96 of 100 get the marked district, at most 1 of 1,000 another one.
// The two that do hold two contradicting heads.
func TestLabelled(t *testing.T) {
	dir := shared(t, "zh-address")
	n := map[string]int{}
	for _, file := range []string{"dev.txt", "train.txt"} {
		for _, a := range readLabelled(t, filepath.Join(dir, file)) {
			if a.part["district"] != "" {
				n[verdict(a)]++
			}
		}
	}
	known := n["right"] + n["shorter"] + n["none"] + n["wrong"]
	t.Logf("%d addresses with one known district: %d right, %d shorter, %d none, %d wrong", known, n["right"], n["shorter"], n["none"], n["wrong"])
	if known < 5000 || n["right"]*100 < known*96 || n["wrong"]*1000 > known {
		t.Error("too few right or too many wrong")
	}
}

// verdict compares Split with the marks.
func verdict(a labelled) string {
	want := meant(a)
	if len(want) != 1 {
		return "unknown"
	}
	code, _, _ := Split(a.text)
	switch {
	case code == want[0]:
		return "right"
	case code == "":
		return "none"
	case Within(want[0], code):
		return "shorter"
	}
	return "wrong"
}
