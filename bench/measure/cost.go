package measure

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
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
	std  *sql.Stmt // the same, prepared by database/sql
	raw  []any     // and its places
}

// A part is a statement by its beginning, with its arguments.
type part struct {
	begins string
	args   []any
}

// costs compares a page and a record as the gate lets them through with the
// same statements without it.
func (d *desk) costs(ctx context.Context) ([]Cost, error) {
	list, err := d.cost(ctx, "list", func() (func(*store.Tx) error, []part) {
		a := d.someone()
		return func(tx *store.Tx) error {
			p, err := gate.Authorize(tx.State, a, listed(kexin.Mine))
			if err != nil {
				return err
			}
			_, err = tx.Find(&p)
			return err
		}, []part{{"SELECT c.id,c.rev", []any{d.org, stage, a.User, int64(pageRows + 1), d.org}}}
	})
	if err != nil {
		return nil, err
	}
	get, err := d.cost(ctx, "get", func() (func(*store.Tx) error, []part) {
		k := d.any()
		a := d.clerks[k.clerk].Actor
		return func(tx *store.Tx) error {
			_, _, err := tx.Open(kexin.Customer, k.id, func(f *gate.Facts) (gate.Permit, error) {
				return gate.One(tx.State, a, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: k.id}, f)
			})
			return err
		}, []part{{"SELECT c.id,c.rev", []any{d.org, k.id}}, {"SELECT o.kind,o.day", []any{d.org, k.id}}, {"SELECT subject_id,purpose", []any{d.org, k.subject}}}
	})
	return []Cost{list, get}, err
}

// pageRows is how many rows a page has.
const pageRows = 50

// cost runs all three in turn on the same rows, each first every third time, and
// compares the medians. next gives what is done through the gate and the
// statements it comes to.
func (d *desk) cost(ctx context.Context, name string, next func() (func(*store.Tx) error, []part)) (Cost, error) {
	whole, parts := next()
	bs, err := d.catch(ctx, whole, parts)
	if err != nil {
		return Cost{}, fmt.Errorf("%s: %w", name, err)
	}
	std, done, err := d.store.DB().Standard()
	if err != nil {
		return Cost{}, err
	}
	defer done()
	if err := d.prepare(ctx, std, bs); err != nil {
		return Cost{}, fmt.Errorf("%s: %w", name, err)
	}
	var took [3][]time.Duration
	for i := range d.Ops + d.Ops/10 {
		whole, parts := next()
		runs := [3]func() error{
			func() error { return standard(ctx, bs, parts) },
			func() error { return d.store.DB().View(ctx, func(tx *db.Tx) error { return runAll(tx, bs, parts) }) },
			func() error { return d.store.View(ctx, d.org, whole) },
		}
		_ = runs[i%3]() // the rows are in memory for all
		for j := range runs {
			at := (i + j) % 3
			start := time.Now()
			if err := runs[at](); err != nil {
				return Cost{}, err
			}
			if i >= d.Ops/10 {
				took[at] = append(took[at], time.Since(start))
			}
		}
	}
	c := Cost{Name: name, SQL: load.TimesOf(took[0]).P50, Bare: load.TimesOf(took[1]).P50, Whole: load.TimesOf(took[2]).P50}
	c.ToSQL, c.Added = c.Whole/c.SQL-1, c.Whole/c.Bare-1
	return c, nil
}

// catch runs f and keeps the statements that parts name. The first must find
// something.
func (d *desk) catch(ctx context.Context, f func(*store.Tx) error, parts []part) ([]*bare, error) {
	var mu sync.Mutex
	out := make([]*bare, len(parts))
	see := func(q string) {
		mu.Lock()
		defer mu.Unlock()
		for i, p := range parts {
			if strings.HasPrefix(q, p.begins) {
				out[i] = &bare{sql: q}
			}
		}
	}
	d.sql.Store(&see)
	err := d.store.View(ctx, d.org, f)
	d.sql.Store(nil)
	if err != nil {
		return nil, err
	}
	n := 0
	err = d.store.DB().View(ctx, func(tx *db.Tx) (err error) {
		for i, b := range out {
			if b == nil {
				return fmt.Errorf("no statement begins with %s", parts[i].begins)
			}
			if b.dest, err = places(tx, b.sql); err != nil {
				return err
			}
		}
		n = 0
		return each(tx, out[0].sql, parts[0].args, out[0].dest, func() { n++ })
	})
	if err == nil && n == 0 {
		err = fmt.Errorf("nothing found by %s", out[0].sql)
	}
	return out, err
}

// coalesce is a column with what stands for it where there is none.
var coalesce = regexp.MustCompile(`COALESCE\(([a-z_.]+),[^)]*\)`)

// places are variables of the types of the statement's columns.
func places(tx *db.Tx, q string) ([]any, error) {
	types := map[string]db.ColumnType{}
	for alias, table := range map[string]string{"c.": "customer", "k.": "subject_key", "b.": "import_batch", "s.": "subject", "e.": "subject_key", "o.": "origin", "": "consent_state"} {
		cols, err := db.Columns(tx, table)
		if err != nil {
			return nil, err
		}
		for _, c := range cols {
			types[alias+c.Name] = c.Type
		}
	}
	head, _, _ := strings.Cut(strings.TrimPrefix(q, "SELECT "), " FROM ")
	var dest []any
	for name := range strings.SplitSeq(coalesce.ReplaceAllString(head, "$1"), ",") {
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

// prepare has database/sql prepare the statements, on SQLite with as much memory
// as the store's connections have.
func (d *desk) prepare(ctx context.Context, pool *sql.DB, bs []*bare) error {
	if !d.store.DB().Postgres() {
		if _, err := pool.ExecContext(ctx, "PRAGMA cache_size=-16000"); err != nil {
			return err
		}
	}
	for _, b := range bs {
		var err error
		if b.std, err = pool.PrepareContext(ctx, b.sql); err != nil {
			return err
		}
		b.raw = slices.Clone(b.dest)
		for i, d := range b.raw {
			if _, ok := d.(*[]byte); ok {
				b.raw[i] = new(sql.RawBytes) // which copies nothing
			}
		}
	}
	return nil
}

func standard(ctx context.Context, bs []*bare, parts []part) error {
	for i, b := range bs {
		if err := scanAll(ctx, b.std, parts[i].args, b.raw); err != nil {
			return err
		}
	}
	return nil
}

func scanAll(ctx context.Context, st *sql.Stmt, args, dest []any) error {
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
	}
	return rows.Err()
}

func runAll(tx *db.Tx, bs []*bare, parts []part) error {
	for i, b := range bs {
		if err := each(tx, b.sql, parts[i].args, b.dest, func() {}); err != nil {
			return err
		}
	}
	return nil
}
