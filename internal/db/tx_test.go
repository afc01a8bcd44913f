package db_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
)

func TestExecCounts(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		err := d.Update(bg, func(tx *db.Tx) error {
			for i := range int64(3) {
				if err := insert(tx, i, fmt.Sprint("n", i)); err != nil {
					return err
				}
			}
			for _, c := range []struct {
				q    string
				want int64
			}{
				{`update t set n = 1 where org_id = 1`, 3},
				{`update t set n = 1 where org_id = 2`, 0},
				{`create table extra (org_id bigint primary key)`, 0},
				{`delete from t where org_id = 1 and id > 0`, 2},
				{`insert into t (org_id, id, name) values (1, 0, 'n0') on conflict (org_id, id) do nothing`, 0},
				{`insert into t (org_id, id, name) values (1, 0, 'x') on conflict (org_id, id) do update set name = excluded.name`, 1},
			} {
				if n, err := tx.Exec(c.q); n != c.want || err != nil {
					t.Errorf("%s: %d %v", c.q, n, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestRowsRules(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		put(t, d, 1, "a")
		put(t, d, 2, "b")
		for name, fn := range map[string]func(*db.Tx) error{
			"open rows": func(tx *db.Tx) error {
				if _, err := tx.Query(`select id from t where org_id = 1`); err != nil {
					t.Error(err)
				}
				_, err := tx.Exec(`select 1`)
				return err
			},
			"scan before Next": func(tx *db.Tx) error {
				rows, _ := tx.Query(`select id from t where org_id = 1`)
				_ = rows.Close()
				return rows.Scan(new(int))
			},
			"too few destinations": func(tx *db.Tx) error { return tx.Row(`select id, name from t where org_id = 1`).Scan(new(int)) },
			"text into number":     func(tx *db.Tx) error { return tx.Row(`select name from t where org_id = 1`).Scan(new(int)) },
			"number into text":     func(tx *db.Tx) error { return tx.Row(`select id from t where org_id = 1`).Scan(new(string)) },
			"strange destination":  func(tx *db.Tx) error { return tx.Row(`select id from t where org_id = 1`).Scan(new(time.Time)) },
			"strange argument":     func(tx *db.Tx) error { return tx.Row(`select id from t where org_id = $1`, t).Scan(new(int)) },
			"missing argument":     func(tx *db.Tx) error { return tx.Row(`select id from t where org_id = $1`).Scan(new(int)) },
			"argument too many":    func(tx *db.Tx) error { return tx.Row(`select id from t where org_id = $1`, 1, 2).Scan(new(int)) },
			"no such column":       func(tx *db.Tx) error { return tx.Row(`select nonsense from t`).Scan(new(int)) },
			"two statements": func(tx *db.Tx) error {
				_, err := tx.Exec(`update t set n = $1 where org_id = 1; delete from t`, 1)
				return err
			},
			"text with NUL":   func(tx *db.Tx) error { return insert(tx, 9, "a\x00b") },
			"text not UTF-8":  func(tx *db.Tx) error { return insert(tx, 9, "a\xff") },
			"uneven bulk":     func(tx *db.Tx) error { return tx.Bulk("t", []string{"org_id", "id", "name"}, [][]any{{1, 2}}) },
			"error swallowed": func(tx *db.Tx) error { _, _ = tx.Exec(`select nonsense`); return nil },
		} {
			err := d.View(bg, fn)
			if name == "uneven bulk" || strings.HasPrefix(name, "text ") && strings.Contains(name, "t") {
				err = d.Update(bg, fn)
			}
			if kexin.CodeOf(err) != kexin.Internal {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := d.View(bg, func(tx *db.Tx) error { return tx.Row(`select id from t where org_id = 7`).Scan(new(int)) }); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("no row: %v", err)
		}
		var kept *db.Tx
		if err := d.View(bg, func(tx *db.Tx) error { kept = tx; return nil }); err != nil {
			t.Error(err)
		}
		if _, err := kept.Exec(`select 1`); kexin.CodeOf(err) != kexin.Internal {
			t.Errorf("a transaction that is over: %v", err)
		}
	})
}

func TestFailedStatementFailsAll(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		put(t, d, 1, "a")
		err := d.Update(bg, func(tx *db.Tx) error {
			if err := insert(tx, 2, "b"); err != nil {
				return err
			}
			if kexin.CodeOf(insert(tx, 1, "again")) != kexin.Conflict {
				t.Error("no conflict")
			}
			if kexin.CodeOf(insert(tx, 3, "c")) != kexin.Conflict {
				t.Error("the transaction went on after a failure")
			}
			return nil
		})
		if kexin.CodeOf(err) != kexin.Conflict || count(t, d) != 1 {
			t.Errorf("%v, %d rows", err, count(t, d))
		}
	})
}

func TestSavepoint(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		put(t, d, 1, "a")
		mine := errors.New("mine")
		var called []string
		err := d.Update(bg, func(tx *db.Tx) error {
			called = nil
			if err := insert(tx, 2, "b"); err != nil {
				return err
			}
			if err := tx.Savepoint(func() error {
				tx.AfterCommit(func() { called = append(called, "undone") })
				_ = insert(tx, 3, "c")
				return insert(tx, 1, "again")
			}); kexin.CodeOf(err) != kexin.Conflict {
				t.Errorf("conflict in a savepoint: %v", err)
			}
			if err := tx.Savepoint(func() error { _ = insert(tx, 4, "d"); return mine }); !errors.Is(err, mine) {
				t.Errorf("own error in a savepoint: %v", err)
			}
			return tx.Savepoint(func() error {
				tx.AfterCommit(func() { called = append(called, "kept") })
				if err := insert(tx, 5, "e"); err != nil {
					return err
				}
				inner := tx.Savepoint(func() error { _, _ = tx.Query(`select id from t`); return insert(tx, 5, "e") })
				if kexin.CodeOf(inner) != kexin.Internal { // rows were open
					t.Errorf("inner savepoint: %v", inner)
				}
				return insert(tx, 6, "f")
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := ids(t, d); got != "1 2 5 6" {
			t.Errorf("kept %s", got)
		}
		if diff := cmp.Diff([]string{"kept"}, called); diff != "" {
			t.Error(diff)
		}
	})
}

func ids(t *testing.T, d *db.DB) string {
	t.Helper()
	var all []string
	if err := d.View(bg, func(tx *db.Tx) error {
		all = nil
		rows, err := tx.Query(`select id from t where org_id = $1 order by id`, kexin.ID(1))
		if err != nil {
			return err
		}
		for rows.Next() {
			var id kexin.ID
			if err := rows.Scan(&id); err != nil {
				return err
			}
			all = append(all, fmt.Sprint(int64(id)))
		}
		return rows.Err()
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func TestAfterCommit(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		stored := false
		if err := d.Update(bg, func(tx *db.Tx) error {
			tx.AfterCommit(func() { stored = count(t, d) == 1 }) // View is allowed here
			return insert(tx, 1, "a")
		}); err != nil || !stored {
			t.Errorf("%v, stored %v", err, stored)
		}
		_ = d.Update(bg, func(tx *db.Tx) error {
			tx.AfterCommit(func() { t.Error("ran after a rollback") })
			return insert(tx, 1, "a")
		})
	})
}

// What goes in comes out, the same on both engines.
func TestValues(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		id := int64(0)
		text := rapid.Custom(func(t *rapid.T) string { return strings.ReplaceAll(rapid.String().Draw(t, "s"), "\x00", "") })
		rapid.Check(t, func(t *rapid.T) {
			id++
			name, n := text.Draw(t, "name"), rapid.Int64Range(0, math.MaxInt64).Draw(t, "n")
			body, ok := rapid.SliceOf(rapid.Byte()).Draw(t, "body"), rapid.Bool().Draw(t, "ok")
			custom := `{"k": "` + strings.Repeat("客", rapid.IntRange(0, 2000).Draw(t, "len")) + `"}`
			if id == 1 {
				name, body = "", []byte{}
			}
			name += fmt.Sprint(id)
			if err := d.Update(bg, func(tx *db.Tx) error {
				_, err := tx.Exec(`insert into t (name, org_id, id, n, body, custom, ok) values ($3, $1, $2, $4, $5, $6, $7)`,
					int64(1), kexin.ID(id), name, kexin.Money(n), body, custom, ok)
				return err
			}); err != nil && kexin.CodeOf(err) != kexin.Conflict {
				t.Fatal(err)
			} else if err != nil {
				return
			}
			var gotName kexin.Day
			var gotN kexin.Instant
			var gotBody []byte
			var gotOK bool
			var gotCustom string
			if err := d.View(bg, func(tx *db.Tx) error {
				return tx.Row(`select name, n, body, custom, ok from t where org_id = $2 and id = $1`, id, 1).
					Scan(&gotName, &gotN, &gotBody, &gotCustom, &gotOK)
			}); err != nil {
				t.Fatal(err)
			}
			if string(gotName) != name || int64(gotN) != n || !bytes.Equal(gotBody, body) || gotOK != ok || gotCustom != custom {
				t.Fatalf("%q %d %x %v came back as %q %d %x %v", name, n, body, ok, gotName, gotN, gotBody, gotOK)
			}
		})
	})
}

func TestNull(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		if err := d.Update(bg, func(tx *db.Tx) error {
			_, err := tx.Exec(`insert into t (org_id, id, name, n, body, custom, ok) values (1, 1, 'a', $1, $2, $3, $4)`, nil, []byte(nil), nil, nil)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		n, body, custom, ok, maybe := int64(7), []byte{7}, "x", true, sql.Null[int64]{V: 1, Valid: true}
		if err := d.View(bg, func(tx *db.Tx) error {
			return tx.Row(`select n, body, custom, ok, n from t where n is null and body is null`).Scan(&n, &body, &custom, &ok, &maybe)
		}); err != nil {
			t.Fatal(err)
		}
		if n != 0 || body != nil || custom != "" || ok || maybe.Valid {
			t.Errorf("NULL came back as %d %x %q %v %v", n, body, custom, ok, maybe)
		}
	})
}

func TestEveryType(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		err := d.View(bg, func(tx *db.Tx) error {
			for _, arg := range []any{int64(5), int(5), uint32(5), kexin.ID(5), kexin.Instant(5), kexin.Money(5), kexin.Object(5), kexin.FieldID(5)} {
				var a int64
				var b int
				var c uint32
				var e kexin.ID
				var f kexin.Instant
				var g kexin.Money
				var h kexin.Object
				var i kexin.FieldID
				var j float64
				var k sql.NullInt64
				q := `select ` + strings.Repeat(`cast($1 as bigint), `, 9) + `cast($1 as bigint)`
				if err := tx.Row(q, arg).Scan(&a, &b, &c, &e, &f, &g, &h, &i, &j, &k); err != nil {
					return err
				}
				if a != 5 || b != 5 || c != 5 || e != 5 || f != 5 || g != 5 || h != 5 || i != 5 || j != 5 || k.Int64 != 5 {
					t.Errorf("%T: %v", arg, []any{a, b, c, e, f, g, h, i, j, k})
				}
			}
			var s string
			var b []byte
			var f float64
			if err := tx.Row(`select cast($1 as text), cast($2 as text), cast($3 as double precision)`, kexin.Day("2026-01-02"), "客", 1.5).Scan(&s, &b, &f); err != nil {
				return err
			}
			if s != "2026-01-02" || string(b) != "客" || f != 1.5 {
				t.Error(s, b, f)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// Bulk stores what single inserts would, and a fault in the middle nothing.
func TestBulk(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		cols := []string{"org_id", "id", "name", "body", "ok", "custom"}
		row := func(i int) []any {
			return []any{kexin.ID(1), i, fmt.Sprint("客户", i), []byte{byte(i)}, i%2 == 0, `{"a": 1}`}
		}
		next := 0
		for _, n := range []int{0, 1, 49, 50, 51, 1234} {
			rows := make([][]any, n)
			for i := range rows {
				rows[i] = row(next)
				next++
			}
			if err := d.Update(bg, func(tx *db.Tx) error { return tx.Bulk("t", cols, rows) }); err != nil {
				t.Fatal(err)
			}
			if got := count(t, d); got != next {
				t.Fatalf("%d rows, want %d", got, next)
			}
		}
		bad := [][]any{row(next), row(next + 1), row(0)}
		if err := d.Update(bg, func(tx *db.Tx) error { return tx.Bulk("t", cols, bad) }); kexin.CodeOf(err) != kexin.Conflict {
			t.Error(err)
		}
		if err := d.Update(bg, func(tx *db.Tx) error {
			if err := tx.Savepoint(func() error { return tx.Bulk("t", cols, bad) }); kexin.CodeOf(err) != kexin.Conflict {
				t.Error(err)
			}
			return tx.Bulk("t", cols, [][]any{row(next)})
		}); err != nil {
			t.Error(err)
		}
		if got := count(t, d); got != next+1 {
			t.Errorf("%d rows, want %d", got, next+1)
		}
	})
}

// TestBulkUnencodable: a value that PostgreSQL's column cannot hold is a defect
// of the code, and not taken for an engine that is busy; nothing is tried again.
func TestBulkUnencodable(t *testing.T) {
	d := dbtest.Ready(t, dbtest.Postgres, schema, "m")(db.Config{})
	tries := 0
	err := d.Update(bg, func(tx *db.Tx) error {
		tries++
		return tx.Bulk("t", []string{"org_id", "id", "name"}, [][]any{{1, 2, "a"}, {1, "13800138000", "b"}, {1, "x", "c"}})
	})
	if kexin.CodeOf(err) != kexin.Internal || tries != 1 || strings.Contains(err.Error(), "138") || !strings.Contains(fmt.Sprint(err), "does not fit") {
		t.Errorf("%d tries: %v", tries, err)
	}
	if n := count(t, d); n != 0 {
		t.Errorf("%d rows", n)
	}
	put(t, d, 1, "afterwards")
}

// More texts than a connection keeps.
func TestManyStatements(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		err := d.View(bg, func(tx *db.Tx) error {
			for i := range 1000 {
				var n int
				if err := tx.Row(fmt.Sprintf(`select cast($1 as bigint) + %d`, i), i).Scan(&n); err != nil || n != 2*i {
					return fmt.Errorf("%d: %d %w", i, n, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// Large values pass through the memory of SQLite's side.
func TestLargeValues(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		big, blob := strings.Repeat("客信", 300000), bytes.Repeat([]byte{1, 0, 255}, 500000)
		for i := range int64(3) {
			if err := d.Update(bg, func(tx *db.Tx) error {
				_, err := tx.Exec(`insert into t (org_id, id, name, body, custom) values (1, $1, $4, $2, $3)`, i, blob, `{"a": "`+big+`"}`, fmt.Sprint(i))
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.View(bg, func(tx *db.Tx) error {
			var gotBlob []byte
			var got string
			if err := tx.Row(`select body, custom from t where org_id = 1 and id = $1`, 2).Scan(&gotBlob, &got); err != nil {
				return err
			}
			if !bytes.Equal(gotBlob, blob) || got != `{"a": "`+big+`"}` {
				t.Error("changed on the way")
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
}
