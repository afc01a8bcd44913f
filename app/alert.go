package app

import (
	"context"
	"slices"

	"kexin"
	"kexin/gate"
	"kexin/ledger"
	"kexin/store"
)

// CloseAlert marks one as dealt with: an owner or the protection officer. What
// opens something again asks for the second factor, and nobody opens his own
// door while another of them is there.
func (a *App) CloseAlert(ctx context.Context, actor kexin.Actor, id kexin.ID) error {
	return a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		if err := gate.Check(tx.State, actor, kexin.ActReopen); err != nil {
			return err
		}
		x, err := tx.AlertByID(id)
		if err != nil || x.Done != 0 {
			return err
		}
		if x.Opens() {
			if err := mayOpen(tx, actor, x); err != nil {
				return err
			}
		}
		member, _ := kexin.ParseID(x.Args["member"]) // 0: it is about no member
		if err := tx.AlertDone(x, actor.User); err != nil {
			return err
		}
		return tx.Log(event(actor, &ledger.AlertClosed{Alert: id, Code: ledger.Why(x.Code), Member: member, Opens: x.Opens()}))
	})
}

func mayOpen(tx *store.Tx, actor kexin.Actor, x store.Alert) error {
	about, _ := kexin.ParseID(x.Args["member"])
	if err := notAlone(tx, actor, about, "error.alert_own", kexin.ActReopen); err != nil {
		return err
	}
	return stepUp(actor, tx.Now)
}

// notAlone refuses to let one open what he himself had a part in while somebody else
// is there who may do it.
func notAlone(tx *store.Tx, actor kexin.Actor, part kexin.ID, key string, may ...kexin.Act) error {
	if part != actor.User {
		return nil
	}
	all, err := tx.Members()
	if err != nil {
		return err
	}
	for _, m := range all {
		can := func(act kexin.Act) bool { return tx.State.May(m.Position, act) }
		if m.ID != actor.User && m.Active && !m.Over(tx.Today()) && !slices.ContainsFunc(may, func(act kexin.Act) bool { return !can(act) }) {
			return &kexin.Error{Op: "app.alone", Code: kexin.Forbidden, Law: "E_SOD", Key: key}
		}
	}
	return nil
}
