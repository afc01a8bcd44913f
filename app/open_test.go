package app

import (
	"context"
	"sync"
	"testing"

	"kexin"
	"kexin/internal/db"
	"kexin/store"
)

// entriesOf counts the log's entries of one type.
func (b *bench) entriesOf(kind string) (n int64) {
	b.TB.Helper()
	b.View(func(tx *store.Tx) error {
		return tx.Row("SELECT COUNT(*) FROM ledger_entry WHERE org_id=$1 AND type=$2", tx.Org, kind).Scan(&n)
	})
	return n
}

// Many open at once, and every second one asks for what is not his or nowhere:
// who was shown a record stands in the log, once, when his answer is there, and
// who was refused does not, whoever else shared the commit.
func TestOpenedTogether(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		mine, others := b.known("rep", "王一", "13812341001"), b.known("rep4", "王二", "13812341002")
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for i := range 10 {
					id := [3]kexin.ID{mine, others, 1}[i%3]
					r, err := b.app.Get(ctx, b.Staff["rep"], kexin.Customer, id)
					switch {
					case id == mine && (err != nil || r.View.ID != mine):
						t.Errorf("his own: %v", err)
					case id != mine && (kexin.CodeOf(err) != kexin.NotFound || r.View.ID != 0):
						t.Errorf("another's: %v, %v", r.View.ID, err)
					}
				}
			})
		}
		all.Wait()
		if n := b.entriesOf("record.opened"); n != 8*4 {
			t.Errorf("%d openings in the log", n)
		}
	})
}

// What cannot be written into the log is not shown.
func TestNotLoggedNotShown(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		id := b.known("rep", "王一", "13812341001")
		refuse := "CREATE TRIGGER shut BEFORE INSERT ON ledger_entry WHEN NEW.type='record.opened' BEGIN SELECT RAISE(ABORT,'shut'); END"
		if b.DB.Postgres() {
			refuse = "ALTER TABLE ledger_entry ADD CONSTRAINT shut CHECK (type<>'record.opened')"
		}
		if err := b.DB.Update(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec(refuse); return err }); err != nil {
			t.Fatal(err)
		}
		r, err := b.app.Get(context.Background(), b.Staff["rep"], kexin.Customer, id)
		if err == nil || r.View.ID != 0 || len(r.View.Cells) > 0 {
			t.Errorf("%+v %v", r, err)
		}
	})
}
