package store_test

import (
	"context"
	"fmt"
	"testing"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/store"
	"kexin/store/storetest"
)

const benchRows = 5000

func benchWorld(b *testing.B) *storetest.World {
	w := storetest.New(b, storetest.Ready(b, dbtest.SQLite)(db.Config{}), nil)
	a := w.Staff["rep"]
	for from := 0; from < benchRows; from += 500 {
		err := w.Store.Update(context.Background(), w.Org, func(tx *store.Tx) error {
			for i := from; i < from+500; i++ {
				vals := store.Values{kexin.CustName: kexin.Str("王小明"), kexin.CustPhone: kexin.Str(fmt.Sprintf("+86138%08d", i)), kexin.CustStage: kexin.Str("new"),
					kexin.CustNeed: kexin.Items("tile"), kexin.CustRegion: kexin.Str("330382"), kexin.CustSource: kexin.Str("store"), kexin.CustNextAt: kexin.Num(int64(i))}
				fields := make([]kexin.FieldID, 0, len(vals))
				for f := range vals {
					fields = append(fields, f)
				}
				p, err := gate.Create(tx.State, a, kexin.Query{Act: kexin.ActCreate, Object: kexin.Customer, Fields: fields}, a.User)
				if err != nil {
					return err
				}
				if _, err := tx.Create(&p, a.User, 0, vals); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return w
}

func BenchmarkList(b *testing.B) {
	w := benchWorld(b)
	for name, q := range map[string]kexin.Query{"id": {Desc: true}, "sorted": {Sort: kexin.CustNextAt}, "search": {Search: "小明"}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.List("rep", q)
			}
		})
	}
}

func BenchmarkGet(b *testing.B) {
	w := benchWorld(b)
	id := w.List("rep", kexin.Query{Limit: 1}).Rows[0].ID
	rep := w.Staff["rep"]
	b.ReportAllocs()
	for b.Loop() {
		w.View(func(tx *store.Tx) error {
			_, _, err := tx.Open(kexin.Customer, id, func(f *gate.Facts) (gate.Permit, error) {
				return gate.One(tx.State, rep, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id}, f)
			})
			return err
		})
	}
}

func BenchmarkCreate(b *testing.B) {
	w := storetest.New(b, storetest.Ready(b, dbtest.SQLite)(db.Config{}), nil)
	vals := store.Values{kexin.CustName: kexin.Str("王小明"), kexin.CustPhone: kexin.Str("+8613812345678"), kexin.CustStage: kexin.Str("new"), kexin.CustRemark: kexin.Str("要环保"), kexin.CustAddress: kexin.Str("滨江家园3-2-501")}
	b.ReportAllocs()
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w.Customer("rep", vals)
		}
	})
}
