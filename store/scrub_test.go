package store_test

import (
	"bytes"
	"os"
	"testing"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/store"
	"kexin/store/storetest"
)

// TestScrub: after the sweep neither the file nor its write-ahead log holds the
// data key of a person who was erased, from which an old page could be read.
func TestScrub(t *testing.T) {
	c := storetest.NewClock()
	w := storetest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{Clock: c.Now}), c)
	id := w.Customer("rep", store.Values{kexin.CustName: kexin.Str("王秀英")})
	var subject kexin.ID
	var key []byte
	w.View(func(tx *store.Tx) error {
		if err := tx.Row("SELECT subject_id FROM customer WHERE org_id=$1 AND id=$2", tx.Org, id).Scan(&subject); err != nil {
			return err
		}
		return tx.Row("SELECT wrapped FROM subject_key WHERE org_id=$1 AND subject_id=$2 AND part=1", tx.Org, subject).Scan(&key)
	})
	file, _ := w.DB.Place()
	left := func() (places int) {
		for _, name := range []string{file, file + "-wal"} {
			b, err := os.ReadFile(name)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			places += bytes.Count(b, key)
		}
		return places
	}
	w.Update(func(tx *store.Tx) error { return tx.Erase(subject, "asked") })
	if left() == 0 {
		t.Fatal("nothing to take out: the test finds nothing")
	}
	if err := w.Store.Scrub(ctx); err != nil {
		t.Fatal(err)
	}
	if n := left(); n != 0 {
		t.Errorf("the key still lies in %d places", n)
	}
}
