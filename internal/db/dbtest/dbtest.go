// Package dbtest runs a test on both engines.
package dbtest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
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

// Ready gives the opener of a database with the migrations of dir. They run
// once for this test binary; each database is a copy.
func Ready(tb testing.TB, engine string, files fs.FS, dir string) func(db.Config) *db.DB {
	tb.Helper()
	key, err := textOf(files, dir)
	if err != nil {
		tb.Fatal(err)
	}
	if engine == SQLite {
		file := filepath.Join(tb.TempDir(), "kexin.db")
		whole, err := template(tb, key, files, dir)
		if err == nil {
			err = os.WriteFile(file, whole, 0o600)
		}
		if err != nil {
			tb.Fatal(err)
		}
		return opener(tb, file, "")
	}
	return opener(tb, "", pgtest.Template(tb, key, func(dsn string) error {
		return migrate(db.Config{DSN: dsn}, files, dir)
	}))
}

// textOf is a sum over the files of dir: what a template is known by.
func textOf(files fs.FS, dir string) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(files, dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := fs.ReadFile(files, path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(b), b)
		return err
	})
	return string(sum.Sum(nil)), err
}

// templates holds migrated SQLite files by the text of their migrations.
var templates struct {
	mu    sync.Mutex
	files map[string][]byte
}

func template(tb testing.TB, key string, files fs.FS, dir string) ([]byte, error) {
	templates.mu.Lock()
	defer templates.mu.Unlock()
	if whole := templates.files[key]; whole != nil {
		return whole, nil
	}
	file := filepath.Join(tb.TempDir(), "template.db")
	if err := migrate(db.Config{File: file}, files, dir); err != nil {
		return nil, err
	}
	if _, err := os.Stat(file + "-wal"); err == nil {
		return nil, errors.New("the template's log was not copied")
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if templates.files == nil {
		templates.files = map[string][]byte{}
	}
	templates.files[key] = whole
	return whole, nil
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
			cfg.Trace, cfg.Strict = noting(cfg.Trace), true
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
