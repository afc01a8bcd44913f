package app

import (
	"context"
	"errors"
	"testing"
	"time"

	"kexin"
	"kexin/auth"
	"kexin/internal/db"
	"kexin/store"
)

// signedIn opens a session for a member and gives its cookie.
func (b *bench) signedIn(who string) string {
	b.TB.Helper()
	secret, digest := auth.NewSession()
	b.Update(func(tx *store.Tx) error {
		_, err := tx.AddSession(store.Session{Digest: digest[:], Member: b.Staff[who].User, Device: digest[:], Made: tx.Now, Ends: tx.Now.Add(12 * time.Hour), Lang: "zh-CN"})
		return err
	})
	return secret.Text()
}

// Who sits behind a cookie is remembered; whatever takes the right away takes it
// from the next request on, and what was undone takes nothing.
func TestRememberedSeat(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		sits := func(cookie string) kexin.ID {
			t.Helper()
			for range 3 {
				s, err := b.app.Seat(ctx, cookie, "")
				if err != nil {
					t.Fatal(err)
				}
				if s.Actor.User == 0 {
					return 0
				}
			}
			s, _ := b.app.Seat(ctx, cookie, "")
			return s.Actor.User
		}
		raw := func(q string, args ...any) {
			t.Helper()
			if err := b.DB.Update(ctx, func(tx *db.Tx) error { _, err := tx.Exec(q, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		rep := b.Staff["rep"].User
		for what, take := range map[string]func(cookie string){
			"his session is ended": func(string) {
				b.Update(func(tx *store.Tx) error { return tx.EndOthers(rep, 0) })
			},
			"his row is written without the keys": func(string) {
				raw("UPDATE member SET position='owner' WHERE org_id=$1 AND id=$2", b.Org, rep)
			},
			"his session is deleted by hand": func(string) { raw("DELETE FROM session WHERE member_id=$1", rep) },
			"nobody comes for half a day":    func(string) { b.Clock.Move(12*time.Hour + time.Minute) },
		} {
			cookie := b.signedIn("rep")
			if sits(cookie) != rep {
				t.Fatalf("before %s: he does not sit", what)
			}
			undone := errors.New("undone")
			if err := b.Store.Update(ctx, b.Org, func(tx *store.Tx) error { return errors.Join(tx.EndOthers(rep, 0), undone) }); !errors.Is(err, undone) {
				t.Fatal(err)
			}
			if sits(cookie) != rep {
				t.Errorf("%s: what was undone took it", what)
			}
			take(cookie)
			if who := sits(cookie); who != 0 {
				t.Errorf("%s, and %v sits", what, who)
			}
			raw("UPDATE member SET position='rep' WHERE org_id=$1 AND id=$2", b.Org, rep)
		}
		cookie := b.signedIn("rep")
		if sits(cookie) != rep {
			t.Fatal("he does not sit")
		}
		b.Update(func(tx *store.Tx) error {
			m, err := tx.Member(rep)
			if err != nil {
				return err
			}
			m.Active = false
			return tx.SaveMember(m)
		})
		if who := sits(cookie); who != 0 {
			t.Errorf("disabled, and %v sits", who)
		}
	})
}

// On SQLite a remembered seat costs no statement.
func TestRememberedSeatReadsNothing(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		if b.DB.Postgres() {
			if b.Store.Staff() != nil {
				t.Error("another server may change what is remembered here")
			}
			return
		}
		cookie, ctx := b.signedIn("rep"), context.Background()
		first, err := b.app.Seat(ctx, cookie, "")
		if err != nil || first.Actor.User == 0 {
			t.Fatal(err)
		}
		gone, end := context.WithCancel(ctx)
		end() // no View can be had with it
		again, err := b.app.Seat(gone, cookie, "")
		if err != nil || again.Actor.User != first.Actor.User {
			t.Errorf("it was read again: %v", err)
		}
		b.Clock.Move(2 * time.Minute)
		if _, err := b.app.Seat(gone, cookie, ""); err == nil {
			t.Error("its use is not noted after two minutes")
		}
	})
}
