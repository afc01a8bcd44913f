package demo_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"kexin"
	"kexin/demo"
)

// world is what a town's people see, without what is drawn anew for each:
// lines without ids, links and times.
func (b *built) world() (out []string) {
	b.t.Helper()
	for _, who := range []string{"林国栋", "孙婷", "叶丽萍", "郭亮", "鲁平"} {
		a := b.enter(who)
		q := kexin.Query{Object: kexin.Customer, Fields: []kexin.FieldID{kexin.CustName, kexin.CustPhone, kexin.CustNeed, kexin.CustStage, kexin.CustRegion}}
		for {
			l, err := b.app.Find(b.t.Context(), a, q)
			if err != nil {
				b.t.Fatal(err)
			}
			for _, r := range l.Rows {
				line := who
				for _, c := range r.Cells {
					line += fmt.Sprintf("|%v %s %d", c.Level, c.Value.S, c.Value.N)
				}
				out = append(out, line)
			}
			if l.Next == "" {
				break
			}
			q.After = l.Next
		}
		sent, _, err := b.app.Sent(b.t.Context(), a)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, s := range sent {
			out = append(out, fmt.Sprint(who, " sent ", s.Name.Value.S, s.Shop, s.Need, s.Way, s.Sight))
		}
		box, _, err := b.app.Inbox(b.t.Context(), a)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, x := range box {
			out = append(out, fmt.Sprint(who, " has ", x.Name.Value.S, x.From, x.Need, x.Channel, x.Grade, x.State, x.Outcome, x.Proved))
		}
	}
	for _, name := range []string{demo.OwnList, demo.OwnersList} {
		f, err := os.ReadFile(filepath.Join(b.dir, "demo", name))
		if err != nil {
			b.t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %x", name, sha256.Sum256(f)))
	}
	slices.Sort(out)
	return out
}

// TestSameTown: the same seed gives the same town.
func TestSameTown(t *testing.T) {
	a, b := build(t), build(t)
	one, two := a.world(), b.world()
	if len(one) < 800 {
		t.Fatalf("%d lines", len(one))
	}
	for i := range min(len(one), len(two)) {
		if one[i] != two[i] {
			t.Fatalf("line %d of %d and %d:\n%s\n%s", i, len(one), len(two), one[i], two[i])
		}
	}
	if len(one) != len(two) {
		t.Errorf("%d lines and %d", len(one), len(two))
	}
}
