package app

import (
	"context"

	"kexin"
	"kexin/gate"
	"kexin/ledger"
	"kexin/store"
)

// A row about a colleague's customer is handed to that colleague: whose
// customer she is sees the row beside the record, and nothing else of the list,
// and takes it in or destroys it. The importer learns neither (security A4).

// judgeDismiss is the answer that destroys a row.
const judgeDismiss = "dismiss"

// ownWait are the rows about an actor's own customers.
func ownWait(actor kexin.Actor) store.Wait {
	return store.Wait{By: gate.Scope{Every: true}, Of: gate.Scope{Owners: []kexin.ID{actor.User}}, Handed: true}
}

// Handed gives rows of colleagues' imports that are about the actor's own
// customers, the surest first, and how many are left.
func (a *App) Handed(ctx context.Context, actor kexin.Actor) (out []Review, left int, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		out, left, err = a.handed(tx, actor)
		return err
	})
	a.reviewed(actor, out, err)
	return out, left, err
}

func (a *App) handed(tx *store.Tx, actor kexin.Actor) (out []Review, left int, err error) {
	if err := gate.Check(tx.State, actor, kexin.ActEdit); err != nil {
		return nil, 0, err
	}
	rows, n, err := tx.Waiting(ownWait(actor), reviewsRead)
	if err != nil {
		return nil, 0, err
	}
	lists := map[kexin.ID]*importRun{}
	for _, x := range rows {
		r := lists[x.Batch]
		if r == nil {
			b, err := tx.Import(x.Batch)
			if err != nil {
				return nil, 0, err
			}
			if r, err = a.reopen(tx, b); err != nil {
				return nil, 0, err
			}
			lists[x.Batch] = r
		}
		if out, err = r.addReview(tx, actor, x, out); err != nil {
			return nil, 0, err
		}
	}
	return out, int(n), nil
}

// JudgeHanded answers one of them: same adds it to the customer by the rules of
// an import, dismiss destroys it, later leaves it. It gives what is left. A row
// that is not about a customer of the actor's is not there. Errors: not_found,
// conflict where it was judged before.
func (a *App) JudgeHanded(ctx context.Context, actor kexin.Actor, id kexin.ID, n int, answer string) (out []Review, left int, err error) {
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		if answer != judgeLater {
			if err := a.judgedHanded(tx, actor, id, n, answer == judgeSame); err != nil {
				return err
			}
		}
		out, left, err = a.handed(tx, actor)
		return err
	})
	if answer == judgeLater {
		out = behind(out, id, n)
	}
	a.reviewed(actor, out, err)
	return out, left, err
}

func (a *App) judgedHanded(tx *store.Tx, actor kexin.Actor, id kexin.ID, n int, same bool) error {
	if err := gate.Check(tx.State, actor, kexin.ActEdit); err != nil {
		return err
	}
	b, err := tx.Import(id)
	if err != nil {
		return err
	}
	x, err := tx.ImportRow(id, n)
	if err != nil {
		return err
	}
	facts, err := tx.Facts(kexin.Customer, x.Record)
	switch {
	case err != nil:
		return err
	case x.Code != codeOutside || facts == nil || facts.Owner != actor.User || !settled(b.State):
		return notFound("app.review")
	case x.Cells == nil || b.Found == nil:
		return badState("app.review")
	case !same:
		if err := tx.Judged(id, x); err != nil {
			return err
		}
		return tx.Log(store.Event{Actor: ledger.Who(actor), Refs: ledger.Refs{Batch: id, Purpose: actor.Purpose}, Facts: &ledger.ImportPurged{Rows: 1, Why: "aside_deleted"}})
	}
	r, err := a.reopen(tx, b)
	if err != nil {
		return err
	}
	r.actor, r.act = actor, kexin.ActCreate // whose customer she is need not import lists himself
	return r.judged(tx, x, true)
}
