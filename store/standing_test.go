package store_test

import (
	"testing"
	"time"

	"kexin"
	"kexin/consent"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/ledger"
	"kexin/store"
	"kexin/store/storetest"
)

// TestEnquiryDay: an enquiry carries following it up to the end of a day of the
// shop's, not of UTC: what she asked on the first of March 2027 ends with the
// last of February 2028, the twenty-ninth.
func TestEnquiryDay(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		vals := person("王秀兰", "+8613812345678")
		vals[kexin.CustSourceOn] = kexin.Str("2027-03-01")
		id := w.Customer("rep", vals)
		var list, page *store.Standing
		var ends kexin.Instant
		w.Update(func(tx *store.Tx) error {
			judge := func(f *gate.Facts) (gate.Permit, error) {
				return gate.One(tx.State, w.Staff["rep"], kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id}, f)
			}
			p, whole, err := tx.Open(kexin.Customer, id, judge)
			if err != nil {
				return err
			}
			all, err := tx.Standings(&p, []kexin.ID{id})
			list, page = all[id], whole.Standing
			ends = kexin.At(time.Date(2028, 3, 1, 0, 0, 0, 0, tx.Zone))
			return err
		})
		for name, s := range map[string]*store.Standing{"list": list, "page": page} {
			if d := consent.MayContact(s.Person, kexin.FollowUp, kexin.ByCall, ends-1, false); !d.OK || d.Until != ends {
				t.Errorf("%s: %+v, want until %d", name, d, ends)
			}
		}
	})
}

// TestLapseForged: rows of consent that were written past the program, however
// many, keep no request from lapsing.
func TestLapseForged(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		id := w.Customer("rep", person("王秀兰", "+8613812345678"))
		var subject kexin.ID
		w.Update(func(tx *store.Tx) error {
			f, err := tx.Facts(kexin.Customer, id)
			if err != nil {
				return err
			}
			subject = f.Subject
			for _, k := range []consent.Kind{consent.Create, consent.Give} {
				if _, _, err = tx.Say(store.Said{Subject: subject, Purpose: "marketing.own.sms", Channel: kexin.BySMS, By: ledger.Actor{Kind: ledger.ByCustomer}, Way: "sms",
					Event: consent.Event{Kind: k, By: consent.Customer, At: tx.Now, Facts: consent.Facts{Purpose: true, Notice: true, MayAsk: true, Channel: true, Complete: true, Proof: true, Active: true, Alone: true}}, Until: tx.Now.Add(time.Hour), Grade: consent.Code,
					Fields: []kexin.FieldID{kexin.CustPhone}, Notice: 1, Text: consent.Hash{1}, Evidence: "test", Terms: consent.Terms{About: "offers", MaxPerMonth: 1, Until: tx.Now.Add(time.Hour)}}); err != nil {
					return err
				}
			}
			return nil
		})
		if err := w.DB.Update(ctx, func(tx *db.Tx) error {
			for n := range 501 {
				if _, err := tx.Exec(dbtest.Past+"INSERT INTO consent_state(org_id,subject_id,purpose,channel,receiver,state,valid_from,valid_until,grade,epoch,leaf,mac) VALUES($1,$2,'marketing.own.sms','sms',0,'GIVEN',1,1,'E3',1,$3,$4)",
					w.Org, n+1, make([]byte, 32), make([]byte, 16)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		w.Clock.Move(2 * time.Hour)
		w.Update(func(tx *store.Tx) error { return tx.LapseWords() })
		var state string
		w.View(func(tx *store.Tx) error {
			return tx.Row("SELECT state FROM consent_state WHERE org_id=$1 AND subject_id=$2", w.Org, subject).Scan(&state)
		})
		if state != string(consent.Expired) {
			t.Errorf("her consent is %s", state)
		}
	})
}
