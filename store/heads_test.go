package store_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/store"
)

// What the log commits to once a day are, at every size that it ever had, the last
// entries of all persons among those below: worked out from the entries themselves
// here, and from the rows of the last ones in the program. Going back from there
// meets every entry.
func TestHeadsBefore(t *testing.T) {
	proofBoth(t, func(t *testing.T, w *proofWorld) {
		r := rand.New(rand.NewPCG(7, 29))
		var ids []kexin.ID
		for i := range 40 {
			if len(ids) == 0 || r.IntN(3) == 0 {
				ids = append(ids, w.Customer("rep", person("张伟", "+86139000011"+string(rune('0'+i/10))+string(rune('0'+i%10)))))
			} else {
				w.Edit(w.Staff["rep"], ids[r.IntN(len(ids))], store.Values{kexin.CustStage: kexin.Str([]string{"talking", "quoted", "won"}[i%3])})
			}
			if r.IntN(4) == 0 {
				w.seal()
			}
		}
		type entry struct {
			idx, sseq  int64
			subj, hash []byte
		}
		var all []entry
		w.View(func(tx *store.Tx) error {
			all = nil
			return tx.Each("SELECT COALESCE(idx,-1),sseq,subj,hash FROM ledger_entry WHERE org_id=$1 AND subj IS NOT NULL", []any{w.Org}, func(r *db.Rows) error {
				var e entry
				err := r.Scan(&e.idx, &e.sseq, &e.subj, &e.hash)
				all = append(all, entry{e.idx, e.sseq, bytes.Clone(e.subj), bytes.Clone(e.hash)})
				return err
			})
		})
		var size int64
		w.View(func(tx *store.Tx) (err error) { size, err = tx.LogSize(); return err })
		if len(all) < 40 || size == 0 {
			t.Fatal(len(all), size)
		}
		for n := int64(0); n <= size; n++ {
			want := map[ledger.Subj]ledger.Head{}
			for _, e := range all {
				subj := ledger.Subj(e.subj)
				if e.idx >= 0 && e.idx < n && e.sseq > want[subj].Seq {
					want[subj] = ledger.Head{Subj: subj, Seq: e.sseq, Hash: ledger.Hash(e.hash)}
				}
			}
			w.View(func(tx *store.Tx) error {
				got, err := tx.HeadsBefore(n)
				if err != nil {
					return err
				}
				if !slices.IsSortedFunc(got, func(a, b ledger.Head) int { return bytes.Compare(a.Subj[:], b.Subj[:]) }) {
					t.Error("not sorted")
				}
				for _, h := range got {
					if want[h.Subj] != h {
						t.Errorf("size %d: %+v, want %+v", n, h, want[h.Subj])
					}
					delete(want, h.Subj)
				}
				if len(want) > 0 {
					t.Errorf("size %d: %d left out", n, len(want))
				}
				return nil
			})
		}
	})
}

// Each person's entries get their places in the order of their numbers, also where a
// server whose clock goes ahead gave an earlier one so large an id that it stands
// behind those that are sealed at once.
func TestSealedInOrder(t *testing.T) {
	proofBoth(t, func(t *testing.T, w *proofWorld) {
		id := w.Customer("rep", person("张伟", "+8613900001111"))
		for i := range 4 {
			w.Edit(w.Staff["rep"], id, store.Values{kexin.CustStage: kexin.Str([]string{"talking", "quoted"}[i%2])})
		}
		w.Update(func(tx *store.Tx) error {
			for range 600 {
				if err := tx.Log(store.Event{Actor: ledger.Actor{Kind: ledger.ByCLI}, Facts: &ledger.DeptChanged{Change: "moved", Dept: 1}}); err != nil {
					return err
				}
			}
			return nil
		})
		// 1<<12 is the next node's, and the second of his five comes last of all
		w.past(`UPDATE ledger_entry SET id=(SELECT MAX(id) FROM ledger_entry WHERE org_id=$1)+4096 WHERE org_id=$1 AND idx IS NULL AND sseq=2
		 AND subj=(SELECT subj FROM subject_head WHERE org_id=$1 AND sseq=5)`, w.Org)
		w.past(`UPDATE ledger_entry SET id=id+4096 WHERE org_id=$1 AND idx IS NULL AND sseq=5
		 AND subj=(SELECT subj FROM subject_head WHERE org_id=$1 AND sseq=5)`, w.Org)
		for range 3 {
			if _, err := w.Store.Seal(ctx, w.Org); err != nil {
				t.Fatal(err)
			}
		}
		var order []int64
		w.View(func(tx *store.Tx) error {
			order = nil
			return tx.Each("SELECT sseq FROM ledger_entry WHERE org_id=$1 AND subj=(SELECT subj FROM subject_head WHERE org_id=$1 AND sseq=5) ORDER BY idx", []any{w.Org}, func(r *db.Rows) error {
				var n int64
				err := r.Scan(&n)
				order = append(order, n)
				return err
			})
		})
		if !slices.Equal(order, []int64{1, 2, 3, 4, 5}) {
			t.Errorf("places in the order %v", order)
		}
	})
}
