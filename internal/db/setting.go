package db

import (
	"context"
	"time"
)

// Settings reads settings of a PostgreSQL server by name; those it does not
// know are left out. On SQLite there are none.
func (db *DB) Settings(ctx context.Context, names ...string) (out map[string]string, err error) {
	out = map[string]string{}
	if !db.Postgres() {
		return out, nil
	}
	err = db.View(ctx, func(tx *Tx) error {
		for _, n := range names {
			var v string
			if err := tx.Row("SELECT COALESCE(MAX(setting),'') FROM pg_settings WHERE name=$1", n).Scan(&v); err != nil {
				return err
			}
			if v != "" {
				out[n] = v
			}
		}
		return nil
	})
	return out, err
}

// ServerTime is the clock of the PostgreSQL server; on SQLite it is this
// machine's.
func (db *DB) ServerTime(ctx context.Context) (time.Time, error) {
	if !db.Postgres() {
		return time.Now(), nil
	}
	var ms int64
	err := db.View(ctx, func(tx *Tx) error {
		return tx.Row("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp())*1000 AS BIGINT)").Scan(&ms)
	})
	return time.UnixMilli(ms), err
}
