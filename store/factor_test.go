package store_test

import (
	"errors"
	"testing"

	"kexin"
	"kexin/auth"
	"kexin/store"
	"kexin/store/storetest"
	"kexin/vault"
)

func TestFactor(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		id := w.Staff["owner"].User
		seed := auth.NewSeed()
		w.Update(func(tx *store.Tx) error {
			if f, err := tx.Factor(id); f.Seed != nil || f.Next != nil || err != nil {
				t.Errorf("%+v %v", f, err)
			}
			if err := tx.OfferSeed(id, seed); err != nil {
				return err
			}
			f, err := tx.Factor(id)
			if err != nil || string(f.Next) != string(seed) || f.Seed != nil {
				t.Errorf("offered: %+v %v", f, err)
			}
			m, err := tx.Member(id)
			if err != nil {
				return err
			}
			return tx.AdoptSeed(m, seed, 100)
		})
		w.Update(func(tx *store.Tx) error {
			f, err := tx.Factor(id)
			if err != nil || string(f.Seed) != string(seed) || f.Next != nil || f.LastStep != 100 {
				t.Errorf("adopted: %+v %v", f, err)
			}
			if m, err := tx.Member(id); !m.TOTP || err != nil {
				t.Errorf("the member's row does not say so: %v", err)
			}
			for _, c := range []struct {
				step int64
				want bool
			}{{100, false}, {99, false}, {101, true}, {101, false}, {102, true}} {
				if ok, err := tx.TakeStep(id, c.step); ok != c.want || err != nil {
					t.Errorf("step %d: %v, want %v (%v)", c.step, ok, c.want, err)
				}
			}
			win, err := f.Window.Try(tx.Now)
			if err != nil {
				return err
			}
			if err := tx.CountTry(id, win); err != nil {
				return err
			}
			f, err = tx.Factor(id)
			if f.Window != win {
				t.Errorf("window %+v, want %+v", f.Window, win)
			}
			return err
		})
		// A seed moved to another person does not open.
		raw(w, "INSERT INTO totp(org_id,member_id,seed_c,next_c,last_step,tries,since_at,sure_at) SELECT org_id,$1,seed_c,NULL,0,0,0,0 FROM totp WHERE member_id=$2", w.Staff["rep"].User, id)
		w.View(func(tx *store.Tx) error {
			if _, err := tx.Factor(w.Staff["rep"].User); !errors.Is(err, vault.ErrTampered) {
				t.Errorf("moved seed: %v", err)
			}
			return nil
		})
	})
}

func TestRecoveryCodes(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		id, other := w.Staff["owner"].User, w.Staff["rep"].User
		_, digests := auth.NewRecoveryCodes()
		raws := make([][]byte, len(digests))
		for i, d := range digests {
			raws[i] = d[:]
		}
		w.Update(func(tx *store.Tx) error { return tx.SetRecovery(id, raws) })
		use := func(member kexin.ID, d []byte) (ok bool) {
			w.Update(func(tx *store.Tx) (err error) { ok, err = tx.UseRecovery(member, d); return err })
			return ok
		}
		if use(other, raws[0]) {
			t.Error("a code of somebody else")
		}
		if !use(id, raws[0]) || use(id, raws[0]) {
			t.Error("a code works once")
		}
		// One written into the database by who knows its digest does not work.
		_, mine := auth.NewRecoveryCodes()
		raw(w, "INSERT INTO recovery_code(org_id,member_id,digest,used_at) VALUES($1,$2,$3,0)", w.Org, id, mine[0][:])
		if use(id, mine[0][:]) {
			t.Error("a code that was written into the database")
		}
		w.Update(func(tx *store.Tx) error {
			var left int64
			if err := tx.Row("SELECT COUNT(*) FROM recovery_code WHERE org_id=$1 AND member_id=$2 AND used_at=0", tx.Org, id).Scan(&left); left != 10 || err != nil { // nine and the forged one
				t.Errorf("%d left, %v", left, err)
			}
			m, err := tx.Member(id)
			if err != nil {
				return err
			}
			return tx.DropFactor(m)
		})
		if use(id, raws[1]) {
			t.Error("a code outlived its factor")
		}
	})
}
