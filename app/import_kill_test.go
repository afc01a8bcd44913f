package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
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

func openAhead(where, code string, ahead time.Duration) (*db.DB, *store.Store, error) {
	key, err := vault.ParseRecovery(code)
	if err != nil {
		return nil, nil, err
	}
	cfg, now := killConfig(where), aheadClock(ahead)
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
		if _, s, err = openAhead(os.Getenv(killWhere), os.Getenv(killKey), ahead); err == nil {
			a := New(Config{Store: s, Log: slog.New(slog.DiscardHandler), Now: aheadClock(ahead), Data: os.Getenv(killData)})
			fmt.Println("working")
			a.Run(context.Background())
		}
	}
	fmt.Println("!", err)
	os.Exit(1)
}

// TestKillImport kills the process that stores a list at random moments: what
// it acknowledged is stored, the outcomes add up, no row is there twice, and
// the log verifies; the last process finishes it. Few rounds; many with
// KEXIN_SOAK=1.
func TestKillImport(t *testing.T) {
	rounds, lists := 5, 1
	if os.Getenv("KEXIN_SOAK") == "1" {
		rounds, lists = 25, 20
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
			for n := range lists {
				x.list(t, n, rounds)
			}
		})
	}
}

// A killing is a database on which processes are killed.
type killing struct {
	where, code, data string
	org               kexin.ID
	owner             kexin.Actor
	ahead             time.Duration
}

// list imports one list through processes that are killed, and a last one that
// is not.
func (x *killing) list(t *testing.T, n, rounds int) {
	t.Helper()
	const rows = 8_000
	var id kexin.ID
	x.open(t, func(a *App) { id = x.start(t, a, crowd(n*rows, rows)) })
	x.killed(t) // while it reads
	x.open(t, func(a *App) {
		x.finish(t, a, id, impReady)
		x.confirm(t, a, id)
	})
	last := int64(0)
	for range rounds {
		x.killed(t)
		x.open(t, func(a *App) {
			b, _ := audit(t, a.store, x.org, id)
			if b.Done < last {
				t.Errorf("%d rows, there were %d", b.Done, last)
			}
			last = b.Done
		})
	}
	x.open(t, func(a *App) {
		x.finish(t, a, id, impDone)
		if _, c := audit(t, a.store, x.org, id); c.Outcomes[kexin.OutNew] != rows {
			t.Errorf("%+v", c)
		}
		proven(t, a.store, x.org)
	})
	t.Logf("list %d: %d rows were stored by processes that were killed", n, last)
}

// open opens what the killed process left.
func (x *killing) open(t *testing.T, f func(a *App)) {
	t.Helper()
	x.ahead += time.Minute
	d, s, err := openAhead(x.where, x.code, x.ahead)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	f(New(Config{Store: s, Log: slog.New(slog.DiscardHandler), Now: aheadClock(x.ahead), Data: x.data}))
}

func (x *killing) stepped() kexin.Actor {
	a := x.owner
	a.StepUp = kexin.At(aheadClock(x.ahead)())
	return a
}

func (x *killing) start(t *testing.T, a *App, file []byte) kexin.ID {
	t.Helper()
	ctx := context.Background()
	b, err := a.DeclareImport(ctx, x.stepped(), declared())
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

// finish works until the batch is in a state.
func (x *killing) finish(t *testing.T, a *App, id kexin.ID, state string) {
	t.Helper()
	for range 10 {
		if _, err := a.jobs.Work(context.Background()); err != nil {
			t.Fatal(err)
		}
		b, err := a.Import(context.Background(), x.stepped(), id)
		if err != nil {
			t.Fatal(err)
		}
		if b.State == state {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("never %s", state)
}

// killed runs a process that works on jobs and kills it after a while.
func (x *killing) killed(t *testing.T) {
	t.Helper()
	x.ahead += time.Minute
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killWhere+"="+x.where, killKey+"="+x.code, killData+"="+x.data, killAhead+"="+x.ahead.String())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 8)
	if _, err := out.Read(said); err != nil || !bytes.HasPrefix(said, []byte("working")) {
		t.Errorf("the process says %s (%v)", said, err)
	}
	time.Sleep(time.Duration(rand.IntN(2500)) * time.Millisecond)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if cmd.Wait() == nil {
		t.Fatal("the process ended by itself")
	}
}
