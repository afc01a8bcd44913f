package db_test

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
)

var migrations = fstest.MapFS{
	"m/0001_first.sql": file(`-- +goose Up
CREATE TABLE thing (org_id BIGINT NOT NULL, id BIGINT NOT NULL, custom {json} NOT NULL DEFAULT '{}', body {blob}, hash {bytes16},
  PRIMARY KEY (org_id, id));
-- {postgres}
CREATE INDEX thing_custom ON thing USING gin (custom);
-- {end}
-- {sqlite}
CREATE TABLE only_sqlite (a BIGINT);
-- {end}
CREATE UNIQUE INDEX thing_hash ON thing (org_id, hash);
`),
	"m/0002_second.sql": file("-- +goose Up\nALTER TABLE thing ADD COLUMN word TEXT NOT NULL DEFAULT '';\n"),
}

func TestMigrate(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		ctx := context.Background()
		d := open(db.Config{})
		first := fstest.MapFS{"m/0001_first.sql": migrations["m/0001_first.sql"]}
		for _, step := range []struct {
			files fstest.MapFS
			want  int64
		}{{first, 1}, {migrations, 2}, {migrations, 2}} {
			if err := d.Migrate(ctx, step.files, "m"); err != nil {
				t.Fatal(err)
			}
			if v, err := d.Version(ctx); v != step.want || err != nil {
				t.Fatalf("version %d %v, want %d", v, err, step.want)
			}
		}
		var older *kexin.Error
		if err := d.Migrate(ctx, first, "m"); kexin.CodeOf(err) != kexin.Unavailable || !errors.As(err, &older) || older.Key != db.KeyNewer {
			t.Errorf("an older program migrated: %v", err)
		}
		bad := fstest.MapFS{"m/0001_a.sql": migrations["m/0001_first.sql"], "m/0002_second.sql": migrations["m/0002_second.sql"],
			"m/0003_bad.sql": file("-- +goose Up\nCREATE TABLE half (a BIGINT);\nCREATE TABLE x (a {nonsense});\n")}
		if err := d.Migrate(ctx, bad, "m"); kexin.CodeOf(err) != kexin.Internal {
			t.Errorf("unknown macro: %v", err)
		}
		bad["m/0003_bad.sql"] = file("-- +goose Up\nCREATE TABLE half (a BIGINT);\nCREATE TABEL x (a BIGINT);\n")
		if err := d.Migrate(ctx, bad, "m"); kexin.CodeOf(err) != kexin.Internal {
			t.Errorf("wrong SQL: %v", err)
		} else {
			t.Log(err)
		}
		if v, _ := d.Version(ctx); v != 2 {
			t.Errorf("version %d after a failed migration", v)
		}
		err := d.View(ctx, func(tx *db.Tx) error { return tx.Row("select count(*) from half").Scan(new(int)) })
		if err == nil {
			t.Error("half a migration was kept")
		}
	})
}

func TestMigrateTogether(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		d := open(db.Config{})
		errs := make(chan error)
		for range 3 {
			go func() { errs <- d.Migrate(context.Background(), migrations, "m") }()
		}
		for range 3 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}
