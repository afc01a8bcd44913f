package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kexin"
	"kexin/auth"
	"kexin/store"
	"kexin/store/storetest"
)

// login makes an account with a session, a token and a device.
func login(t *testing.T, w *storetest.World, who string) (s store.Session, k store.Token) {
	t.Helper()
	member := w.Staff[who].User
	w.Update(func(tx *store.Tx) error {
		if err := tx.AddLogin(store.Login{Name: who, Member: member, Hash: "x"}); err != nil {
			return err
		}
		_, d := auth.NewSession()
		_, dev := auth.NewDevice()
		s = store.Session{Digest: d[:], Member: member, Device: dev[:], Label: "Chrome, Windows", Made: tx.Now, Ends: tx.Now.Add(time.Hour), Lang: "en"}
		var err error
		if s.ID, err = tx.AddSession(s); err != nil {
			return err
		}
		if err := tx.SaveDevice(member, store.Device{Digest: dev[:], Label: s.Label, Shown: tx.Now}); err != nil {
			return err
		}
		_, td := auth.NewAPIToken()
		k, err = tx.AddToken(store.Token{Digest: td[:], Member: member, Name: "till", Purpose: kexin.FollowUp, Acts: []kexin.Act{kexin.ActList, kexin.ActGet}, Ends: tx.Now.Add(time.Hour)})
		return err
	})
	return s, k
}

func TestSession(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		s, _ := login(t, w, "rep")
		_, next := auth.NewSession()
		w.Update(func(tx *store.Tx) error {
			got, err := tx.Session(s.Digest)
			if err != nil || got.ID != s.ID || got.Stage != store.AtWork || got.Lang != "en" {
				t.Fatalf("%+v %v", got, err)
			}
			now := got
			now.Step = tx.Now
			return tx.Rotate(got, now, next[:])
		})
		w.View(func(tx *store.Tx) error {
			old, err := tx.Session(s.Digest)
			if err != nil || old.Step != 0 {
				t.Errorf("the old cookie serves for a moment, without the step: %+v %v", old, err)
			}
			fresh, err := tx.Session(next[:])
			if err != nil || fresh.Step == 0 || fresh.ID != s.ID || fresh.Made != s.Made {
				t.Errorf("%+v %v", fresh, err)
			}
			list, err := tx.Sessions(s.Member)
			if len(list) != 1 {
				t.Errorf("%d sessions listed, want one", len(list))
			}
			return err
		})
		w.Clock.Move(11 * time.Second)
		w.View(func(tx *store.Tx) error {
			if _, err := tx.Session(s.Digest); kexin.CodeOf(err) != kexin.NotFound {
				t.Errorf("the old cookie still serves: %v", err)
			}
			_, err := tx.Session(next[:])
			return err
		})
		w.Update(func(tx *store.Tx) error {
			cur, err := tx.Session(next[:])
			if err != nil {
				return err
			}
			_, third := auth.NewSession()
			if err := tx.Replace(cur, third[:]); err != nil {
				return err
			}
			if _, err := tx.Session(next[:]); kexin.CodeOf(err) != kexin.NotFound {
				t.Errorf("replaced: %v", err)
			}
			_, err = tx.Session(third[:])
			return err
		})
		w.Clock.Move(2 * time.Hour)
		w.View(func(tx *store.Tx) error {
			list, err := tx.Sessions(0)
			if len(list) != 0 {
				t.Errorf("%d sessions outlive their end", len(list))
			}
			return err
		})
	})
}

func TestAttempt(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		b := []store.Bucket{{Name: "a:1", Rule: auth.AccountThrottle}, {Name: "n:1", Rule: auth.NetworkThrottle}}
		for i := range auth.AccountThrottle.Free {
			if err := w.Store.Attempt(ctx, b); err != nil {
				t.Fatalf("try %d: %v", i+1, err)
			}
		}
		err := w.Store.Attempt(ctx, b)
		var e *kexin.Error
		if !errors.As(err, &e) || e.Code != kexin.RateLimited || e.Until <= w.Clock.Instant() {
			t.Fatalf("the sixth at once: %v", err)
		}
		w.Clock.Move(3 * time.Second)
		if err := w.Store.Attempt(ctx, b); err != nil {
			t.Fatalf("after waiting: %v", err)
		}
		if err := w.Store.Attempt(ctx, b); kexin.CodeOf(err) != kexin.RateLimited {
			t.Errorf("the wait grows: %v", err)
		}
		if err := w.Store.Settle(ctx, []string{"a:1"}, []string{"n:1"}); err != nil {
			t.Fatal(err)
		}
		n := 0
		for n < 100 && w.Store.Attempt(ctx, []store.Bucket{{Name: "n:1", Rule: auth.NetworkThrottle}}) == nil {
			n++
		}
		if want := auth.NetworkThrottle.Free - 5; n != want { // six tries less the one forgiven
			t.Errorf("%d more tries from the address, want %d", n, want)
		}
		if err := w.Store.SweepSessions(ctx); err != nil {
			t.Fatal(err)
		}
	})
}

// TestAttemptRace: many tries at once do not outrun the count.
func TestAttemptRace(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		var passed atomic.Int32
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() {
				if w.Store.Attempt(ctx, []store.Bucket{{Name: "a:race", Rule: auth.AccountThrottle}}) == nil {
					passed.Add(1)
				}
			})
		}
		all.Wait()
		if n := int(passed.Load()); n > auth.AccountThrottle.Free {
			t.Errorf("%d tries passed, %d are free", n, auth.AccountThrottle.Free)
		}
	})
}

func TestDisableEndsEverything(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		s, k := login(t, w, "rep")
		other, _ := login(t, w, "rep2")
		w.Update(func(tx *store.Tx) error { _, err := tx.Disable(w.Staff["rep"].User); return err })
		if _, err := w.Store.OrgOfSession(ctx, s.Digest); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("session: %v", err)
		}
		if _, err := w.Store.OrgOfToken(ctx, k.Digest); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("token: %v", err)
		}
		w.View(func(tx *store.Tx) error {
			if d, err := tx.Device(s.Member, s.Device); d.Digest != nil || err != nil {
				t.Errorf("device: %+v %v", d, err)
			}
			_, err := tx.Session(other.Digest)
			return err
		})
	})
}
