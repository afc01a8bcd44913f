package app

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/law"
	"kexin/ledger"
	"kexin/store"
	"kexin/store/storetest"
)

// A pair is two transactions on PostgreSQL of which the second comes between what
// the first reads and what it writes. SQLite has one writer.
type pair struct {
	*bench
	at atomic.Pointer[meeting]
}

type meeting struct {
	read string
	skip atomic.Int32 // so often it is read before
	then func()
}

func newPair(t *testing.T) *pair {
	p, c := &pair{}, storetest.NewClock()
	c.Move(200 * 24 * time.Hour)
	p.bench = newBench(storetest.New(t, storetest.Ready(t, dbtest.Postgres)(db.Config{Clock: c.Now, Trace: func(q string, _ time.Duration, _ int) {
		if m := p.at.Load(); m != nil && strings.Contains(q, m.read) && m.skip.Add(-1) < 0 && p.at.CompareAndSwap(m, nil) {
			m.then()
		}
	}}), c))
	return p
}

// meet runs first; once it has read so far, second, until that is through or waits
// for a lock of the first.
func (p *pair) meet(first func() error, read string, skip int32, second func() error) (one, two error) {
	p.TB.Helper()
	var done chan error
	m := &meeting{read: read, then: func() { done = p.beside(second) }}
	m.skip.Store(skip)
	p.at.Store(m)
	one = first()
	if p.at.Swap(nil) != nil {
		p.TB.Fatalf("nothing was read by %q: %v", read, one)
	}
	return one, <-done
}

// beside runs f next to a transaction in a statement of which it is called, until f
// is through or waits for a lock.
func (p *pair) beside(f func() error) chan error {
	done, waits := make(chan error, 1), make(chan error)
	go func() { done <- f() }()
	go func() { // the traced one is inside a transaction
		var n int64
		var err error
		for n == 0 && err == nil && len(done) == 0 {
			time.Sleep(time.Millisecond)
			err = p.DB.View(context.Background(), func(tx *db.Tx) error {
				return tx.Row("SELECT COUNT(*) FROM pg_stat_activity WHERE datname=current_database() AND wait_event_type='Lock'").Scan(&n)
			})
		}
		waits <- err
	}()
	if err := <-waits; err != nil {
		p.TB.Error(err)
	}
	return done
}

// TestStepBesideStops: where one stop follows another, a step of a list that lost
// against a few of them makes the next one wait, and is stored.
func TestStepBesideStops(t *testing.T) {
	p := newPair(t)
	stranger := p.subjectOf(p.Customer("rep4", store.Values{kexin.CustName: kexin.Str("钱一")}))
	var stops []chan error
	m := &meeting{read: "UPDATE import_batch SET done="}
	m.then = func() {
		stops = append(stops, p.beside(func() error {
			return p.Store.Update(context.Background(), p.Org, func(tx *store.Tx) error {
				_, err := tx.Quieten(stranger, []kexin.Key{{Kind: kexin.KeyPhone, Canon: "+8613812345678"}}, tx.Now, 0, ledger.Actor{Kind: ledger.BySystem}, "")
				return err
			})
		}))
		p.at.Store(m)
	}
	p.at.Store(m)
	if x := p.take(csvOf("王秀兰,13812345678,,,,到店登记,,2024-05-06,,,")); x.State != impDone || len(stops) > 5 {
		t.Errorf("%s %s after %d stops", x.State, x.Fault, len(stops))
	}
	for _, s := range stops {
		p.must(<-s)
	}
}

// TestStopBesideWrite: a number that is stopped at the moment in which it is written
// into a record marks whose record it is, whichever of the two comes first and
// whatever writes it.
func TestStopBesideWrite(t *testing.T) {
	ctx := context.Background()
	const phone, email = "+8613812345678", "wang@example.cn"
	name := store.Values{kexin.CustName: kexin.Str("王秀兰")}
	for what, write := range map[string]func(p *pair, other kexin.ID) error{
		"a customer": func(p *pair, _ kexin.ID) error {
			_, err := p.app.Create(ctx, p.Staff["rep"], Draft{Object: kexin.Customer, Values: store.Values{kexin.CustName: name[kexin.CustName], kexin.CustPhone: kexin.Str(phone)}})
			return err
		},
		"another of the household": func(p *pair, _ kexin.ID) error {
			_, err := p.app.Create(ctx, p.Staff["rep"], Draft{Object: kexin.Customer, Shared: true, Values: store.Values{kexin.CustName: name[kexin.CustName], kexin.CustPhone: kexin.Str(phone)}})
			return err
		},
		"a mailbox": func(p *pair, _ kexin.ID) error {
			_, err := p.app.Create(ctx, p.Staff["rep"], Draft{Object: kexin.Customer, Values: store.Values{kexin.CustName: name[kexin.CustName], kexin.CustEmail: kexin.Str(email)}})
			return err
		},
		"a change": func(p *pair, other kexin.ID) error {
			_, err := p.app.Edit(ctx, p.Staff["rep"], other, 1, Draft{Object: kexin.Customer, Values: store.Values{kexin.CustPhone: kexin.Str(phone)}})
			return err
		},
		"a contact": func(p *pair, other kexin.ID) error {
			_, err := p.app.Create(ctx, p.Staff["rep"], Draft{Object: kexin.Contact, Parent: other, Values: store.Values{kexin.ContName: kexin.Str("王秀兰"), kexin.ContPhone: kexin.Str(phone)}})
			return err
		},
		"a list": func(p *pair, _ kexin.ID) error {
			if x := p.take(csvOf("王秀兰," + phone + ",,,,到店登记,,2024-05-06,,,")); x.State != impDone {
				return fmt.Errorf("%s %s", x.State, x.Fault)
			}
			return nil
		},
	} {
		for _, stopFirst := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, stop first %v", what, stopFirst), func(t *testing.T) {
				p := newPair(t)
				other := p.Customer("rep", store.Values{kexin.CustName: kexin.Str("张伟")})
				stranger := p.subjectOf(p.Customer("rep4", store.Values{kexin.CustName: kexin.Str("钱一")}))
				keys := []kexin.Key{{Kind: kexin.KeyPhone, Canon: phone}, {Kind: kexin.KeyEmail, Canon: email}}
				put := func() error { return write(p, other) }
				stop := func() error {
					return p.Store.Update(ctx, p.Org, func(tx *store.Tx) error {
						_, err := tx.Quieten(stranger, keys, tx.Now, 0, ledger.Actor{Kind: ledger.BySystem}, "")
						return err
					})
				}
				var one, two error
				if stopFirst {
					one, two = p.meet(stop, "SELECT COALESCE(c.subject_id", 0, put)
				} else {
					asked := int32(1) // at the door, before the transaction that writes
					if what == "a list" {
						asked = 0
					}
					one, two = p.meet(put, "FROM suppression", asked, stop)
				}
				p.must(one)
				p.must(two)
				p.View(func(tx *store.Tx) error {
					all, err := tx.WithAddresses(keys, stranger)
					if len(all) != 2 {
						t.Errorf("%d with the address", len(all))
					}
					for _, id := range all {
						if quiet, _, err := tx.Quieted(id); err != nil || !quiet {
							t.Errorf("not marked: %v", err)
						}
					}
					return err
				})
			})
		}
	}
}

func (b *bench) subjectOf(customer kexin.ID) (id kexin.ID) {
	b.TB.Helper()
	b.View(func(tx *store.Tx) error {
		f, err := tx.Facts(kexin.Customer, customer)
		if err == nil {
			id = f.Subject
		}
		return err
	})
	return id
}

// TestLookupsMeet: of two who ask while one lookup is left, to the person or to his
// department, one is answered; and what a list told counts with what is asked.
func TestLookupsMeet(t *testing.T) {
	ctx := context.Background()
	ask := func(p *pair, who, phone string) func() error {
		return func() error { _, err := p.app.Lookup(ctx, p.Staff[who], kexin.KeyPhone, phone); return err }
	}
	const budget = "p.kind='lookup'"
	t.Run("a person", func(t *testing.T) {
		p := newPair(t)
		p.spent("rep", law.LookupPerDay-1)
		one, two := p.meet(ask(p, "rep", "13711112222"), budget, 0, ask(p, "rep", "13711112223"))
		p.oneAnswered(one, two)
	})
	t.Run("a department", func(t *testing.T) {
		p := newPair(t)
		p.spent("leader", law.LookupDeptPerDay-1)
		one, two := p.meet(ask(p, "rep", "13711112222"), budget, 0, ask(p, "rep2", "13711112223"))
		p.oneAnswered(one, two)
	})
	t.Run("a list", func(t *testing.T) {
		p := newPair(t)
		p.Customer("rep4", store.Values{kexin.CustName: kexin.Str("赵六一"), kexin.CustPhone: kexin.Str("+8613800000003")})
		x, err := p.app.DeclareImport(ctx, p.Staff["rep"], declared())
		p.must(err)
		_, err = p.app.ReceiveImport(ctx, p.Staff["rep"], x.ID, strings.NewReader(string(csvOf("赵六一,13800000003,,,橱柜,订单,SO20240501,2024-05-06,,88000,要白色"))), -1)
		p.must(err)
		p.spent("leader", law.LookupDeptPerDay-1)
		one, two := p.meet(func() error { x = p.work(p.Staff["rep"], x.ID); return nil }, budget, 0, ask(p, "rep2", "13711112223"))
		p.must(one)
		if n := p.deptSpend(); n != law.LookupDeptPerDay || (two == nil) != x.Held {
			t.Errorf("%d spent, the list is held %v, the other was told %v", n, x.Held, two)
		}
	})
}

// spent has a member ask so often today.
func (b *bench) spent(who string, n int) {
	b.TB.Helper()
	b.Update(func(tx *store.Tx) error { return tx.SpendImport(b.Staff[who], 0, n, nil) })
}

func (b *bench) deptSpend() (n int) {
	b.TB.Helper()
	b.View(func(tx *store.Tx) error {
		s, err := tx.LookupSpend(b.Staff["rep"])
		n = s.DeptDay
		return err
	})
	return n
}

func (b *bench) oneAnswered(one, two error) {
	b.TB.Helper()
	if one == nil {
		one, two = two, one
	}
	if keyOf(one) != "error.lookup_budget" || two != nil {
		b.TB.Errorf("%v, %v", one, two)
	}
}

// TestBudgetsAtOnce: of many at one moment as many are answered as the budgets have
// left, be it lookups of the minute, the day or the department, or first contacts.
func TestBudgetsAtOnce(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		at := func(n int, f func(i int) error) (passed int) {
			t.Helper()
			done := make(chan error, n)
			for i := range n {
				go func() { done <- f(i) }()
			}
			for range n {
				switch err := <-done; kexin.CodeOf(err) {
				case kexin.RateLimited:
				default:
					if err != nil {
						t.Error(err)
					}
					passed++
				}
			}
			return passed
		}
		seq := 0
		asks := func(who ...string) int {
			seq++
			return at(12, func(i int) error {
				_, err := b.app.Lookup(ctx, b.Staff[who[i%len(who)]], kexin.KeyPhone, fmt.Sprintf("137%04d%04d", seq*13+i, seq*37+i*53))
				return err
			})
		}
		if n := asks("rep3"); n != law.LookupPerMinute {
			t.Errorf("%d in a minute", n)
		}
		b.spent("rep4", law.LookupPerDay-2)
		if n := asks("rep4"); n != 2 {
			t.Errorf("%d of 2 that a person had left", n)
		}
		b.spent("leader", law.LookupDeptPerDay-3)
		if n := asks("rep", "rep2"); n != 3 || b.deptSpend() != law.LookupDeptPerDay {
			t.Errorf("%d of 3 that the department had left, %d spent", n, b.deptSpend())
		}
		var known []kexin.ID
		for i := range law.ContactNoNote + 4 {
			known = append(known, b.known("rep", "王秀兰", fmt.Sprintf("1380%07d", 1+i*1117)))
		}
		if n := at(len(known), func(i int) error {
			_, err := b.app.Contact(ctx, b.Staff["rep"], kexin.Customer, known[i], kexin.ByCall)
			return err
		}); n != law.ContactNoNote {
			t.Errorf("%d contacts without a note", n)
		}
	})
}
