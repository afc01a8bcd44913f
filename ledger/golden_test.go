package ledger

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var updateGolden = flag.Bool("update", false, "write the files in testdata anew")

// golden compares with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *updateGolden {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; if that is meant, run with -update:\n%s", name, firstDifference(got, want))
	}
}

func firstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d\n got %.300s\nwant %.300s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// Every type of event with its facts and the codes of each closed list. A
// code that stood in a leaf once must be read for ever, so a line here may
// grow but not lose a word.
func TestEventsGolden(t *testing.T) {
	words := literals(t)
	slices.Sort(words)
	var b strings.Builder
	for _, typ := range Types() {
		ev := events[typ]
		fmt.Fprintf(&b, "%s %s\n", typ, [...]string{"never", "may", "must"}[ev.person])
		v, err := ParseJCS(mustLeaf(t, filled(t, ev, words))[len(leafPrefix):])
		if err != nil {
			t.Fatal(err)
		}
		facts, _ := v.Get("facts")
		for i, m := range facts.Members() {
			fmt.Fprintf(&b, "\t%s %s\n", m.Key, factKind(t, ev, i, m.Key, words))
		}
	}
	golden(t, "events.golden", []byte(b.String()))
}

func mustLeaf(t testing.TB, f Facts) []byte {
	t.Helper()
	leaf, err := entryOf(f).Encode()
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

// factKind is the Go type of a fact, and for codes all words that it takes.
func factKind(t *testing.T, ev event, _ int, key string, words []string) string {
	st := reflect.TypeOf(ev.make()).Elem()
	field, _ := st.FieldByName(fieldLike(st, key))
	if elem := field.Type; elem.Kind() != reflect.String && (elem.Kind() != reflect.Slice || elem.Elem().Kind() != reflect.String) {
		return elem.String()
	}
	var taken []string
	for _, w := range words {
		f := ev.make()
		v := reflect.ValueOf(f).Elem().FieldByIndex(field.Index)
		if v.Kind() == reflect.Slice {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			v = v.Index(0)
		}
		v.SetString(w)
		if _, err := entryOf(f).Encode(); err == nil {
			taken = append(taken, w)
		}
	}
	return field.Type.String() + ": " + strings.Join(slices.Compact(taken), " ")
}

// An evidence file as this program once wrote it, with the line that somebody
// kept. It must check out for ever.
func TestEvidenceGolden(t *testing.T) {
	w := sampleWorld(t)
	size := w.now().tree.Size
	golden(t, "evidence.json", w.file(w.evidence(w.persons[3], 62, size)))
	golden(t, "known.txt", []byte(w.line(0, 62).Line()+"\n"+w.line(0, size).Line()+"\n"))

	f, err := os.Open("testdata/evidence.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	known, err := os.ReadFile("testdata/known.txt")
	if err != nil {
		t.Fatal(err)
	}
	v := VerifyEvidence(f, VerifyOptions{Known: strings.Split(strings.TrimSpace(string(known)), "\n")})
	if v.Status != Valid {
		t.Error(v.Status, v.Faults)
	}
}

// The sentences that verdicts are made of: what is new or gone is seen.
func TestStatementsGolden(t *testing.T) {
	golden(t, "statements.golden", []byte(strings.Join(Statements(), "\n")+"\n"))
}
