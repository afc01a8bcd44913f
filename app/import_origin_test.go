package app

import (
	"context"
	"slices"
	"testing"

	"kexin"
	"kexin/store"
)

// get opens a record.
func (b *bench) get(a kexin.Actor, o kexin.Object, id kexin.ID) Record {
	r, err := b.app.Get(context.Background(), a, o, id)
	b.must(err)
	return r
}

// TestLeadsToItsImport: whatever a list brought says which import it came by, to
// those who may look at that one, and the import leads to what it stored; a
// contact tells of each list that added to it.
func TestLeadsToItsImport(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		who := b.households()
		owner, rep := b.stepped("owner"), b.Staff["rep"]
		for _, c := range listCases {
			x := b.takeAs(owner, manifestOf(c.object), []byte(c.file))
			o, _ := listOf(b.app.Schema(), c.object)
			rows, err := b.app.ImportRows(context.Background(), owner, x.ID, "", 0)
			b.must(err)
			led := 0
			for _, r := range rows.Rows {
				taken := r.Outcome == kexin.OutNew || r.Outcome == kexin.OutSame || r.Outcome == kexin.OutUnchanged
				if taken != (r.Record != 0) {
					t.Fatalf("%s row %d %s leads to %v", c.object, r.N, r.Outcome, r.Record)
				}
				if !taken {
					continue
				}
				led++
				got := b.get(owner, o, r.Record)
				if got.Meta.Batch != x.ID || got.Meta.Source != string(kexin.FromVisit) {
					t.Errorf("%s %v came by %v %q, want %v", c.object, r.Record, got.Meta.Batch, got.Meta.Source, x.ID)
				}
				if at := b.get(rep, o, r.Record); at.Meta.Batch != 0 || at.Meta.Source != string(kexin.FromVisit) {
					t.Errorf("%s: who leads nobody is led to the owner's import %v", c.object, at.Meta.Batch)
				}
				if at := b.get(b.Staff["pio"], o, r.Record); at.Meta.Batch != x.ID {
					t.Errorf("%s: who reads the log is led to %v", c.object, at.Meta.Batch)
				}
				for _, g := range got.Meta.Origins {
					if o == kexin.Contact && g.Batch != x.ID {
						t.Errorf("a contact's origin %+v", g)
					}
				}
			}
			if led == 0 {
				t.Errorf("%s: no row leads anywhere", c.object)
			}
		}
		for _, id := range who {
			if m := b.get(owner, kexin.Customer, id).Meta; m.Batch != 0 || m.Source != "" {
				t.Errorf("a customer made by hand came by %v %q", m.Batch, m.Source)
			}
		}
		x := b.takeAs(rep, declared(), []byte("姓名,电话,登记方式,登记日期\n王秀英,13800000002,到店登记,2025-01-02\n新来的,13700000007,到店登记,2025-01-03\n"))
		mine := b.get(rep, kexin.Customer, who["王秀英"]).Meta
		if mine.Batch != 0 || !slices.ContainsFunc(mine.Origins, func(g store.Origin) bool { return g.Batch == x.ID && g.Day == "2025-01-02" }) {
			t.Errorf("a list added to her: %+v", mine)
		}
		fresh := b.rows(x.ID, x.Rows)[1]
		if got := b.get(rep, kexin.Customer, fresh.Record).Meta; got.Batch != x.ID || len(got.Origins) != 1 || got.Origins[0].Batch != x.ID {
			t.Errorf("made by it: %+v", got)
		}
	})
}
