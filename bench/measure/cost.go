package measure

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"kexin"
	"kexin/bench/load"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/store"
)

// A bare is a statement of the store, caught as it was run, with places to
// scan its columns to.
type bare struct {
	sql  string
	dest []any
}

// costs compares a page and a record as the gate lets them through with the
// same statements without it.
func (d *desk) costs(ctx context.Context) ([]Cost, error) {
	list, err := d.cost(ctx, "list", func() (kexin.Actor, func(*store.Tx) error, []any) {
		a := d.someone()
		return a, func(tx *store.Tx) error {
			p, err := gate.Authorize(tx.State, a, listed(kexin.Mine))
			if err != nil {
				return err
			}
			_, err = tx.Find(&p)
			return err
		}, []any{d.org, stage, a.User, int64(pageRows + 1), d.org}
	})
	if err != nil {
		return nil, err
	}
	get, err := d.cost(ctx, "get", func() (kexin.Actor, func(*store.Tx) error, []any) {
		k := d.any()
		a := d.clerks[k.clerk].Actor
		return a, func(tx *store.Tx) error {
			f, err := tx.Facts(kexin.Customer, k.id)
			if err != nil {
				return err
			}
			p, err := gate.One(tx.State, a, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: k.id}, f)
			if err != nil {
				return err
			}
			_, err = tx.Get(&p)
			return err
		}, []any{d.org, k.id}
	})
	return []Cost{list, get}, err
}

// pageRows is how many rows a page has.
const pageRows = 50

// cost runs both in turn on the same rows, each first every second time, and
// compares the medians. next gives who asks, what is done through the gate and
// the arguments of the statement it comes to.
func (d *desk) cost(ctx context.Context, name string, next func() (kexin.Actor, func(*store.Tx) error, []any)) (Cost, error) {
	_, whole, args := next()
	b, err := d.catch(ctx, whole)
	if err != nil {
		return Cost{}, err
	}
	if err := d.same(ctx, b, args); err != nil {
		return Cost{}, fmt.Errorf("%s: %w in %s", name, err, b.sql)
	}
	var bares, wholes []time.Duration
	for i := range d.Ops + d.Ops/10 {
		_, whole, args := next()
		runs := [2]func() error{
			func() error { return d.store.DB().View(ctx, func(tx *db.Tx) error { return b.run(tx, args) }) },
			func() error { return d.store.View(ctx, d.org, whole) },
		}
		_ = runs[i%2]() // the rows are in memory for both
		var took [2]time.Duration
		for j := range runs {
			at := (i + j) % 2
			start := time.Now()
			if err := runs[at](); err != nil {
				return Cost{}, err
			}
			took[at] = time.Since(start)
		}
		if i >= d.Ops/10 {
			bares, wholes = append(bares, took[0]), append(wholes, took[1])
		}
	}
	c := Cost{Name: name, Bare: load.TimesOf(bares).P50, Whole: load.TimesOf(wholes).P50}
	c.Added = c.Whole/c.Bare - 1
	return c, nil
}

// catch runs f and keeps the statement that reads the customers.
func (d *desk) catch(ctx context.Context, f func(*store.Tx) error) (b *bare, err error) {
	var caught atomic.Pointer[bare]
	see := func(q string) {
		if strings.HasPrefix(q, "SELECT c.id,c.rev") {
			caught.Store(&bare{sql: q})
		}
	}
	d.sql.Store(&see)
	err = d.store.View(ctx, d.org, f)
	d.sql.Store(nil)
	b = caught.Load()
	if err == nil && b == nil {
		err = fmt.Errorf("no statement reads customers")
	}
	if err != nil {
		return nil, err
	}
	return b, d.store.DB().View(ctx, func(tx *db.Tx) (err error) { b.dest, err = places(tx, b.sql); return err })
}

// places are variables of the types of the statement's columns.
func places(tx *db.Tx, q string) ([]any, error) {
	types := map[string]db.ColumnType{}
	for alias, table := range map[string]string{"c": "customer", "k": "subject_key"} {
		cols, err := db.Columns(tx, table)
		if err != nil {
			return nil, err
		}
		for _, c := range cols {
			types[alias+"."+c.Name] = c.Type
		}
	}
	head, _, _ := strings.Cut(strings.TrimPrefix(q, "SELECT "), " FROM ")
	var dest []any
	for name := range strings.SplitSeq(head, ",") {
		switch types[name] {
		case db.IntColumn:
			dest = append(dest, new(int64))
		case db.TextColumn:
			dest = append(dest, new(string))
		case db.BoolColumn:
			dest = append(dest, new(bool))
		default:
			dest = append(dest, new([]byte))
		}
	}
	return dest, nil
}

func (b *bare) run(tx *db.Tx, args []any) error {
	return each(tx, b.sql, args, b.dest, func() {})
}

// same checks that the statement with these arguments finds something.
func (d *desk) same(ctx context.Context, b *bare, args []any) error {
	n := 0
	err := d.store.DB().View(ctx, func(tx *db.Tx) error { n = 0; return each(tx, b.sql, args, b.dest, func() { n++ }) })
	if err == nil && n == 0 {
		err = fmt.Errorf("nothing found")
	}
	return err
}
