package measure

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kexin"
	"kexin/bench/load"
	"kexin/internal/db"
	"kexin/store"
	"kexin/vault"
)

// floorBatch is how many customers' rows go into one transaction of the floor.
const floorBatch = 1000

// filled are the tables that an import fills, parents before children, with
// the statement that reads the rows of the customers from id $2 up to, not
// with, $3; of the list's own rows, those behind row $3 up to $4. Keys and
// tokens are read apart: nothing finds them by their record.
var filled = []struct{ table, read string }{
	{"subject", "SELECT %s FROM customer c JOIN subject t ON t.org_id=c.org_id AND t.id=c.subject_id WHERE c.org_id=$1 AND c.id>=$2 AND c.id<$3 ORDER BY c.id"},
	{"subject_key", "SELECT %s FROM customer c JOIN subject_key t ON t.org_id=c.org_id AND t.subject_id=c.subject_id WHERE c.org_id=$1 AND c.id>=$2 AND c.id<$3 ORDER BY c.id,t.part"},
	{"customer", "SELECT %s FROM customer t WHERE t.org_id=$1 AND t.id>=$2 AND t.id<$3 ORDER BY t.id"},
	{"sale_order", "SELECT %s FROM sale_order t WHERE t.org_id=$1 AND t.customer_id>=$2 AND t.customer_id<$3 ORDER BY t.customer_id,t.id"},
	{"record_key", ""},
	{"name_token", ""},
	{"origin", "SELECT %s FROM origin t WHERE t.org_id=$1 AND t.customer_id>=$2 AND t.customer_id<$3 ORDER BY t.customer_id"},
	{"import_row", "SELECT %s FROM import_row t WHERE t.org_id=$1 AND t.batch_id=$2 AND t.n>$3 AND t.n<=$4 ORDER BY t.n"},
	{"ledger_entry", "SELECT %s FROM ledger_entry t WHERE t.org_id=$1 AND t.id>=$2 AND t.id<$3 AND t.type='import.batch' ORDER BY t.id"},
}

// A token is a row of name_token.
type token struct {
	tok           int64
	owner, record kexin.ID
}

// A key is a row of record_key.
type key struct {
	record                  kexin.ID
	idx                     [16]byte
	kind, object, field, kv int64
}

// A floor writes an imported list's rows once more.
type floor struct {
	g      *ground
	from   *store.Store
	to     *store.Store
	cols   map[string][]string
	truth  map[string][]bool // which of cols are booleans, which come as numbers
	tokens []token
	keys   []key
}

// beside writes the rows of all tables that the import filled into a second,
// empty database of the same engine, tables, indexes and durability: prepared,
// by one writer, and nothing else. Only the writing is timed.
func (g *ground) beside(ctx context.Context, s *Size) error {
	from, err := g.open(ctx, nil)
	if err != nil {
		return err
	}
	to, clear, err := g.second(ctx)
	if err != nil {
		return join(err, from.Close())
	}
	f := &floor{g: g, from: from, to: to, cols: map[string][]string{}, truth: map[string][]bool{}}
	err = f.write(ctx, &s.Import)
	err = join(err, from.Close(), to.Close())
	clear()
	return err
}

// second makes the empty database.
func (g *ground) second(ctx context.Context) (*store.Store, func(), error) {
	x := &ground{Config: g.Config, dir: g.dir, data: filepath.Join(g.dir, "floor"), key: g.key}
	clear := func() { _ = os.RemoveAll(x.data) }
	if err := os.MkdirAll(x.data, 0o700); err != nil {
		return nil, clear, err
	}
	if g.dsn != "" {
		name := "kexin_bench_floor"
		var err error
		if x.dsn, err = g.newDatabase(ctx, name); err != nil {
			return nil, clear, err
		}
		clear = func() { _ = g.dropDatabase(context.Background(), name) }
	}
	d, err := db.Open(ctx, x.config(nil))
	if err != nil {
		return nil, clear, err
	}
	s, err := store.Open(ctx, d, vault.Keepers{vault.NewMasterKeeper(vault.NewKey())}, g.clock.instant)
	if err != nil {
		return nil, clear, join(err, d.Close())
	}
	return s, clear, nil
}

func (f *floor) write(ctx context.Context, out *Import) error {
	firsts, err := f.load(ctx)
	if err != nil {
		return err
	}
	var spent, cpu time.Duration
	for i, lo := range firsts {
		hi := kexin.ID(1<<63 - 1)
		if i+1 < len(firsts) {
			hi = firsts[i+1]
		}
		rows, err := f.read(ctx, i, lo, hi)
		if err != nil {
			return err
		}
		before, _ := load.CPU(os.Getpid())
		start := time.Now()
		err = f.to.DB().Update(ctx, func(tx *db.Tx) error {
			for j, x := range filled {
				if err := tx.Bulk(x.table, f.cols[x.table], rows[j]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		spent += time.Since(start)
		after, _ := load.CPU(os.Getpid())
		cpu += after - before
		for _, r := range rows {
			out.Cells += len(r)
		}
	}
	out.Floor, out.FloorCPU = float64(f.g.rows)/spent.Seconds(), cpu.Seconds()
	out.OfFloor = out.Rate / out.Floor
	return nil
}

// load reads columns, tokens and the first customer of each transaction.
func (f *floor) load(ctx context.Context) (firsts []kexin.ID, err error) {
	err = f.from.DB().View(ctx, func(tx *db.Tx) error {
		firsts, f.tokens, f.keys = nil, nil, nil
		for _, x := range filled {
			cols, err := db.Columns(tx, x.table)
			if err != nil {
				return err
			}
			f.cols[x.table], f.truth[x.table] = nil, nil
			for _, c := range cols {
				f.cols[x.table], f.truth[x.table] = append(f.cols[x.table], c.Name), append(f.truth[x.table], c.Type == db.BoolColumn)
			}
		}
		n := 0
		var id kexin.ID
		if err := each(tx, "SELECT id FROM customer WHERE org_id=$1 ORDER BY id", []any{f.g.org}, []any{&id}, func() {
			if n%floorBatch == 0 {
				firsts = append(firsts, id)
			}
			n++
		}); err != nil {
			return err
		}
		var t token
		if err := each(tx, "SELECT tok,owner_id,record_id FROM name_token WHERE org_id=$1", []any{f.g.org}, []any{&t.tok, &t.owner, &t.record}, func() { f.tokens = append(f.tokens, t) }); err != nil {
			return err
		}
		var k key
		var idx []byte
		return each(tx, "SELECT record_id,idx,kind,object,field,kv FROM record_key WHERE org_id=$1", []any{f.g.org}, []any{&k.record, &idx, &k.kind, &k.object, &k.field, &k.kv}, func() {
			copy(k.idx[:], idx)
			f.keys = append(f.keys, k)
		})
	})
	slices.SortStableFunc(f.tokens, func(a, b token) int { return cmp.Compare(a.record, b.record) })
	slices.SortStableFunc(f.keys, func(a, b key) int { return cmp.Compare(a.record, b.record) })
	return firsts, err
}

// read gives the rows of customers from lo up to hi, part i of all, by table.
func (f *floor) read(ctx context.Context, i int, lo, hi kexin.ID) (out [][][]any, err error) {
	err = f.from.DB().View(ctx, func(tx *db.Tx) error {
		out = make([][][]any, len(filled))
		for at, x := range filled {
			if x.read == "" {
				continue
			}
			args := []any{f.g.org, lo, hi}
			if x.table == "import_row" {
				args = []any{f.g.org, f.g.batch, i * floorBatch, (i + 1) * floorBatch}
			}
			cols := f.cols[x.table]
			row, dest := make([]anything, len(cols)), make([]any, len(cols))
			for j := range row {
				dest[j] = &row[j]
			}
			q := strings.Replace(fmt.Sprintf(x.read, "t."+strings.Join(cols, ",t.")), " JOIN ", f.from.DB().LookUp(), 1)
			if err := each(tx, q, args, dest, func() {
				vals := make([]any, len(row))
				for j := range row {
					if vals[j] = row[j].v; f.truth[x.table][j] {
						vals[j] = row[j].v == int64(1)
					}
				}
				out[at] = append(out[at], vals)
			}); err != nil {
				return err
			}
		}
		return nil
	})
	for at, x := range filled {
		switch x.table {
		case "name_token":
			for len(f.tokens) > 0 && f.tokens[0].record < hi {
				t := f.tokens[0]
				out[at], f.tokens = append(out[at], []any{f.g.org, t.tok, t.owner, t.record}), f.tokens[1:]
			}
		case "record_key":
			for len(f.keys) > 0 && f.keys[0].record < hi {
				k := &f.keys[0]
				out[at], f.keys = append(out[at], []any{f.g.org, k.kind, k.idx[:], k.record, k.object, k.field, k.kv}), f.keys[1:]
			}
		}
	}
	return out, err
}

// anything takes a value of any type as the driver gives it.
type anything struct{ v any }

// Scan implements sql.Scanner.
func (a *anything) Scan(v any) error { a.v = v; return nil }

// each runs a query and calls f after every row was scanned into dest.
func each(tx *db.Tx, q string, args, dest []any, f func()) error {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		f()
	}
	return rows.Err()
}
