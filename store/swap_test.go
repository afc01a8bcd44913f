package store_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"kexin"
	"kexin/consent"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/store"
	"kexin/store/storetest"
)

// cellOf reads a stored value past everything; put writes one.
func cellOf(t *testing.T, w *storetest.World, table, col string, id kexin.ID) (b []byte) {
	t.Helper()
	if err := w.DB.View(context.Background(), func(tx *db.Tx) error {
		return tx.Row(dbtest.Past+"SELECT "+col+" FROM "+table+" WHERE id=$1", id).Scan(&b)
	}); err != nil {
		t.Fatal(err)
	}
	return b
}

func putCell(t *testing.T, w *storetest.World, table, col string, id kexin.ID, b []byte) {
	t.Helper()
	err := w.DB.Update(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(dbtest.Past+"UPDATE "+table+" SET "+col+"=$1 WHERE id=$2", b, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestMovedCells: a ciphertext that somebody who writes the database moves to
// another merchant, person, record, field or object opens nowhere: the answer
// fails closed, on the record and on lists, and the officer is alerted.
func TestMovedCells(t *testing.T) {
	storetest.Both(t, func(t *testing.T, w *storetest.World) {
		secret := store.Values{kexin.CustName: kexin.Str("王秀兰"), kexin.CustPhone: kexin.Str("+8613812345678"), kexin.CustWeChat: kexin.Str("wx_12345678"), kexin.CustRemark: kexin.Str("周末来看样")}
		mine := w.Customer("rep", secret)
		other := w.Customer("rep", person("张伟", "+8613900001111"))
		visit := w.Child(w.Staff["rep"], kexin.Visit, mine, store.Values{kexin.VisitWay: kexin.Str("call"), kexin.VisitNote: kexin.Str("说好周末来"), kexin.VisitAt: kexin.Num(1)})
		visit2 := w.Child(w.Staff["rep"], kexin.Visit, mine, store.Values{kexin.VisitWay: kexin.Str("call"), kexin.VisitNote: kexin.Str("又来电话"), kexin.VisitAt: kexin.Num(2)})
		foreign := w.Another("外人的店")
		there := foreign.Customer("owner", secret)
		for what, c := range map[string]struct {
			from           kexin.ID
			table, col     string
			to             kexin.ID
			toTable, toCol string
			object         kexin.Object
		}{
			"another person's record":          {mine, "customer", "name_c", other, "customer", "name_c", kexin.Customer},
			"another merchant's":               {there, "customer", "name_c", mine, "customer", "name_c", kexin.Customer},
			"another field":                    {mine, "customer", "remark_c", mine, "customer", "name_c", kexin.Customer},
			"another record of the person":     {visit, "visit", "note_c", visit2, "visit", "note_c", kexin.Visit},
			"another object of the person":     {mine, "customer", "remark_c", visit, "visit", "note_c", kexin.Visit},
			"a phone into a name, same person": {mine, "customer", "phone_c", mine, "customer", "name_c", kexin.Customer},
		} {
			was := cellOf(t, w, c.toTable, c.toCol, c.to)
			putCell(t, w, c.toTable, c.toCol, c.to, cellOf(t, w, c.table, c.col, c.from))
			for how, err := range map[string]error{"opened": getOf(w, c.object, c.to), "listed": listOf(w, c.object)} {
				if kexin.CodeOf(err) != kexin.Unavailable || strings.Contains(err.Error(), "王秀兰") {
					t.Errorf("%s, %s: %v", what, how, err)
				}
			}
			var codes []string
			w.View(func(tx *store.Tx) error {
				all, err := tx.Alerts(100)
				codes = nil
				for _, a := range all {
					codes = append(codes, a.Code+" "+a.Args["table"]+" "+a.Args["row"])
				}
				return err
			})
			if !slices.ContainsFunc(codes, func(s string) bool {
				return strings.HasPrefix(s, "cell_forged "+c.toTable) && strings.HasSuffix(s, c.to.String())
			}) {
				t.Errorf("%s: nobody is told: %v", what, codes)
			}
			putCell(t, w, c.toTable, c.toCol, c.to, was)
			if err := getOf(w, c.object, c.to); err != nil {
				t.Fatalf("%s: not undone: %v", what, err)
			}
		}
	})
}

// TestAlarmOnce: a cell that opens nowhere is told once while the alert is open,
// however many there are besides.
func TestAlarmOnce(t *testing.T) {
	w := storetest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{}), nil)
	id := w.Customer("rep", person("王秀兰", "+8613812345678"))
	putCell(t, w, "customer", "name_c", id, cellOf(t, w, "customer", "phone_c", id))
	for range 2 {
		if kexin.CodeOf(getOf(w, kexin.Customer, id)) != kexin.Unavailable {
			t.Fatal("a moved cell opens")
		}
		w.Update(func(tx *store.Tx) error {
			for range 100 {
				if err := tx.Alert("import_tries", map[string]string{"member": "1"}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	n := 0
	w.View(func(tx *store.Tx) error {
		all, err := tx.Alerts(1000)
		for _, a := range all {
			if a.Code == "cell_forged" {
				n++
			}
		}
		return err
	})
	if n != 1 {
		t.Errorf("told %d times", n)
	}
}

func getOf(w *storetest.World, o kexin.Object, id kexin.ID) error {
	return w.Store.View(context.Background(), w.Org, func(tx *store.Tx) error {
		f, err := tx.Facts(o, id)
		if err != nil {
			return err
		}
		p, err := gate.One(tx.State, w.Staff["rep"], kexin.Query{Act: kexin.ActGet, Object: o, Record: id}, f)
		if err != nil {
			return err
		}
		_, err = tx.Get(&p)
		return err
	})
}

func listOf(w *storetest.World, o kexin.Object) error {
	return w.Store.View(context.Background(), w.Org, func(tx *store.Tx) error {
		fields := []kexin.FieldID{kexin.CustName, kexin.CustRemark}
		if o == kexin.Visit {
			fields = []kexin.FieldID{kexin.VisitNote}
		}
		p, err := gate.Authorize(tx.State, w.Staff["rep"], kexin.Query{Act: kexin.ActList, Object: o, Fields: fields})
		if err != nil {
			return err
		}
		_, err = tx.Find(&p)
		return err
	})
}

// TestForgedConsent: a consent that was written past the program allows
// nothing and stops everything, and the officer is alerted.
func TestForgedConsent(t *testing.T) {
	storetest.Both(t, func(t *testing.T, w *storetest.World) {
		id := w.Customer("rep", person("王秀兰", "+8613812345678"))
		var subject kexin.ID
		w.View(func(tx *store.Tx) error {
			f, err := tx.Facts(kexin.Customer, id)
			if err == nil {
				subject = f.Subject
			}
			return err
		})
		raw(w, "INSERT INTO consent_state(org_id,subject_id,purpose,channel,receiver,state,valid_from,valid_until,grade,epoch,leaf,mac) VALUES($1,$2,'marketing.own.sms','sms',0,'GIVEN',1,4000000000000,'E3',1,$3,$4)",
			w.Org, subject, make([]byte, 32), make([]byte, 16))
		var got *store.Standing
		err := w.Store.View(context.Background(), w.Org, func(tx *store.Tx) error {
			f, err := tx.Facts(kexin.Customer, id)
			if err != nil {
				return err
			}
			p, err := gate.One(tx.State, w.Staff["rep"], kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id}, f)
			if err != nil {
				return err
			}
			all, err := tx.Standings(&p, []kexin.ID{id})
			got = all[id]
			return err
		})
		if err != nil || got == nil {
			t.Fatal(got, err)
		}
		for purpose, ch := range map[kexin.PurposeCode]kexin.Channel{kexin.OwnSMS: kexin.BySMS, kexin.FollowUp: kexin.ByCall} {
			if d := consent.MayContact(got.Person, purpose, ch, w.Clock.Instant(), false); d.OK {
				t.Errorf("%s is allowed: %+v", purpose, d)
			}
		}
		w.View(func(tx *store.Tx) error {
			all, err := tx.Alerts(10)
			if len(all) != 1 || all[0].Code != "row_forged" {
				t.Errorf("%+v", all)
			}
			return err
		})
	})
}
