package db

import (
	"context"
	"errors"
	"os"

	"kexin"
)

// Backup writes a consistent copy of an SQLite database to path, which must
// not exist, while others write. On PostgreSQL use pg_dump: it is an error.
func (db *DB) Backup(ctx context.Context, path string) error {
	if db.Postgres() {
		return fail("db.backup", kexin.Invalid, "", errors.New("pg_dump makes the backup of a server"))
	}
	p := newLitePool(db.cfg.File, settings(), 1) // a reader may not: it counts as writing
	defer func() { _ = p.close() }()
	return p.with(ctx, func(c conn) error {
		c.(*liteConn).watch(ctx)
		_, err := c.exec(ctx, "vacuum into $1", []any{path})
		return errors.Join(classifyIn(ctx, "db.backup", err), c.rollback())
	})
}

// Checkpoint moves the write-ahead log of SQLite into the file and empties it,
// so that what was erased stands in neither; on PostgreSQL it does nothing. A
// reader that is in the way makes it an unavailable error.
func (db *DB) Checkpoint(ctx context.Context) error {
	if db.Postgres() || db.cfg.ReadOnly {
		return nil
	}
	return db.write.with(ctx, func(c conn) (err error) {
		db.steady.rest(func() { err = db.checkpoint(ctx, c) })
		return err
	})
}

func (db *DB) checkpoint(ctx context.Context, c conn) error {
	db.copier.mu.Lock() // behind the writer's connection and the readers, as in wrote
	defer db.copier.mu.Unlock()
	if err := db.copier.lost(); err != nil {
		return fail("db.checkpoint", kexin.Unavailable, KeyDown, err)
	}
	cur, err := c.query(ctx, "pragma wal_checkpoint(truncate)", nil)
	if err != nil {
		return classify("db.checkpoint", err)
	}
	defer func() { _ = cur.close() }()
	if _, err := cur.next(); err != nil {
		return classify("db.checkpoint", err)
	}
	if busy, err := cur.cell(0); err != nil || busy.n != 0 {
		return fail("db.checkpoint", kexin.Unavailable, KeyBusy, err)
	}
	return nil
}

// Stats are sizes and counts for the operator.
type Stats struct {
	Bytes   int64 // size of the database
	Log     int64 // size of the write-ahead log (SQLite)
	Open    int   // connections
	InUse   int
	Waits   int64 // how often somebody waited for a connection
	Queue   int   // functions that wait for the writer (SQLite)
	Served  int64 // functions it has run
	Commits int64 // commits that took: fewer than Served where they were shared
}

// Stats reads the sizes and counts.
func (db *DB) Stats(ctx context.Context) (Stats, error) {
	var s Stats
	s.Open, s.InUse, s.Waits = db.read.stats()
	if db.Postgres() {
		err := db.View(ctx, func(tx *Tx) error {
			return tx.Row("select pg_database_size(current_database())").Scan(&s.Bytes)
		})
		return s, err
	}
	if w := db.writer; w != nil {
		w.mu.Lock()
		s.Queue = len(w.calls)
		w.mu.Unlock()
		s.Served, s.Commits = w.served.Load(), w.commits.Load()
	}
	for suffix, n := range map[string]*int64{"": &s.Bytes, "-wal": &s.Log} {
		if f, err := os.Stat(db.cfg.File + suffix); err == nil {
			*n = f.Size()
		}
	}
	return s, nil
}
