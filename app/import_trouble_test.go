package app

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/pgtest"
	"kexin/store"
	"kexin/store/storetest"
)

// inVain has the job of a batch look as if it had been tried too often.
func (b *bench) inVain() {
	b.Update(func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE job SET attempt=$2 WHERE org_id=$1 AND state=0", tx.Org, importTries)
		return err
	})
}

// TestGivenUp: a file that brought the process down too often while it was read
// is closed, with its reason: nothing of it is stored.
func TestGivenUp(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		owner := b.stepped("owner")
		x, err := b.app.DeclareImport(context.Background(), owner, declared())
		b.must(err)
		_, err = b.app.ReceiveImport(context.Background(), owner, x.ID, bytes.NewReader(crowd(0, 20)), -1)
		b.must(err)
		b.inVain()
		b.jobs()
		if x = b.batch(owner, x.ID); x.State != impFailed || x.Fault != "import.gave_up" {
			t.Errorf("%s %s", x.State, x.Fault)
		}
	})
}

// TestHalted: a batch that was tried in vain too often keeps what is stored and
// its file, and says so. Confirmed again it goes on behind the last row; it can
// be stopped, or is after a week.
func TestHalted(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		const rows = 5 * stepRows
		ctx, owner := context.Background(), b.stepped("owner")
		staged := func() int {
			left, err := filepath.Glob(filepath.Join(b.app.data, stageRoot, "*", "*"))
			b.must(err)
			return len(left)
		}
		from := 0
		halted := func() (x Batch) {
			t.Helper()
			for x.State = impDone; x.State == impDone; from += rows { // a list that was through too soon proves nothing
				x = b.confirmed(crowd(from, rows))
				b.app = b.again() // a queue is stopped for good
				b.app.jobs.Start()
				until(t, "rows are stored", func() bool { return b.batch(owner, x.ID).Done > 0 })
				b.must(b.app.jobs.Stop(ctx))
				b.app = b.again()
				b.inVain()
				b.jobs()
				x = b.batch(owner, x.ID)
			}
			if x.State != impHalted || x.Fault != "import.halted" || x.Done == 0 || x.Done >= rows || staged() != 1 {
				t.Fatalf("%s %s with %d rows, %d files", x.State, x.Fault, x.Done, staged())
			}
			return x
		}
		x := halted()
		b.jobs() // nobody wanted it
		if y := b.batch(owner, x.ID); y.State != impHalted || y.Done != x.Done {
			t.Errorf("%s with %d rows", y.State, y.Done)
		}
		if _, err := b.app.ConfirmImport(ctx, owner, x.ID, x.Version-1); kexin.CodeOf(err) != kexin.Conflict {
			t.Errorf("an old page: %v", err)
		}
		x, err := b.app.ConfirmImport(ctx, owner, x.ID, x.Version)
		if b.must(err); x.State != impQueued || x.Fault != "" {
			t.Errorf("%s %s", x.State, x.Fault)
		}
		b.jobs()
		if at, c := audit(t, b.Store, b.Org, x.ID); at.State != impDone || c.Outcomes[kexin.OutNew] != rows || staged() != 0 {
			t.Errorf("%s, %+v, %d files", at.State, c, staged())
		}
		x = halted()
		stopped, err := b.app.CancelImport(ctx, owner, x.ID)
		if b.must(err); stopped.State != impCancelled || stopped.Done != x.Done || staged() != 0 {
			t.Errorf("%s with %d rows, %d files", stopped.State, stopped.Done, staged())
		}
		x = halted()
		b.Clock.Move(stuckFor + time.Hour)
		b.must(b.app.PurgeImports(ctx))
		owner = b.stepped("owner")
		if y := b.batch(owner, x.ID); y.State != impFailed || y.Fault != "import.gave_up" || y.Done != x.Done || staged() != 0 {
			t.Errorf("%s %s with %d rows, %d files", y.State, y.Fault, y.Done, staged())
		}
		proven(t, b.Store, b.Org)
	})
}

// TestGoneServer: a confirmed batch whose file nobody has is closed after a
// week; what could not be looked at is not passed over in silence.
func TestGoneServer(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		owner := b.stepped("owner")
		x := b.confirmed(crowd(0, 20))
		b.Clock.Move(stuckFor + time.Hour)
		over, end := context.WithCancel(context.Background())
		end()
		if err := b.app.PurgeImports(over); err == nil {
			t.Error("nothing was looked at, and nothing said")
		}
		b.must(b.app.PurgeImports(context.Background()))
		if x = b.batch(owner, x.ID); x.State != impFailed || x.Fault != "import.gave_up" {
			t.Errorf("%s %s", x.State, x.Fault)
		}
		b.jobs()
		if x = b.batch(owner, x.ID); x.State != impFailed || x.Done != 0 {
			t.Errorf("%s, %d rows", x.State, x.Done)
		}
	})
}

// TestFullDisk: while there is no room the batch waits and says why; with room
// it goes on, and no row is lost or doubled.
func TestFullDisk(t *testing.T) {
	c := storetest.NewClock()
	c.Move(200 * 24 * time.Hour)
	d, err := db.Open(context.Background(), db.Config{File: filepath.Join(t.TempDir(), "k.db"), Clock: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	b := newBench(storetest.New(t, d, c))
	pages := func(set string) (n int64) {
		b.must(d.Update(context.Background(), func(tx *db.Tx) error { return tx.Row("PRAGMA " + set).Scan(&n) }))
		return n
	}
	const rows = 4000
	owner := b.stepped("owner")
	x := b.confirmed(crowd(0, rows))
	pages(fmt.Sprintf("max_page_count=%d", pages("page_count")+600))
	b.jobs()
	at, _ := audit(t, b.Store, b.Org, x.ID)
	if at.State != impRunning || at.Done == 0 || at.Done >= rows {
		t.Fatalf("%s at %d", at.State, at.Done)
	}
	if x = b.batch(owner, x.ID); x.Fault != db.KeyFull {
		t.Errorf("the page says %q", x.Fault)
	}
	for range 3 { // still full
		c.Move(2 * time.Hour)
		b.jobs()
	}
	if again, _ := audit(t, b.Store, b.Org, x.ID); again.State != impRunning {
		t.Fatalf("%s", again.State)
	}
	pages("max_page_count=1000000")
	c.Move(2 * time.Hour)
	b.jobs()
	if at, c := audit(t, b.Store, b.Org, x.ID); at.State != impDone || c.Outcomes[kexin.OutNew] != rows {
		t.Errorf("%s %+v", at.State, c)
	}
	if x = b.batch(owner, x.ID); x.Fault != "" {
		t.Errorf("the page still says %q", x.Fault)
	}
	proven(t, b.Store, b.Org)
}

// TestDatabaseRestarts: PostgreSQL restarts twice while rows are stored; the
// import waits and goes on. The clock runs about twice as fast as the world's,
// so that leases still outlive what is done under them.
func TestDatabaseRestarts(t *testing.T) {
	srv := pgtest.Start(t, true)
	dsn, err := srv.Create("import")
	if err != nil {
		t.Fatal(err)
	}
	c := storetest.NewClock()
	c.Move(200 * 24 * time.Hour)
	d, err := db.Open(context.Background(), db.Config{DSN: dsn, Clock: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	b := newBench(storetest.New(t, d, c))
	const rows = 6000
	x := b.confirmed(crowd(0, rows))
	done := func() (n int64) {
		_ = b.Store.View(context.Background(), b.Org, func(tx *store.Tx) error {
			b, err := tx.Import(x.ID)
			n = b.Done
			return err
		})
		return n
	}
	b.app.jobs.Start()
	until(t, "rows are stored", func() bool { return done() > 0 })
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	was := done()
	until(t, "more rows are stored", func() bool { c.Move(4 * time.Millisecond); return done() > was })
	srv.Kill()
	if err := srv.Run(); err != nil {
		t.Fatal(err)
	}
	until(t, "all rows are stored", func() bool { c.Move(4 * time.Millisecond); return done() == rows })
	until(t, "it is through", func() bool { c.Move(4 * time.Millisecond); return b.batch(b.stepped("owner"), x.ID).State == impDone })
	b.must(b.app.jobs.Stop(context.Background()))
	if _, c := audit(t, b.Store, b.Org, x.ID); c.Outcomes[kexin.OutNew] != rows {
		t.Errorf("%+v", c)
	}
	proven(t, b.Store, b.Org)
}

// TestClockBack: the clock goes back a day between reading and storing, and
// again in mid-import.
func TestClockBack(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		const rows = 1800
		owner := b.stepped("owner")
		x := b.confirmed(crowd(0, rows))
		b.Clock.Move(-24 * time.Hour)
		b.app.jobs.Start()
		until(t, "rows are stored", func() bool { return b.batch(owner, x.ID).Done > 0 })
		b.Clock.Move(-30 * time.Hour)
		until(t, "it is through", func() bool { return b.batch(owner, x.ID).State == impDone })
		b.must(b.app.jobs.Stop(context.Background()))
		if _, c := audit(t, b.Store, b.Org, x.ID); c.Outcomes[kexin.OutNew] != rows {
			t.Errorf("%+v", c)
		}
		proven(t, b.Store, b.Org)
	})
}
