package db_test

import (
	"context"
	"errors"
	"testing"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestSmoke(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		d := open(db.Config{})
		ctx := context.Background()
		blob := "blob"
		if d.Postgres() {
			blob = "bytea"
		}
		err := d.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(`create table t(org_id bigint not null, id bigint not null, name text, b ` + blob + `, ok boolean, primary key(org_id,id))`); err != nil {
				return err
			}
			_, err := tx.Exec(`insert into t values($1,$2,$3,$4,$5)`, kexin.ID(1), 2, "张三", []byte{1}, true)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = d.View(ctx, func(tx *db.Tx) error {
			var id kexin.ID
			var name string
			var b []byte
			var ok bool
			if err := tx.Row(`select id,name,b,ok from t where org_id=$1`, 1).Scan(&id, &name, &b, &ok); err != nil {
				return err
			}
			t.Log(id, name, b, ok)
			return d.View(ctx, func(tx *db.Tx) error { return nil })
		})
		t.Log(err)
		err = d.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`insert into t values($1,$2,$3,$4,$5)`, kexin.ID(1), 2, "张三", []byte{1}, true)
			return err
		})
		t.Log(err)
		t.Log(d.Version(ctx))
		t.Log(d.Stats(ctx))
	})
}

func asError(err error, target **kexin.Error) bool { return errors.As(err, target) }
