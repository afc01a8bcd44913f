package store_test

import (
	"slices"
	"testing"

	"kexin"
	"kexin/gate"
	"kexin/job"
	"kexin/store"
	"kexin/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m, job.Untenanted) }

func person(name, phone string) store.Values {
	return store.Values{kexin.CustName: kexin.Str(name), kexin.CustPhone: kexin.Str(phone), kexin.CustStage: kexin.Str("new"), kexin.CustNeed: kexin.Items("tile", "curtain")}
}

func list(t *testing.T, w *storetest.World, who string, q kexin.Query) (store.Found, *gate.Permit) {
	t.Helper()
	var out store.Found
	var p gate.Permit
	q.Act, q.Object = kexin.ActList, kexin.Customer
	w.View(func(tx *store.Tx) (err error) {
		if p, err = gate.Authorize(tx.State, w.Staff[who], q); err != nil {
			return err
		}
		out, err = tx.Find(&p)
		return err
	})
	return out, &p
}

func TestPutAndFind(t *testing.T) {
	storetest.Both(t, func(t *testing.T, w *storetest.World) {
		mine := w.Customer("rep", person("王秀兰", "+8613812345678"))
		w.Customer("rep2", person("张伟", "+8613900001111"))
		got, _ := list(t, w, "rep", kexin.Query{})
		if len(got.Rows) != 1 || got.Rows[0].ID != mine {
			t.Fatalf("rep sees %d rows", len(got.Rows))
		}
		name, phone := got.Rows[0].Cells[0], got.Rows[0].Cells[1]
		if name.Value.S != "王秀兰" || phone.Value.S != "*******5678" || phone.Level != kexin.Masked {
			t.Errorf("%+v %+v", name, phone)
		}
		if got, _ = list(t, w, "owner", kexin.Query{Desc: true}); len(got.Rows) != 2 || got.Rows[1].ID != mine {
			t.Errorf("owner sees %d rows", len(got.Rows))
		}
		if got, _ = list(t, w, "owner", kexin.Query{Search: "王秀"}); len(got.Rows) != 1 || got.Rows[0].ID != mine {
			t.Errorf("search by name: %d", len(got.Rows))
		}
		if got, _ = list(t, w, "rep", kexin.Query{Search: "1111"}); len(got.Rows) != 0 {
			t.Error("a colleague's customer was found by its tail")
		}
		if got, _ = list(t, w, "rep", kexin.Query{Search: "5678"}); len(got.Rows) != 1 {
			t.Error("own tail not found")
		}
	})
}

// orders gives the orders that somebody finds by a number.
func orders(t *testing.T, w *storetest.World, who, no string) (out []kexin.ID) {
	t.Helper()
	w.View(func(tx *store.Tx) error {
		p, err := gate.Authorize(tx.State, w.Staff[who], kexin.Query{Act: kexin.ActList, Object: kexin.Order, Search: no})
		if err != nil {
			return err
		}
		found, err := tx.Find(&p)
		out = nil
		for _, r := range found.Rows {
			out = append(out, r.ID)
		}
		return err
	})
	return out
}

// TestFindOrder: the number of an order finds it, whole and in whatever case,
// for those whose scope holds it; a part of it, a number that was changed, and
// one of an order that is gone find nothing.
func TestFindOrder(t *testing.T) {
	storetest.Both(t, func(t *testing.T, w *storetest.World) {
		make := func(who, no string) kexin.ID {
			c := w.Customer(who, store.Values{kexin.CustName: kexin.Str("王秀兰")})
			return w.Child(w.Staff[who], kexin.Order, c, store.Values{kexin.OrdNo: kexin.Str(no), kexin.OrdOn: kexin.Str("2026-01-02"), kexin.OrdStatus: kexin.Str("open")})
		}
		mine, theirs := make("rep", "SO240801"), make("rep4", "SO240801")
		lower := make("rep", "AB-7X")
		make("rep", "SO2408012")
		for _, c := range []struct {
			who, no string
			want    []kexin.ID
		}{
			{"rep", "SO240801", []kexin.ID{mine}}, {"rep", "so240801", []kexin.ID{mine}}, {"rep4", "SO240801", []kexin.ID{theirs}},
			{"owner", "SO240801", []kexin.ID{mine, theirs}}, {"auditor", "so240801", []kexin.ID{mine, theirs}}, {"rep", "ab-7x", []kexin.ID{lower}},
			{"rep", "AB-7X", []kexin.ID{lower}}, {"rep", "SO24080", nil}, {"rep", "240801", nil}, {"owner", "nothing", nil},
		} {
			got := orders(t, w, c.who, c.no)
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s by %s: %v, want %v", c.no, c.who, got, c.want)
			}
		}
		w.Update(func(tx *store.Tx) error {
			f, err := tx.Facts(kexin.Order, mine)
			if err != nil {
				return err
			}
			p, err := gate.One(tx.State, w.Staff["rep"], kexin.Query{Act: kexin.ActEdit, Object: kexin.Order, Record: mine, Fields: []kexin.FieldID{kexin.OrdNo}}, f)
			if err != nil {
				return err
			}
			_, err = tx.Edit(&p, 1, store.Values{kexin.OrdNo: kexin.Str("SO240899")})
			return err
		})
		if got := orders(t, w, "rep", "SO240801"); got != nil {
			t.Errorf("the number it had: %v", got)
		}
		if got := orders(t, w, "rep", "SO240899"); !slices.Equal(got, []kexin.ID{mine}) {
			t.Errorf("the number it has: %v", got)
		}
		w.Update(func(tx *store.Tx) error {
			f, err := tx.Facts(kexin.Order, lower)
			if err != nil {
				return err
			}
			p, err := gate.One(tx.State, w.Staff["rep"], kexin.Query{Act: kexin.ActEdit, Object: kexin.Order, Record: lower}, f)
			if err != nil {
				return err
			}
			return tx.Delete(&p, 1)
		})
		if got := orders(t, w, "owner", "ab-7x"); got != nil {
			t.Errorf("an order that is gone: %v", got)
		}
	})
}
