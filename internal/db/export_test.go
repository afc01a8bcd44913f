package db

import (
	"os"
	"time"
)

// Gather lets a shared commit wait for as long as a function takes, so that it
// ends by how many are in it however slow the machine is: with one of parts of
// those who call at the same time. It belongs before the first Update.
func (db *DB) Gather(parts int64) { db.writer.patience, db.writer.parts = time.Hour, parts }

// Syncing puts f in the place of the call that waits for the disk. It belongs
// before the first Update.
func (db *DB) Syncing(f func() error) {
	db.writer.disk.log.sync = func(*os.File) error { return f() }
}

// CopyPages is after how many pages the log is copied.
const CopyPages = copyPages

// Fits judges what is read of a PostgreSQL server.
var Fits = fits

// Calm is how long nothing must have changed before a snapshot is kept.
const Calm = calm
