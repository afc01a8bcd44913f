// Package dbtest runs a test on both engines.
package dbtest

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"kexin/internal/db"
	"kexin/internal/pgtest"
)

// The engines, as subtests are named.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Engines are all engines.
var Engines = [...]string{SQLite, Postgres}

// Both runs fn on an empty database of each engine, as subtests "sqlite" and
// "postgres". Each call of open opens that same database with cfg, of which
// File and DSN are set here; it is closed when the subtest ends.
func Both(t *testing.T, fn func(t *testing.T, open func(db.Config) *db.DB)) {
	t.Helper()
	for _, engine := range Engines {
		t.Run(engine, func(t *testing.T) { fn(t, Empty(t, engine)) })
	}
}

// Migrated runs fn on each engine on a fresh database with the migrations of
// dir.
func Migrated(t *testing.T, files fs.FS, dir string, fn func(t *testing.T, open func(db.Config) *db.DB)) {
	t.Helper()
	for _, engine := range Engines {
		t.Run(engine, func(t *testing.T) { fn(t, Ready(t, engine, files, dir)) })
	}
}

// Empty gives the opener of an empty database.
func Empty(tb testing.TB, engine string) func(db.Config) *db.DB {
	tb.Helper()
	if engine == SQLite {
		return opener(tb, filepath.Join(tb.TempDir(), "kexin.db"), "")
	}
	return opener(tb, "", pgtest.Database(tb))
}

// Ready gives the opener of a database with the migrations of dir.
func Ready(tb testing.TB, engine string, files fs.FS, dir string) func(db.Config) *db.DB {
	tb.Helper()
	if engine == SQLite {
		file := filepath.Join(tb.TempDir(), "kexin.db")
		if err := migrate(db.Config{File: file}, files, dir); err != nil {
			tb.Fatal(err)
		}
		return opener(tb, file, "")
	}
	key := fmt.Sprintf("%s %T", dir, files)
	return opener(tb, "", pgtest.Template(tb, key, func(dsn string) error {
		return migrate(db.Config{DSN: dsn}, files, dir)
	}))
}

func migrate(cfg db.Config, files fs.FS, dir string) error {
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		return err
	}
	if err := d.Migrate(context.Background(), files, dir); err != nil {
		_ = d.Close()
		return err
	}
	return d.Close()
}

func opener(tb testing.TB, file, dsn string) func(db.Config) *db.DB {
	return func(cfg db.Config) *db.DB {
		tb.Helper()
		cfg.File, cfg.DSN = file, dsn
		if _, bench := tb.(*testing.B); !bench {
			cfg.Trace = noting(cfg.Trace)
		}
		d, err := db.Open(context.Background(), cfg)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = d.Close() })
		return d
	}
}

// Past begins a statement that a test runs past the program, as somebody with
// the database's password would.
const Past = "/* past the program */ "

// seen holds the text of every statement that ran on a database opened here.
var seen sync.Map

// Statements are the statements that tests of this binary ran, in order.
func Statements() (out []string) {
	seen.Range(func(q, _ any) bool { out = append(out, q.(string)); return true })
	slices.Sort(out)
	return out
}

// noting is a trace that also remembers the statement.
func noting(next func(string, time.Duration, int)) func(string, time.Duration, int) {
	return func(q string, d time.Duration, rows int) {
		if _, known := seen.Load(q); !known {
			seen.Store(q, true)
		}
		if next != nil {
			next(q, d, rows)
		}
	}
}
