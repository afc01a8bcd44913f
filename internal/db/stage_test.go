package db_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/pgtest"
)

// things counts the rows of the real database.
func things(t *testing.T, cfg db.Config) int {
	t.Helper()
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	return thingsOf(t, d)
}

func thingsOf(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.View(context.Background(), func(tx *db.Tx) error { return tx.Row("SELECT COUNT(*) FROM thing").Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func fillThings(t *testing.T, d *db.DB, n int) {
	t.Helper()
	if err := d.Migrate(context.Background(), migrations, "m"); err != nil {
		t.Fatal(err)
	}
	err := d.Update(context.Background(), func(tx *db.Tx) error {
		rows := make([][]any, n)
		for i := range rows {
			rows[i] = []any{int64(1), int64(i)}
		}
		return tx.Bulk("thing", []string{"org_id", "id"}, rows)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A staged database takes the real one's place as a whole, and what was there
// stays only if that is wished.
func TestStage(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			ctx, cfg := context.Background(), db.Config{File: filepath.Join(t.TempDir(), "k.db")}
			if engine == dbtest.Postgres {
				cfg = db.Config{DSN: pgtest.Database(t)}
			}
			swap := func(n int, keep bool) string {
				s, err := db.Stage(ctx, cfg)
				if err != nil {
					t.Fatal(err)
				}
				fillThings(t, s.DB, n)
				old, err := s.Swap(ctx, keep)
				if err != nil {
					t.Fatal(err)
				}
				if got := things(t, cfg); got != n {
					t.Fatalf("%d rows in the real one, want %d", got, n)
				}
				return old
			}
			if old := swap(3, true); old != "" {
				t.Errorf("kept %q where nothing was", old)
			}
			if old := swap(5, false); old != "" {
				t.Errorf("kept %q", old)
			}
			left, err := db.Stage(ctx, cfg) // an attempt that was killed
			if err != nil {
				t.Fatal(err)
			}
			fillThings(t, left.DB, 2)
			_ = left.DB.Close()
			if got := things(t, cfg); got != 5 {
				t.Fatalf("an unfinished one shows: %d rows", got)
			}
			old := swap(7, true)
			if old == "" {
				t.Fatal("the old one was not kept")
			}
			checkBefore(t, cfg, old)
			gone, err := db.Stage(ctx, cfg)
			if err != nil {
				t.Fatal(err)
			}
			if err := gone.Discard(ctx); err != nil {
				t.Error(err)
			}
			if got := things(t, cfg); got != 7 {
				t.Errorf("%d rows after a discard", got)
			}
		})
	}
}

// checkBefore finds the kept database, reads it, and drops it when it is old.
func checkBefore(t *testing.T, cfg db.Config, old string) {
	t.Helper()
	ctx, now := context.Background(), time.Now()
	clocked := cfg
	clocked.Clock = func() time.Time { return now }
	d, err := db.Open(ctx, clocked)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	was := db.Config{File: old}
	if cfg.DSN != "" {
		was = db.Config{DSN: cfg.DSN, Schema: old}
	}
	if n := things(t, was); n != 5 {
		t.Errorf("the kept one has %d rows", n)
	}
	for _, step := range []struct {
		ahead time.Duration
		left  int
	}{{time.Hour, 1}, {31 * 24 * time.Hour, 0}} {
		now = time.Now().Add(step.ahead)
		if err := db.DropBefore(ctx, d, 30*24*time.Hour); err != nil {
			t.Fatal(err)
		}
		if names, err := db.Before(ctx, d); err != nil || len(names) != step.left {
			t.Errorf("after %v: %v %v", step.ahead, names, err)
		}
	}
	if n := thingsOf(t, d); n != 7 {
		t.Errorf("the real one has %d rows", n)
	}
	if cfg.DSN == "" {
		if left, _ := filepath.Glob(cfg.File + "*"); len(left) > 3 {
			t.Errorf("files left: %v", left)
		}
		if _, err := os.Stat(old); err == nil {
			t.Error("the old file is still there")
		}
	}
}

// Whatever the directory is called, what lies there is found.
func TestBeforeFound(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "店[1]")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	d := openFile(t, filepath.Join(dir, "k.db"))
	old := filepath.Join(dir, "k.db.before-20260101t000000")
	if err := os.WriteFile(old, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err := db.Before(bg, d); err != nil || len(all) != 1 || all[0] != old {
		t.Errorf("%q, %v", all, err)
	}
}
