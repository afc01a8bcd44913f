package app

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

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

// Where nothing has changed for a while a record is read beside the writer. It is
// shown as it stands when its opening is logged all the same: who has made a change
// and was told so is never shown what was before, nor does anybody see what is no
// longer his, or somebody who was erased.
func TestOpenedAsItStands(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		calm := func() { time.Sleep(50 * time.Millisecond) }
		ids := map[kexin.ID]bool{}
		for i := range 4 {
			ids[b.known("rep", "王"+string(rune('一'+i)), "1381234100"+string(rune('1'+i)))] = true
		}
		opened := 0
		get := func(id kexin.ID) (Record, error) {
			r, err := b.app.Get(ctx, b.Staff["rep"], kexin.Customer, id)
			if err == nil {
				opened++
			}
			return r, err
		}
		stage := func(r Record) string {
			for i, f := range r.Fields {
				if f.ID == kexin.CustStage {
					return r.View.Cells[i].Value.S
				}
			}
			return ""
		}
		var last kexin.ID
		for id := range ids {
			last = id
			for _, want := range []string{"talking", "quoted"} {
				calm()
				if _, err := get(id); err != nil { // on a snapshot
					t.Fatal(err)
				}
				b.Edit(b.Staff["rep"], id, store.Values{kexin.CustStage: kexin.Str(want)})
				if r, err := get(id); err != nil || stage(r) != want {
					t.Errorf("%q %v, want %q", stage(r), err, want)
				}
			}
		}
		if n := b.entriesOf("record.opened"); n != int64(opened) || n != 16 {
			t.Errorf("%d openings in the log, %d shown", n, opened)
		}
		calm()
		if !b.DB.Postgres() { // a change that is on its way when the record is read, and stored when its opening is
			in, read, ended := make(chan bool), make(chan bool), make(chan bool)
			running := sync.OnceFunc(func() { close(in) })
			go func() {
				defer close(ended)
				if err := b.DB.Update(ctx, func(tx *db.Tx) error {
					running()
					<-read
					_, err := tx.Exec("UPDATE customer SET stage='won' WHERE org_id=$1 AND id=$2", b.Org, last)
					return err
				}); err != nil {
					t.Error(err)
				}
			}()
			<-in
			time.AfterFunc(100*time.Millisecond, func() { close(read) })
			if r, err := get(last); err != nil || stage(r) != "won" {
				t.Errorf("%q %v: what was read before the change", stage(r), err)
			}
			<-ended
			calm()
		}
		if _, err := get(last); err != nil {
			t.Fatal(err)
		}
		if err := b.DB.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE customer SET owner_id=$2 WHERE org_id=$1 AND id=$3", b.Org, b.Staff["rep4"].User, last)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := get(last); kexin.CodeOf(err) != kexin.NotFound {
				t.Error("given away:", err)
			}
			calm()
		}
		delete(ids, last)
		for id := range ids {
			last = id
		}
		if _, err := get(last); err != nil {
			t.Fatal(err)
		}
		if err := b.DB.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec("DELETE FROM subject_key WHERE org_id=$1 AND subject_id=(SELECT subject_id FROM customer WHERE org_id=$1 AND id=$2)", b.Org, last)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			r, err := get(last)
			if at := slices.IndexFunc(r.Fields, func(f *kexin.Field) bool { return f.ID == kexin.CustName }); err == nil && r.View.Cells[at].Value.S != "" {
				t.Error("erased and shown")
			}
			calm()
		}
	})
}

// A commit that was rolled back and runs again shows nothing of what it had seen: who
// opens a customer beside a move to him that does not come to be is not shown her.
func TestOpenedAfterRollback(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		if b.DB.Postgres() {
			t.Skip("every function has a transaction of its own there")
		}
		ctx := context.Background()
		id := b.known("rep4", "王一", "13812341001")
		time.Sleep(50 * time.Millisecond)
		queued := func(n int) {
			t.Helper()
			for range 5000 {
				if s, err := b.DB.Stats(ctx); err != nil || s.Queue >= n {
					return
				}
				time.Sleep(time.Millisecond)
			}
			t.Fatal("nobody waits for the writer")
		}
		hold, held := make(chan bool), make(chan bool)
		var wg sync.WaitGroup
		run := func(fn func(*db.Tx) error) { wg.Go(func() { _ = b.DB.Update(ctx, fn) }) }
		first := sync.OnceFunc(func() { close(held) })
		run(func(*db.Tx) error { first(); <-hold; return nil })
		<-held
		runs := 0
		run(func(tx *db.Tx) error {
			if runs++; runs > 1 {
				return errors.New("refused when it ran again")
			}
			_, err := tx.Exec("UPDATE customer SET owner_id=$2 WHERE org_id=$1 AND id=$3", b.Org, b.Staff["rep"].User, id)
			return err
		})
		queued(1)
		wg.Go(func() {
			if r, err := b.app.Get(ctx, b.Staff["rep"], kexin.Customer, id); kexin.CodeOf(err) != kexin.NotFound {
				t.Errorf("%v %v", r.View.ID, err)
			}
		})
		queued(2)
		run(func(tx *db.Tx) error {
			_, err := tx.Exec("INSERT INTO tally(name,bucket,n,at) VALUES($1,1,1,1)", []byte("x"))
			return errors.Join(err, errors.New("failed with a part done"))
		})
		queued(3)
		for i := range 8 { // so many that they share one commit
			run(func(*db.Tx) error { return nil })
			queued(4 + i)
		}
		close(hold)
		wg.Wait()
		if runs < 2 || b.entriesOf("record.opened") != 0 {
			t.Errorf("%d runs, %d openings", runs, b.entriesOf("record.opened"))
		}
	})
}
