package store_test

import (
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
