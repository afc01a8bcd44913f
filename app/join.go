package app

import (
	"context"
	"slices"

	"kexin"
	"kexin/auth"
	"kexin/store"
)

// A Welcome is what an invitation's page shows.
type Welcome struct {
	Org      string
	Name     string
	Position kexin.Position
	Size     kexin.Size
	Officer  string // whom to ask about what is recorded
	Recover  bool   // a new password for somebody who is here already
	Login    string // his account, with Recover
	TOTP     bool   // he still has his second factor, with Recover
}

// PositionKey names the words for a position: a shop has a 店员 where a company
// has a 销售, and no shopkeeper leads a company or a 秘书处.
func PositionKey(p kexin.Position, size kexin.Size) string {
	switch {
	case size == kexin.Shop && p == kexin.Rep:
		return "web.people.clerk"
	case size == kexin.Company && p == kexin.Owner:
		return "web.people.director"
	case size == kexin.Mall && p == kexin.Owner:
		return "web.people.secretary"
	}
	return "position." + string(p)
}

// Invitation reads what an invitation or recovery link is for. Asking changes
// nothing.
func (a *App) Invitation(ctx context.Context, from From, token string) (w Welcome, err error) {
	l, err := a.link(ctx, from, token, store.InviteLink, store.RecoverLink)
	if err != nil {
		return w, err
	}
	err = a.store.View(ctx, l.Org, func(tx *store.Tx) error {
		o, err := tx.Merchant()
		if err != nil {
			return err
		}
		w = Welcome{Org: o.Name, Name: l.Grant.Name, Position: l.Grant.Position, Size: o.Size, Officer: o.PIO, Recover: l.Kind == store.RecoverLink}
		if err := mayStand(tx, l); err != nil || !w.Recover {
			return err
		}
		m, err := tx.Member(l.Grant.Member)
		if err != nil {
			return err
		}
		x, err := tx.LoginOf(m.ID)
		w.Login, w.TOTP = x.Name, m.TOTP
		return err
	})
	if a.report(l.Org, err) {
		err = notFound("app.link")
	}
	return w, err
}

// mayStand refuses a link whose maker may no longer make one: who was sent away
// has left no way back in. The server's own user needs no standing.
func mayStand(tx *store.Tx, l store.Link) error {
	if l.Grant.By == 0 {
		return nil
	}
	m, err := tx.Member(l.Grant.By)
	if err == nil && (!m.Active || m.Over(tx.Today()) || !tx.State.May(m.Position, kexin.ActAdmin)) {
		err = notFound("app.link")
	}
	return err
}

// Join takes up an invitation: the person chooses account and password, has
// read what is recorded of staff, may note his own number and e-mail address, and
// is signed in. A recovery link sets the
// password of somebody who is here. Either link is dead afterwards.
func (a *App) Join(ctx context.Context, from From, token, login, password string, own Own) (in SignedIn, err error) {
	l, err := a.link(ctx, from, token, store.InviteLink, store.RecoverLink)
	if err != nil {
		return in, err
	}
	name := LoginName(login)
	if l.Kind == store.InviteLink {
		if err := checkLogin(name); err != nil {
			return in, err
		}
	}
	keys, faults := own.keys()
	if len(faults) > 0 {
		return in, &kexin.Error{Op: "app.join", Code: kexin.Invalid, Key: "error.fields", Fields: faults}
	}
	words, err := a.ownWords(ctx, l, name)
	if err != nil {
		return in, err
	}
	if err := auth.CheckPassword(password, words...); err != nil {
		return in, err
	}
	if from, err = a.ownBrowser(ctx, from); err != nil {
		return in, err
	}
	hash, err := auth.Hash(a.slots, password)
	if err != nil {
		return in, err
	}
	err = a.store.Update(ctx, l.Org, func(tx *store.Tx) (err error) {
		if err := mayStand(tx, l); err != nil {
			return err
		}
		if err := tx.UseLink(l); err != nil {
			return err
		}
		if l.Kind == store.RecoverLink {
			in, err = a.recovered(tx, l, from, hash)
			return err
		}
		in, err = a.joined(tx, l, from, store.Login{Name: name, Hash: hash}, keys)
		return err
	})
	if a.report(l.Org, err) {
		err = notFound("app.link")
	}
	return in, taken(err)
}

func (a *App) ownWords(ctx context.Context, l store.Link, login string) (own []string, err error) {
	err = a.store.View(ctx, l.Org, func(tx *store.Tx) error {
		o, err := tx.Merchant()
		own = []string{o.Name, l.Grant.Name, login}
		return err
	})
	return own, err
}

// joined makes the member of an invitation.
func (a *App) joined(tx *store.Tx, l store.Link, from From, login store.Login, own []kexin.Key) (SignedIn, error) {
	g := l.Grant
	if g.Position == kexin.Auditor {
		if err := apart(tx, from, 0); err != nil {
			return SignedIn{}, err
		}
	}
	m := store.Member{Name: g.Name, Position: g.Position, Dept: g.Dept, Ends: g.Until, Active: true, Told: tx.Now}
	if err := checkDept(tx, g.Dept); err != nil {
		m.Dept = 0
	}
	var err error
	if m.ID, err = tx.AddMember(m); err != nil {
		return SignedIn{}, err
	}
	if err := noteOwn(tx, m.ID, own); err != nil {
		return SignedIn{}, err
	}
	login.Member = m.ID
	return a.join(tx, m, from, login, "invite")
}

// apart refuses an auditor's account in a browser in which somebody else of
// the merchant than but signs in: one person would hold two positions (ACC-09).
func apart(tx *store.Tx, from From, but kexin.ID) error {
	digest, err := auth.ParseDevice(from.Device)
	if err != nil {
		return nil
	}
	others, err := tx.DeviceOwners(digest[:])
	if err == nil && slices.ContainsFunc(others, func(id kexin.ID) bool { return id != but }) {
		err = sod()
	}
	return err
}

func sod() error {
	return &kexin.Error{Op: "app.people", Code: kexin.Forbidden, Law: "E_SOD", Key: "law.E_SOD"}
}
