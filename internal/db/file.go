package db

// File is the path of the SQLite file, "" on PostgreSQL.
func (db *DB) File() string { return db.cfg.File }
