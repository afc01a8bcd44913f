package store_test

import (
	"errors"
	"testing"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/store"
	"kexin/store/storetest"
)

// TestKeyringRestore: a database that lost its keys gets them back from a
// keyring file. Who was erased since the file was made stays erased, also where
// the tombstones were lost with the keys; who came since stays unreadable, and
// that must be accepted.
func TestKeyringRestore(t *testing.T) {
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		c := storetest.NewClock()
		d := open(db.Config{Clock: c.Now})
		w := storetest.New(t, d, c)
		gone := w.Customer("rep", person("王秀兰", "+8613812345678"))
		w.Customer("rep", person("张伟", "+8613900001111"))
		early := dump(t, w.Store)
		w.Update(func(tx *store.Tx) error {
			var subject kexin.ID
			if err := tx.Row("SELECT subject_id FROM customer WHERE org_id=$1 AND id=$2", tx.Org, gone).Scan(&subject); err != nil {
				return err
			}
			return tx.Erase(subject, "asked")
		})
		w.Customer("rep", person("林国栋", "+8613700002222"))
		full := dump(t, w.Store)
		lose := func() {
			for _, table := range []string{"org_key", "subject_key", "tombstone", "keeper"} {
				raw(w, "DELETE FROM "+table)
			}
		}
		var signs error
		restore := func(b taken, accept bool) (store.KeyringRestored, error) {
			owner := w.Staff["owner"].User
			return store.KeyringRestore{Keyring: opener(b.keyring), Accept: accept, Org: w.Org, Second: owner, Agrees: func(tx *store.Tx) error {
				_, err := tx.Member(owner) // its code is made with a key that just came
				return errors.Join(err, signs)
			}}.Run(ctx, d, w.Keys, c.Instant)
		}
		names := func() (out []string) {
			s, err := store.Open(ctx, d, w.Keys, c.Instant)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list2(t, s, w, "owner").Rows {
				out = append(out, r.Cells[0].Value.S)
			}
			if v := verify(t, s, w.Org); len(v.Faults) > 0 {
				t.Errorf("%+v", v.Faults)
			}
			return out
		}
		if _, err := restore(full, false); keyOf(err) != "backup.keyring_whole" {
			t.Errorf("nothing was lost: %v", err)
		}
		lose()
		signs = errors.New("no")
		if _, err := restore(full, false); !errors.Is(err, signs) {
			t.Errorf("without a second person: %v", err)
		}
		var kept int64
		if err := d.View(ctx, func(tx *db.Tx) error { return tx.Row(dbtest.Past + "SELECT COUNT(*) FROM org_key").Scan(&kept) }); err != nil || kept != 0 {
			t.Errorf("%d keys came without a second person: %v", kept, err)
		}
		signs = nil
		out, err := restore(full, false)
		if err != nil || out.Keys == 0 || out.Unreadable != 0 {
			t.Fatalf("%+v %v", out, err)
		}
		if got := names(); len(got) != 2 || got[0] == "" || got[1] == "" {
			t.Errorf("after the newest file: %v", got)
		}
		lose()
		if _, err := restore(early, false); keyOf(err) != "backup.keyring_short" {
			t.Errorf("a file that lacks a person: %v", err)
		}
		var n int64
		if err := d.View(ctx, func(tx *db.Tx) error { return tx.Row(dbtest.Past + "SELECT COUNT(*) FROM org_key").Scan(&n) }); err != nil || n != 0 {
			t.Errorf("a refused file left %d keys: %v", n, err)
		}
		out, err = restore(early, true)
		if err != nil || out.Unreadable != 1 || out.Erased != 1 {
			t.Fatalf("accepted: %+v %v", out, err)
		}
		if err := d.View(ctx, func(tx *db.Tx) error {
			return tx.Row(dbtest.Past+"SELECT COUNT(*) FROM subject_key k JOIN customer c ON c.org_id=k.org_id AND c.subject_id=k.subject_id WHERE c.id=$1 AND k.part=1", gone).Scan(&n)
		}); err != nil || n != 0 {
			t.Errorf("the erased person has her key again: %d %v", n, err)
		}
		other := dump(t, storetest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{}), nil).Store)
		if _, err := restore(other, true); err == nil {
			t.Error("another server's keyring was taken")
		}
	})
}
