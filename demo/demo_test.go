package demo_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/demo"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/store"
	"kexin/vault"
)

// A built demonstration, and an app over it as the server has one.
type built struct {
	t     *testing.T
	store *store.Store
	app   *app.App
	dir   string
}

func build(t *testing.T) *built {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a town of seven thousand customers")
	}
	c := demo.NewClock(demo.Days)
	d := dbtest.Empty(t, "sqlite")(db.Config{Clock: c.Now})
	s, err := store.Open(t.Context(), d, vault.Keepers{vault.NewMasterKeeper(vault.NewKey())}, func() kexin.Instant { return kexin.At(c.Now()) })
	if err != nil {
		t.Fatal(err)
	}
	b := &built{t: t, store: s, dir: t.TempDir()}
	log := slog.New(slog.DiscardHandler)
	if err := demo.Build(t.Context(), s, log, c, b.dir, func(string) {}); err != nil {
		t.Fatal(err)
	}
	b.app = app.New(app.Config{Store: s, Log: log, Now: time.Now, Data: b.dir})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { b.app.Run(ctx); close(done) }()
	t.Cleanup(func() { stop(); <-done })
	return b
}

// enter sits down as one of the people.
func (b *built) enter(name string) kexin.Actor {
	b.t.Helper()
	doors, err := demo.Doors(b.t.Context(), b.store, b.app)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, d := range doors {
		if d.Name != name {
			continue
		}
		token := filepath.Base(d.Path)
		if w, err := b.app.DemoDoor(b.t.Context(), token); err != nil || w.Name != name {
			b.t.Fatalf("%+v %v", w, err)
		}
		in, err := b.app.EnterDemo(b.t.Context(), app.From{Lang: "zh-CN"}, token)
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := b.app.EnterDemo(b.t.Context(), app.From{}, token); kexin.CodeOf(err) != kexin.NotFound {
			b.t.Errorf("a door opens twice: %v", err)
		}
		seat, err := b.app.Seat(b.t.Context(), in.Session.Text(), "")
		if err != nil || seat.Actor.User == 0 {
			b.t.Fatalf("%s is not at work: %v", name, err)
		}
		return seat.Actor
	}
	b.t.Fatalf("no door for %s", name)
	return kexin.Actor{}
}

// TestTown: the demonstration is what its script says, and its files do what
// they are for.
func TestTown(t *testing.T) {
	b := build(t)
	lin, chen := b.enter("林国栋"), b.enter("陈晓雯")
	today, err := b.app.Today(t.Context(), chen)
	if err != nil {
		t.Fatal(err)
	}
	if len(today.Due) == 0 {
		t.Errorf("nothing is due for 陈晓雯: %+v", today)
	}
	for who, want := range map[string]int64{"林国栋": 483, "徐海峰": 6199} {
		me := b.enter(who)
		groups, _, err := b.app.Count(t.Context(), me, kexin.Query{Act: kexin.ActCount, Object: kexin.Customer})
		var n int64
		for _, g := range groups {
			n += g.N
		}
		if err != nil || n < want-want/50 || n > want+want/50 {
			t.Errorf("%s has %d customers, want about %d: %v", who, n, want, err)
		}
	}
	b.own(lin)
	b.owners(lin)
}

func (b *built) declare(a kexin.Actor, file string) (app.Batch, error) {
	b.t.Helper()
	f, err := os.Open(filepath.Join(b.dir, "demo", file))
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	body, err := io.ReadAll(f)
	if err != nil {
		b.t.Fatal(err)
	}
	x, err := b.app.DeclareImport(b.t.Context(), a, app.Manifest{Source: kexin.FromVisit, Collected: "staff", Accept: true})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err = b.app.ReceiveImport(b.t.Context(), a, x.ID, bytes.NewReader(body), int64(len(body))); err != nil {
		return x, err
	}
	for range 1200 {
		if x, err = b.app.Import(b.t.Context(), a, x.ID); err != nil || x.State == "ready" || x.State == "refused" || x.State == "failed" {
			return x, err
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatal("the import goes on for ever")
	return x, nil
}

func (b *built) own(a kexin.Actor) {
	x, err := b.declare(a, demo.OwnList)
	if err != nil {
		b.t.Fatal(err)
	}
	want := map[kexin.Outcome]int{kexin.OutNew: 44, kexin.OutSame: 6, kexin.OutReview: 4, kexin.OutRefused: 3, kexin.OutAside: 3}
	for o, n := range want {
		if x.Outcomes[o] != n {
			b.t.Errorf("%s: %d, want %d (%s %v)", o, x.Outcomes[o], n, x.State, x.Outcomes)
		}
	}
}

func (b *built) owners(a kexin.Actor) {
	x, err := b.declare(a, demo.OwnersList)
	if err != nil {
		b.t.Fatal(err)
	}
	if x.State != "refused" {
		b.t.Errorf("%s %s", x.State, x.Fault)
	}
}
