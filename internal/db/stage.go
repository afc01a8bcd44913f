package db

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kexin"
	"kexin/internal/disk"
)

// A Staged is an empty database beside the real one: a file beside the file, a
// schema beside the schema. A restore fills it and puts it in place by Swap,
// in one step: whoever looks sees the old one or the new one, whole.
type Staged struct {
	*DB
	cfg    Config // of the real one
	schema string // PostgreSQL: where the real one's tables are
}

// Names of what lies beside the real one.
const (
	stagedFile   = ".restoring"
	beforeFile   = ".before-"
	stagedSchema = "kexin_restoring"
	beforeSchema = "kexin_before_"
)

// Stage opens one. What an earlier attempt left behind is thrown away. The
// caller holds the directory's lock, or knows that no server runs.
func Stage(ctx context.Context, cfg Config) (*Staged, error) {
	s := &Staged{cfg: cfg}
	var err error
	if cfg.DSN != "" {
		err = s.stageSchema(ctx)
	} else {
		err = s.stageFile(ctx)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Staged) stageFile(ctx context.Context) (err error) {
	cfg := s.cfg
	cfg.File += stagedFile
	if err := removeSQLite(cfg.File); err != nil {
		return fail("db.stage", kexin.Unavailable, KeyDown, err)
	}
	s.DB, err = Open(ctx, cfg)
	return err
}

func (s *Staged) stageSchema(ctx context.Context) error {
	real, err := Open(ctx, s.cfg)
	if err != nil {
		return err
	}
	err = real.Update(ctx, func(tx *Tx) error {
		if err := tx.Row("SELECT CAST(current_schema() AS TEXT)").Scan(&s.schema); err != nil {
			return err
		}
		if _, err := tx.Exec("DROP SCHEMA IF EXISTS " + stagedSchema + " CASCADE"); err != nil {
			return err
		}
		_, err := tx.Exec("CREATE SCHEMA " + stagedSchema)
		return err
	})
	if err = errors.Join(err, real.Close()); err != nil {
		return err
	}
	cfg := s.cfg
	cfg.Schema = stagedSchema
	s.DB, err = Open(ctx, cfg)
	return err
}

// Discard closes and deletes the staged database.
func (s *Staged) Discard(ctx context.Context) error {
	err := s.DB.Close()
	if s.cfg.DSN == "" {
		return errors.Join(err, removeSQLite(s.cfg.File+stagedFile))
	}
	return errors.Join(err, alter(ctx, s.cfg, "DROP SCHEMA IF EXISTS "+stagedSchema+" CASCADE"))
}

// Swap closes the staged database and puts it in the place of the real one.
// The old one stays under the name that comes back where keep is true and
// there was one: with all its data, so delete it when it is not needed.
func (s *Staged) Swap(ctx context.Context, keep bool) (old string, err error) {
	stamp := time.UnixMilli(int64(s.DB.now())).UTC().Format("20060102t150405")
	if s.cfg.DSN == "" {
		return s.swapFile(ctx, keep, stamp)
	}
	if err := s.DB.Close(); err != nil {
		return "", err
	}
	return s.swapSchema(ctx, keep, stamp)
}

// swapFile brings both files to the state in which they are one file each,
// then renames over the old one. A log left beside the old file would be read
// as part of the new one, so there must be none.
func (s *Staged) swapFile(ctx context.Context, keep bool, stamp string) (string, error) {
	staged, real, old := s.cfg.File+stagedFile, s.cfg.File, ""
	err := s.DB.Checkpoint(ctx)
	if err = errors.Join(err, s.DB.Close()); err != nil {
		return "", err
	}
	if _, err := os.Stat(real); err == nil {
		if err := fold(ctx, s.cfg); err != nil {
			return "", err
		}
		if keep {
			old = real + beforeFile + stamp
			if err := os.Link(real, old); err != nil {
				return "", fail("db.swap", kexin.Unavailable, KeyDown, err)
			}
		}
	}
	if err := errors.Join(alone(staged), alone(real), syncFile(staged), os.Rename(staged, real), disk.SyncDir(filepath.Dir(real))); err != nil {
		return "", fail("db.swap", kexin.Unavailable, KeyDown, err)
	}
	return old, nil
}

// fold moves the write-ahead log of a file into it and closes it.
func fold(ctx context.Context, cfg Config) error {
	d, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(d.Checkpoint(ctx), d.Close())
}

// alone is nil when no write-ahead log lies beside a file; empty ones go.
func alone(file string) error {
	for _, suffix := range []string{"-wal", "-shm"} {
		st, err := os.Stat(file + suffix)
		if err == nil && suffix == "-wal" && st.Size() > 0 {
			return errors.New("a write-ahead log is left beside " + filepath.Base(file))
		}
		if err == nil {
			if err := os.Remove(file + suffix); err != nil {
				return err
			}
		}
	}
	return nil
}

func removeSQLite(file string) error {
	var all error
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(file + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}

func syncFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// swapSchema exchanges the tables in one transaction.
func (s *Staged) swapSchema(ctx context.Context, keep bool, stamp string) (old string, err error) {
	d, err := Open(ctx, s.cfg)
	if err != nil {
		return "", err
	}
	before := beforeSchema + stamp
	err = d.Update(ctx, func(tx *Tx) error {
		old = ""
		was, err := tablesIn(tx, s.schema)
		if err != nil {
			return err
		}
		now, err := tablesIn(tx, stagedSchema)
		if err != nil {
			return err
		}
		steps := []string{"CREATE SCHEMA " + before}
		for _, t := range was {
			if slices.Contains(now, t) {
				steps = append(steps, "ALTER TABLE "+quote(s.schema)+"."+quote(t)+" SET SCHEMA "+before)
			}
		}
		for _, t := range now {
			steps = append(steps, "ALTER TABLE "+stagedSchema+"."+quote(t)+" SET SCHEMA "+quote(s.schema))
		}
		steps = append(steps, "DROP SCHEMA "+stagedSchema)
		if !keep || len(was) == 0 {
			steps = append(steps, "DROP SCHEMA "+before+" CASCADE")
		} else {
			old = before
		}
		for _, q := range steps {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	return old, errors.Join(err, d.Close())
}

func tablesIn(tx *Tx, schema string) ([]string, error) {
	return names(tx, "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE CAST(schemaname AS TEXT)=$1 ORDER BY 1", schema)
}

// names are the texts that a statement gives.
func names(tx *Tx, q string, arg string) (out []string, err error) {
	err = tx.Each(q, []any{arg}, func(r *Rows) error {
		var n string
		err := r.Scan(&n)
		out = append(out, n)
		return err
	})
	return out, err
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// alter runs one statement on the real database.
func alter(ctx context.Context, cfg Config, q string) error {
	d, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	err = d.Update(ctx, func(tx *Tx) error { _, err := tx.Exec(q); return err })
	return errors.Join(err, d.Close())
}

// Before lists what swaps have left behind, with when: databases from before a
// restore, which hold data and keys together.
func Before(ctx context.Context, d *DB) (all []string, err error) {
	if d.Postgres() {
		err = d.View(ctx, func(tx *Tx) (err error) {
			all, err = names(tx, "SELECT CAST(nspname AS TEXT) FROM pg_namespace WHERE starts_with(CAST(nspname AS TEXT),$1) ORDER BY 1", beforeSchema)
			return err
		})
		return all, err
	}
	files, err := os.ReadDir(filepath.Dir(d.cfg.File))
	if err != nil {
		return nil, fail("db.before", kexin.Unavailable, KeyDown, err)
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), filepath.Base(d.cfg.File)+beforeFile) {
			all = append(all, filepath.Join(filepath.Dir(d.cfg.File), f.Name()))
		}
	}
	return all, nil
}

// DropBefore deletes those that are older than age.
func DropBefore(ctx context.Context, d *DB, age time.Duration) error {
	all, err := Before(ctx, d)
	if err != nil {
		return err
	}
	for _, n := range all {
		made, perr := time.Parse("20060102t150405", n[max(0, len(n)-15):])
		if perr != nil || time.UnixMilli(int64(d.now())).Sub(made) < age {
			continue
		}
		if !d.Postgres() {
			err = errors.Join(err, removeSQLite(n))
			continue
		}
		err = errors.Join(err, d.Update(ctx, func(tx *Tx) error { _, err := tx.Exec("DROP SCHEMA " + quote(n) + " CASCADE"); return err }))
	}
	return err
}
