package store_test

import (
	"fmt"
	"slices"
	"testing"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/store"
	"kexin/store/storetest"
)

// sees are the members whose customers somebody reaches in a scene.
func sees(w *storetest.World, who string, s kexin.Scene) (out []kexin.ID) {
	w.View(func(tx *store.Tx) error {
		p, err := gate.Authorize(tx.State, w.Staff[who], kexin.Query{Act: kexin.ActList, Object: kexin.Customer, Scene: s, Fields: []kexin.FieldID{kexin.CustName}, Limit: 10})
		if err != nil {
			w.TB.Fatal(err)
		}
		out = p.Scope().Owners
		return nil
	})
	return out
}

// TestTreeForged: a department or a member's place written past the program
// opens nobody's customers to anybody; the row is named, and saving it again
// mends it.
func TestTreeForged(t *testing.T) {
	for _, c := range []struct{ name, q string }{
		{"a department moved below another", "UPDATE dept SET parent_id=$2 WHERE org_id=$1 AND name='二部'"},
		{"its code taken away besides", "UPDATE dept SET parent_id=$2,mac=NULL WHERE org_id=$1 AND name='二部'"},
		{"with another's code", "UPDATE dept SET parent_id=$2,mac=(SELECT d.mac FROM dept d WHERE d.org_id=$1 AND d.name='一部') WHERE org_id=$1 AND name='二部'"},
		{"a member moved into another", "UPDATE member SET dept_id=$2 WHERE org_id=$1 AND name='rep4'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			timed(t, func(t *testing.T, w *storetest.World) {
				before := sees(w, "leader", kexin.Subtree)
				raw(w, c.q, w.Org, w.Depts[0])
				raw(w, "UPDATE org SET version=version+1 WHERE id=$1", w.Org)
				if got := sees(w, "leader", kexin.Subtree); len(got) != len(before) {
					t.Errorf("the leader reaches %d members, before %d", len(got), len(before))
				}
				rows, err := w.Store.ForgedRows(ctx)
				if err != nil || len(rows) != 1 || rows[0].Org != w.Org || rows[0].ID == 0 {
					t.Fatalf("%+v %v", rows, err)
				}
				w.View(func(tx *store.Tx) error {
					a, err := tx.Alerts(10)
					if len(a) != 1 || a[0].Code != "row_forged" || a[0].Args["row"] != rows[0].ID.String() || a[0].Args["table"] != rows[0].Table {
						t.Errorf("alerts: %+v", a)
					}
					return err
				})
				if rows[0].Table == "member" {
					return // TestMemberForged
				}
				w.Update(func(tx *store.Tx) error {
					if _, err := tx.Dept(w.Depts[2]); !isForged(err) {
						t.Errorf("read: %v", err)
					}
					if err := tx.SaveDept(store.Dept{ID: w.Depts[2], Name: "二部"}); err != nil {
						return err
					}
					return tx.Changed()
				})
				if rows, err := w.Store.ForgedRows(ctx); err != nil || len(rows) > 0 {
					t.Errorf("after saving: %+v %v", rows, err)
				}
			})
		})
	}
}

// TestMutualForged: the setting by which clerks see each other's customers is
// off where it was switched on past the program.
func TestMutualForged(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		raw(w, "UPDATE org SET mutual=TRUE,version=version+1 WHERE id=$1", w.Org)
		w.View(func(tx *store.Tx) error {
			o, err := tx.Merchant()
			if !o.Forged || o.Mutual || len(tx.State.Matrix.Posts[kexin.Rep].Scenes()) != len(gate.Default(false).Posts[kexin.Rep].Scenes()) {
				t.Errorf("forged %v mutual %v", o.Forged, o.Mutual)
			}
			return err
		})
		w.Update(func(tx *store.Tx) error {
			o, err := tx.Merchant()
			if err != nil {
				return err
			}
			return tx.SaveMerchant(o)
		})
		w.View(func(tx *store.Tx) error {
			if o, err := tx.Merchant(); err != nil || o.Forged || o.Mutual {
				t.Errorf("mended: %+v %v", o, err)
			}
			return nil
		})
	})
}

// TestCodesGiven: rows of a database from before the codes get theirs when the
// program first opens it, and the log says so; a later start gives none.
func TestCodesGiven(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		c := storetest.NewClock()
		w := storetest.New(t, open(db.Config{Clock: c.Now}), c)
		id := w.Customer("rep", person("张伟", "+8613900001111")) // with entries that follow each other
		for _, stage := range []string{"talking", "quoted"} {
			w.Edit(w.Staff["rep"], id, store.Values{kexin.CustStage: kexin.Str(stage)})
		}
		chains := func() (out []string) {
			w.View(func(tx *store.Tx) error {
				out = nil
				for _, q := range []string{"SELECT id,before_id FROM ledger_entry WHERE org_id=$1 AND subj IS NOT NULL ORDER BY id", "SELECT sseq,last_id FROM subject_head WHERE org_id=$1 ORDER BY subj"} {
					if err := tx.Each(q, []any{w.Org}, func(r *db.Rows) error {
						var a, b int64
						err := r.Scan(&a, &b)
						out = append(out, fmt.Sprint(a, " ", b))
						return err
					}); err != nil {
						return err
					}
				}
				return nil
			})
			return out
		}
		chained := chains()
		given := func() (n int64) {
			w.View(func(tx *store.Tx) error {
				return tx.Row("SELECT COUNT(*) FROM ledger_entry WHERE org_id=$1 AND type='settings.changed'", w.Org).Scan(&n)
			})
			return n
		}
		reopen := func() {
			s, err := store.Open(ctx, open(db.Config{Clock: c.Now}), w.Store.Keepers(), c.Instant)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := s.ForgedRows(ctx)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d forged", len(rows))
			if err := s.Leave(ctx); err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range []string{"ALTER TABLE dept DROP COLUMN mac", "ALTER TABLE org DROP COLUMN mac",
			"ALTER TABLE import_batch DROP COLUMN note_c", "ALTER TABLE import_batch DROP COLUMN page_c", "ALTER TABLE customer DROP COLUMN hers_at", "DROP TABLE importing", "DROP TABLE once", "DROP INDEX import_row_handed", "ALTER TABLE import_batch DROP COLUMN fetched_at", "ALTER TABLE import_row DROP COLUMN part_id", "ALTER TABLE referral DROP COLUMN browser", "DROP INDEX asked_device", "ALTER TABLE asked DROP COLUMN device", "ALTER TABLE sending DROP COLUMN ref_id", "DROP TABLE member_address", "ALTER TABLE portal_session RENAME COLUMN address TO holder", "CREATE TABLE member_phone (org_id BIGINT, member_id BIGINT, ver BIGINT, hash BYTEA)", "CREATE INDEX record_key_record ON record_key (org_id, record_id)", "ALTER TABLE ledger_entry DROP COLUMN before_id", "ALTER TABLE subject_head DROP COLUMN last_id", "DROP INDEX ledger_rare", "CREATE INDEX ledger_subj ON ledger_entry (org_id, subj, sseq)", // of later migrations, which run again too
			"DELETE FROM goose_db_version WHERE version_id>=11"} {
			raw(w, q)
		}
		raw(w, "INSERT INTO member_phone(org_id,member_id,ver,hash) VALUES($1,$2,1,$3)", w.Org, w.Staff["rep"].User, []byte{7}) // of a member's own number
		reopen()
		if now := chains(); !slices.Equal(now, chained) || len(now) < 4 {
			t.Errorf("a person's entries: %v, before %v", now, chained)
		}
		w.View(func(tx *store.Tx) error {
			noted, err := tx.MemberAddresses(w.Staff["rep"].User)
			if !slices.Equal(noted, []kexin.KeyKind{kexin.KeyPhone}) {
				t.Errorf("his own number did not come along: %v", noted)
			}
			return err
		})
		if rows, err := w.Store.ForgedRows(ctx); err != nil || len(rows) > 0 || given() != 1 {
			t.Errorf("%+v %v, told %d times", rows, err, given())
		}
		raw(w, "UPDATE dept SET mac=NULL WHERE org_id=$1", w.Org)
		reopen()
		if rows, err := w.Store.ForgedRows(ctx); err != nil || len(rows) != len(w.Depts) || given() != 1 {
			t.Errorf("taken away: %+v %v, told %d times", rows, err, given())
		}
	})
}

// TestMarkEdited: a customer who gets a number that is not to be contacted is marked,
// and one without a number who gets such a mailbox.
func TestMarkEdited(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		for field, key := range map[kexin.FieldID]kexin.Key{kexin.CustPhone: {Kind: kexin.KeyPhone, Canon: "+8613812345678"}, kexin.CustEmail: {Kind: kexin.KeyEmail, Canon: "wang@example.cn"}} {
			w.Update(func(tx *store.Tx) error { return tx.Suppress(key.Kind, key.Canon, tx.Now) })
			id := w.Customer("rep", person("张伟", "+8613900001111"))
			w.Edit(w.Staff["rep"], id, store.Values{kexin.CustPhone: {}, field: kexin.Str(key.Canon)})
			w.View(func(tx *store.Tx) error {
				f, err := tx.Facts(kexin.Customer, id)
				if err != nil {
					return err
				}
				if all, _, err := tx.Quieted(f.Subject); !all || err != nil {
					t.Errorf("%s: not marked, %v", key.Canon, err)
				}
				return nil
			})
		}
	})
}

// TestMarkForged: the mark of a number that was changed past the program still
// holds when somebody with that number is made, and the row is named; a mark
// that nobody touched raises nothing.
func TestMarkForged(t *testing.T) {
	for _, forged := range []bool{false, true} {
		timed(t, func(t *testing.T, w *storetest.World) {
			const phone = "+8613812345678"
			stopped := func() (n int) {
				w.View(func(tx *store.Tx) error {
					return tx.Row("SELECT COUNT(*) FROM consent_state WHERE org_id=$1 AND purpose='legal.suppression' AND state='WITHDRAWN'", w.Org).Scan(&n)
				})
				return n
			}
			w.Update(func(tx *store.Tx) error { return tx.Suppress(kexin.KeyPhone, phone, tx.Now) })
			if forged {
				raw(w, "UPDATE suppression SET state='off' WHERE org_id=$1", w.Org)
			}
			w.Customer("rep", person("张伟", "+8613900001111"))
			if n := stopped(); n != 0 {
				t.Errorf("%d marked whose number is another", n)
			}
			w.Customer("rep", person("王秀兰", phone))
			if n := stopped(); n != 1 {
				t.Errorf("%d marked", n)
			}
			w.View(func(tx *store.Tx) error {
				a, err := tx.Alerts(10)
				if forged != (len(a) == 1 && a[0].Code == "row_forged" && a[0].Args["table"] == "suppression") || !forged && len(a) > 0 {
					t.Errorf("alerts: %+v", a)
				}
				return err
			})
		})
	}
}
