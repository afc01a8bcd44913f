package store_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kexin"
	"kexin/auth"
	"kexin/consent"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/store"
	"kexin/store/storetest"
)

var ctx = context.Background()

func isForged(err error) bool {
	var f *store.Forged
	return errors.As(err, &f)
}

// timed runs a test on both engines with a clock that it can move.
func timed(t *testing.T, f func(*testing.T, *storetest.World)) {
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		c := storetest.NewClock()
		f(t, storetest.New(t, open(db.Config{Clock: c.Now}), c))
	})
}

// raw runs one statement past everything, as somebody with the database's
// password would.
func raw(w *storetest.World, q string, args ...any) {
	w.TB.Helper()
	if err := w.DB.Update(ctx, func(t *db.Tx) error { _, err := t.Exec(dbtest.Past+q, args...); return err }); err != nil {
		w.TB.Fatal(err)
	}
}

func TestMemberForged(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		rep, owner := w.Staff["rep"].User, w.Staff["owner"].User
		for _, q := range []string{
			"UPDATE member SET position='owner' WHERE id=$1",
			"UPDATE member SET active=TRUE,position='rep',dept_id=7 WHERE id=$1",
			"UPDATE member SET ends_on='2099-01-01',dept_id=0 WHERE id=$1",
		} {
			raw(w, q, rep)
			w.View(func(tx *store.Tx) error {
				if _, err := tx.Member(rep); !isForged(err) || kexin.CodeOf(err) != kexin.Unauthorized {
					t.Errorf("%s: %v", q, err)
				}
				if _, err := tx.Member(owner); err != nil {
					t.Errorf("another row: %v", err)
				}
				n, err := tx.Owners(0)
				if n != 1 {
					t.Errorf("a forged row counts as owner: %d", n)
				}
				return err
			})
		}
		// Copying the owner's code to another row does not help either.
		raw(w, "UPDATE member SET position='owner',mac=(SELECT m.mac FROM member m WHERE m.id=$2) WHERE id=$1", rep, owner)
		w.Update(func(tx *store.Tx) error {
			if _, err := tx.Member(rep); !isForged(err) {
				t.Errorf("copied code: %v", err)
			}
			m, err := tx.Disable(rep)
			if m.Position != kexin.Rep || m.Active {
				t.Errorf("mended as %+v", m)
			}
			return err
		})
		w.View(func(tx *store.Tx) error {
			_, err := tx.Member(rep)
			return err
		})
	})
}

func TestMemberSaved(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		w.Update(func(tx *store.Tx) error {
			id, err := tx.AddMember(store.Member{Name: "陈晓雯", Position: kexin.Auditor, Active: true, Ends: "2026-03-10"})
			if err != nil {
				return err
			}
			m, err := tx.Member(id)
			if err != nil || m.Name != "陈晓雯" || m.Ends != "2026-03-10" || m.Told != 0 {
				t.Errorf("%+v %v", m, err)
			}
			if m.Over("2026-03-10") || !m.Over("2026-03-11") {
				t.Error("the last day is a working day, the next is not")
			}
			m.Leaving, m.Dept = "2026-03-05", w.Depts[1]
			if err := tx.SaveMember(m); err != nil {
				return err
			}
			if err := tx.SetTold(id); err != nil {
				return err
			}
			got, err := tx.Member(id)
			if err != nil || got.Leaving != m.Leaving || got.Dept != m.Dept || got.Told == 0 {
				t.Errorf("%+v %v", got, err)
			}
			if !got.Over("2026-03-06") {
				t.Error("a leaver is gone the day after")
			}
			return nil
		})
	})
}

func TestOwners(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		w.Update(func(tx *store.Tx) error {
			first := w.Staff["owner"].User
			second, err := tx.AddMember(store.Member{Name: "b", Position: kexin.Owner, Active: true})
			if err != nil {
				return err
			}
			if _, err := tx.AddMember(store.Member{Name: "c", Position: kexin.Owner, Active: true, Leaving: "2020-01-01"}); err != nil {
				return err
			}
			for _, c := range []struct {
				without kexin.ID
				want    int
			}{{0, 2}, {first, 1}, {second, 1}} {
				if n, err := tx.Owners(c.without); n != c.want || err != nil {
					t.Errorf("without %d: %d, want %d (%v)", c.without, n, c.want, err)
				}
			}
			if _, err := tx.Disable(second); err != nil {
				return err
			}
			if n, _ := tx.Owners(first); n != 0 {
				t.Errorf("%d owners left", n)
			}
			return nil
		})
	})
}

func TestAuthorityRowsForged(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		s, k := login(t, w, "rep")
		owner := w.Staff["owner"].User
		for name, c := range map[string]struct {
			q    string
			args []any
			read func(*store.Tx) error
		}{
			"a session becomes the owner's":    {"UPDATE session SET member_id=$1 WHERE digest=$2", []any{owner, s.Digest}, func(tx *store.Tx) error { _, err := tx.Session(s.Digest); return err }},
			"a session gets the second factor": {"UPDATE session SET member_id=$1,step_at=made_at WHERE digest=$2", []any{s.Member, s.Digest}, func(tx *store.Tx) error { _, err := tx.Session(s.Digest); return err }},
			"a token gets another act":         {"UPDATE api_token SET acts=$1 WHERE digest=$2", []any{"list get move", k.Digest}, func(tx *store.Tx) error { _, err := tx.Token(k.Digest); return err }},
			"an account gets another password": {"UPDATE login SET hash=$1 WHERE member_id=$2", []any{"$argon2id$mine", s.Member}, func(tx *store.Tx) error { _, err := tx.LoginOf(s.Member); return err }},
		} {
			w.View(c.read) // genuine before
			raw(w, c.q, c.args...)
			w.View(func(tx *store.Tx) error {
				if err := c.read(tx); !isForged(err) {
					t.Errorf("%s: %v", name, err)
				}
				return nil
			})
			if name == "a session becomes the owner's" { // put it back for the next
				raw(w, "UPDATE session SET member_id=$1,step_at=0 WHERE digest=$2", s.Member, s.Digest)
			}
			if name == "a session gets the second factor" {
				raw(w, "UPDATE session SET step_at=0 WHERE digest=$1", s.Digest)
			}
		}
		// A device that was given trust in the database is not known.
		raw(w, "UPDATE device SET shown_at=shown_at+86400000 WHERE digest=$1", s.Device)
		w.View(func(tx *store.Tx) error {
			if d, err := tx.Device(s.Member, s.Device); d.Digest != nil || err != nil {
				t.Errorf("forged device: %+v %v", d, err)
			}
			return nil
		})
	})
}

func TestLinks(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		invite := func(life time.Duration) (l store.Link) {
			_, d := auth.NewInvite()
			w.Update(func(tx *store.Tx) (err error) {
				l = store.Link{Digest: d[:], Kind: store.InviteLink, Ends: tx.Now.Add(life), Grant: store.Grant{Name: "马骏", Position: kexin.Rep, Until: "2026-05-01"}}
				l.ID, err = tx.AddLink(l)
				return err
			})
			return l
		}
		l := invite(time.Hour)
		got, err := w.Store.LinkNamed(ctx, l.Digest)
		if err != nil || got.Grant != l.Grant || got.Org != w.Org || got.Kind != store.InviteLink {
			t.Fatalf("%+v %v", got, err)
		}
		w.Update(func(tx *store.Tx) error { return tx.UseLink(got) })
		gone(t, w, "used", l)
		if err := w.Store.Update(ctx, w.Org, func(tx *store.Tx) error { return tx.UseLink(got) }); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("used twice: %v", err)
		}
		old := invite(time.Minute)
		w.Clock.Move(2 * time.Minute)
		gone(t, w, "expired", old)
		forged := invite(time.Hour)
		raw(w, "UPDATE link SET data=$2 WHERE digest=$1", forged.Digest, `{"name":"马骏","position":"owner"}`)
		gone(t, w, "forged", forged)
		taken := invite(time.Hour)
		w.View(func(tx *store.Tx) error {
			list, err := tx.Invites()
			if len(list) != 2 { // the forged one stands in the list, and does not work
				t.Errorf("%d open", len(list))
			}
			return err
		})
		w.Update(func(tx *store.Tx) error { return tx.DropInvite(taken.ID) })
		gone(t, w, "taken back", taken)

		_, d := auth.NewInvite()
		if err := w.Store.AddSetupLink(ctx, store.Link{Digest: d[:], Ends: w.Clock.Instant().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		s, err := w.Store.LinkNamed(ctx, d[:])
		if err != nil || s.Kind != store.SetupLink || s.Org != 0 {
			t.Errorf("%+v %v", s, err)
		}
	})
}

func gone(t *testing.T, w *storetest.World, what string, l store.Link) {
	t.Helper()
	if _, err := w.Store.LinkNamed(ctx, l.Digest); kexin.CodeOf(err) != kexin.NotFound {
		t.Errorf("%s link: %v", what, err)
	}
}

// TestLinkRace: of many who use a link at once, one succeeds.
func TestLinkRace(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		_, d := auth.NewInvite()
		l := store.Link{Digest: d[:], Kind: store.InviteLink}
		w.Update(func(tx *store.Tx) (err error) { l.Ends = tx.Now.Add(time.Hour); l.ID, err = tx.AddLink(l); return err })
		var won atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if w.Store.Update(ctx, w.Org, func(tx *store.Tx) error { return tx.UseLink(l) }) == nil {
					won.Add(1)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("%d used it", won.Load())
		}
	})
}

func TestDepts(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		w.Update(func(tx *store.Tx) error {
			id, err := tx.AddDept(store.Dept{Name: "售后部", Parent: w.Depts[0]})
			if err != nil {
				return err
			}
			if err := tx.SaveDept(store.Dept{ID: id, Name: "售后", Parent: w.Depts[1]}); err != nil {
				return err
			}
			d, err := tx.Dept(id)
			if d.Name != "售后" || d.Parent != w.Depts[1] || err != nil {
				t.Errorf("%+v %v", d, err)
			}
			if err := tx.DropDept(id); err != nil {
				t.Errorf("an empty one: %v", err)
			}
			if _, err := tx.Dept(id); kexin.CodeOf(err) != kexin.NotFound {
				t.Errorf("%v", err)
			}
			return nil
		})
		for _, full := range []kexin.ID{w.Depts[0], w.Depts[1]} {
			if err := w.Store.Update(ctx, w.Org, func(tx *store.Tx) error { return tx.DropDept(full) }); kexin.CodeOf(err) != kexin.Conflict {
				t.Errorf("one with people: %v", err)
			}
		}
	})
}

func TestNotice(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		if _, err := w.Store.PublicNotice(ctx, w.Org); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("before publishing: %v", err)
		}
		shop := consent.Shop{LegalName: "石语瓷砖店", USCC: "92330382MAKXDM012G", Contact: "0577-62500000", Address: "柳市镇", Officer: "林国栋"}
		texts := map[string]consent.Notice{}
		for _, lang := range []string{"zh-CN", "en"} {
			n, err := consent.Publish(consent.Ready(lang, shop), 1)
			if err != nil {
				t.Fatal(err)
			}
			texts[lang] = n
		}
		w.Update(func(tx *store.Tx) error {
			return tx.PublishNotice(store.Published{Version: 1, Shop: shop, Texts: texts, By: 7}, "zh-CN")
		})
		p, err := w.Store.PublicNotice(ctx, w.Org)
		if err != nil || p.Version != 1 || p.Texts["en"].Title != texts["en"].Title || p.Texts["zh-CN"].Hash != texts["zh-CN"].Hash {
			t.Fatalf("%+v %v", p, err)
		}
		body := `{"zh-CN":{"Version":1,"Lang":"zh-CN","Title":"x","Text":["y"],"Hash":[` + zeros(32) + `]}}`
		raw(w, "UPDATE notice SET body=$1", body)
		if _, err := w.Store.PublicNotice(ctx, w.Org); !isForged(err) {
			t.Errorf("a changed notice is shown: %v", err)
		}
	})
}

func zeros(n int) string {
	b := make([]byte, 0, 2*n)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '0')
	}
	return string(b)
}

func TestShown(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		if at, err := w.Store.ShownAt(ctx, "recovery"); at != 0 || err != nil {
			t.Errorf("%v %v", at, err)
		}
		second := w.Merchant("晴窗窗帘店", kexin.Shop)
		w.Update(func(tx *store.Tx) error {
			if first, err := tx.First(); !first || err != nil {
				t.Errorf("first: %v %v", first, err)
			}
			return tx.Shown("recovery", w.Staff["owner"].User)
		})
		if at, err := w.Store.ShownAt(ctx, "recovery"); at == 0 || err != nil {
			t.Errorf("%v %v", at, err)
		}
		if err := w.Store.View(ctx, second, func(tx *store.Tx) error {
			first, err := tx.First()
			if first {
				t.Error("the second merchant is not the first")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestHandOn(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		a := w.Customer("rep", store.Values{kexin.CustName: kexin.Str("王秀兰"), kexin.CustType: kexin.Str("person")})
		w.Customer("rep2", store.Values{kexin.CustName: kexin.Str("李建国"), kexin.CustType: kexin.Str("person")})
		w.View(func(tx *store.Tx) error {
			ids, err := tx.OwnedBy(w.Staff["rep"].User, 10)
			if len(ids) != 1 || ids[0] != a || err != nil {
				t.Errorf("%v %v", ids, err)
			}
			any, err := tx.Customers()
			if !any {
				t.Error("there are customers")
			}
			n, err2 := tx.Revealed(w.Staff["rep"].User)
			if n != 0 {
				t.Errorf("%d reveals", n)
			}
			return errors.Join(err, err2)
		})
	})
}
