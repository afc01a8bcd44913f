package measure

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"kexin"
	"kexin/app"
	"kexin/bench/load"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/kind"
	"kexin/store"
)

// A known is one customer of a clerk.
type known struct {
	id, subject kexin.ID
	clerk       int
}

// A desk is the use-cases opened in this process.
type desk struct {
	*ground
	app   *app.App
	store *store.Store
	state *gate.State
	known []known
	rand  *rand.Rand
	sql   atomic.Pointer[func(string)] // told every statement
}

// useCases calls get, list, search, lookup, reveal and decision, each time for
// another customer of another clerk.
func (g *ground) useCases(ctx context.Context, s *Size) error {
	d := &desk{ground: g, rand: rand.New(rand.NewPCG(2, 2))}
	var err error
	if d.store, err = g.open(ctx, d.trace); err != nil {
		return err
	}
	d.app = app.New(app.Config{Store: d.store, Log: g.Log, Now: g.clock.now, Data: g.data})
	run, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { d.app.Run(run); close(done) }()
	// The clock is put forward: what is due every night would come meanwhile.
	if err = d.app.Halt(ctx); err == nil {
		err = d.measure(ctx, s)
	}
	stop()
	<-done
	return join(err, d.store.Close())
}

func (d *desk) trace(q string, _ time.Duration, _ int) {
	if f := d.sql.Load(); f != nil {
		(*f)(q)
	}
}

func (d *desk) measure(ctx context.Context, s *Size) error {
	if err := d.get(ctx); err != nil {
		return err
	}
	for _, x := range []struct {
		name string
		n    int
		call func(context.Context, int) error
	}{
		{"get", d.Ops, d.callGet}, {"list", d.Ops, d.callList}, {"list_all", d.Ops / 4, d.callListAll}, {"search", d.Ops, nil},
		{"search_all", d.Ops / 4, d.callSearchAll}, {"lookup", d.Ops / 2, d.callLookup}, {"reveal", d.Ops / 2, d.callReveal}, {"decision", 200, d.callDecisions},
	} {
		op, err := d.timed(ctx, x.name, x.n, x.call)
		if err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
		if x.name == "decision" {
			op.P50, op.P95, op.P99 = op.P50/decisions, op.P95/decisions, op.P99/decisions
		}
		s.Ops = append(s.Ops, op)
	}
	var err error
	s.Added, err = d.costs(ctx)
	return err
}

// timed calls f n times after a tenth as many that are not counted; nil searches.
func (d *desk) timed(ctx context.Context, name string, n int, f func(context.Context, int) error) (Op, error) {
	if f == nil {
		return d.searches(ctx, name, n)
	}
	warm := n/10 + 1
	times := make([]time.Duration, 0, n)
	for i := range warm + n {
		start := time.Now()
		if err := f(ctx, i); err != nil {
			return Op{}, err
		}
		if i >= warm {
			times = append(times, time.Since(start))
		}
	}
	return Op{Name: name, N: n, Times: load.TimesOf(times)}, nil
}

// get reads which customers there are.
func (d *desk) get(ctx context.Context) error {
	at := map[kexin.ID]int{}
	for i, p := range d.clerks {
		at[p.User] = i
	}
	if err := d.store.DB().View(ctx, func(tx *db.Tx) error {
		d.known = nil
		var asked kexin.Instant // by an earlier run on this ground, whose clock was ahead
		if err := tx.Row("SELECT COALESCE(MAX(at),0) FROM asked WHERE org_id=$1", d.org).Scan(&asked); err != nil {
			return err
		}
		d.clock.forward(max(0, asked.Sub(d.clock.instant())+2*time.Minute))
		var k known
		var owner kexin.ID
		return each(tx, "SELECT id,subject_id,owner_id FROM customer WHERE org_id=$1 AND state=0 ORDER BY id", []any{d.org}, []any{&k.id, &k.subject, &owner}, func() {
			if i, ok := at[owner]; ok {
				k.clerk = i
				d.known = append(d.known, k)
			}
		})
	}); err != nil {
		return err
	}
	if len(d.known) == 0 {
		return fmt.Errorf("no customers")
	}
	return d.store.View(ctx, d.org, func(tx *store.Tx) error { d.state = tx.State; return nil })
}

func (d *desk) any() known { return d.known[d.rand.IntN(len(d.known))] }

func (d *desk) someone() kexin.Actor { return d.clerks[d.rand.IntN(len(d.clerks))].Actor }

func (d *desk) callGet(ctx context.Context, _ int) error {
	k := d.any()
	_, err := d.app.Get(ctx, d.clerks[k.clerk].Actor, kexin.Customer, k.id)
	return err
}

// listed is the list measured: one stage, by the day of the next contact.
func listed(scene kexin.Scene) kexin.Query {
	return kexin.Query{Act: kexin.ActList, Object: kexin.Customer, Scene: scene, Sort: kexin.CustNextAt, Desc: true,
		Where: []kexin.Cond{{Field: kexin.CustStage, Op: kexin.Eq, Values: []kexin.Value{kexin.Str(stage)}}}}
}

// stage is one of six.
const stage = "quoted"

func (d *desk) callList(ctx context.Context, _ int) error {
	_, err := d.app.Find(ctx, d.someone(), listed(kexin.Mine))
	return err
}

func (d *desk) callListAll(ctx context.Context, _ int) error {
	_, err := d.app.Find(ctx, d.owner.Actor, listed(kexin.All))
	return err
}

// twoChars are the last two characters of somebody's name.
func (d *desk) twoChars() string {
	name := []rune(d.people.Person(d.rand.IntN(d.rows)).Name)
	return string(name[len(name)-2:])
}

// What a search costs is what it shows, and ten times as many customers have ten
// times as many of a name: searches of one size are compared with those of
// another that show as much, from fewFrom rows to fewTo.
const fewFrom, fewTo = 5, 10

// searches looks for names among a clerk's own until n pages showed a few rows.
// Where a database is so small that next to none does, all pages count.
func (d *desk) searches(ctx context.Context, name string, n int) (Op, error) {
	var all, few []time.Duration
	var rows, fewRows int
	for i := 0; i < 30*n && len(few) < n; i++ {
		a, q := d.someone(), kexin.Query{Object: kexin.Customer, Scene: kexin.Mine, Search: d.twoChars()}
		start := time.Now()
		l, err := d.app.Find(ctx, a, q)
		took := time.Since(start)
		if err != nil {
			return Op{}, err
		}
		if i < n/10 {
			continue
		}
		all, rows = append(all, took), rows+len(l.Rows)
		if k := len(l.Rows); k >= fewFrom && k <= fewTo {
			few, fewRows = append(few, took), fewRows+k
		}
	}
	if len(few) < n/20+1 {
		few, fewRows = all, rows
	}
	return Op{Name: name, N: len(few), Times: load.TimesOf(few), Rows: float64(fewRows) / float64(len(few))}, nil
}

func (d *desk) callSearchAll(ctx context.Context, _ int) error {
	_, err := d.app.Find(ctx, d.owner.Actor, kexin.Query{Object: kexin.Customer, Scene: kexin.All, Search: d.twoChars()})
	return err
}

// callLookup asks for one customer's phone. Each clerk may ask five times a
// minute and 200 times in 30 days (law.LookupPer30Days): the clock goes on.
func (d *desk) callLookup(ctx context.Context, i int) error {
	if i%len(d.clerks) == 0 {
		d.clock.forward(4 * time.Hour)
	}
	phone, err := kind.Canon(kexin.KeyPhone, d.people.Person(d.rand.IntN(d.rows)).Phone)
	if err != nil {
		return err
	}
	out, err := d.app.Lookup(ctx, d.clerks[i%len(d.clerks)].Actor, kexin.KeyPhone, phone)
	if err == nil && !out.Known {
		err = fmt.Errorf("a phone of the list is not known")
	}
	return err
}

// callReveal shows one own customer's phone. Above thirty a day the second
// factor has to be fresh (ACC-03).
func (d *desk) callReveal(ctx context.Context, _ int) error {
	k := d.any()
	a := d.clerks[k.clerk].Actor
	a.StepUp = d.clock.instant()
	_, err := d.app.Reveal(ctx, a, kexin.Customer, k.id, kexin.CustPhone, "booked")
	return err
}

// decisions is how many are timed together: one takes less than the clock can
// tell.
const decisions = 1000

func (d *desk) callDecisions(context.Context, int) error {
	for range decisions {
		k := d.any()
		a := d.clerks[k.clerk].Actor
		f := gate.Facts{ID: k.id, Owner: a.User, Subject: k.subject}
		if _, err := gate.One(d.state, a, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: k.id}, &f); err != nil {
			return err
		}
	}
	return nil
}
