package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"kexin"
	"kexin/internal/db"
)

func TestConstraints(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		if err := d.Update(bg, func(tx *db.Tx) error {
			_, err := tx.Exec(`insert into t (org_id, id, name, n, ok) values (1, 1, '王小明', 5, $1)`, true)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			q    string
			code kexin.Code
			want db.Constraint
			both bool // SQLite knows table and name too
		}{
			{`insert into t (org_id, id, name) values (1, 1, '王小明2')`, kexin.Conflict, db.Constraint{Kind: db.Unique, Table: "t", Name: "t_pkey"}, true},
			{`insert into t (org_id, id, name) values (1, 2, '王小明')`, kexin.Conflict, db.Constraint{Kind: db.Unique, Table: "t", Name: "t_name"}, true},
			{`insert into t (org_id, id, name, n, ok) values (1, 2, '王小明2', 5, $1)`, kexin.Conflict, db.Constraint{Kind: db.Unique, Table: "t", Name: "t_some"}, true},
			{`insert into child (org_id, id, t_id) values (1, 1, 77)`, kexin.Conflict, db.Constraint{Kind: db.Foreign, Table: "child", Name: "child_t"}, false},
			{`delete from t where org_id = 1`, kexin.Conflict, db.Constraint{Kind: db.Foreign, Table: "child", Name: "child_t"}, false},
			{`insert into t (org_id, id, name) values (1, 2, null)`, kexin.Internal, db.Constraint{Kind: db.NotNull, Table: "t", Name: "name"}, true},
			{`insert into t (org_id, id, name, n) values (1, 2, '王小明2', -1)`, kexin.Internal, db.Constraint{Kind: db.Check, Table: "t", Name: "t_positive"}, false},
		} {
			if c.q[0] == 'd' {
				if err := d.Update(bg, func(tx *db.Tx) error {
					_, err := tx.Exec(`insert into child (org_id, id, t_id) values (1, 1, 1)`)
					return err
				}); err != nil {
					t.Fatal(err)
				}
			}
			err := d.Update(bg, func(tx *db.Tx) error {
				args := []any{}
				if strings.Contains(c.q, "$1") {
					args = append(args, true)
				}
				_, err := tx.Exec(c.q, args...)
				return err
			})
			var got *db.Constraint
			if kexin.CodeOf(err) != c.code || !errors.As(err, &got) || got.Kind != c.want.Kind {
				t.Errorf("%s: %v", c.q, err)
				continue
			}
			if (d.Postgres() || c.both) && *got != c.want {
				t.Errorf("%s: %+v, want %+v", c.q, *got, c.want)
			}
			if strings.Contains(fmt.Sprint(errors.Unwrap(err)), "王小明") && c.code == kexin.Conflict {
				t.Errorf("the error has a value: %v", err)
			}
		}
	})
}

// No value that a person may have typed stands in an error, whatever goes wrong.
func TestErrorsHaveNoValues(t *testing.T) {
	const secret = "13800138000"
	both(t, func(t *testing.T, d *db.DB) {
		put(t, d, 1, secret)
		for name, fn := range map[string]func(*db.Tx) error{
			"twice": func(tx *db.Tx) error { return insert(tx, 2, secret) },
			"wrong type": func(tx *db.Tx) error {
				_, err := tx.Exec(`update t set n = $1 where org_id = 1`, secret+"x")
				return err
			},
			"wrong cast": func(tx *db.Tx) error {
				return tx.Row(`select cast(name || 'x' as bigint) / (id - 1) from t`).Scan(new([]byte))
			},
			"not JSON":  func(tx *db.Tx) error { _, err := tx.Exec(`update t set custom = $1`, secret+"{"); return err },
			"JSON path": func(tx *db.Tx) error { return tx.Row(`select cast($1 as text) ->> $2`, secret, secret).Scan(new(int)) },
			"bulk":      func(tx *db.Tx) error { return tx.Bulk("t", []string{"org_id", "id", "name"}, [][]any{{1, 2, secret}}) },
			"bulk type": func(tx *db.Tx) error {
				return tx.Bulk("t", []string{"org_id", "id", "name"}, [][]any{{1, secret + "y", "b"}})
			},
			"destination": func(tx *db.Tx) error { return tx.Row(`select name from t`).Scan(new(int)) },
		} {
			err := d.Update(bg, fn)
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// The lock of another program is waited for and then reported.
func TestBusyFile(t *testing.T) {
	path := t.TempDir() + "/t.db"
	a, err := db.Open(bg, db.Config{File: path})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.Migrate(bg, schema, "m"); err != nil {
		t.Fatal(err)
	}
	b, err := db.Open(bg, db.Config{File: path})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	holding, release, done := make(chan bool), make(chan bool), make(chan error)
	go func() {
		done <- a.Update(bg, func(tx *db.Tx) error { close(holding); <-release; return insert(tx, 1, "a") })
	}()
	<-holding
	ctx, cancel := context.WithCancel(bg)
	gaveUp := make(chan error)
	first := make(chan error)
	go func() { first <- b.Update(bg, func(tx *db.Tx) error { return insert(tx, 2, "b") }) }()
	go func() { gaveUp <- b.Update(ctx, func(tx *db.Tx) error { return insert(tx, 3, "c") }) }()
	for s, _ := b.Stats(bg); s.Queue == 0; s, _ = b.Stats(bg) {
	}
	cancel()
	if n := count(t, b); n != 0 { // readers are not in the way
		t.Errorf("%d rows", n)
	}
	close(release)
	if err := errors.Join(<-done, <-first); err != nil {
		t.Error(err)
	}
	if err := <-gaveUp; err != nil && key(err) != db.KeyCancelled {
		t.Error(err)
	}
}
