package db_test

import (
	"errors"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
)

// Nobody is answered before the disk has what he wrote, and the next function
// runs meanwhile. One that wrote nothing, but may have seen what is not yet on
// disk, waits as well.
func TestAnsweredWhenSynced(t *testing.T) {
	d := dbtest.Ready(t, dbtest.SQLite, schema, "m")(db.Config{})
	writing, release := make(chan bool, 10), make(chan bool)
	var synced atomic.Int64
	d.Syncing(func() error {
		writing <- true
		<-release
		synced.Add(1)
		return nil
	})
	answers := make(chan int64, 3)
	update := func(fn func(*db.Tx) error) {
		err := d.Update(bg, fn)
		if err != nil && !errors.Is(err, errRefused) {
			t.Error(err)
		}
		answers <- synced.Load()
	}
	go update(func(tx *db.Tx) error { return insert(tx, 1, "first") })
	<-writing // committed, and on its way to disk
	ran := make(chan bool)
	go update(func(tx *db.Tx) error { close(ran); return insert(tx, 2, "second") })
	<-ran
	go update(func(tx *db.Tx) error { return errRefused })
	for range 1000 {
		runtime.Gosched()
	}
	if len(answers) > 0 {
		t.Error("answered before the disk had it")
	}
	close(release)
	for range 3 {
		if n := <-answers; n == 0 {
			t.Error("answered before the disk had it")
		}
	}
	if n := count(t, d); n != 2 || synced.Load() < 2 {
		t.Errorf("%d rows, %d syncs", n, synced.Load())
	}
}

// A disk that refuses: the caller learns that nobody knows, nothing more is
// taken, and what was acknowledged before is there when it is opened again.
func TestSyncFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.db")
	d := openFile(t, file)
	if err := d.Migrate(bg, schema, "m"); err != nil {
		t.Fatal(err)
	}
	fails := false
	d.Syncing(func() error {
		if fails {
			return errors.New("the disk is gone")
		}
		return nil
	})
	put(t, d, 1, "before")
	fails = true
	err := d.Update(bg, func(tx *db.Tx) error { return insert(tx, 2, "lost") })
	if kexin.CodeOf(err) != kexin.Unavailable || key(err) != db.KeyUnknown {
		t.Errorf("%v", err)
	}
	fails = false
	ran := false
	err = d.Update(bg, func(tx *db.Tx) error { ran = true; return nil })
	if kexin.CodeOf(err) != kexin.Unavailable || key(err) != db.KeyDown || ran {
		t.Errorf("%v, ran %v", err, ran)
	}
	if err := d.View(bg, func(*db.Tx) error { return nil }); key(err) != db.KeyDown {
		t.Errorf("what the disk may not have is shown: %v", err)
	}
	if err := d.Checkpoint(bg); key(err) != db.KeyDown {
		t.Errorf("what the disk may not have is copied into the file: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	again := openFile(t, file)
	put(t, again, 3, "after")
	if n := count(t, again); n < 2 {
		t.Errorf("%d rows", n)
	}
}

// What is written comes into the file while the database is open, and not by
// the writer.
func TestLogIsCopied(t *testing.T) {
	d := dbtest.Ready(t, dbtest.SQLite, schema, "m")(db.Config{})
	body := make([]byte, 800_000) // some two hundred pages
	for id := range int64(db.CopyPages / 100) {
		if err := d.Update(bg, func(tx *db.Tx) error {
			_, err := tx.Exec("insert into t (org_id, id, name, body) values (1, $1, $2, $3)", id, kexin.ID(id).String(), body)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	for s, err := d.Stats(bg); s.Bytes < db.CopyPages/2*4096; s, err = d.Stats(bg) { // until it has: what is in the log alone does not count
		if err != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
}
