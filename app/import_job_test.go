package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/pgtest"
	"kexin/ledger"
	"kexin/store"
	"kexin/store/storetest"
)

// crowd is a list of n customers, the first with number from; every tenth has
// bought something too.
func crowd(from, n int) []byte {
	var rows []string
	for i := from; i < from+n; i++ {
		order, sum := "", ""
		if i%10 == 0 {
			order, sum = fmt.Sprintf("SO%07d", i), "2300"
		}
		rows = append(rows, fmt.Sprintf("王%c%c,138%08d,,,瓷砖,到店登记,%s,2024-05-06,,%s,", '一'+rune(i%900), '丁'+rune(i/900), i, order, sum))
	}
	return csvOf(rows...)
}

// audit checks what must hold of a batch at any time: as many rows have an
// outcome as are stored, each once, in order; the figures are theirs; every
// new record is there, and nobody twice; the log proves itself.
func audit(t *testing.T, s *store.Store, org kexin.ID, id kexin.ID) (b store.Import, c importCounts) {
	t.Helper()
	err := s.View(context.Background(), org, func(tx *store.Tx) (err error) {
		if b, err = tx.Import(id); err != nil {
			return err
		}
		c = unpack[importCounts](b.Counts).whole()
		var n, first, last, made, phones, different int64
		if err := tx.Row("SELECT COUNT(*),COALESCE(MIN(n),0),COALESCE(MAX(n),0) FROM import_row WHERE org_id=$1 AND batch_id=$2", tx.Org, id).Scan(&n, &first, &last); err != nil {
			return err
		}
		if n != b.Done || n > 0 && (first != 1 || last != n) {
			t.Errorf("%d rows from %d to %d, %d acknowledged", n, first, last, b.Done)
		}
		for o, k := range c.Outcomes {
			var got int64
			if err := tx.Row("SELECT COUNT(*) FROM import_row WHERE org_id=$1 AND batch_id=$2 AND outcome=$3", tx.Org, id, string(o)).Scan(&got); err != nil || int(got) != k {
				t.Errorf("%d rows are %s, the figures say %d: %v", got, o, k, err)
			}
		}
		if int64(c.Rows) != b.Done {
			t.Errorf("the figures are of %d rows, %d are stored", c.Rows, b.Done)
		}
		table := "customer"
		if unpack[Manifest](b.Manifest).Object == "order" {
			table = "sale_order"
			var lines int64
			if err := tx.Row("SELECT COUNT(*) FROM order_line WHERE org_id=$1 AND batch_id=$2", tx.Org, id).Scan(&lines); err != nil {
				return err
			}
			if want := c.Outcomes[kexin.OutNew] + c.Outcomes[kexin.OutSame]; int(lines) != want {
				t.Errorf("%d lines of %d rows", lines, want)
			}
		}
		if err := tx.Row("SELECT COUNT(*) FROM "+table+" WHERE org_id=$1 AND batch_id=$2", tx.Org, id).Scan(&made); err != nil {
			return err
		}
		if int(made) != c.Outcomes[kexin.OutNew] {
			t.Errorf("%d of %s, %d new", made, table, c.Outcomes[kexin.OutNew])
		}
		if err := tx.Row("SELECT COUNT(*),COUNT(DISTINCT idx) FROM record_key WHERE org_id=$1 AND object=1 AND kind=$2", tx.Org, int64(kexin.KeyPhone)).Scan(&phones, &different); err != nil {
			return err
		}
		if phones != different {
			t.Errorf("%d numbers, %d different: somebody was made twice", phones, different)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b, c
}

// proven has the log of a merchant sealed and checked.
func proven(t *testing.T, s *store.Store, org kexin.ID) {
	t.Helper()
	ctx := context.Background()
	for n := 1; n > 0; {
		var err error
		if n, err = s.Seal(ctx, org); err != nil && kexin.CodeOf(err) != kexin.Conflict {
			t.Fatal(err)
		}
	}
	err := s.View(ctx, org, func(tx *store.Tx) error {
		if v := ledger.VerifyLog(tx.LogReader(), ledger.VerifyOptions{Strict: true}); v.Status == ledger.Invalid {
			t.Errorf("the log: %+v", v.Faults)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// confirmed is a batch that was read and confirmed, and of which nothing is
// stored yet.
func (b *bench) confirmed(file []byte) Batch {
	b.TB.Helper()
	a := b.stepped("owner")
	x := b.upload(a, declared(), file)
	if x.State != impReady {
		b.TB.Fatalf("state %s %s", x.State, x.Fault)
	}
	x, err := b.app.ConfirmImport(context.Background(), a, x.ID, x.Version)
	b.must(err)
	return x
}

// again is another process on the same database and the same directory.
func (b *bench) again() *App {
	return New(Config{Store: b.Store, Log: slog.New(slog.DiscardHandler), Now: b.Clock.Now, Data: b.app.data})
}

// until waits for something that another goroutine does.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestResume: a server that is stopped while rows are stored ends between two
// steps; the next one goes on behind the last row.
func TestResume(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		const rows = 6200
		x := b.confirmed(crowd(0, rows))
		owner := b.stepped("owner")
		b.app.jobs.Start()
		until(t, "rows are stored", func() bool { return b.batch(owner, x.ID).Done > 0 })
		b.must(b.app.jobs.Stop(context.Background()))
		at, _ := audit(t, b.Store, b.Org, x.ID)
		if at.Done == 0 || at.Done%stepRows != 0 || at.State != impRunning {
			t.Fatalf("stopped at %d, %s", at.Done, at.State)
		}
		if _, err := b.again().jobs.Work(context.Background()); err != nil {
			t.Fatal(err)
		}
		if at, c := audit(t, b.Store, b.Org, x.ID); at.State != impDone || c.Outcomes[kexin.OutNew] != rows || b.events("import.done") != 1 {
			t.Errorf("%s, %+v, %d ends", at.State, c, b.events("import.done"))
		}
		proven(t, b.Store, b.Org)
	})
}

// TestCancel: before its turn a batch goes at once; one that runs stops before
// its next rows, and what was stored stays with its figures.
func TestCancel(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, owner := context.Background(), b.stepped("owner")
		x := b.confirmed(crowd(0, 30))
		x, err := b.app.CancelImport(ctx, owner, x.ID)
		b.must(err)
		if x.State != impCancelled || x.Done != 0 {
			t.Errorf("%s, %d rows", x.State, x.Done)
		}
		b.jobs()
		if at, c := audit(t, b.Store, b.Org, x.ID); at.Done != 0 || c.Rows != 0 {
			t.Errorf("%d rows after it was cancelled", at.Done)
		}
		if _, err := b.app.CancelImport(ctx, owner, x.ID); keyOf(err) != "import.state" {
			t.Error(err)
		}

		const rows = 20_000
		x = b.confirmed(crowd(1000, rows))
		b.app.jobs.Start()
		until(t, "rows are stored", func() bool { return b.batch(owner, x.ID).Done > 0 })
		if _, err := b.app.CancelImport(ctx, owner, x.ID); err != nil {
			t.Fatal(err)
		}
		until(t, "it has stopped", func() bool { return b.batch(owner, x.ID).State != impRunning })
		b.must(b.app.jobs.Stop(ctx))
		at, c := audit(t, b.Store, b.Org, x.ID)
		if at.State != impCancelled || at.Done == 0 || at.Done >= rows || c.Outcomes[kexin.OutNew] != int(at.Done) {
			t.Errorf("%s with %d rows, %+v", at.State, at.Done, c)
		}
		if left, _ := filepath.Glob(filepath.Join(b.app.data, stageRoot, "*", "*")); len(left) != 0 {
			t.Errorf("left on the disk: %v", left)
		}
		proven(t, b.Store, b.Org)
	})
}

// TestCancelAmidStep: on PostgreSQL a batch can be cancelled while a step is
// under way: the step gives way and sees it. SQLite has one writer, and whoever
// cancels waits for the end of the step.
func TestCancelAmidStep(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		if !b.Store.DB().Postgres() {
			t.Skip("one writer")
		}
		ctx, owner := context.Background(), b.stepped("owner")
		x := b.confirmed(crowd(0, 30))
		b.must(b.Store.Update(ctx, b.Org, func(tx *store.Tx) error {
			y, err := tx.Import(x.ID)
			if err != nil {
				return err
			}
			y.State = impRunning
			return tx.SaveImport(y)
		}))
		tries := 0
		err := b.Store.Update(ctx, b.Org, func(tx *store.Tx) error {
			stop, err := tx.Importing(x.ID, 0)
			if tries++; stop || err != nil {
				return errStopped
			}
			done := make(chan error)
			go func() { _, err := b.app.CancelImport(ctx, owner, x.ID); done <- err }()
			if err := <-done; err != nil {
				t.Error(err)
			}
			return tx.ImportStep(store.ImportStep{Batch: x.ID, Actor: owner, First: 1, Last: 30, Counts: pack(newCounts())})
		})
		if at := b.batch(owner, x.ID); tries != 2 || at.Done != 0 {
			t.Errorf("%v after %d tries, %d rows, %s", err, tries, at.Done, at.State)
		}
	})
}

// TestTwoAtOnce: two lists that share half of their people, imported side by
// side, make nobody twice.
func TestTwoAtOnce(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		owner := b.stepped("owner")
		x, y := b.confirmed(crowd(0, 3000)), b.confirmed(crowd(1500, 3000))
		b.app.jobs.Start()
		for _, id := range []kexin.ID{x.ID, y.ID} {
			until(t, "both are through", func() bool { return b.batch(owner, id).State == impDone })
		}
		b.must(b.app.jobs.Stop(context.Background()))
		_, c := audit(t, b.Store, b.Org, x.ID)
		_, d := audit(t, b.Store, b.Org, y.ID)
		if n := c.Outcomes[kexin.OutNew] + d.Outcomes[kexin.OutNew]; n != 4500 || c.Outcomes[kexin.OutUnchanged]+d.Outcomes[kexin.OutUnchanged] != 1500 {
			t.Errorf("%+v\n%+v", c, d)
		}
		proven(t, b.Store, b.Org)
	})
}

// TestTwoServers: of two servers on one PostgreSQL each carries out the files
// that lie in its own directory, and no other.
func TestTwoServers(t *testing.T) {
	dsn := pgtest.Database(t)
	c := storetest.NewClock()
	server := func() *db.DB {
		d, err := db.Open(context.Background(), db.Config{DSN: dsn, Clock: c.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		return d
	}
	c.Move(200 * 24 * time.Hour)
	b := newBench(storetest.New(t, server(), c))
	s, err := store.Open(context.Background(), server(), b.Keys, c.Instant)
	b.must(err)
	other := *b.World
	other.Store, other.DB = s, s.DB()
	o := newBench(&other)
	b.app.jobs.Start()
	o.app.jobs.Start()
	owner := b.stepped("owner")
	send := func(b *bench, file []byte) kexin.ID {
		x, err := b.app.DeclareImport(context.Background(), owner, declared())
		b.must(err)
		_, err = b.app.ReceiveImport(context.Background(), owner, x.ID, strings.NewReader(string(file)), -1)
		b.must(err)
		return x.ID
	}
	ids := []kexin.ID{send(b, crowd(0, 1200)), send(o, crowd(600, 1200)), send(b, crowd(2000, 40)), send(o, crowd(2020, 40))}
	for i, id := range ids {
		until(t, "it was read", func() bool { return b.batch(owner, id).State == impReady })
		x := b.batch(owner, id)
		_, err := []*bench{o, b}[i%2].app.ConfirmImport(context.Background(), owner, id, x.Version) // at the other one
		if i%2 == 0 {
			b.must(err)
		} else {
			o.must(err)
		}
	}
	n := 0
	for _, id := range ids {
		until(t, "it is through", func() bool { return b.batch(owner, id).State == impDone })
		_, c := audit(t, b.Store, b.Org, id)
		n += c.Outcomes[kexin.OutNew]
	}
	if n != 1800+60 {
		t.Errorf("%d people", n)
	}
	b.must(b.app.jobs.Stop(context.Background()))
	o.must(o.app.jobs.Stop(context.Background()))
	proven(t, b.Store, b.Org)
}

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
