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
	return db.direct(ctx, "db.backup", func(c conn) error {
		_, err := c.exec(ctx, `vacuum into $1`, []any{path})
		return err
	})
}

// Analyze counts the rows for the planner. Run it after much was written.
func (db *DB) Analyze(ctx context.Context) error {
	if db.Postgres() {
		return db.direct(ctx, "db.analyze", func(c conn) error { _, err := c.exec(ctx, "analyze", nil); return err })
	}
	return db.Update(ctx, func(tx *Tx) error { _, err := tx.Exec("analyze"); return err })
}

// Checkpoint moves the write-ahead log of SQLite into the file and empties it,
// so that what was erased stands in neither; on PostgreSQL it does nothing. A
// reader that is in the way makes it an unavailable error.
func (db *DB) Checkpoint(ctx context.Context) error {
	if db.Postgres() {
		return nil
	}
	return db.write.with(ctx, func(c conn) error {
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
	})
}

// direct lends a reading connection outside any transaction.
func (db *DB) direct(ctx context.Context, op string, use func(conn) error) error {
	return db.read.with(ctx, func(c conn) error { return classifyIn(ctx, op, use(c)) })
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
	db.writer.mu.Lock()
	s.Queue = len(db.writer.calls)
	db.writer.mu.Unlock()
	s.Served, s.Commits = db.writer.served.Load(), db.writer.commits.Load()
	for suffix, n := range map[string]*int64{"": &s.Bytes, "-wal": &s.Log} {
		if f, err := os.Stat(db.cfg.File + suffix); err == nil {
			*n = f.Size()
		}
	}
	return s, nil
}
