package lite

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// What a connection gathers is in the files, as a kill would leave them, when
// its commit returns, and not a row more: in commits smaller and larger than
// what is gathered, with caches that spill, after rollbacks and checkpoints.
// Rows come in no order, so that pages split and change numbers.
func TestGather(t *testing.T) {
	for _, cache := range []string{"cache_size=-16000", "cache_size=10"} {
		file := filepath.Join(t.TempDir(), "t.db")
		c, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		run := func(q string) {
			t.Helper()
			if err := c.Exec(q); err != nil {
				t.Fatal(q, err)
			}
		}
		run("pragma journal_mode=wal; pragma synchronous=full; pragma checkpoint_fullfsync=on; pragma wal_autocheckpoint=0; pragma " + cache)
		if err := c.Gather(); err != nil {
			t.Fatal(err)
		}
		run("create table t (a integer primary key, b blob); create index i on t (b)")
		want := 0
		for round, rows := range []int{1, 10, 1000, 3, 200, 1, 2000} {
			insert := fmt.Sprintf("with recursive n(i) as (select 1 union all select i+1 from n where i<%d) insert or ignore into t select random(), randomblob(400) from n", rows)
			run("begin; " + insert + "; rollback")
			run("begin; " + insert + "; savepoint s; " + insert + "; rollback to s; commit")
			want += rows
			if round%3 == 2 {
				run("pragma wal_checkpoint(passive)")
			}
			if n := rowsOfCopy(t, file); n != want {
				t.Errorf("%s: %d rows, want %d", cache, n, want)
			}
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if n := rowsOfCopy(t, file); n != want {
			t.Errorf("%s: %d rows after closing, want %d", cache, n, want)
		}
	}
	if err := open(t).Gather(); err == nil {
		t.Error("gathered without a write-ahead log")
	}
}

// The log is longer than what was written, so that small commits do not make it
// grow; what lies behind them is no row.
func TestZerosAhead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.db")
	c, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	run := func(q string) int64 {
		t.Helper()
		if err := c.Exec(q); err != nil {
			t.Fatal(q, err)
		}
		info, err := os.Stat(file + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	run("pragma journal_mode=wal; pragma wal_autocheckpoint=0; begin; commit; select 1 from sqlite_schema")
	if err := c.Gather(); err != nil {
		t.Fatal(err)
	}
	size := run("create table t (a integer primary key, b blob)")
	if size <= zerosAhead {
		t.Errorf("%d bytes", size)
	}
	for i := range 20 {
		if n := run("insert into t (b) values (randomblob(1000))"); n != size {
			t.Errorf("%d bytes after commit %d, %d before", n, i, size)
		}
	}
	if n := run("insert into t (b) values (randomblob(2000000))"); n <= size+zerosAhead/2 || n > size+2000000+2*zerosAhead {
		t.Errorf("%d bytes after a large commit, %d before", n, size)
	}
	if n := rowsOfCopy(t, file); n != 21 {
		t.Errorf("%d rows", n)
	}
}

// rowsOfCopy counts the rows of a copy of the files, which must be sound.
func rowsOfCopy(t *testing.T, file string) int {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy.db")
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(file + end)
		if os.IsNotExist(err) {
			continue
		}
		if err == nil {
			err = os.WriteFile(to+end, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	c, err := Open(to)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, q := range []string{"select integrity_check='ok' from pragma_integrity_check", "select count(*) from t"} {
		s, err := c.Prepare(q)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if more, err := s.Step(); !more || err != nil {
			t.Fatal(more, err)
		}
		if q[7] == 'c' {
			return int(s.Int(0))
		}
		if s.Int(0) != 1 {
			t.Error("the copy is damaged")
		}
	}
	return 0
}
