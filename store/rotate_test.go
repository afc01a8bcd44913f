package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/ledger"
	"kexin/store"
	"kexin/store/storetest"
	"kexin/vault"
)

var rotating = gate.ForSystem(gate.KeyRotation)

func keyRow(t *testing.T, s *store.Store, org kexin.ID, use vault.Use, ver vault.Version) store.KeyRow {
	t.Helper()
	k, err := s.Keys(context.Background(), org)
	if err != nil || !k.Opens {
		t.Fatal(err, k.Opens)
	}
	i := slices.IndexFunc(k.Rows, func(r store.KeyRow) bool { return r.Use == use && r.Ver == ver })
	if i < 0 {
		t.Fatalf("no %s %d", use, ver)
	}
	return k.Rows[i]
}

func drive(t *testing.T, s *store.Store, org kexin.ID) store.Drive {
	t.Helper()
	d, err := s.DriveKeys(context.Background(), rotating, org, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A merchant's wrap key rotates while customers are read and written; the old
// version is retired when nothing needs it.
func TestRotateWrap(t *testing.T) {
	storetest.Both(t, func(t *testing.T, w *storetest.World) {
		for i := range 30 {
			w.Customer("rep", person(fmt.Sprintf("王%c", '一'+rune(i)), fmt.Sprintf("+861381234%04d", i)))
		}
		if _, err := w.Store.Rotate(context.Background(), w.Org, vault.UseIndex, ledger.Actor{Kind: ledger.ByCLI}); keyOf(err) != "keys.use_later" {
			t.Errorf("index: %v", err)
		}
		for round := vault.Version(2); round <= 3; round++ {
			v, err := w.Store.Rotate(context.Background(), w.Org, vault.UseWrap, ledger.Actor{Kind: ledger.ByCLI})
			if err != nil || v != round {
				t.Fatal(err, v)
			}
			if again, err := w.Store.Rotate(context.Background(), w.Org, vault.UseWrap, ledger.Actor{Kind: ledger.ByCLI}); err != nil || again != v {
				t.Errorf("begun twice: %v %d", err, again)
			}
			if got := keyRow(t, w.Store, w.Org, vault.UseWrap, v); got.State != vault.Accept {
				t.Errorf("new version is %v", got.State)
			}
			w.Customer("rep2", person("李四", "+8613900001111"))
			d := drive(t, w.Store, w.Org)
			if d.Busy || d.Done != d.Total || d.Total < 62 {
				t.Errorf("%+v", d)
			}
			old, now := keyRow(t, w.Store, w.Org, vault.UseWrap, v-1), keyRow(t, w.Store, w.Org, vault.UseWrap, v)
			if old.State != vault.Retired || old.Rows != 0 || now.State != vault.Active || now.Rows != d.Total {
				t.Errorf("%+v %+v", old, now)
			}
		}
		got, _ := list(t, w, "owner", kexin.Query{})
		if len(got.Rows) != 32 || got.Rows[0].Cells[0].Value.S == "" {
			t.Errorf("%d customers can be read", len(got.Rows))
		}
		if v := verify(t, w.Store, w.Org); len(v.Faults) > 0 {
			t.Errorf("%+v", v.Faults)
		}
	})
}

// The new version waits until every server that runs has loaded it; one that
// is gone is not waited for.
func TestRotationWaitsForServers(t *testing.T) {
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		ctx := context.Background()
		w := storetest.New(t, open(db.Config{}), nil)
		w.Customer("rep", person("王秀兰", "+8613812345678"))
		other, err := store.Open(ctx, open(db.Config{}), w.Keys, w.Clock.Instant)
		if err != nil {
			t.Fatal(err)
		}
		if all, err := w.Store.Nodes(ctx); err != nil || len(all) != 2 {
			t.Fatal(err, all)
		}
		if _, err := w.Store.Rotate(ctx, w.Org, vault.UseWrap, ledger.Actor{Kind: ledger.ByCLI}); err != nil {
			t.Fatal(err)
		}
		if d := drive(t, w.Store, w.Org); !d.Busy || keyRow(t, w.Store, w.Org, vault.UseWrap, 2).State != vault.Accept {
			t.Error("did not wait for the other server")
		}
		if err := other.Beat(ctx); err != nil {
			t.Fatal(err)
		}
		if d := drive(t, w.Store, w.Org); !d.Busy || keyRow(t, w.Store, w.Org, vault.UseWrap, 1).State != vault.Accept {
			t.Error("the old version was retired while another server may write with it")
		}
		if err := other.Beat(ctx); err != nil {
			t.Fatal(err)
		}
		if d := drive(t, w.Store, w.Org); d.Busy || keyRow(t, w.Store, w.Org, vault.UseWrap, 1).State != vault.Retired {
			t.Errorf("%+v", d)
		}
		if _, err := w.Store.Rotate(ctx, w.Org, vault.UseLog, ledger.Actor{Kind: ledger.ByCLI}); err != nil {
			t.Fatal(err)
		}
		if err := other.Leave(ctx); err != nil {
			t.Fatal(err)
		}
		if d := drive(t, w.Store, w.Org); d.Busy {
			t.Error("waits for a server that left")
		}
	})
}

// Both log keys sign for 30 days; then the old one retires, and everything
// still verifies, also in a later epoch.
func TestRotateLog(t *testing.T) {
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		ctx, clock := context.Background(), storetest.NewClock()
		w := storetest.New(t, open(db.Config{Clock: clock.Now}), clock)
		w.Customer("rep", person("王秀兰", "+8613812345678"))
		before := verify(t, w.Store, w.Org)
		if _, err := w.Store.Rotate(ctx, w.Org, vault.UseLog, ledger.Actor{Kind: ledger.ByCLI}); err != nil {
			t.Fatal(err)
		}
		if v := verify(t, w.Store, w.Org); len(v.Faults) > 0 {
			t.Fatalf("while the new key is not active yet: %+v", v.Faults)
		}
		drive(t, w.Store, w.Org)
		w.Customer("rep", person("张伟", "+8613900001111"))
		v := verify(t, w.Store, w.Org)
		if len(v.Faults) > 0 || v.Entries <= before.Entries {
			t.Fatalf("%+v", v.Faults)
		}
		if n := signatures(t, w); n != 2 {
			t.Errorf("%d keys sign", n)
		}
		left, err := w.Store.KeysLeft(ctx)
		if err != nil || len(left) != 1 || left[0].Use != vault.UseLog || left[0].Next || left[0].Until.Sub(clock.Instant()) < 29*24*time.Hour {
			t.Errorf("the old key signs along: %+v %v", left, err)
		}
		w.Clock.Move(31 * 24 * time.Hour)
		drive(t, w.Store, w.Org)
		w.Customer("rep", person("李强", "+8613700001111"))
		if v := verify(t, w.Store, w.Org); len(v.Faults) > 0 {
			t.Fatalf("%+v", v.Faults)
		}
		if n := signatures(t, w); n != 1 || keyRow(t, w.Store, w.Org, vault.UseLog, 1).State != vault.Retired {
			t.Errorf("%d keys sign", n)
		}
		if _, err := w.Store.Resume(ctx, store.Checked{}, "restore", func(kexin.ID, ledger.Checkpoint) int64 { return 0 }); err != nil {
			t.Fatal(err)
		}
		if v := verify(t, w.Store, w.Org); len(v.Faults) > 0 {
			t.Errorf("in the next epoch: %+v", v.Faults)
		}
	})
}

// signatures counts the signature lines of the newest checkpoint.
func signatures(t *testing.T, w *storetest.World) (n int) {
	t.Helper()
	w.View(func(tx *store.Tx) error {
		p, err := tx.LastPoint()
		for _, c := range p.Note {
			if c == '—' {
				n++
			}
		}
		return err
	})
	return n
}

// The master key rotates: every merchant's keys and the server's own are
// wrapped by the new one, also where it was interrupted after the file.
func TestRotateMaster(t *testing.T) {
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		ctx := context.Background()
		w := storetest.New(t, open(db.Config{}), nil)
		w.Another("另一家店")
		w.Customer("rep", person("王秀兰", "+8613812345678"))
		next := vault.NewMasterKeeper(vault.NewKey())
		if d, err := w.Store.DriveMaster(ctx, "sheet"); err != nil || d.Moved != 0 {
			t.Errorf("nothing was asked: %+v %v", d, err)
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if err := w.Store.AddKeeper(gone, next); err == nil {
			t.Error("a key is taken in that was not written down")
		}
		if err := w.Store.AddKeeper(ctx, next); err != nil {
			t.Fatal(err)
		}
		if all, err := w.Store.Masters(ctx); err != nil || len(all) != 2 {
			t.Fatalf("the second time it is not written down either: %+v %v", all, err)
		}
		if w.Store.Keepers()[0].ID() == next.ID() {
			t.Error("the new key wraps before every server has it")
		}
		w.Update(func(tx *store.Tx) error { return tx.Shown("sheet", w.Staff["owner"].User) })
		// The process dies here; the next one finds both files.
		both := vault.Keepers{next, w.Keys[0]}
		if err := w.Store.Leave(ctx); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(ctx, open(db.Config{}), both, w.Clock.Instant)
		if err != nil {
			t.Fatal(err)
		}
		d, err := s.DriveMaster(ctx, "sheet")
		if err != nil || d.Moved != 24 || len(d.Waiting) > 0 {
			t.Fatalf("%+v %v", d, err)
		}
		if at, err := s.ShownAt(ctx, "sheet"); err != nil || at != 0 {
			t.Errorf("the sheet of the old key counts for the new one: %v %v", at, err)
		}
		if d, err := s.DriveMaster(ctx, "sheet"); err != nil || d.Moved != 0 {
			t.Errorf("again: %+v %v", d, err)
		}
		all, err := s.Masters(ctx)
		if err != nil || len(all) != 2 || all[0].State != vault.Retired || all[0].Wraps != 0 || all[1].State != vault.Active || all[1].Wraps != 24 {
			t.Fatalf("%+v %v", all, err)
		}
		left := func() int {
			list, err := s.KeysLeft(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		if n := left(); n != 0 {
			t.Errorf("%d keys are left", n)
		}
		// A process that died before the old key was retired: it is not through.
		if err := w.DB.Update(ctx, func(x *db.Tx) error {
			_, err := x.Exec("UPDATE keeper SET state='accept' WHERE id=$1", all[0].ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if busy, err := s.MasterRotating(ctx); err != nil || !busy || left() != 1 {
			t.Errorf("the old key is not retired, and it says it is through: %v %v", busy, err)
		}
		if _, err := s.DriveMaster(ctx, "sheet"); err != nil {
			t.Fatal(err)
		}
		if busy, err := s.MasterRotating(ctx); err != nil || busy || left() != 0 {
			t.Errorf("never through: %v %v", busy, err)
		}
		for _, c := range []struct {
			keys vault.Keepers
			want string
		}{{vault.Keepers{next}, ""}, {both, ""}, {vault.Keepers{w.Keys[0]}, "keys.wrong_master"}, {vault.Keepers{vault.NewMasterKeeper(vault.NewKey())}, "keys.wrong_master"}} {
			s, err := store.Open(ctx, open(db.Config{}), c.keys, w.Clock.Instant)
			if keyOf(err) != c.want {
				t.Errorf("opened with %d keys: %v, want %q", len(c.keys), err, c.want)
			}
			if err == nil {
				if got := list2(t, s, w, "owner"); len(got.Rows) != 1 || got.Rows[0].Cells[0].Value.S != "王秀兰" {
					t.Error("customers cannot be read")
				}
			}
		}
	})
}

// Another server without the new master key stops the rotation.
func TestMasterWaitsForServers(t *testing.T) {
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		ctx := context.Background()
		w := storetest.New(t, open(db.Config{}), nil)
		other, err := store.Open(ctx, open(db.Config{}), w.Keys, w.Clock.Instant)
		if err != nil {
			t.Fatal(err)
		}
		next := vault.NewMasterKeeper(vault.NewKey())
		if err := w.Store.AddKeeper(ctx, next); err != nil {
			t.Fatal(err)
		}
		if d, err := w.Store.DriveMaster(ctx, "sheet"); err != nil || len(d.Waiting) != 1 || d.Moved != 0 {
			t.Errorf("%+v %v", d, err)
		}
		if err := other.AddKeeper(ctx, next); err != nil {
			t.Fatal(err)
		}
		if d, err := w.Store.DriveMaster(ctx, "sheet"); err != nil || len(d.Waiting) != 0 || d.Moved == 0 {
			t.Errorf("%+v %v", d, err)
		}
		if err := other.Beat(ctx); err != nil || other.Keepers()[0].ID() != next.ID() {
			t.Errorf("the other server wraps with the old key: %v", err)
		}
	})
}

// A server that was here when its clock was ahead, and is gone, does not count as
// running until that time.
func TestNodeAhead(t *testing.T) {
	storetest.Both(t, func(t *testing.T, w *storetest.World) {
		ctx := context.Background()
		for _, c := range []struct {
			ahead time.Duration
			in    bool
		}{{0, true}, {time.Minute, true}, {365 * 24 * time.Hour, false}} {
			if err := w.DB.Update(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec("UPDATE node SET lease_to=$1", tx.Now.Add(10*time.Minute+c.ahead))
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if in, err := store.InUse(ctx, w.DB); in != c.in || err != nil {
				t.Errorf("%s ahead: in use %v, %v", c.ahead, in, err)
			}
		}
	})
}

// Who does what only one may do: nobody beside, somebody after.
func TestLease(t *testing.T) {
	ctx := context.Background()
	open := storetest.Ready(t, dbtest.Postgres)
	clock := storetest.NewClock()
	w := storetest.New(t, open(db.Config{Clock: clock.Now}), clock)
	other, err := store.Open(ctx, open(db.Config{Clock: clock.Now}), w.Keys, clock.Instant)
	if err != nil {
		t.Fatal(err)
	}
	mine := func(s *store.Store, ttl time.Duration) bool {
		ok, err := s.Lease(ctx, "chores", ttl)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	first, again := mine(w.Store, time.Minute), mine(w.Store, time.Minute)
	if !first || !again || mine(other, time.Minute) {
		t.Error("both or nobody have the duty")
	}
	if err := w.Store.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	if !mine(other, time.Minute) || mine(w.Store, time.Minute) {
		t.Error("what was given back is not taken")
	}
	clock.Move(time.Minute)
	if !mine(w.Store, time.Minute) {
		t.Error("a lease that ran out is not taken")
	}
	if !mine(w.Store, 365*24*time.Hour) || !mine(other, time.Minute) { // by a clock that was a year ahead
		t.Error("a lease that reaches further than any can is not taken")
	}
}
