package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/shareddata"
	"kexin/job"
	"kexin/store"
	"kexin/store/storetest"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(killData) != "":
		importChild()
	case os.Getenv(killWhere) != "":
		killChild()
	}
	storetest.Main(m, job.Untenanted)
}

// A bench is a world with an app on top: one merchant, his people, a data
// directory of its own.
type bench struct {
	*storetest.World
	app *App
}

func newBench(w *storetest.World) *bench {
	b := &bench{w, New(Config{Store: w.Store, Log: slog.New(slog.DiscardHandler), Now: w.Clock.Now, Data: w.TB.TempDir()})}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { b.app.Attend(ctx); close(done) }()
	w.TB.Cleanup(func() { stop(); <-done })
	return b
}

// both runs a test on both engines.
func both(t *testing.T, f func(t *testing.T, b *bench)) {
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		c := storetest.NewClock()
		c.Move(200 * 24 * time.Hour) // behind the last day of the shops' files
		f(t, newBench(storetest.New(t, open(db.Config{Clock: c.Now}), c)))
	})
}

// stepped is the member with his second factor just shown.
func (b *bench) stepped(who string) kexin.Actor {
	a := b.Staff[who]
	a.StepUp = b.Clock.Instant()
	return a
}

// declared is a manifest of the merchant's own list.
func declared() Manifest {
	return Manifest{Source: kexin.FromVisit, Collected: "staff", Accept: true}
}

func (b *bench) must(err error) {
	b.TB.Helper()
	if err != nil {
		b.TB.Fatalf("%v", err)
	}
}

// upload declares and sends a file, and has it read.
func (b *bench) upload(a kexin.Actor, m Manifest, file []byte) Batch {
	b.TB.Helper()
	x, err := b.app.DeclareImport(context.Background(), a, m)
	b.must(err)
	_, err = b.app.ReceiveImport(context.Background(), a, x.ID, bytes.NewReader(file), int64(len(file)))
	b.must(err)
	return b.work(a, x.ID)
}

// work does what a batch waits for.
func (b *bench) work(a kexin.Actor, id kexin.ID) Batch {
	b.TB.Helper()
	b.jobs()
	return b.batch(a, id)
}

// jobs runs all jobs that are due.
func (b *bench) jobs() {
	b.TB.Helper()
	if _, err := b.app.jobs.Work(context.Background()); err != nil {
		b.TB.Fatal(err)
	}
}

func (b *bench) batch(a kexin.Actor, id kexin.ID) Batch {
	b.TB.Helper()
	x, err := b.app.Import(context.Background(), a, id)
	b.must(err)
	return x
}

// confirm stores a batch.
func (b *bench) confirm(a kexin.Actor, x Batch) Batch {
	b.TB.Helper()
	_, err := b.app.ConfirmImport(context.Background(), a, x.ID, x.Version)
	b.must(err)
	return b.work(a, x.ID)
}

// take imports a file from beginning to end.
func (b *bench) take(file []byte) Batch {
	b.TB.Helper()
	return b.takeAs(b.stepped("owner"), declared(), file)
}

// takeAs does it for somebody, whatever the list holds.
func (b *bench) takeAs(a kexin.Actor, m Manifest, file []byte) Batch {
	b.TB.Helper()
	x := b.upload(a, m, file)
	if x.State != impReady {
		b.TB.Fatalf("state %s %s %v", x.State, x.Fault, x.Args)
	}
	sum := 0
	for _, n := range x.Outcomes {
		sum += n
	}
	if sum != x.Rows {
		b.TB.Errorf("outcomes add up to %d of %d rows: %v", sum, x.Rows, x.Outcomes)
	}
	y := b.confirm(a, x)
	if y.State != impDone {
		b.TB.Fatalf("state %s %s %v", y.State, y.Fault, y.Args)
	}
	for o, n := range x.Outcomes {
		if y.Outcomes[o] != n {
			b.TB.Errorf("the dry run said %d %s, the import made %d", n, o, y.Outcomes[o])
		}
	}
	return y
}

// rows are the outcomes of a batch by row.
func (b *bench) rows(id kexin.ID, n int) []store.ImportRow {
	b.TB.Helper()
	out := make([]store.ImportRow, n)
	b.View(func(tx *store.Tx) error {
		for i := range out {
			var err error
			if out[i], err = tx.ImportRow(id, i+1); err != nil {
				return err
			}
		}
		return nil
	})
	return out
}

// export reads one of the shops' files, skipping loudly without them.
func export(tb testing.TB, name string) []byte {
	tb.Helper()
	return shareddata.File(tb, "data", "shop-exports", name)
}

// keyOf is the catalogue key of an error.
func keyOf(err error) string {
	var e *kexin.Error
	if errors.As(err, &e) {
		return e.Key
	}
	return ""
}
