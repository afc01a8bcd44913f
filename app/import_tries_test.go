package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"kexin"
	"kexin/law"
	"kexin/store"
)

// TestImportTries: a rep who sees the last four digits of his customer's number
// cannot find the others by lists that he throws away: numbers made up with her
// tail are refused unread, and of other lists few tell him who is known. What is
// imported is not counted (security A4).
func TestImportTries(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, rep := context.Background(), b.Staff["rep"]
		row := func(phone string) string { return "王秀英," + phone + ",,,,到店登记,,2024-05-06,,," }
		fresh := 0
		stranger := func() string { fresh++; return fmt.Sprintf("1398%07d", fresh*7919%10_000_000) }
		b.Customer("rep", store.Values{kexin.CustName: kexin.Str("王秀英"), kexin.CustPhone: kexin.Str("+8613812345678")})
		tries := func() (n int) {
			b.View(func(tx *store.Tx) error { var err error; n, err = tx.Tries(rep.User); return err })
			return n
		}
		var made []string
		for i := range 60 {
			made = append(made, row(fmt.Sprintf("138%02d345678", i)), row(stranger()))
		}
		b.Clock.Move(time.Minute)
		x := b.upload(rep, declared(), csvOf(made...))
		if x.State != impFailed || x.Fault != "import.made_up" || len(x.Outcomes) != 0 || x.Taken != 0 || len(x.Columns) != 0 {
			t.Fatalf("numbers made up with one tail: %+v", x)
		}
		ask := func(phones ...string) Batch {
			t.Helper()
			b.Clock.Move(time.Minute)
			rows := []string{",,,,,到店登记,,2024-05-06,,,"} // refused: nothing in it
			for _, p := range phones {
				rows = append(rows, row(p))
			}
			return b.upload(rep, declared(), csvOf(rows...))
		}
		cancel := func(x Batch) {
			t.Helper()
			if _, err := b.app.CancelImport(ctx, rep, x.ID); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 { // who is known in none costs nothing
			cancel(ask(stranger()))
		}
		for range law.ImportTries + 2 { // nor does what is imported
			if x = ask("13812345678", stranger()); x.Coarse || x.Outcomes[kexin.OutNew] != 1 {
				t.Fatalf("%+v", x)
			}
			if x = b.confirm(rep, x); x.State != impDone {
				t.Fatalf("%+v", x)
			}
		}
		if tries() != 0 {
			t.Fatalf("%d tries counted", tries())
		}
		for i := range law.ImportTries {
			x = ask("13812345678", stranger())
			if x.Coarse || x.Outcomes[kexin.OutNew] != 1 || tries() != i+1 {
				t.Fatalf("try %d: %d counted, %+v", i, tries(), x)
			}
			if i == 0 { // a correction asks anew, and counts
				if _, err := b.app.ChangeImport(ctx, rep, x.ID, ImportChange{Answers: map[string]string{groupDay: "store"}}); err != nil {
					t.Fatal(err)
				}
				if x = b.work(rep, x.ID); tries() != 2 {
					t.Fatalf("%d counted after a correction", tries())
				}
				b.Update(func(tx *store.Tx) error { return tx.Try(rep.User, -1) })
			}
			cancel(x)
		}
		hit, miss := ask("13812345678", stranger(), stranger()), ask(stranger(), stranger(), stranger())
		for _, x := range []Batch{hit, miss} {
			if !x.Coarse || x.Taken != 3 || x.Outside != 0 || len(x.Outcomes) != 2 || x.Outcomes[kexin.OutRefused] != 1 || len(x.Refusals) != 1 || x.Held {
				t.Errorf("%+v", x)
			}
		}
		if tries() != law.ImportTries {
			t.Errorf("%d tries counted", tries())
		}
		all, err := b.app.Alerts(ctx, b.Staff["owner"])
		b.must(err)
		if len(all) != 2 || all[0].Code != "import_tries" || all[1].Code != "import_made_up" || all[0].Args["member"] != rep.User.String() {
			t.Errorf("%+v", all)
		}
		if x = b.confirm(rep, hit); x.State != impDone || x.Coarse || x.Outcomes[kexin.OutNew] != 2 {
			t.Errorf("imported all the same: %+v", x)
		}
		b.Clock.Move(31 * 24 * time.Hour)
		if x = ask("13812345678", stranger()); x.Coarse {
			t.Errorf("a month later: %+v", x)
		}
	})
}

// TestCoarseRemark: that a record has no room for a remark says that it is
// there, so a coarse result does not count it among the refused.
func TestCoarseRemark(t *testing.T) {
	c := newCounts()
	long := &line{}
	c.count([]ruling{{line: long, outcome: kexin.OutRefused, code: refusedLong, person: &person{}}, {line: &line{refused: refusedEmpty}, outcome: kexin.OutRefused, code: refusedEmpty}, {line: long, outcome: kexin.OutNew, person: &person{}}})
	out := Batch{Taken: 1}
	out.coarsen(c)
	if out.Taken != 2 || out.Outcomes[kexin.OutRefused] != 1 || len(out.Refusals) != 1 || out.Refusals[refusedEmpty] != 1 || c.Refusals[refusedLong] != 1 {
		t.Errorf("%+v of %+v", out, c)
	}
}

// TestTails: numbers that people were given are never taken for made up, with
// the endings that everybody wants among them; those made up for a few tails
// are, and so behind any number of others.
func TestTails(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{10, 300, 5_000, tailsWindow + 50_000} {
		s := newTails()
		for range n {
			p := fmt.Sprintf("+861%010d", dice.IntN(10_000_000_000))
			if dice.IntN(50) == 0 {
				p = p[:10] + []string{"8888", "6666", "9999", "1688", "5188"}[dice.IntN(5)]
			}
			s.add([]string{p, p})
		}
		if s.madeUp() {
			t.Errorf("%d numbers of people: %d pairs", n, s.pairs)
		}
		for i := range 40 + n/50 { // for ten customers
			for tail := range 10 {
				s.add([]string{fmt.Sprintf("+8615%05d%04d", i, 4321+tail)})
			}
		}
		if !s.madeUp() {
			t.Errorf("%d numbers of people and %d made up: %d pairs", n, 400+n/5, s.pairs)
		}
	}
}
