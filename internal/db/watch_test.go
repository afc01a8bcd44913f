package db_test

import (
	"errors"
	"testing"

	"kexin/internal/db"
	"kexin/internal/db/dbtest"
)

// The count grows with each commit that changed a row of a watched table, before
// Update answers; with nothing else.
func TestWatch(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		d := open(db.Config{})
		update := func(qs ...string) func(error) error {
			return func(end error) error {
				return d.Update(bg, func(tx *db.Tx) error {
					for _, q := range qs {
						if _, err := tx.Exec(q); err != nil {
							return err
						}
					}
					return end
				})
			}
		}
		rowless := " without rowid"
		if d.Postgres() {
			rowless = ""
		}
		if err := update("create table seen (id bigint primary key, v bigint)", "create table other (id bigint primary key)",
			"create table rowless (id bigint primary key)"+rowless, "create table parent (id bigint primary key)",
			"create table child (id bigint primary key, p bigint references parent on delete cascade)")(nil); err != nil {
			t.Fatal(err)
		}
		w := d.Watch("seen", "rowless", "child")
		if d.Postgres() {
			if w != nil {
				t.Error("another server may write as well")
			}
			return
		}
		if d.Watch("seen", "rowless", "child") != w {
			t.Error("the second watch counts by itself")
		}
		undone := errors.New("undone")
		for _, c := range []struct {
			do    func(error) error
			end   error
			grows bool
		}{
			{update("insert into seen values (1,1)"), nil, true},
			{update("insert into other values (1)"), nil, false},
			{update("select 1 from seen"), nil, false},
			{update("update seen set v=2 where id=1"), nil, true},
			{update("update seen set v=2 where id=7"), nil, false},
			{update("insert into other values (2)", "delete from seen where id=1"), nil, true},
			{update("insert into seen values (3,3)"), undone, false},
			{update("insert into seen values (5,5)"), nil, true},
			{update("delete from seen"), nil, true},
			{update("delete from seen"), nil, false},
			{update("insert into rowless values (1)"), nil, true},
			{update("insert into parent values (1)", "insert into child values (1,1)"), nil, true},
			{update("delete from parent where id=1"), nil, true}, // and of child by it
		} {
			before := w.Count()
			if err := c.do(c.end); !errors.Is(err, c.end) {
				t.Fatal(err)
			}
			if grew := w.Count() > before; grew != c.grows {
				t.Errorf("%+v: %v", c, grew)
			}
		}
		// A function of Update learns whether the count says all there is: not
		// where it, or one before it in the same commit, changed such a row.
		settled := func(tx *db.Tx, want bool) {
			t.Helper()
			if n, ok := tx.Settled(w); ok != want || ok && n != w.Count() {
				t.Errorf("settled: %d %v", n, ok)
			}
		}
		if err := update("insert into other values (9)")(nil); err != nil {
			t.Fatal(err)
		}
		if err := d.Update(bg, func(tx *db.Tx) error {
			settled(tx, true)
			_, err := tx.Exec("insert into seen values (4,4)")
			settled(tx, false)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := d.Update(bg, func(tx *db.Tx) error { settled(tx, true); return nil }); err != nil {
			t.Fatal(err)
		}
		if err := d.View(bg, func(tx *db.Tx) error { settled(tx, false); return nil }); err != nil {
			t.Fatal(err)
		}
	})
}
