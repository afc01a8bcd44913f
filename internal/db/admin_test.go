package db_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
)

func openFile(t *testing.T, path string) *db.DB {
	t.Helper()
	d, err := db.Open(bg, db.Config{File: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestBackup(t *testing.T) {
	dir := t.TempDir()
	d := openFile(t, filepath.Join(dir, "a 客信?#.db"))
	if err := d.Migrate(bg, schema, "m"); err != nil {
		t.Fatal(err)
	}
	for i := range int64(50) {
		put(t, d, i, strings.Repeat("x", int(i)))
	}
	stop, stopped := make(chan bool), make(chan bool)
	go func() { // writes go on
		defer close(stopped)
		for i := int64(1000); ; i++ {
			select {
			case <-stop:
				return
			default:
				put(t, d, i, strings.Repeat("y", int(i)))
			}
		}
	}()
	copied := filepath.Join(dir, "copy.db")
	err := d.Backup(bg, copied)
	close(stop)
	<-stopped
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, openFile(t, copied)); n < 50 {
		t.Errorf("%d rows in the copy", n)
	}
	if err := d.Backup(bg, copied); err == nil {
		t.Error("a file was overwritten")
	}
	if pg := dbtest.Empty(t, dbtest.Postgres)(db.Config{}); kexin.CodeOf(pg.Backup(bg, copied)) != kexin.Invalid {
		t.Error("PostgreSQL made a copy")
	}
}

// What was erased is in no file after a checkpoint (security.md A3).
func TestErasedIsGone(t *testing.T) {
	dir := t.TempDir()
	d := openFile(t, filepath.Join(dir, "t.db"))
	if err := d.Migrate(bg, schema, "m"); err != nil {
		t.Fatal(err)
	}
	secret := []byte("13800138000-secret-of-a-person")
	traces := func() (n int) {
		files, _ := filepath.Glob(dir + "/*")
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			n += bytes.Count(b, secret)
		}
		return n
	}
	for i := range int64(200) {
		put(t, d, i, string(secret)+strings.Repeat("x", int(i)))
	}
	if err := d.Checkpoint(bg); err != nil || traces() == 0 {
		t.Fatalf("%v; the test sees nothing", err)
	}
	if err := d.Update(bg, func(tx *db.Tx) error { _, err := tx.Exec(`delete from t where org_id = 1`); return err }); err != nil {
		t.Fatal(err)
	}
	if err := d.Checkpoint(bg); err != nil {
		t.Fatal(err)
	}
	if n := traces(); n != 0 {
		t.Errorf("%d traces are left", n)
	}
	if s, err := d.Stats(bg); err != nil || s.Log != 0 || s.Bytes == 0 {
		t.Errorf("%+v %v", s, err)
	}
}

func TestCheckpointBehindAReader(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for busy_timeout")
	}
	both(t, func(t *testing.T, d *db.DB) {
		put(t, d, 1, "a")
		reading, release, done := make(chan bool), make(chan bool), make(chan error)
		go func() {
			done <- d.View(bg, func(tx *db.Tx) error {
				if err := tx.Row(`select id from t`).Scan(new(int)); err != nil {
					return err
				}
				close(reading)
				<-release
				return nil
			})
		}()
		<-reading
		put(t, d, 2, "b")
		if err := d.Checkpoint(bg); !d.Postgres() && key(err) != db.KeyBusy {
			t.Error(err)
		}
		close(release)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := d.Checkpoint(bg); err != nil {
			t.Error(err)
		}
	})
}

func TestStats(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		put(t, d, 1, "a")
		put(t, d, 2, "b")
		s, err := d.Stats(bg)
		if err != nil || s.Bytes == 0 || s.Open == 0 || !d.Postgres() && s.Served < 2 {
			t.Errorf("%+v %v", s, err)
		}
	})
}

// What was answered is counted.
func TestServed(t *testing.T) {
	d := openFile(t, filepath.Join(t.TempDir(), "t.db"))
	for n := range int64(2000) {
		if err := d.Update(bg, func(*db.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if s, err := d.Stats(bg); err != nil || s.Served != n+1 {
			t.Fatalf("%d of %d, %v", s.Served, n+1, err)
		}
	}
}

// Every connection has the settings, those opened later as well.
func TestSettings(t *testing.T) {
	d := openFile(t, filepath.Join(t.TempDir(), "t.db"))
	want := map[string]string{"secure_delete": "1", "synchronous": "2", "foreign_keys": "1", "journal_mode": "wal", "busy_timeout": "5000", "temp_store": "2"}
	check := func(tx *db.Tx) error {
		for name, value := range want {
			var n int64
			var s string
			if value == "wal" {
				if err := tx.Row("pragma " + name).Scan(&s); err != nil {
					return err
				}
			} else if err := tx.Row("pragma " + name).Scan(&n); err != nil {
				return err
			} else {
				s = string(rune('0' + n%10))
				value = value[len(value)-1:]
			}
			if s != value {
				t.Errorf("%s is %s, want %s", name, s, value)
			}
		}
		return nil
	}
	want["checkpoint_fullfsync"] = "1" // by which the log's connection knows what to wait for: see lite.Gather
	if err := d.Update(bg, check); err != nil {
		t.Error(err)
	}
	want["checkpoint_fullfsync"] = "0"
	if err := d.View(bg, check); err != nil {
		t.Error(err)
	}
}

func TestLockDir(t *testing.T) {
	dir := t.TempDir()
	unlock, err := db.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.LockDir(dir); kexin.CodeOf(err) != kexin.Conflict {
		t.Errorf("locked twice: %v", err)
	}
	unlock()
	again, err := db.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	again()
	if _, err := db.LockDir(filepath.Join(dir, "no")); kexin.CodeOf(err) != kexin.Unavailable {
		t.Error(err)
	}
}
