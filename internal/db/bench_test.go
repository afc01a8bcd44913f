package db_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"testing/fstest"
)

var benchSchema = fstest.MapFS{"m/0001_bench.sql": file(`-- +goose Up
CREATE TABLE customer (org_id BIGINT NOT NULL, id BIGINT NOT NULL, owner BIGINT NOT NULL, name TEXT NOT NULL, phone {blob}, region TEXT NOT NULL,
  stage TEXT NOT NULL, source TEXT NOT NULL, tags TEXT NOT NULL, next_at BIGINT NOT NULL, last_at BIGINT NOT NULL, orders BIGINT NOT NULL,
  total BIGINT NOT NULL, rev BIGINT NOT NULL, custom {json} NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (org_id, id));
CREATE INDEX customer_owner ON customer (org_id, owner, last_at, id);
CREATE INDEX customer_last ON customer (org_id, last_at, id);
`)}

var benchCols = []string{"org_id", "id", "owner", "name", "phone", "region", "stage", "source", "tags", "next_at", "last_at", "orders", "total", "rev", "custom", "created_at"}

func benchRow(id int64) []any {
	return []any{int64(1), id, id % 20, "王小明" + fmt.Sprint(id), []byte("0123456789012345678901234567890123456789"), "330382",
		"visit", "own_pos", "老客户", int64(0), id * 7919 % 1000003, int64(3), int64(128800), int64(1), `{"8001":"北欧"}`, int64(1790000000000)}
}

func eachEngine(b *testing.B, fn func(b *testing.B, d *db.DB)) {
	for _, engine := range dbtest.Engines {
		b.Run(engine, func(b *testing.B) { fn(b, dbtest.Ready(b, engine, benchSchema, "m")(db.Config{})) })
	}
}

const insertCustomer = `insert into customer (org_id,id,owner,name,phone,region,stage,source,tags,next_at,last_at,orders,total,rev,custom,created_at)
	values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16)`

func BenchmarkUpdate(b *testing.B) {
	for _, writers := range []int{1, 16} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			eachEngine(b, func(b *testing.B, d *db.DB) {
				var next atomic.Int64
				var wg sync.WaitGroup
				b.ResetTimer()
				for range writers {
					wg.Go(func() {
						for {
							id := next.Add(1)
							if id > int64(b.N) {
								return
							}
							if err := d.Update(context.Background(), func(tx *db.Tx) error {
								_, err := tx.Exec(insertCustomer, benchRow(id)...)
								return err
							}); err != nil {
								b.Error(err)
							}
						}
					})
				}
				wg.Wait()
				b.StopTimer()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
				if s, err := d.Stats(context.Background()); err == nil && s.Commits > 0 {
					b.ReportMetric(float64(s.Served)/float64(s.Commits), "op/commit")
				}
			})
		})
	}
}

func fill(b *testing.B, d *db.DB, from, n int64) {
	for at := from; at < from+n; at += 500 {
		rows := make([][]any, 0, 500)
		for id := at; id < min(at+500, from+n); id++ {
			rows = append(rows, benchRow(id))
		}
		if err := d.Update(context.Background(), func(tx *db.Tx) error { return tx.Bulk("customer", benchCols, rows) }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBulk500(b *testing.B) {
	eachEngine(b, func(b *testing.B, d *db.DB) {
		for i := range b.N {
			fill(b, d, int64(i)*500, 500)
		}
		b.ReportMetric(float64(b.N)*500/b.Elapsed().Seconds(), "rows/s")
	})
}

func BenchmarkGet(b *testing.B) {
	for _, readers := range []int{1, 16} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) {
			eachEngine(b, func(b *testing.B, d *db.DB) {
				const rows = 20000
				fill(b, d, 0, rows)
				var left atomic.Int64
				left.Store(int64(b.N))
				var wg sync.WaitGroup
				b.ResetTimer()
				for range readers {
					wg.Go(func() {
						for left.Add(-1) >= 0 {
							id := rand.Int64N(rows)
							var name, custom string
							var owner, total int64
							var phone []byte
							if err := d.View(context.Background(), func(tx *db.Tx) error {
								return tx.Row(`select owner, name, phone, total, custom from customer where org_id=$1 and id=$2`, int64(1), id).
									Scan(&owner, &name, &phone, &total, &custom)
							}); err != nil {
								b.Error(err)
							}
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
			})
		})
	}
}

func BenchmarkList50(b *testing.B) {
	eachEngine(b, func(b *testing.B, d *db.DB) {
		const rows = 20000
		fill(b, d, 0, rows)
		b.ReportAllocs()
		b.ResetTimer()
		for range b.N {
			owner := rand.Int64N(20)
			n := 0
			if err := d.View(context.Background(), func(tx *db.Tx) error {
				n = 0
				r, err := tx.Query(`select org_id,id,owner,name,phone,region,stage,source,tags,next_at,last_at,orders,total,rev,custom,created_at
					from customer where org_id=$1 and owner=$2 order by last_at desc, id desc limit 50`, int64(1), owner)
				if err != nil {
					return err
				}
				defer r.Close()
				var i [9]int64
				var s [6]string
				var p []byte
				for r.Next() {
					if err := r.Scan(&i[0], &i[1], &i[2], &s[0], &p, &s[1], &s[2], &s[3], &s[4], &i[3], &i[4], &i[5], &i[6], &i[7], &s[5], &i[8]); err != nil {
						return err
					}
					n++
				}
				return r.Err()
			}); err != nil || n != 50 {
				b.Fatal(n, err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
	})
}
