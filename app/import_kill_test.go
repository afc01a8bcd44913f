package app

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/pgtest"
	"kexin/store"
	"kexin/store/storetest"
	"kexin/vault"
)

// An importing process that is killed gets these besides killWhere and killKey.
const (
	killData  = "KEXIN_KILL_DATA"  // its data directory; set = it works on jobs
	killAhead = "KEXIN_KILL_AHEAD" // how far its clock is ahead: leases of the killed are over
)

// aheadClock is the world's time and so much more.
func aheadClock(d time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(d) }
}

func openAhead(where, code string, now func() time.Time) (*db.DB, *store.Store, error) {
	key, err := vault.ParseRecovery(code)
	if err != nil {
		return nil, nil, err
	}
	cfg := killConfig(where)
	cfg.Clock = now
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		return nil, nil, err
	}
	s, err := store.Open(context.Background(), d, vault.Keepers{vault.NewMasterKeeper(key)}, func() kexin.Instant { return kexin.At(now()) })
	return d, s, err
}

// importChild is what the test binary does as the process that is killed: it
// works on jobs for ever.
func importChild() {
	ahead, err := time.ParseDuration(os.Getenv(killAhead))
	if err == nil {
		var s *store.Store
		if _, s, err = openAhead(os.Getenv(killWhere), os.Getenv(killKey), aheadClock(ahead)); err == nil {
			a := New(Config{Store: s, Log: slog.New(slog.DiscardHandler), Now: aheadClock(ahead), Data: os.Getenv(killData)})
			fmt.Println("working")
			go tellBatch(s.DB())
			a.Run(context.Background())
		}
	}
	fmt.Println("!", err)
	os.Exit(1)
}

// tellBatch says of the newest batch how it stands, each time that changes.
func tellBatch(d *db.DB) {
	for last := ""; ; time.Sleep(time.Millisecond) {
		var state string
		var done int64
		err := d.View(context.Background(), func(t *db.Tx) error {
			return t.Row(dbtest.Past+"SELECT state,done FROM import_batch ORDER BY id DESC LIMIT 1").Scan(&state, &done)
		})
		if now := fmt.Sprintln(state, done); err == nil && now != last {
			fmt.Print(now)
			last = now
		}
	}
}

// TestKillImport kills the process that stores a list between its first row and
// its last: what it acknowledged is stored, the outcomes add up, no row is
// there twice, and the log verifies; the last process finishes it. Lists are
// imported until kills enough fell inside. Many with KEXIN_SOAK=1.
func TestKillImport(t *testing.T) {
	kills, lists := 3, 5
	if os.Getenv("KEXIN_SOAK") == "1" {
		kills, lists = 100, 60
	}
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			where := filepath.Join(t.TempDir(), "k.db")
			if engine == dbtest.Postgres {
				where = pgtest.Database(t)
			}
			key := vault.NewKey()
			x := &killing{where: where, code: vault.RecoveryCode(key), data: t.TempDir()}
			d, err := db.Open(context.Background(), killConfig(where))
			if err != nil {
				t.Fatal(err)
			}
			w := storetest.NewWith(t, d, nil, vault.Keepers{vault.NewMasterKeeper(key)})
			x.org, x.owner = w.Org, w.Staff["owner"]
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			n := 0
			for ; x.inside < kills && n < lists; n++ {
				if c := x.list(t, declared(), crowd(n*killRows, killRows)); c.Outcomes[kexin.OutNew] != killRows {
					t.Errorf("%+v", c)
				}
			}
			t.Logf("%d kills inside %d lists", x.inside, n)
			if x.inside < kills {
				t.Errorf("only %d of %d kills fell between the first row and the last of %d lists", x.inside, kills, n)
			}
			x.orders(t)
		})
	}
}

// A killing is a database on which processes are killed.
type killing struct {
	where, code, data string
	org               kexin.ID
	owner             kexin.Actor
	ahead             atomic.Int64 // of the clock of every process, in ns
	inside            int          // kills that left a batch with some of its rows stored
}

// now is the time of whoever is open.
func (x *killing) now() time.Time { return time.Now().Add(time.Duration(x.ahead.Load())) }

// killRows is how many rows each list has.
const killRows = 8_000

// orders imports orders of four lines, each of which stands thousands of rows
// behind the one before; two of them are the same.
func (x *killing) orders(t *testing.T) {
	t.Helper()
	const orders = killRows / 4
	file := []byte("客户电话,订单号,下单日期,品名,数量,单价\n")
	for i := range killRows {
		n, line := i%orders, min(i/orders+1, 3)
		file = fmt.Appendf(file, "138%08d,XS%06d,2025-05-01,第%d件,1,%d0\n", n, n, line, line)
	}
	c := x.list(t, manifestOf("order"), file)
	if c.Outcomes[kexin.OutNew] != orders || c.Outcomes[kexin.OutSame] != killRows-orders {
		t.Errorf("%+v", c)
	}
	x.open(t, func(a *App) {
		err := a.store.View(context.Background(), x.org, func(tx *store.Tx) error {
			var n, wrong int64
			err := tx.Row("SELECT COUNT(*),COALESCE(SUM(CASE WHEN amount<>9000 THEN 1 ELSE 0 END),0) FROM sale_order WHERE org_id=$1 AND no_c IS NOT NULL AND batch_id=(SELECT MAX(id) FROM import_batch WHERE org_id=$1)", tx.Org).Scan(&n, &wrong)
			if n != orders || wrong != 0 {
				t.Errorf("%d orders, %d do not come to the sum of their lines", n, wrong)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// list imports one list through processes that are killed, and a last one that
// is not.
func (x *killing) list(t *testing.T, m Manifest, file []byte) (c importCounts) {
	t.Helper()
	var id kexin.ID
	x.open(t, func(a *App) { id = x.start(t, a, m, file) })
	x.killed(t, func(state string, _ int64) bool { return state != impReceived }) // while it reads
	x.open(t, func(a *App) {
		x.finish(t, a, id, impReady)
		x.confirm(t, a, id)
	})
	for last, try := int64(0), 0; last < killRows && try < 40; try++ {
		until := last + 1 + rand.Int64N((killRows-last)/2+1) // in the first half of what is left, on quick machines too
		x.killed(t, func(state string, done int64) bool {
			return state != impQueued && (done >= until || state != impRunning)
		})
		x.open(t, func(a *App) {
			b, _ := audit(t, a.store, x.org, id)
			if b.Done < last {
				t.Errorf("%d rows, there were %d", b.Done, last)
			}
			if b.State == impRunning && b.Done > last && b.Done < killRows {
				x.inside++
			}
			if last = b.Done; b.State == impDone {
				last = killRows
			}
		})
	}
	x.open(t, func(a *App) {
		x.finish(t, a, id, impDone)
		_, c = audit(t, a.store, x.org, id)
		proven(t, a.store, x.org)
	})
	return c
}

// open opens what the killed process left.
func (x *killing) open(t *testing.T, f func(a *App)) {
	t.Helper()
	x.ahead.Add(int64(time.Minute))
	d, s, err := openAhead(x.where, x.code, x.now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	f(New(Config{Store: s, Log: slog.New(slog.DiscardHandler), Now: x.now, Data: x.data}))
}

func (x *killing) stepped() kexin.Actor {
	a := x.owner
	a.StepUp = kexin.At(x.now())
	return a
}

func (x *killing) start(t *testing.T, a *App, m Manifest, file []byte) kexin.ID {
	t.Helper()
	ctx := context.Background()
	b, err := a.DeclareImport(ctx, x.stepped(), m)
	if err == nil {
		_, err = a.ReceiveImport(ctx, x.stepped(), b.ID, bytes.NewReader(file), int64(len(file)))
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.ID
}

func (x *killing) confirm(t *testing.T, a *App, id kexin.ID) {
	t.Helper()
	b, err := a.Import(context.Background(), x.stepped(), id)
	if err == nil {
		_, err = a.ConfirmImport(context.Background(), x.stepped(), id, b.Version)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// finish works until the batch is in a state; what is to be tried again later is
// tried once it is later.
func (x *killing) finish(t *testing.T, a *App, id kexin.ID, state string) {
	t.Helper()
	var b Batch
	for range importTries {
		_, err := a.jobs.Work(context.Background())
		if err == nil {
			b, err = a.Import(context.Background(), x.stepped(), id)
		}
		if err != nil {
			t.Fatal(err)
		}
		if b.State == state {
			return
		}
		x.ahead.Add(int64(time.Hour))
	}
	t.Fatalf("never %s: %s %s", state, b.State, b.Fault)
}

// killed runs a process that works on jobs and kills it when the newest batch
// stands as wanted, or at any moment within the time of one more step.
func (x *killing) killed(t *testing.T, wanted func(state string, done int64) bool) {
	t.Helper()
	x.ahead.Add(int64(time.Minute))
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killWhere+"="+x.where, killKey+"="+x.code, killData+"="+x.data, killAhead+"="+time.Duration(x.ahead.Load()).String())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "working" {
		t.Errorf("the process says %q (%v)", lines.Text(), lines.Err())
	}
	at, step := time.Now(), time.Duration(0)
	for lines.Scan() {
		step, at = time.Since(at), time.Now()
		var state string
		var done int64
		if _, err := fmt.Sscan(lines.Text(), &state, &done); err != nil {
			t.Errorf("the process says %q", lines.Text())
		}
		if wanted(state, done) {
			break
		}
	}
	time.Sleep(rand.N(min(step, time.Second) + 1))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if cmd.Wait() == nil {
		t.Fatal("the process ended by itself")
	}
}
