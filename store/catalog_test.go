package store_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/store"
	"kexin/store/storetest"
)

// An index is a table's key or index as the engine's own catalog tells it.
type index struct {
	table, name string
	cols        []string
}

const sqliteIndexes = `SELECT m.name,COALESCE(i.name,'pk'),c.name FROM sqlite_master m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c WHERE m.type='table' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'sqlite%' ORDER BY 1,2,c.seqno`
const sqliteKeys = `SELECT m.name,'primary',c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type='table' AND c.pk>0 AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'sqlite%' ORDER BY 1,c.pk`
const sqliteForeign = `SELECT m.name,'fk'||f.id,f."from" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type='table' ORDER BY 1,2,f.seq`
const pgIndexes = `SELECT CAST(t.relname AS TEXT),CAST(i.relname AS TEXT),CAST(a.attname AS TEXT) FROM pg_index x JOIN pg_class t ON t.oid=x.indrelid JOIN pg_class i ON i.oid=x.indexrelid JOIN pg_namespace n ON n.oid=t.relnamespace
 CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS k(att,ord) JOIN pg_attribute a ON a.attrelid=t.oid AND a.attnum=k.att WHERE n.nspname='public' AND t.relname NOT LIKE 'goose%' ORDER BY 1,2,k.ord`
const pgForeign = `SELECT CAST(t.relname AS TEXT),CAST(c.conname AS TEXT),CAST(a.attname AS TEXT) FROM pg_constraint c JOIN pg_class t ON t.oid=c.conrelid JOIN pg_namespace n ON n.oid=t.relnamespace
 CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k(att,ord) JOIN pg_attribute a ON a.attrelid=t.oid AND a.attnum=k.att WHERE c.contype='f' AND n.nspname='public' ORDER BY 1,2,k.ord`

func indexes(t *testing.T, d *db.DB, queries ...string) (out []index) {
	t.Helper()
	err := d.View(context.Background(), func(tx *db.Tx) error {
		for _, q := range queries {
			rows, err := tx.Query(q)
			if err != nil {
				return err
			}
			for rows.Next() {
				var table, name, col string
				if err := rows.Scan(&table, &name, &col); err != nil {
					return err
				}
				if n := len(out); n > 0 && out[n-1].table == table && out[n-1].name == name {
					out[n-1].cols = append(out[n-1].cols, col)
				} else {
					out = append(out, index{table, name, []string{col}})
				}
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Every key, index and foreign key of a tenant table begins with org_id, in
// the catalogs of both engines; every table stands in the registry.
func TestCatalog(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		d := open(db.Config{})
		storetest.New(t, d, nil)
		qs := []string{pgIndexes, pgForeign}
		if !d.Postgres() {
			qs = []string{sqliteKeys, sqliteIndexes, sqliteForeign}
		}
		class := map[string]store.TableClass{}
		for _, r := range store.Registry {
			class[r.Name] = r.Class
		}
		seen := map[string]bool{}
		for _, x := range indexes(t, d, qs...) {
			seen[x.table] = true
			c, known := class[x.table]
			switch {
			case !known:
				t.Errorf("table %s is not in the registry", x.table)
			case c == store.Tenant && x.cols[0] != "org_id" && !slices.Contains(crossIndexes, x.name):
				t.Errorf("%s.%s begins with %s", x.table, x.name, x.cols[0])
			}
		}
		for name := range class {
			if !seen[name] {
				t.Errorf("registry names %s, which has no key", name)
			}
		}
	})
}

// crossIndexes serve the statements of store.Untenanted and job.Untenanted.
var crossIndexes = []string{"job_due", "job_lease", "job_schedule_due", "referral_due", "outbox_wait", "sending_wait"}

// TestSQLText runs a day's work, whose statements are then looked at with all
// others (storetest.Main): there are enough of them, and each exception is
// still a statement of the program.
func TestSQLText(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]bool{}
	trace := func(q string) {
		mu.Lock()
		defer mu.Unlock()
		seen[q] = true
	}
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		w := storetest.New(t, open(db.Config{Trace: func(q string, _ time.Duration, _ int) { trace(q) }}), nil)
		storetest.Day(w)
	})
	for why := range store.Untenanted {
		t.Logf("over all merchants: %s", store.Untenanted[why])
	}
	if len(seen) < 80 {
		t.Fatalf("only %d statements seen", len(seen))
	}
	for q := range seen {
		if err := storetest.Tenanted(q); err != nil {
			t.Errorf("%v: %s", err, q)
		}
	}
}

func TestTenanted(t *testing.T) {
	for q, ok := range map[string]bool{
		"SELECT 1 FROM customer WHERE id=$1": false,
		"UPDATE visit SET at=1":              false,
		"SELECT c.id FROM customer c JOIN visit v ON v.customer_id=c.id WHERE c.org_id=$1":                       false,
		"SELECT c.id FROM customer c JOIN visit v ON v.org_id=c.org_id AND v.customer_id=c.id WHERE c.org_id=$1": true,
		"SELECT org_id FROM customer WHERE id=$1":                                                                false,
		"DELETE FROM deal WHERE id=$1":                                                                           false,
		"DELETE FROM deal WHERE org_id=$1 AND id=$2":                                                             true,
		"INSERT INTO task (id,org_id) VALUES ($1,$2)":                                                            false,
		"INSERT INTO task (org_id,id) VALUES ($1,$2)":                                                            true,
		"bulk insert into task (id,name)":                                                                        false,
		"bulk insert into task (id,org_id)":                                                                      false,
		"bulk insert into task (org_id,id)":                                                                      true,
		"SELECT name FROM org WHERE id=$1":                                                                       true,
		"SELECT 1 FROM customer, visit WHERE org_id=$1":                                                          false,
	} {
		if err := storetest.Tenanted(q); (err == nil) != ok {
			t.Errorf("%s: %v", q, err)
		}
	}
}
