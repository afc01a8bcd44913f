package app

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/store/storetest"
)

// TestImportPlansPostgres: beside a large merchant's rows, with statistics of
// them, no statement that stores a step of an import goes through a table of
// records: each finds its rows by an index. On SQLite that is what
// TestHoldersPlan holds.
func TestImportPlansPostgres(t *testing.T) {
	var on atomic.Bool
	var said texts
	c := storetest.NewClock()
	c.Move(200 * 24 * time.Hour)
	b := newBench(storetest.New(t, storetest.Ready(t, dbtest.Postgres)(db.Config{Clock: c.Now, Trace: func(q string, _ time.Duration, _ int) {
		if on.Load() {
			said.add(q)
		}
	}}), c))
	list := func(from, to int) []byte {
		var rows []string
		for n := from; n < to; n++ {
			rows = append(rows, fmt.Sprintf("王秀%c,138%08d,女,温州市鹿城区香榭名邸%d-3-101,地砖,到店登记,SO%07d,2024-05-06,,31400,要环保", '一'+rune(n), n*104_729, n, n))
		}
		return csvOf(append(rows, fmt.Sprintf("赵%c,,,,,到店登记,,2024-05-06,,,", '一'+rune(from)))...) // and one of whom only the name is known
	}
	b.take(list(0, 40))
	for _, x := range []struct {
		table string
		times int
	}{{"subject", 250}, {"subject_key", 250}, {"customer", 250}, {"sale_order", 250}, {"origin", 1200}, {"record_key", 1200}, {"import_row", 1200}} {
		b.multiply(x.table, x.times)
	}
	b.must(b.Store.DB().Update(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec("ANALYZE"); return err }))

	x := b.upload(b.stepped("owner"), declared(), list(20, 60))
	on.Store(true)
	x = b.confirm(b.stepped("owner"), x)
	on.Store(false)
	if x.State != impDone || x.Outcomes[kexin.OutNew] != 21 || x.Outcomes[kexin.OutUnchanged] != 20 {
		t.Fatalf("%s %v", x.State, x.Outcomes)
	}
	seen := map[string]bool{}
	for _, q := range said.all() {
		for _, table := range recordTables {
			if regexp.MustCompile(`(?i)\b(from|join|update)\s+` + table + `\b`).MatchString(q) {
				seen[table] = true
				for _, step := range b.explain(q) {
					if regexp.MustCompile(`Seq Scan on ` + table + `\b`).MatchString(step) {
						t.Errorf("%s in %.300s", strings.TrimSpace(step), q)
					}
				}
			}
		}
	}
	for _, table := range []string{"customer", "sale_order", "origin", "record_key", "import_row", "subject_key"} {
		if !seen[table] {
			t.Errorf("no statement of the import reads %s", table)
		}
	}
}

// recordTables grow with a merchant's customers.
var recordTables = []string{"customer", "contact", "sale_order", "order_line", "deal", "visit", "task", "subject", "subject_key", "subject_head", "origin", "record_key", "name_token", "import_row", "ledger_entry"}

// multiply adds to the rows of a table so many times as many, of other records
// and with other keys.
func (b *bench) multiply(table string, times int) {
	b.TB.Helper()
	b.must(b.Store.DB().Update(context.Background(), func(tx *db.Tx) error {
		cols, err := db.Columns(tx, table)
		if err != nil {
			return err
		}
		var names, vals []string
		for _, c := range cols {
			v := "x." + c.Name
			switch c.Name {
			case "id", "subject_id", "record_id", "customer_id", "batch_id":
				v += "+(CAST(g.n AS BIGINT)<<40)"
			case "idx", "mark":
				v = "decode(md5(g.n||encode(x." + c.Name + ",'hex')),'hex')"
			}
			names, vals = append(names, c.Name), append(vals, v)
		}
		_, err = tx.Exec("INSERT INTO " + table + "(" + strings.Join(names, ",") + ") SELECT " + strings.Join(vals, ",") + " FROM " + table + " x, generate_series(1," + strconv.Itoa(times) + ") g(n) WHERE x.org_id=" + b.Org.String())
		return err
	}))
}

// explain gives the plan of a statement for as many ids and keys as one asks for.
func (b *bench) explain(q string) (steps []string) {
	b.TB.Helper()
	b.must(b.Store.DB().Update(context.Background(), func(tx *db.Tx) error {
		steps = nil
		if _, err := tx.Exec("PREPARE plan_of AS " + q); err != nil {
			return err
		}
		rows, err := tx.Query("SELECT unnest(parameter_types)::text FROM pg_prepared_statements WHERE name='plan_of'")
		if err != nil {
			return err
		}
		var args []string
		for rows.Next() {
			var typ string
			if err := rows.Scan(&typ); err != nil {
				return err
			}
			args = append(args, argOf(typ, b.Org))
		}
		if err := rows.Close(); err != nil {
			return err
		}
		execute := "EXPLAIN EXECUTE plan_of"
		if len(args) > 0 {
			execute += "(" + strings.Join(args, ",") + ")"
		}
		if rows, err = tx.Query(execute); err != nil {
			return err
		}
		for rows.Next() {
			var step string
			if err := rows.Scan(&step); err != nil {
				return err
			}
			steps = append(steps, step)
		}
		if err := rows.Close(); err != nil {
			return err
		}
		_, err = tx.Exec("DEALLOCATE plan_of")
		return err
	}))
	return steps
}

// argOf is a value of a type: of a list, as many as a statement asks for.
func argOf(typ string, org kexin.ID) string {
	switch typ {
	case "bigint[]":
		var ids []string
		for n := range 100 {
			ids = append(ids, strconv.Itoa(n)+"::bigint")
		}
		return "ARRAY[" + strings.Join(ids, ",") + "]"
	case "bytea[]":
		var keys []string
		for n := range 512 {
			keys = append(keys, fmt.Sprintf(`'\x%032x'::bytea`, n))
		}
		return "ARRAY[" + strings.Join(keys, ",") + "]"
	case "bigint":
		return org.String()
	case "bytea":
		return `'\x00'`
	case "boolean":
		return "false"
	case "jsonb":
		return "'{}'"
	}
	return "''"
}

// texts gathers the texts of statements, each once.
type texts struct {
	mu   sync.Mutex
	list []string
}

func (t *texts) add(q string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.list, q) {
		t.list = append(t.list, q)
	}
}

func (t *texts) all() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.list)
}
