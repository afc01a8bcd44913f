package db_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"kexin/internal/db"
	"kexin/internal/db/dbtest"
)

// What Steady has read holds exactly as long as no commit has changed a table
// that it may read; quiet tables change beside it and cannot be read by it.
func TestSteady(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		d := open(db.Config{})
		update := func(qs ...string) {
			t.Helper()
			if err := d.Update(bg, func(tx *db.Tx) error {
				for _, q := range qs {
					if _, err := tx.Exec(q); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		update("create table shown (id bigint primary key, v bigint)", "create table noise (id bigint primary key)", "insert into shown values (1,1)")
		d.Quiet("noise")
		ran := false
		var v int64
		read := func() db.Mark {
			t.Helper()
			ran = false
			m, err := d.Steady(bg, func(tx *db.Tx) error {
				ran = true
				return tx.Row("select v from shown where id=1").Scan(&v)
			})
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		holds := func(m db.Mark, want bool, qs ...string) {
			t.Helper()
			if err := d.Update(bg, func(tx *db.Tx) error {
				for _, q := range qs {
					if _, err := tx.Exec(q); err != nil {
						return err
					}
				}
				if got := tx.Holds(m); got != want {
					t.Errorf("holds: %v", got)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		if d.Postgres() {
			holds(read(), false)
			if ran {
				t.Error("another server may write as well")
			}
			return
		}
		calm := func() { time.Sleep(2 * db.Calm) }
		calm()
		m := read()
		if !ran || v != 1 {
			t.Fatal(ran, v)
		}
		holds(m, true)
		holds(db.Mark{}, false)
		holds(m, true, "insert into noise values (1)")
		holds(m, true) // after its commit too
		holds(m, false, "update shown set v=2 where id=1")
		holds(m, false)
		if read(); ran {
			t.Error("a snapshot was taken though the tables were written just now")
		}
		calm()
		if m = read(); v != 2 {
			t.Error("an old snapshot:", v)
		}
		holds(m, true)
		if err := d.Checkpoint(bg); err != nil { // no kept snapshot is in the way
			t.Error(err)
		}
		if _, err := d.Steady(bg, func(tx *db.Tx) error { return tx.Row("select id from noise").Scan(&v) }); err == nil {
			t.Error("read what changes beside it")
		}
		if _, err := d.Steady(bg, func(tx *db.Tx) error { _, err := tx.Exec("update shown set v=9"); return err }); err == nil {
			t.Error("wrote on a snapshot")
		}
		undone := errors.New("undone")
		if m, err := d.Steady(bg, func(*db.Tx) error { return undone }); !errors.Is(err, undone) || m != (db.Mark{}) {
			t.Error(m, err)
		}
		holds(read(), true)
	})
}

// Among writers of the tables that it reads nobody is told that something holds
// that does not: each of many counts up what he read.
func TestSteadyBesideWriters(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		d := open(db.Config{})
		if err := d.Update(bg, func(tx *db.Tx) error {
			for _, q := range []string{"create table shown (id bigint primary key, v bigint)", "create table noise (id bigint primary key)", "insert into shown values (1,0)"} {
				if _, err := tx.Exec(q); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		d.Quiet("noise")
		var wg sync.WaitGroup
		const many, each = 8, 40
		for range many {
			wg.Go(func() {
				for i := range each {
					if i%5 == 0 {
						time.Sleep(2 * db.Calm)
					}
					var v int64
					read := func(tx *db.Tx) error { return tx.Row("select v from shown where id=1").Scan(&v) }
					m, err := d.Steady(bg, read)
					if err == nil {
						err = d.Update(bg, func(tx *db.Tx) error {
							if !tx.Holds(m) {
								if err := read(tx); err != nil {
									return err
								}
							}
							_, err := tx.Exec("update shown set v=$1 where id=1", v+1)
							return err
						})
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if err := d.View(bg, func(tx *db.Tx) error {
			var v int64
			err := tx.Row("select v from shown where id=1").Scan(&v)
			if v != many*each {
				t.Errorf("%d, want %d", v, many*each)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// A database that is closed while its log is copied ends its kept snapshots once.
func TestCloseBesideCheckpoint(t *testing.T) {
	for i := range 30 {
		d, err := db.Open(bg, db.Config{File: filepath.Join(t.TempDir(), "t.db")})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Update(bg, func(tx *db.Tx) error {
			_, err := tx.Exec("create table shown (id bigint primary key, v bigint)")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		d.Quiet("noise")
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				_, _ = d.Steady(bg, func(tx *db.Tx) error {
					time.Sleep(3 * time.Millisecond)
					return tx.Each("select * from shown", nil, func(*db.Rows) error { return nil })
				})
			})
		}
		wg.Wait()
		wg.Go(func() {
			for d.Checkpoint(bg) == nil {
			}
		})
		time.Sleep(time.Duration(i%7) * 300 * time.Microsecond)
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	}
}
