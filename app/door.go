package app

import (
	"context"

	"kexin"
	"kexin/auth"
	"kexin/ledger"
	"kexin/store"
)

// A door 演示入口 is a one-time link by which whoever tries the demonstration
// sits down as one of its invented people. It exists for merchants that were
// marked as invented when they were made, and for no other.

// CreateDoor makes the link of a member: the part of the address behind
// /enter/. It lives ten minutes. Errors: forbidden for a real merchant.
func (a *App) CreateDoor(ctx context.Context, org, member kexin.ID) (auth.Secret, error) {
	secret, digest := auth.NewInvite()
	err := a.store.Update(ctx, org, func(tx *store.Tx) error {
		if err := invented(tx); err != nil {
			return err
		}
		m, err := tx.Member(member)
		if err != nil {
			return err
		}
		_, err = tx.AddLink(store.Link{Digest: digest[:], Kind: store.DoorLink, Ends: tx.Now.Add(auth.DemoLife), Grant: store.Grant{Name: m.Name, Position: m.Position, Member: m.ID}})
		return err
	})
	return secret, err
}

func invented(tx *store.Tx) error {
	o, err := tx.Merchant()
	if err == nil && !o.Demo {
		err = &kexin.Error{Op: "app.door", Code: kexin.Forbidden, Key: "demo.real"}
	}
	return err
}

// DemoDoor says who a door is for. Asking does not use it up. Errors: not_found.
func (a *App) DemoDoor(ctx context.Context, from From, token string) (w Welcome, err error) {
	l, err := a.link(ctx, from, token, store.DoorLink)
	if err != nil {
		return w, err
	}
	err = a.store.View(ctx, l.Org, func(tx *store.Tx) error {
		o, err := tx.Merchant()
		w = Welcome{Org: o.Name, Name: l.Grant.Name, Position: l.Grant.Position, Size: o.Size, Officer: o.PIO}
		return err
	})
	return w, err
}

// EnterDemo signs in through a door, which is dead afterwards. The door counts
// as the second factor: invented people have no telephone. Errors: not_found.
func (a *App) EnterDemo(ctx context.Context, from From, token string) (in SignedIn, err error) {
	l, err := a.link(ctx, from, token, store.DoorLink)
	if err != nil {
		return in, err
	}
	if from, err = a.ownBrowser(ctx, from); err != nil {
		return in, err
	}
	err = a.store.Update(ctx, l.Org, func(tx *store.Tx) error {
		if err := invented(tx); err != nil {
			return err
		}
		m, err := tx.Member(l.Grant.Member)
		if err != nil {
			return err
		}
		if err := tx.UseLink(l); err != nil {
			return err
		}
		var d store.Device
		if d, in, err = a.device(tx, m.ID, from); err != nil {
			return err
		}
		s := store.Session{Member: m.ID, Device: d.Digest, Label: from.Label, Made: tx.Now, Lang: from.Lang, Stage: AtWork, Step: tx.Now, Ends: tx.Now.Add(auth.LifeOf(m.Position).Absolute)}
		if err := a.openSession(tx, &s, &in); err != nil {
			return err
		}
		in.Told = m.Told != 0
		return tx.Log(store.Event{Actor: byMember(m), Refs: ledger.Refs{Session: s.ID}, Facts: &ledger.SessionOpened{Factor: "invite", Via: kexin.ViaSession}})
	})
	return in, err
}
