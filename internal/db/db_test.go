package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func file(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

// schema has a table for each sort of trouble.
var schema = fstest.MapFS{"m/0001_t.sql": file(`-- +goose Up
CREATE TABLE t (org_id BIGINT NOT NULL, id BIGINT NOT NULL, name TEXT NOT NULL, n BIGINT, body {blob}, custom {json}, ok BOOLEAN,
  PRIMARY KEY (org_id, id), CONSTRAINT t_positive CHECK (n >= 0));
CREATE UNIQUE INDEX t_name ON t (org_id, name);
CREATE UNIQUE INDEX t_some ON t (org_id, n) WHERE ok;
CREATE TABLE child (org_id BIGINT NOT NULL, id BIGINT NOT NULL, t_id BIGINT NOT NULL, PRIMARY KEY (org_id, id),
  CONSTRAINT child_t FOREIGN KEY (org_id, t_id) REFERENCES t (org_id, id));
CREATE TABLE late (org_id BIGINT NOT NULL, id BIGINT NOT NULL, t_id BIGINT NOT NULL, PRIMARY KEY (org_id, id),
  CONSTRAINT late_t FOREIGN KEY (org_id, t_id) REFERENCES t (org_id, id) DEFERRABLE INITIALLY DEFERRED);
`)}

var bg = context.Background()

// both runs fn on a database of each engine that has the tables of schema.
func both(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	dbtest.Migrated(t, schema, "m", func(t *testing.T, open func(db.Config) *db.DB) { fn(t, open(db.Config{})) })
}

func insert(tx *db.Tx, id int64, name string) error {
	_, err := tx.Exec(`insert into t (org_id, id, name) values ($1, $2, $3)`, kexin.ID(1), id, name)
	return err
}

func put(t *testing.T, d *db.DB, id int64, name string) {
	t.Helper()
	if err := d.Update(bg, func(tx *db.Tx) error { return insert(tx, id, name) }); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.View(bg, func(tx *db.Tx) error { return tx.Row(`select count(*) from t where org_id = 1`).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func key(err error) string {
	var e *kexin.Error
	if errors.As(err, &e) {
		return e.Key
	}
	return ""
}

func TestOpenWantsOneEngine(t *testing.T) {
	for _, cfg := range []db.Config{{}, {File: "x", DSN: "y"}} {
		if _, err := db.Open(bg, cfg); kexin.CodeOf(err) != kexin.Invalid {
			t.Error(err)
		}
	}
	if _, err := db.Open(bg, db.Config{File: t.TempDir() + "/no/such/dir/x.db"}); key(err) != db.KeyDown {
		t.Error(err)
	}
	const secret = "hunter2secret"
	if _, err := db.Open(bg, db.Config{DSN: "postgres://u:" + secret + "@[bad/x"}); err == nil || strings.Contains(err.Error(), secret) {
		t.Error(err)
	}
}

func TestViewIsASnapshot(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		put(t, d, 1, "a")
		began, written := make(chan bool), make(chan bool)
		go func() {
			<-began
			put(t, d, 2, "b")
			close(written)
		}()
		var first, second int
		err := d.View(bg, func(tx *db.Tx) error {
			if err := tx.Row(`select count(*) from t where org_id = 1`).Scan(&first); err != nil {
				return err
			}
			close(began)
			<-written
			return tx.Row(`select count(*) from t where org_id = 1`).Scan(&second)
		})
		if err != nil || first != 1 || second != 1 {
			t.Errorf("saw %d, then %d, %v", first, second, err)
		}
		if n := count(t, d); n != 2 {
			t.Errorf("%d rows afterwards", n)
		}
	})
}

func TestViewDoesNotWrite(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		err := d.View(bg, func(tx *db.Tx) error { return insert(tx, 1, "a") })
		if kexin.CodeOf(err) != kexin.Internal || count(t, d) != 0 {
			t.Error(err)
		}
	})
}

func TestNoNesting(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		none := func(*db.Tx) error { return nil }
		for _, outer := range []func(context.Context, func(*db.Tx) error) error{d.View, d.Update} {
			for _, inner := range []func(context.Context, func(*db.Tx) error) error{d.View, d.Update} {
				if err := outer(bg, func(*db.Tx) error { return inner(bg, none) }); kexin.CodeOf(err) != kexin.Internal {
					t.Errorf("nested: %v", err)
				}
			}
		}
	})
}

// The writer that waits for itself is found while it waits, where not every call
// is asked.
func TestNoNestingWhileWaiting(t *testing.T) {
	d := openFile(t, filepath.Join(t.TempDir(), "t.db"))
	ran := false
	err := d.Update(bg, func(*db.Tx) error {
		err := d.Update(bg, func(*db.Tx) error { ran = true; return nil })
		if kexin.CodeOf(err) != kexin.Internal {
			t.Errorf("nested: %v", err)
		}
		return nil
	})
	if err != nil || ran {
		t.Error(ran, err)
	}
	if err := d.Update(bg, func(*db.Tx) error { return nil }); err != nil {
		t.Errorf("the next: %v", err)
	}
}

func TestClockNeverGoesBack(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		var mu sync.Mutex
		times := []int64{1000, 5000, 2000, 5000, 6000}
		d := open(db.Config{Clock: func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			now := times[0]
			if len(times) > 1 {
				times = times[1:]
			}
			return time.UnixMilli(now)
		}})
		for i, want := range []kexin.Instant{1000, 5000, 5000, 5000, 6000} {
			run := d.Update
			if i%2 == 1 {
				run = d.View
			}
			var now kexin.Instant
			if err := run(bg, func(tx *db.Tx) error { now = tx.Now; return nil }); err != nil || now != want {
				t.Errorf("transaction %d: %d, want %d, %v", i, now, want, err)
			}
		}
	})
}

func TestCancelledView(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		const long = `with recursive c (n) as (select 1 union all select n + 1 from c where n < 500000000) select n from c where n <= 10000 or n = 500000000`
		ctx, cancel := context.WithCancel(bg)
		seen := 0
		err := d.View(ctx, func(tx *db.Tx) error {
			rows, err := tx.Query(long)
			if err != nil {
				return err
			}
			for rows.Next() {
				if seen++; seen == 1 { // it runs: the ten thousand come at once, the last row after minutes
					go cancel()
				}
			}
			return rows.Err()
		})
		if key(err) != db.KeyCancelled || !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled query: %v", err)
		}
		if err := d.View(ctx, func(*db.Tx) error { t.Error("ran"); return nil }); key(err) != db.KeyCancelled {
			t.Errorf("a query under a cancelled context: %v", err)
		}
		for range 20 { // every connection still works
			count(t, d)
		}
	})
}

// Rows that stream: the engine's statement has begun, cancel comes between.
func TestCancelledBetweenRows(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(bg)
		seen := 0
		err := d.View(ctx, func(tx *db.Tx) error {
			rows, err := tx.Query(`with recursive c (n) as (select 1 union all select n + 1 from c where n < 1000000) select n from c`)
			if err != nil {
				return err
			}
			for rows.Next() {
				if seen++; seen == 10 {
					cancel()
				}
			}
			return rows.Err()
		})
		if key(err) != db.KeyCancelled || seen >= 1000000 {
			t.Errorf("%d rows, %v", seen, err)
		}
		count(t, d)
	})
}

func TestPanicAndGoexit(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		for _, run := range []func(context.Context, func(*db.Tx) error) error{d.View, d.Update} {
			err := run(bg, func(tx *db.Tx) error { panic("Zhang San 13800138000") })
			if kexin.CodeOf(err) != kexin.Internal || strings.Contains(err.Error(), "Zhang") {
				t.Errorf("panic: %v", err)
			}
		}
		if err := d.Update(bg, func(tx *db.Tx) error { _ = insert(tx, 1, "a"); panic(1) }); kexin.CodeOf(err) != kexin.Internal {
			t.Error(err)
		}
		done := make(chan error, 1)
		go func() {
			defer close(done)
			done <- d.Update(bg, func(tx *db.Tx) error {
				_ = insert(tx, 2, "b")
				runtime.Goexit() // as t.FailNow does
				return nil
			})
		}()
		if err, told := <-done; told && kexin.CodeOf(err) != kexin.Internal {
			t.Errorf("Goexit: %v", err)
		}
		put(t, d, 3, "c")
		if n := count(t, d); n != 1 {
			t.Errorf("%d rows, want the last one alone", n)
		}
	})
}

func TestTrace(t *testing.T) {
	dbtest.Migrated(t, schema, "m", func(t *testing.T, open func(db.Config) *db.DB) {
		var mu sync.Mutex
		seen := map[string]int{}
		d := open(db.Config{Trace: func(sql string, _ time.Duration, rows int) {
			mu.Lock()
			defer mu.Unlock()
			seen[sql] += rows
		}})
		put(t, d, 1, "王小明")
		if err := d.Update(bg, func(tx *db.Tx) error {
			return tx.Bulk("t", []string{"org_id", "id", "name"}, [][]any{{1, 2, "李四"}, {1, 3, "赵五"}})
		}); err != nil {
			t.Fatal(err)
		}
		if err := d.View(bg, func(tx *db.Tx) error {
			rows, err := tx.Query(`select name from t where org_id = $1`, 1)
			if err != nil {
				return err
			}
			for rows.Next() {
			}
			return rows.Err()
		}); err != nil {
			t.Fatal(err)
		}
		for text := range seen {
			if strings.Contains(text, "王小明") || strings.Contains(text, "李四") {
				t.Errorf("the trace has values: %s", text)
			}
		}
		for text, rows := range map[string]int{`insert into t (org_id, id, name) values ($1, $2, $3)`: 1, "bulk insert into t (org_id,id,name)": 2, `select name from t where org_id = $1`: 3} {
			if seen[text] != rows {
				t.Errorf("%q: %d rows, want %d", text, seen[text], rows)
			}
		}
	})
}

func TestClose(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		begun, answers := make(chan bool), make(chan error, 5)
		for i := range 5 {
			go func() {
				answers <- d.Update(bg, func(tx *db.Tx) error {
					if i == 0 {
						close(begun)
						time.Sleep(20 * time.Millisecond)
					}
					return insert(tx, int64(i), string(rune('a'+i)))
				})
			}()
		}
		<-begun
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		for range 5 {
			if err := <-answers; err != nil && key(err) != db.KeyClosed {
				t.Error(err)
			}
		}
		for _, run := range []func(context.Context, func(*db.Tx) error) error{d.View, d.Update} {
			if err := run(bg, func(*db.Tx) error { return nil }); key(err) != db.KeyClosed {
				t.Errorf("after Close: %v", err)
			}
		}
		if err := d.Close(); err != nil {
			t.Errorf("closed twice: %v", err)
		}
	})
}

// TestLongLeavesTheReaders: while a function of Long runs, the one reader there
// is answers, and each sees its own snapshot.
func TestLongLeavesTheReaders(t *testing.T) {
	d := dbtest.Ready(t, dbtest.SQLite, schema, "m")(db.Config{Readers: 1})
	put(t, d, 1, "a")
	for range 2 { // a connection is closed after use, and there is one again
		err := d.Long(bg, func(tx *db.Tx) error {
			n := func() (n int) {
				if err := tx.Row(`select count(*) from t where org_id = 1`).Scan(&n); err != nil {
					t.Error(err)
				}
				return n
			}
			before, seen := n(), make(chan int)
			go func() {
				put(t, d, int64(before)+1, strings.Repeat("b", before))
				seen <- count(t, d)
			}()
			if got := <-seen; got != before+1 || n() != before {
				t.Errorf("%d rows beside it, %d in it, of %d", got, n(), before)
			}
			return insert(tx, 9, "z")
		})
		if kexin.CodeOf(err) != kexin.Internal {
			t.Errorf("writing in it: %v", err)
		}
	}
}

// TestFileIsPrivate: what the database lies in is for its owner alone, whatever
// the directory.
func TestFileIsPrivate(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.db")
	d, err := db.Open(bg, db.Config{File: name})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Update(bg, func(tx *db.Tx) error { _, err := tx.Exec("create table x (a bigint)"); return err }); err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"", "-wal", "-shm"} {
		i, err := os.Stat(name + end)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && i.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", i.Name(), i.Mode())
		}
	}
}
