package storetest

import (
	"context"

	"kexin"
	"kexin/gate"
	"kexin/store"
)

// Day runs a day's work through the store: every kind of statement that the
// tests of SQL text should see.
func Day(w *World) {
	ids := []kexin.ID{
		w.Customer("rep", store.Values{kexin.CustName: kexin.Str("王秀兰"), kexin.CustPhone: kexin.Str("+8613812345678"), kexin.CustNeed: kexin.Items("tile")}),
		w.Customer("rep3", store.Values{kexin.CustName: kexin.Str("张伟"), kexin.CustPhone: kexin.Str("+8613900001111"), kexin.CustRemark: kexin.Str("门锁密码 2580")}),
	}
	rep := w.Staff["rep"]
	w.Child(rep, kexin.Visit, ids[0], store.Values{kexin.VisitWay: kexin.Str("call"), kexin.VisitNote: kexin.Str("说好周末来"), kexin.VisitAt: kexin.Num(int64(w.Clock.Instant()))})
	order := w.Child(rep, kexin.Order, ids[0], store.Values{kexin.OrdNo: kexin.Str("SO1"), kexin.OrdOn: kexin.Str("2026-03-01"), kexin.OrdAmount: kexin.Num(880000), kexin.OrdStatus: kexin.Str("open")})
	w.Child(rep, kexin.OrderLine, order, store.Values{kexin.LineItem: kexin.Str("砖"), kexin.LineQty: kexin.Num(3), kexin.LinePrice: kexin.Num(1000)})
	w.Child(rep, kexin.Task, 0, store.Values{kexin.TaskTitle: kexin.Str("盘点"), kexin.TaskDueAt: kexin.Num(int64(w.Clock.Instant()))})
	w.Child(rep, kexin.Contact, ids[0], store.Values{kexin.ContName: kexin.Str("李强"), kexin.ContPhone: kexin.Str("+8613700002222")})
	for _, q := range []kexin.Query{{}, {Sort: kexin.CustSum, Desc: true}, {Search: "王秀"}, {Search: "5678"}, {Where: []kexin.Cond{{Field: kexin.CustNeed, Op: kexin.Has, Values: []kexin.Value{kexin.Str("tile")}}}}} {
		for _, who := range []string{"owner", "leader", "rep", "pio"} {
			w.List(who, q)
		}
	}
	w.Edit(rep, ids[0], store.Values{kexin.CustName: kexin.Str("王秀"), kexin.CustPhone: kexin.Str("+8613812345679")})
	w.Update(func(tx *store.Tx) error {
		p, err := w.One(tx, "owner", kexin.ActMove, ids[0])
		if err != nil {
			return err
		}
		return tx.Move(&p, w.Staff["rep2"].User)
	})
	w.looks(ids[1])
	for n := 1; n > 0; {
		var err error
		if n, err = w.Store.Seal(context.Background(), w.Org); err != nil {
			w.TB.Fatal(err)
		}
	}
	w.Update(func(tx *store.Tx) error { _, err := tx.LogHeads(); return err })
}

// looks opens, reveals, contacts, looks up and counts.
func (w *World) looks(id kexin.ID) {
	owner := w.Staff["owner"]
	w.Update(func(tx *store.Tx) error {
		_, whole, err := tx.Open(kexin.Customer, id, func(f *gate.Facts) (gate.Permit, error) {
			return gate.One(tx.State, owner, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id}, f)
		})
		if err != nil {
			return err
		}
		if err := tx.LogOpened(&whole, owner, nil); err != nil {
			return err
		}
		p, err := gate.One(tx.State, owner, kexin.Query{Act: kexin.ActReveal, Object: kexin.Customer, Record: id, Fields: []kexin.FieldID{kexin.CustPhone}}, &whole.Facts)
		if err != nil {
			return err
		}
		if _, err := tx.Reveal(&p, "caller"); err != nil {
			return err
		}
		hits, err := tx.Hits(kexin.KeyPhone, "+8613900001111")
		if err != nil {
			return err
		}
		ans, err := gate.Lookup(tx.State, owner, hits)
		if err != nil {
			return err
		}
		_, err = tx.SpendLookup(owner, kexin.KeyPhone, "+8613900001111", ans)
		return err
	})
	w.View(func(tx *store.Tx) error {
		p, err := gate.Authorize(tx.State, owner, kexin.Query{Act: kexin.ActCount, Object: kexin.Customer, Group: kexin.CustStage})
		if err != nil {
			return err
		}
		if _, err := tx.Count(&p); err != nil {
			return err
		}
		one, err := w.One(tx, "owner", kexin.ActGet, id)
		if err != nil {
			return err
		}
		if _, err := tx.PersonLog(&one); err != nil {
			return err
		}
		_, err = tx.Standings(&one, []kexin.ID{id})
		return err
	})
}

// One is the permit of a member of staff for one customer.
func (w *World) One(tx *store.Tx, who string, act kexin.Act, id kexin.ID) (gate.Permit, error) {
	f, err := tx.Facts(kexin.Customer, id)
	if err != nil {
		return gate.Permit{}, err
	}
	return gate.One(tx.State, w.Staff[who], kexin.Query{Act: act, Object: kexin.Customer, Record: id}, f)
}

// List reads a page of customers.
func (w *World) List(who string, q kexin.Query) (out store.Found) {
	w.TB.Helper()
	q.Act, q.Object = kexin.ActList, kexin.Customer
	w.View(func(tx *store.Tx) error {
		p, err := gate.Authorize(tx.State, w.Staff[who], q)
		if err != nil {
			return err
		}
		out, err = tx.Find(&p)
		return err
	})
	return out
}

// Child writes a record that belongs to another.
func (w *World) Child(a kexin.Actor, o kexin.Object, parent kexin.ID, vals store.Values) (id kexin.ID) {
	w.TB.Helper()
	w.Update(func(tx *store.Tx) error {
		fields := make([]kexin.FieldID, 0, len(vals))
		for f := range vals {
			fields = append(fields, f)
		}
		p, err := gate.Create(tx.State, a, kexin.Query{Act: kexin.ActCreate, Object: o, Fields: fields}, a.User)
		if err != nil {
			return err
		}
		id, err = tx.Create(&p, a.User, parent, vals)
		return err
	})
	return id
}

// Edit changes a customer and gives its new revision.
func (w *World) Edit(a kexin.Actor, id kexin.ID, vals store.Values) (rev int64) {
	w.TB.Helper()
	w.Update(func(tx *store.Tx) error {
		f, err := tx.Facts(kexin.Customer, id)
		if err != nil {
			return err
		}
		fields := make([]kexin.FieldID, 0, len(vals))
		for x := range vals {
			fields = append(fields, x)
		}
		get, err := gate.One(tx.State, a, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id}, f)
		if err != nil {
			return err
		}
		v, err := tx.Get(&get)
		if err != nil {
			return err
		}
		p, err := gate.One(tx.State, a, kexin.Query{Act: kexin.ActEdit, Object: kexin.Customer, Record: id, Fields: fields}, f)
		if err != nil {
			return err
		}
		rev, err = tx.Edit(&p, v.Rev, vals)
		return err
	})
	return rev
}
