package db_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
)

func TestColumns(t *testing.T) {
	files := fstest.MapFS{"m/0001_a.sql": file(`-- +goose Up
CREATE TABLE thing (org_id BIGINT NOT NULL, flag BOOLEAN NOT NULL, word TEXT, id BIGINT NOT NULL, body {blob}, more {json} NOT NULL,
  PRIMARY KEY (org_id, id)) {rowless};
CREATE TABLE odd (id BIGINT PRIMARY KEY, x REAL);
`)}
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		d, ctx := open(db.Config{}), context.Background()
		if err := d.Migrate(ctx, files, "m"); err != nil {
			t.Fatal(err)
		}
		want := []db.Column{{Name: "org_id", Type: db.IntColumn, Key: 1}, {Name: "flag", Type: db.BoolColumn}, {Name: "word", Type: db.TextColumn, Null: true},
			{Name: "id", Type: db.IntColumn, Key: 2}, {Name: "body", Type: db.BlobColumn, Null: true}, {Name: "more", Type: db.TextColumn, JSON: d.Postgres()}}
		err := d.View(ctx, func(tx *db.Tx) error {
			got, err := db.Columns(tx, "thing")
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Error(err, diff)
			}
			if got, err := db.Columns(tx, "nothing"); err != nil || got != nil {
				t.Errorf("a table that is not there: %v %v", got, err)
			}
			if _, err := db.Columns(tx, "odd"); kexin.CodeOf(err) != kexin.Internal {
				t.Errorf("an unknown type: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]bool{"thing": true, "nothing": false} {
			if got, err := d.Exists(ctx, name); err != nil || got != want {
				t.Errorf("%s exists: %v %v", name, got, err)
			}
		}
	})
}

// A second connection may read while the first one writes, and can write
// nothing itself.
func TestReadOnly(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		d, ctx := open(db.Config{}), context.Background()
		if err := d.Migrate(ctx, migrations, "m"); err != nil {
			t.Fatal(err)
		}
		put := func(d *db.DB, id int) error {
			return d.Update(ctx, func(tx *db.Tx) error { _, err := tx.Exec("INSERT INTO thing(org_id,id) VALUES(1,$1)", id); return err })
		}
		r := open(db.Config{ReadOnly: true})
		if err := put(d, 1); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := r.View(ctx, func(tx *db.Tx) error { return tx.Row("SELECT COUNT(*) FROM thing").Scan(&n) }); err != nil || n != 1 {
			t.Errorf("%d rows, %v", n, err)
		}
		if err := put(r, 2); kexin.CodeOf(err) != kexin.Internal {
			t.Errorf("wrote through a reader: %v", err)
		}
		if err := r.View(ctx, func(tx *db.Tx) error { _, err := tx.Exec("DELETE FROM thing"); return err }); err == nil {
			t.Error("deleted through a reader")
		}
		if _, err := r.Stats(ctx); err != nil {
			t.Error(err)
		}
	})
	missing := filepath.Join(t.TempDir(), "no.db")
	if _, err := db.Open(context.Background(), db.Config{File: missing, ReadOnly: true}); kexin.CodeOf(err) != kexin.Unavailable {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("the missing file was made")
	}
}
