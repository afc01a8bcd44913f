// Package db is the dialect shim: one code for SQLite (one process, one file)
// and PostgreSQL 15 or newer. It opens the engine, runs functions inside
// transactions, tells errors apart by number and renders the few fragments of
// SQL in which the engines differ. It knows no table of the product.
//
// SQL is written once, in the common subset, with $1 placeholders. A *Tx is an
// argument, never part of a context. No function given to View or Update may
// do I/O, call View or Update, or keep the *Tx.
package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kexin"
)

// A Config says what to open: a file or a server, never both.
type Config struct {
	File     string           // path of the SQLite file
	DSN      string           // postgres://… of the server
	Schema   string           // PostgreSQL: schema of the tables, "" = the server's default
	Clock    func() time.Time // nil = time.Now
	Readers  int              // connections for View; 0 = cores (SQLite), 4 × cores (PostgreSQL)
	ReadOnly bool             // never write: beside a server that runs, for checks; Update is an error
	MaxPages int              // SQLite: largest file in pages of 4 KiB, 0 = no limit; for tests of a full disk
	Strict   bool             // SQLite: every call is asked for nesting, not only one that waits
	Log      *slog.Logger     // nil = discard

	// Trace is told every statement: its text, never its arguments, how long
	// it took and how many rows it gave or changed. It must be quick and safe
	// for concurrent use.
	Trace func(sql string, d time.Duration, rows int)
}

// A DB is an open database. It is safe for concurrent use.
type DB struct {
	migrating sync.Mutex
	cfg       Config
	read      pool          // of View
	long      pool          // of Long; PostgreSQL: the same pool
	steady    *steady       // of Steady; nil on PostgreSQL
	write     pool          // SQLite: the one writing connection; PostgreSQL: the same pool
	writer    *writer       // nil on PostgreSQL
	copier    *copier       // nil on PostgreSQL
	lane      chan struct{} // PostgreSQL: held by who tries again
	last      atomic.Int64
}

// Open opens the engine and checks that it can be trusted with text: see
// openSQLite and openPostgres. It does not migrate.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if (cfg.File == "") == (cfg.DSN == "") {
		return nil, fail("db.open", kexin.Invalid, "", errors.New("give a file or a DSN, not both"))
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	db := &DB{cfg: cfg, lane: make(chan struct{}, 1)}
	open := db.openPostgres
	if cfg.File != "" {
		open = db.openSQLite
	}
	if err := open(ctx); err != nil {
		_ = db.Close()
		return nil, classify("db.open", err)
	}
	return db, nil
}

// Postgres reports which of the two engines this is.
func (db *DB) Postgres() bool { return db.cfg.DSN != "" }

// Place is where the database lies: the file, or the DSN of the server.
func (db *DB) Place() (file, dsn string) { return db.cfg.File, db.cfg.DSN }

// Close lets the functions that wait for the writer finish, refuses new ones
// and closes the connections.
func (db *DB) Close() error {
	if db.writer != nil {
		db.writer.stop()
	}
	var err error
	if db.copier != nil {
		err = db.copier.stop()
	}
	if db.steady != nil {
		err = errors.Join(err, db.steady.pool.close())
	}
	for _, p := range []pool{db.read, db.long, db.write} {
		if p != nil {
			err = errors.Join(err, p.close())
		}
	}
	return err
}

// now is the clock, held back so that it never gives less than before.
func (db *DB) now() kexin.Instant {
	t := db.cfg.Clock().UnixMilli()
	for {
		last := db.last.Load()
		if t <= last {
			return kexin.Instant(last)
		}
		if db.last.CompareAndSwap(last, t) {
			return kexin.Instant(t)
		}
	}
}

// View runs fn on one consistent snapshot of the database. Writing is an
// error. A cancelled ctx ends the statement that runs.
func (db *DB) View(ctx context.Context, fn func(*Tx) error) error {
	return db.view(ctx, db.read, fn)
}

// Long is View for what takes minutes, as a backup does: on SQLite it has a
// connection of its own, and who waits for an answer keeps the few of View.
func (db *DB) Long(ctx context.Context, fn func(*Tx) error) error {
	return db.view(ctx, db.long, fn)
}

func (db *DB) view(ctx context.Context, p pool, fn func(*Tx) error) error {
	if db.asks() && nested() {
		return errNested
	}
	if db.writer != nil { // what a View would show, the disk may not have
		if err := db.writer.disk.log.failed(); err != nil {
			return fail("db.view", kexin.Unavailable, KeyDown, err)
		}
	}
	return p.with(ctx, func(c conn) error {
		if err := c.begin(ctx, true); err != nil {
			return classifyIn(ctx, "db.view", err)
		}
		tx := db.newTx(ctx, c)
		tx.reading = true
		err := tx.run(fn)
		if e := c.rollback(); err == nil && e != nil {
			err = classifyIn(ctx, "db.view", e)
		}
		return err
	})
}

// Update runs fn in a transaction and commits it: nil means stored, an error
// means not stored, save for an unavailable error with key "db.unknown": the
// server was lost while it committed. Once fn has started, a cancelled ctx no
// longer stops it and Update waits for the true outcome.
//
// fn may run more than once (a serialization failure, a lost connection, a
// neighbour in a shared commit that failed), so it must change nothing but
// the database and what it sets afresh on each run; everything else belongs
// into Tx.AfterCommit. Retrying is done here and nowhere else.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	if db.asks() && nested() {
		return errNested
	}
	if db.cfg.ReadOnly {
		return fail("db.update", kexin.Internal, "", errors.New("opened for reading alone"))
	}
	if db.writer != nil {
		return db.writer.do(ctx, fn)
	}
	return db.updatePostgres(ctx, fn)
}

// once runs fn in one writing transaction and commits it.
func (db *DB) once(ctx context.Context, c conn, fn func(*Tx) error) (*Tx, error) {
	tx := db.newTx(ctx, c)
	if err := c.begin(ctx, false); err != nil {
		return tx, classify("db.begin", err)
	}
	err := tx.run(fn)
	if err == nil {
		err = classify("db.commit", c.commit())
	}
	if err != nil {
		_ = c.rollback()
	}
	return tx, err
}

func (db *DB) newTx(ctx context.Context, c conn) *Tx {
	return &Tx{Now: db.now(), db: db, c: c, ctx: ctx}
}

var (
	errNested = fail("db.nested", kexin.Internal, "", errors.New("View or Update inside a transaction"))
	errPanic  = errors.New("panic in a transaction")
)

// run calls fn and settles what it left open: rows, an error it swallowed, a
// panic.
func (tx *Tx) run(fn func(*Tx) error) error {
	err := invoke(fn, tx)
	tx.closeRows()
	tx.done = true
	if errors.Is(err, errPanic) {
		tx.db.cfg.Log.Error("panic in a transaction", "err", err)
		return fail("db.panic", kexin.Internal, "", errPanic)
	}
	if err == nil {
		err = tx.err
	}
	return err
}

// invoke is the frame by which nested knows that it is inside a transaction.
//
//go:noinline
func invoke(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %T\n%s", errPanic, p, debug.Stack())
		}
	}()
	return fn(tx)
}

// asks reports whether every call is asked for nesting. Looking through the
// stack costs as much as a statement: on SQLite it is done where a call waits,
// in litePool.enter and writer.do, unless it is to be strict.
func (db *DB) asks() bool { return db.Postgres() || db.cfg.Strict }

// nested reports whether the caller runs inside a function of View or Update.
// There it would wait for itself: for the writer, or for the last reader.
func nested() bool {
	var pcs [48]uintptr
	return slices.Contains(pcs[:runtime.Callers(3, pcs[:])], inside)
}

// inside is where invoke goes on when fn returns: the one place of its frame
// in every stack. Comparing it costs a tenth of asking each frame's name.
var inside = func() (pc uintptr) {
	_ = invoke(func(*Tx) error {
		var pcs [1]uintptr
		runtime.Callers(2, pcs[:])
		pc = pcs[0]
		return nil
	}, nil)
	return pc
}()
