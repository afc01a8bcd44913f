package store_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kexin/internal/db"
	"kexin/store/storetest"
)

var update = flag.Bool("update", false, "write testdata/schema.golden anew")

// TestSchemaGolden: the tables that all migrations leave, with their columns, keys
// and indexes, are those of testdata/schema.golden on either engine, so that a
// change of them shows as one.
func TestSchemaGolden(t *testing.T) {
	file := filepath.Join("testdata", "schema.golden")
	golden, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	now := ""
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		engine := filepath.Base(t.Name())
		got := schemaOf(t, open(db.Config{}))
		if now += "# " + engine + "\n" + strings.Join(got, "\n") + "\n"; *update {
			return
		}
		_, want, _ := strings.Cut("\n"+string(golden), "\n# "+engine+"\n")
		want, _, _ = strings.Cut(want, "\n# ")
		was := strings.Split(strings.TrimSuffix(want, "\n"), "\n")
		for _, line := range was {
			if !slices.Contains(got, line) {
				t.Errorf("gone: %s", line)
			}
		}
		for _, line := range got {
			if !slices.Contains(was, line) {
				t.Errorf("new: %s", line)
			}
		}
		if !t.Failed() && !slices.Equal(got, was) {
			t.Error("the columns of a table have another order")
		}
		if t.Failed() {
			t.Log("if it is meant: go test ./store -run TestSchemaGolden -update")
		}
	})
	if *update && !t.Failed() {
		if err := os.WriteFile(file, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// What the engines' own catalogs say: a table's columns in their order, then its
// indexes and other constraints.
const (
	sqliteShape = `SELECT m.name,m.name||'.'||c.name||' '||lower(c.type)||CASE WHEN c."notnull"=0 AND c.pk=0 THEN ' null' ELSE '' END||CASE WHEN c.pk>0 THEN ' key '||c.pk ELSE '' END||COALESCE(' default '||c.dflt_value,''),c.cid
 FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type='table' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'sqlite%'
 UNION ALL SELECT m.tbl_name,m.sql,1000 FROM sqlite_master m WHERE m.type<>'table' AND m.sql IS NOT NULL
 UNION ALL SELECT m.name,m.name||' unique '||(SELECT group_concat(name,', ') FROM (SELECT c.name FROM pragma_index_info(i.name) c ORDER BY c.seqno)),1001 FROM sqlite_master m JOIN pragma_index_list(m.name) i WHERE m.type='table' AND i.origin='u'
 UNION ALL SELECT m.name,m.name||' '||f."from"||' of '||f."table"||' '||f.on_delete,1002 FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type='table'
 UNION ALL SELECT m.name,m.name||' without rowid',1003 FROM sqlite_master m WHERE m.type='table' AND m.sql LIKE '%WITHOUT ROWID%' AND m.name NOT LIKE 'sqlite%'
 ORDER BY 1,3,2`
	pgShape = `SELECT CAST(t.relname AS TEXT),t.relname||'.'||a.attname||' '||format_type(a.atttypid,a.atttypmod)||CASE WHEN a.attnotnull THEN '' ELSE ' null' END||COALESCE(' default '||pg_get_expr(d.adbin,d.adrelid),''),CAST(row_number() OVER (PARTITION BY t.relname ORDER BY a.attnum) AS BIGINT)
 FROM pg_class t JOIN pg_namespace n ON n.oid=t.relnamespace JOIN pg_attribute a ON a.attrelid=t.oid LEFT JOIN pg_attrdef d ON d.adrelid=t.oid AND d.adnum=a.attnum
 WHERE n.nspname='public' AND t.relkind='r' AND a.attnum>0 AND NOT a.attisdropped AND t.relname NOT LIKE 'goose%'
 UNION ALL SELECT CAST(tablename AS TEXT),indexdef,1000 FROM pg_indexes WHERE schemaname='public' AND tablename NOT LIKE 'goose%'
 UNION ALL SELECT CAST(t.relname AS TEXT),t.relname||' '||pg_get_constraintdef(c.oid),1001 FROM pg_constraint c JOIN pg_class t ON t.oid=c.conrelid JOIN pg_namespace n ON n.oid=t.relnamespace WHERE n.nspname='public' AND c.contype IN ('c','f') AND t.relname NOT LIKE 'goose%'
 ORDER BY 1,3,2`
)

func schemaOf(t *testing.T, d *db.DB) (out []string) {
	t.Helper()
	q := sqliteShape
	if d.Postgres() {
		q = pgShape
	}
	err := d.View(t.Context(), func(tx *db.Tx) error {
		out = nil
		return tx.Each(q, nil, func(r *db.Rows) error {
			var table, line string
			var place int64
			err := r.Scan(&table, &line, &place)
			out = append(out, strings.Join(strings.Fields(line), " "))
			return err
		})
	})
	if err != nil || len(out) < 100 {
		t.Fatalf("%d lines, %v", len(out), err)
	}
	return out
}
