package store_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/store"
	"kexin/store/storetest"
)

// TestPagePlansPostgres is TestPagePlans for PostgreSQL, whose planner goes by how
// many rows there are: of a merchant with many customers, beside another one's, each
// page walks an index that has its order and reads no further than the page.
func TestPagePlansPostgres(t *testing.T) {
	w := storetest.New(t, storetest.Ready(t, dbtest.Postgres)(db.Config{}), nil)
	manyCustomers(t, w, 20_000)
	stage := []kexin.Cond{{Field: kexin.CustStage, Op: kexin.Eq, Values: []kexin.Value{kexin.Str("won")}}}
	for _, who := range []string{"rep", "leader", "owner"} {
		for sort, index := range map[kexin.FieldID]string{0: "pkey", kexin.CustNextAt: "next", kexin.CustLastAt: "last", kexin.CustSum: "sum", kexin.CustSourceOn: "source"} {
			if who != "owner" { // whose pages are some members' customers
				index = strings.TrimSuffix("owner_"+strings.TrimSuffix(index, "pkey"), "_")
			}
			for _, q := range []kexin.Query{{}, {Where: stage}, {Search: "小明"}, {Search: "1234"}} {
				for _, q.Desc = range []bool{false, true} {
					q.Act, q.Object, q.Sort = kexin.ActList, kexin.Customer, sort
					name := fmt.Sprintf("%s sort %d search %q where %d desc %v", who, sort, q.Search, len(q.Where), q.Desc)
					w.View(func(tx *store.Tx) error {
						p, err := gate.Authorize(tx.State, w.Staff[who], q)
						if err != nil {
							return err
						}
						sql, args, err := tx.PageSQL(&p)
						if err != nil {
							return err
						}
						plan := explained(t, tx, sql, args)
						for _, fault := range pgFaults(plan, q.Search, index) {
							t.Errorf("%s: %s in\n%s", name, fault, plan)
						}
						return nil
					})
				}
			}
		}
	}
}

var (
	wholeTable = regexp.MustCompile(`(Seq Scan|Bitmap Heap Scan) on (customer|name_token|subject_key|record_key)\b`)
	sortedRows = regexp.MustCompile(`Sort +\(cost=\S+ rows=(\d+) `)
)

// pgFaults are what in a page's plan grows with the table: one that is read whole, a
// sort of more than the pages of a few owners or the hits of a search, or the order of
// a page without search that comes from no index of it.
func pgFaults(plan, search, index string) (out []string) {
	out = wholeTable.FindAllString(plan, -1)
	for _, m := range sortedRows.FindAllStringSubmatch(plan, -1) {
		if n, _ := strconv.Atoi(m[1]); n > 51*6 && search == "" || n > 2000 {
			out = append(out, m[0])
		}
	}
	if search == "" && !regexp.MustCompile(`Index (Only )?Scan (Backward )?using customer_`+index+` on customer c_\d`).MatchString(plan) {
		out = append(out, "no index of "+index)
	}
	return out
}

func explained(t *testing.T, tx *store.Tx, sql string, args []any) string {
	t.Helper()
	var out []string
	err := tx.Each("EXPLAIN "+sql, args, func(r *db.Rows) error {
		var step string
		err := r.Scan(&step)
		out = append(out, step)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

// manyCustomers gives the merchant n customers of his people, with search tokens, and
// lets the planner count them.
func manyCustomers(t *testing.T, w *storetest.World, n int) {
	t.Helper()
	var owners []string
	for _, who := range []string{"rep", "rep2", "rep3", "rep4", "leader"} {
		owners = append(owners, w.Staff[who].User.String())
	}
	seed := w.Customer("rep", store.Values{kexin.CustName: kexin.Str("王小明"), kexin.CustPhone: kexin.Str("+8613812341234")})
	more := func(table, id string, vary map[string]string) {
		err := w.DB.Update(t.Context(), func(tx *db.Tx) error {
			cols, err := db.Columns(tx, table)
			if err != nil {
				return err
			}
			var names, vals []string
			for _, c := range cols {
				v := vary[c.Name]
				if v == "" {
					v = "x." + c.Name
				}
				names, vals = append(names, c.Name), append(vals, v)
			}
			_, err = tx.Exec(dbtest.Past+"INSERT INTO "+table+"("+strings.Join(names, ",")+") SELECT "+strings.Join(vals, ",")+
				" FROM (SELECT * FROM "+table+" WHERE org_id=$1 AND "+id+"=CASE '"+id+"' WHEN 'subject_id' THEN (SELECT subject_id FROM customer WHERE org_id=$1 AND id=$2) ELSE $2 END) x, generate_series(CAST(1 AS BIGINT),"+fmt.Sprint(n)+") g(n)", w.Org, seed)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	owner := "(ARRAY[" + strings.Join(owners, ",") + "]::bigint[])[1+g.n%5]"
	more("subject_key", "subject_id", map[string]string{"subject_id": "x.subject_id+g.n"})
	more("name_token", "record_id", map[string]string{"record_id": "x.record_id+g.n", "owner_id": owner, "tok": "x.tok+g.n%500"})
	more("customer", "id", map[string]string{"id": "x.id+g.n", "subject_id": "x.subject_id+g.n", "owner_id": owner, "next_at": "(g.n*7919)%1000003", "last_at": "(g.n*104729)%1000003", "sum": "(g.n*1299709)%1000003",
		"source_on": "'2024-01-'||lpad((1+g.n%28)::text,2,'0')", "stage": "(ARRAY['new','won','lost'])[1+g.n%3]"})
	if err := w.DB.Update(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec("ANALYZE"); return err }); err != nil {
		t.Fatal(err)
	}
}
