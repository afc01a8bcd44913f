package app

import (
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
		owner := b.stepped("owner")
		x, through := Batch{State: impDone}, -1
		for x.State == impDone { // a list that was through too soon proves nothing
			through++
			x = b.confirmed(crowd(through*rows, rows))
			b.app = b.again() // a queue is stopped for good
			b.app.jobs.Start()
			until(t, "rows are stored", func() bool { return b.batch(owner, x.ID).Done > 0 })
			b.must(b.app.jobs.Stop(context.Background()))
			x = b.batch(owner, x.ID)
		}
		at, _ := audit(t, b.Store, b.Org, x.ID)
		if at.Done == 0 || at.Done%stepRows != 0 || at.State != impRunning {
			t.Fatalf("stopped at %d, %s", at.Done, at.State)
		}
		if _, err := b.again().jobs.Work(context.Background()); err != nil {
			t.Fatal(err)
		}
		if at, c := audit(t, b.Store, b.Org, x.ID); at.State != impDone || c.Outcomes[kexin.OutNew] != rows || b.events("import.done") != int64(through+1) {
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
			stop, err := tx.Importing(x.ID, 0, false)
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
