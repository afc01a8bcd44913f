package app

import (
	"context"

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
	if x.Args["member"] == actor.User.String() {
		all, err := tx.Members()
		if err != nil {
			return err
		}
		for _, m := range all {
			if m.ID != actor.User && m.Active && !m.Over(tx.Today()) && tx.State.May(m.Position, kexin.ActReopen) {
				return &kexin.Error{Op: "app.alert", Code: kexin.Forbidden, Law: "E_SOD", Key: "error.alert_own"}
			}
		}
	}
	return stepUp(actor, tx.Now)
}
