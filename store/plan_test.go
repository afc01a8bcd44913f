package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/store"
	"kexin/store/storetest"
)

// A page costs as much in a million customers as in a thousand: its rows are
// found by an index that has the order, and read by their key.
func TestPagePlans(t *testing.T) {
	w := storetest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{}), nil)
	stage := []kexin.Cond{{Field: kexin.CustStage, Op: kexin.Eq, Values: []kexin.Value{kexin.Str("won")}}}
	for _, who := range []string{"rep", "leader", "owner"} {
		for _, sort := range []kexin.FieldID{0, kexin.CustNextAt, kexin.CustLastAt, kexin.CustSum, kexin.CustSourceOn} {
			for _, q := range []kexin.Query{{}, {Where: stage}, {Search: "小明"}, {Search: "晓雯文"}, {Search: "1234"}} {
				for _, q.Desc = range []bool{false, true} {
					q.Act, q.Object, q.Sort = kexin.ActList, kexin.Customer, sort
					name := fmt.Sprintf("%s sort %d search %q where %d desc %v", who, sort, q.Search, len(q.Where), q.Desc)
					w.View(func(tx *store.Tx) error {
						p, err := gate.Authorize(tx.State, w.Staff[who], q)
						if err != nil {
							return err
						}
						for _, fault := range planFaults(t, tx, &p, q.Search != "") {
							t.Errorf("%s: %s", name, fault)
						}
						return nil
					})
				}
			}
		}
	}
}

// planFaults are the steps of a page's plan whose work grows with the table. A
// search sorts its hits, which are few.
func planFaults(t *testing.T, tx *store.Tx, p *gate.Permit, sorts bool) (out []string) {
	t.Helper()
	sql, args, err := tx.PageSQL(p)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := tx.Query("EXPLAIN QUERY PLAN "+sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var id, parent, unused int64
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		_, by, _ := strings.Cut(step, "(")
		switch {
		case strings.HasPrefix(step, "SCAN") && step != "SCAN h" && step != "SCAN t" && !strings.HasPrefix(step, "SCAN b") && step != "SCAN m",
			strings.HasPrefix(step, "SEARCH") && strings.Count(by, "=?") < 2 && by != "rowid=?)" && !p.Scope().Every,
			strings.HasPrefix(step, "SEARCH c") && parent == 0 && by != "rowid=?)" && !(sorts && strings.Contains(by, " id=?")),
			strings.HasPrefix(step, "USE TEMP") && parent != 0 && !sorts && p.Scope().Every:
			out = append(out, step)
		}
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	return out
}

// Whom a row's keys lead to is asked for every step of an import: the way
// there is by the keys, never through all records of the merchant.
func TestHoldersPlan(t *testing.T) {
	var texts []string
	w := storetest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{Trace: func(q string, _ time.Duration, _ int) {
		if strings.HasPrefix(q, "SELECT r.idx") {
			texts = append(texts, q)
		}
	}}), nil)
	keys := []kexin.Key{{Kind: kexin.KeyPhone, Field: kexin.CustPhone, Canon: "+8613812345678"}, {Kind: kexin.KeyOrder, Field: kexin.OrdNo, Canon: "XS1"}}
	w.View(func(tx *store.Tx) error {
		texts = nil
		_, err := tx.Holders(gate.ForSystem(gate.Matching, kexin.CustPhone, kexin.OrdNo), keys)
		return err
	})
	if len(texts) != 2 {
		t.Fatalf("%d statements", len(texts))
	}
	for _, q := range texts {
		w.View(func(tx *store.Tx) error {
			rows, err := tx.Query("EXPLAIN QUERY PLAN "+q, make([]any, strings.Count(q, "$"))...)
			if err != nil {
				return err
			}
			defer rows.Close()
			found := false
			for rows.Next() {
				var id, parent, unused int64
				var step string
				if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
					return err
				}
				found = found || strings.Contains(step, "idx=?")
				if _, by, _ := strings.Cut(step, "("); strings.HasPrefix(step, "SCAN r") || strings.HasPrefix(step, "SEARCH") && strings.Count(by, "=?") < 2 ||
					strings.Contains(q, "type='") && strings.HasPrefix(step, "SEARCH") && !strings.Contains(step, "ledger_rare") {
					t.Errorf("%s in %.120s…", step, q)
				}
			}
			if !found {
				t.Errorf("the keys are not looked up in %.120s…", q)
			}
			return rows.Err()
		})
	}
}

// What a customer keeps of her orders and follow-ups is worked out from what is
// hers: never by going through all days of the merchant for the first of hers.
func TestFiguresPlan(t *testing.T) {
	texts := map[string]bool{}
	w := storetest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{Trace: func(q string, _ time.Duration, _ int) {
		if strings.HasPrefix(q, "UPDATE customer SET") && strings.Contains(q, "(SELECT") {
			texts[q] = true
		}
	}}), nil)
	rep := w.Staff["rep"]
	id := w.Customer("rep", store.Values{kexin.CustName: kexin.Str("王秀兰")})
	w.Child(rep, kexin.Order, id, store.Values{kexin.OrdNo: kexin.Str("XS1"), kexin.OrdOn: kexin.Str("2025-05-01")})
	visit := w.Child(rep, kexin.Visit, id, store.Values{kexin.VisitWay: kexin.Str("call"), kexin.VisitAt: kexin.Num(1)})
	w.Update(func(tx *store.Tx) error {
		f, err := tx.Facts(kexin.Visit, visit)
		if err != nil {
			return err
		}
		p, err := gate.One(tx.State, rep, kexin.Query{Act: kexin.ActEdit, Object: kexin.Visit, Record: visit}, f)
		if err != nil {
			return err
		}
		return tx.Delete(&p, 1)
	})
	if len(texts) < 3 {
		t.Fatalf("%d statements", len(texts))
	}
	for q := range texts {
		n := 0
		for strings.Contains(q, fmt.Sprintf("$%d", n+1)) {
			n++
		}
		args := make([]any, n)
		w.View(func(tx *store.Tx) error {
			rows, err := tx.Query("EXPLAIN QUERY PLAN "+q, args...)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var id, parent, unused int64
				var step string
				if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
					return err
				}
				if strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "CONSTANT") || strings.HasPrefix(step, "SEARCH") && !strings.Contains(step, "customer_id=?") && !strings.Contains(step, " id=?") {
					t.Errorf("%s in %.160s…", step, q)
				}
			}
			return rows.Err()
		})
	}
}

// An Update asks which version the merchant's row has only when a commit has
// changed such rows since; then it sees what the change made.
func TestVersionAsked(t *testing.T) {
	asked := 0
	w := storetest.New(t, dbtest.Empty(t, dbtest.SQLite)(db.Config{Trace: func(q string, _ time.Duration, _ int) {
		if strings.HasPrefix(q, "SELECT version,epoch") {
			asked++
		}
	}}), nil)
	sees := func(want int) (version int64) {
		t.Helper()
		before := asked
		w.Update(func(tx *store.Tx) error { version = tx.State.Version; return nil })
		if n := asked - before; n != want {
			t.Errorf("asked %d times", n)
		}
		return version
	}
	w.Update(func(*store.Tx) error { return nil })
	first := sees(0)
	w.Update(func(tx *store.Tx) error { return tx.Changed() })
	if now := sees(1); now != first+1 {
		t.Errorf("version %d after %d", now, first)
	}
	sees(0)
	w.Update(func(tx *store.Tx) error { // a change that is undone
		_ = tx.Savepoint(func() error { return errors.Join(tx.Changed(), errors.New("undone")) })
		return nil
	})
	if now := sees(1); now != first+1 {
		t.Errorf("version %d after %d", now, first)
	}
}

// What is looked for in the log by its type, and a person's entries, are found
// without going through the log.
func TestLogPlans(t *testing.T) {
	texts := map[string]bool{}
	w := storetest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{Trace: func(q string, _ time.Duration, _ int) {
		if strings.Contains(q, "ledger_entry") && !strings.HasPrefix(q, "bulk") && !strings.HasPrefix(q, "EXPLAIN") {
			texts[q] = true
		}
	}}), nil)
	id := w.Customer("rep", person("张伟", "+8613900001111"))
	for range 2 {
		if _, err := w.Store.Seal(ctx, w.Org); err != nil {
			t.Fatal(err)
		}
		w.Update(func(tx *store.Tx) error {
			due, err := tx.HeadsDue()
			if due && err == nil {
				_, err = tx.LogHeads()
			}
			return err
		})
	}
	clear(texts)
	w.View(func(tx *store.Tx) error {
		p, err := w.One(tx, "rep", kexin.ActGet, id)
		if err != nil {
			return err
		}
		_, err = tx.SeenBy(&p)
		_, _, e := tx.LineDue()
		if e == nil {
			_, e = tx.DayLine()
		}
		_, f := tx.HeadsDue()
		return errors.Join(err, e, f)
	})
	if len(texts) < 3 {
		t.Fatal(texts)
	}
	for q := range texts {
		w.View(func(tx *store.Tx) error {
			args := make([]any, strings.Count(q, "$"))
			for n := len(args); n > 0 && !strings.Contains(q, fmt.Sprintf("$%d", n)); n-- {
				args = args[:n-1]
			}
			for i := range args {
				args[i] = int64(1)
			}
			return tx.Each("EXPLAIN QUERY PLAN "+q, args, func(r *db.Rows) error {
				var id, parent, unused int64
				var step string
				err := r.Scan(&id, &parent, &unused, &step)
				if _, by, _ := strings.Cut(step, "("); strings.Contains(step, "SCAN") && step != "SCAN c" || strings.HasPrefix(step, "SEARCH") && strings.Count(by, "=?") < 2 ||
					strings.Contains(q, "type='") && strings.HasPrefix(step, "SEARCH") && !strings.Contains(step, "ledger_rare") {
					t.Errorf("%s: %s", q, step)
				}
				return err
			})
		})
	}
}
