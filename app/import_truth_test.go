package app

import (
	"bytes"
	"context"
	"encoding/csv"
	"strconv"
	"strings"
	"testing"

	"kexin"
	"kexin/match"
	"kexin/store"
)

// honest are the three lists in the order in which they are imported.
var honest = []string{"tile-gb18030.csv", "cabinet-utf8bom.csv", "appliance.xlsx"}

// truthOf reads which row is about which person; -1 must not come in.
func truthOf(tb testing.TB) map[string]int {
	recs, err := csv.NewReader(bytes.NewReader(export(tb, "truth.csv"))).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	out := map[string]int{}
	for _, r := range recs[1:] {
		n, err := strconv.Atoi(r[2])
		if err != nil {
			tb.Fatal(err)
		}
		out[r[0]+"/"+r[1]] = n
	}
	return out
}

// A told row is what the import made of one row of the truth.
type toldRow struct {
	person  int
	outcome kexin.Outcome
	group   string // whom it is about: a record, or a person of the same file
	wide    string // the same, where a row set aside may be about a record of a file before
}

// TestTruth imports the three honest files into one merchant, in order, with
// no question answered, and compares with the truth. Rows set aside are
// matched inside the run of their own file alone.
func TestTruth(t *testing.T) {
	truth := truthOf(t)
	both(t, func(t *testing.T, b *bench) {
		var all []toldRow
		for _, name := range honest {
			rows := b.traced(name, truth)
			all = append(all, rows...)
			active, aside := 0, 0
			persons := 0
			for _, r := range rows {
				if r.person < 0 {
					if r.outcome != kexin.OutRefused && r.outcome != kexin.OutAside {
						t.Errorf("%s: a row that must stay out is %s", name, r.outcome)
					}
					continue
				}
				persons++
				switch r.outcome {
				case kexin.OutNew, kexin.OutSame, kexin.OutUnchanged:
					active++
				case kexin.OutAside:
					aside++
				case kexin.OutRefused:
					t.Errorf("%s: a row of person %d was refused", name, r.person)
				}
			}
			share := float64(active) / float64(persons)
			t.Logf("%s: %d rows with a person, %.2f %% active at once, %d set aside", name, persons, 100*share, aside)
			if share < 0.94 {
				t.Errorf("%s: only %.4f of the rows are active", name, share)
			}
		}
		for how, group := range map[string]func(toldRow) string{
			"rows set aside matched inside their own file": func(r toldRow) string { return r.group },
			"and with the files before":                    func(r toldRow) string { return r.wide },
		} {
			precision, recall, pairs := compareTruth(all, group)
			t.Logf("%s: pairwise precision %.4f, recall %.4f over %d pairs", how, precision, recall, pairs)
			if precision < 0.998 || recall < 0.90 {
				t.Error("below the floor")
			}
		}
	})
}

// traced imports one file and tells what became of each row.
func (b *bench) traced(name string, truth map[string]int) []toldRow {
	b.TB.Helper()
	a := b.stepped("owner")
	file := export(b.TB, name)
	x, err := b.app.DeclareImport(context.Background(), a, declared())
	b.must(err)
	_, err = b.app.ReceiveImport(context.Background(), a, x.ID, bytes.NewReader(file), int64(len(file)))
	b.must(err)
	inside := b.insideOf(x.ID)
	x = b.confirm(a, b.work(a, x.ID))
	out := make([]toldRow, x.Rows)
	firstOf := map[string]string{} // a person inside the run → her record
	for i, r := range b.rows(x.ID, x.Rows) {
		out[i] = toldRow{person: truth[name+"/"+strconv.Itoa(i+1)], outcome: r.Outcome}
		if r.Record != 0 && r.Outcome != kexin.OutReview {
			out[i].group = r.Record.String()
			firstOf[inside[i+1]] = r.Record.String()
		}
	}
	for i := range out {
		if out[i].outcome == kexin.OutAside {
			if out[i].group = firstOf[inside[i+1]]; out[i].group == "" {
				out[i].group = name + inside[i+1]
			}
			out[i].wide, _ = strings.CutPrefix(inside[i+1], "record")
			if out[i].wide == inside[i+1] {
				out[i].wide = out[i].group
			}
		}
		if out[i].group == "" {
			out[i].group = name + "row" + strconv.Itoa(i+1)
		}
		if out[i].wide == "" {
			out[i].wide = out[i].group
		}
	}
	return out
}

// insideOf passes over the file as the dry run does and tells whom each row is
// about inside it. A row set aside is matched there, with what is in the file alone.
func (b *bench) insideOf(id kexin.ID) map[int]string {
	b.TB.Helper()
	ctx := context.Background()
	r, err := b.app.start(ctx, b.Org, id, nil)
	b.must(err)
	defer r.close()
	b.must(r.understand())
	note, err := newNotebook(b.app.stageDir(b.Org, id))
	b.must(err)
	defer note.Close()
	out := map[int]string{}
	for lines, err := range r.steps(ctx, 0, nil) {
		b.must(err)
		b.View(func(tx *store.Tx) error {
			book, rulings, err := r.judge(tx, lines, note)
			if err != nil {
				return err
			}
			for _, x := range rulings {
				if out[x.line.n], err = book.whom(x); err != nil {
					return err
				}
			}
			r.seq = book.rules.seq
			return book.freeze()
		})
	}
	return out
}

// whom names the person a row is about.
func (b *book) whom(x ruling) (string, error) {
	p := x.person
	if x.outcome == kexin.OutAside {
		people, err := b.candidates(x.line)
		if err != nil {
			return "", err
		}
		var d match.Decision
		if p, d = decide(x.line, people); d.At < 0 || d.Verdict != match.Same {
			p = b.add(x.line, b.rules.next())
		}
	}
	switch {
	case p == nil || x.outcome == kexin.OutReview:
		return "row" + strconv.Itoa(x.line.n), nil
	case p.known != nil:
		return "record" + p.known.ID.String(), nil
	}
	return "seq" + strconv.Itoa(p.seq), nil
}

// compareTruth compares every pair of rows with a person.
func compareTruth(rows []toldRow, group func(toldRow) string) (precision, recall float64, pairs int) {
	var told, both int
	for i := range rows {
		for j := range i {
			if rows[i].person < 0 || rows[j].person < 0 {
				continue
			}
			is, said := rows[i].person == rows[j].person, group(rows[i]) == group(rows[j])
			if is {
				pairs++
			}
			if said {
				told++
			}
			if is && said {
				both++
			}
		}
	}
	return float64(both) / float64(told), float64(both) / float64(pairs), pairs
}

// TestSameFileAgain: a shop's list that comes a second time changes nothing.
func TestSameFileAgain(t *testing.T) {
	for _, name := range honest {
		both(t, func(t *testing.T, b *bench) {
			file := export(t, name)
			x := b.take(file)
			y := b.take(file)
			for o, n := range y.Outcomes {
				switch o {
				case kexin.OutRefused, kexin.OutAside:
					if n != x.Outcomes[o] {
						t.Errorf("%s: %d %s, the first time %d", name, n, o, x.Outcomes[o])
					}
				case kexin.OutUnchanged:
				default:
					if n > 0 {
						t.Errorf("%s: %d %s", name, n, o)
						for _, r := range b.rows(y.ID, y.Rows) {
							if r.Outcome == o {
								t.Logf("row %d, score %d, %s", r.N, r.Score, r.Code)
							}
						}
					}
				}
			}
		})
	}
}
