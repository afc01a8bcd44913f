package app

import (
	"context"

	"kexin"
	"kexin/auth"
	"kexin/gate"
	"kexin/ledger"
	"kexin/store"
)

// A People is the staff page 员工.
type People struct {
	Members []store.Staff
	Depts   []store.Dept
	Invites []store.Link
	Admin   bool // may change it, and sees account names
}

// People reads the staff page: for who may change it, and for those who check.
func (a *App) People(ctx context.Context, actor kexin.Actor) (p People, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		p.Admin = gate.Check(tx.State, actor, kexin.ActAdmin) == nil
		if err := gate.Check(tx.State, actor, kexin.ActLedger); err != nil && !p.Admin {
			return err
		}
		if p.Members, err = tx.Staff(); err != nil {
			return err
		}
		if p.Depts, err = tx.Depts(); err != nil {
			return err
		}
		p.Invites, err = tx.Invites()
		return err
	})
	return p, err
}

// admin runs fn in a transaction for who may change staff and settings.
func (a *App) admin(ctx context.Context, actor kexin.Actor, fn func(*store.Tx) error) error {
	err := a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		if err := gate.Check(tx.State, actor, kexin.ActAdmin); err != nil {
			return err
		}
		return fn(tx)
	})
	if a.report(actor.Org, err) {
		return &kexin.Error{Op: "app.people", Code: kexin.Forbidden, Key: "error.row_forged"}
	}
	return err
}

// strong are the positions that see beyond their own records, change rights or
// check: giving one needs the second factor afresh (security.md A10).
var strong = map[kexin.Position]bool{kexin.Owner: true, kexin.PIO: true, kexin.Auditor: true, kexin.Leader: true,
	kexin.Steward: true, kexin.Marketing: true, kexin.Analyst: true}

// An Invitation is who is asked to join.
type Invitation struct {
	Name     string
	Position kexin.Position
	Dept     kexin.ID
	Ends     kexin.Day // an auditor's last day; "" = in auditDays
}

// auditDays is how long an auditor's account lives where nothing was said.
const auditDays = 30

// An Invited is the link of an invitation; the secret is shown once.
type Invited struct {
	ID     kexin.ID
	Secret auth.Secret
	Ends   kexin.Instant
}

// Invite makes a link by which one person joins within seven days.
func (a *App) Invite(ctx context.Context, actor kexin.Actor, v Invitation) (out Invited, err error) {
	v.Name = tidy(v.Name)
	if key := badLine(v.Name, 40); key != "" {
		return out, fieldError("name", key)
	}
	if !v.Position.Valid() {
		return out, fieldError("position", "error.position_unknown")
	}
	secret, digest := auth.NewInvite()
	err = a.admin(ctx, actor, func(tx *store.Tx) error {
		if strong[v.Position] {
			if err := stepUp(actor, tx.Now); err != nil {
				return err
			}
		}
		if err := checkDept(tx, v.Dept); err != nil {
			return err
		}
		until, err := auditUntil(tx, v.Position, v.Ends)
		if err != nil {
			return err
		}
		l := store.Link{Digest: digest[:], Kind: store.InviteLink, Ends: tx.Now.Add(auth.InviteLife),
			Grant: store.Grant{Name: v.Name, Position: v.Position, Dept: v.Dept, Until: until, By: actor.User}}
		if l.ID, err = tx.AddLink(l); err != nil {
			return err
		}
		out = Invited{ID: l.ID, Secret: secret, Ends: l.Ends}
		return tx.Log(event(actor, &ledger.MemberInvited{Position: v.Position}))
	})
	return out, err
}

func checkDept(tx *store.Tx, id kexin.ID) error {
	if id == 0 {
		return nil
	}
	_, err := tx.Dept(id)
	if kexin.CodeOf(err) == kexin.NotFound {
		return fieldError("dept", "error.dept_unknown")
	}
	return err
}

// auditUntil is the last day of an auditor's account; others have none.
func auditUntil(tx *store.Tx, p kexin.Position, ends kexin.Day) (kexin.Day, error) {
	switch {
	case p != kexin.Auditor:
		return "", nil
	case ends == "":
		return tx.After(auditDays), nil
	case !ends.Valid() || ends < tx.Today() || ends > tx.After(366):
		return "", fieldError("ends", "error.audit_end")
	}
	return ends, nil
}

// DropInvite takes an invitation back.
func (a *App) DropInvite(ctx context.Context, actor kexin.Actor, id kexin.ID) error {
	return a.admin(ctx, actor, func(tx *store.Tx) error { return tx.DropInvite(id) })
}

// A Welcome is what an invitation's page shows.
type Welcome struct {
	Org      string
	Name     string
	Position kexin.Position
	Size     kexin.Size
	Officer  string // whom to ask about what is recorded
	Recover  bool   // a new password for somebody who is here already
	Login    string
}

// Invitation reads what an invitation or recovery link is for. Asking changes
// nothing.
func (a *App) Invitation(ctx context.Context, token string) (w Welcome, err error) {
	l, err := a.personal(ctx, token)
	if err != nil {
		return w, err
	}
	err = a.store.View(ctx, l.Org, func(tx *store.Tx) error {
		o, err := tx.Merchant()
		if err != nil {
			return err
		}
		w = Welcome{Org: o.Name, Name: l.Grant.Name, Position: l.Grant.Position, Size: o.Size, Officer: o.PIO, Recover: l.Kind == store.RecoverLink}
		if w.Recover {
			x, err := tx.LoginOf(l.Grant.Member)
			w.Login = x.Name
			return err
		}
		return nil
	})
	return w, err
}

// personal finds a link that is for one person.
func (a *App) personal(ctx context.Context, token string) (store.Link, error) {
	l, err := a.link(ctx, token, store.InviteLink)
	if kexin.CodeOf(err) == kexin.NotFound {
		return a.link(ctx, token, store.RecoverLink)
	}
	return l, err
}

// Join takes up an invitation: the person chooses account and password, has
// read what is recorded of staff, and is signed in. A recovery link sets the
// password of somebody who is here. Either link is dead afterwards.
func (a *App) Join(ctx context.Context, from From, token, login, password string) (in SignedIn, err error) {
	l, err := a.personal(ctx, token)
	if err != nil {
		return in, err
	}
	name := LoginName(login)
	if l.Kind == store.InviteLink {
		if err := checkLogin(name); err != nil {
			return in, err
		}
	}
	own, err := a.ownWords(ctx, l, name)
	if err != nil {
		return in, err
	}
	if err := auth.CheckPassword(password, own...); err != nil {
		return in, err
	}
	hash, err := auth.Hash(a.slots, password)
	if err != nil {
		return in, err
	}
	err = a.store.Update(ctx, l.Org, func(tx *store.Tx) (err error) {
		if err := tx.UseLink(l); err != nil {
			return err
		}
		if l.Kind == store.RecoverLink {
			in, err = a.recovered(tx, l, from, hash)
			return err
		}
		in, err = a.joined(tx, l, from, store.Login{Name: name, Hash: hash})
		return err
	})
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
func (a *App) joined(tx *store.Tx, l store.Link, from From, login store.Login) (SignedIn, error) {
	g := l.Grant
	if g.Position == kexin.Auditor {
		if err := apart(tx, from); err != nil {
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
	login.Member = m.ID
	return a.join(tx, m, from, login, "invite")
}

// apart refuses an auditor's account in a browser in which somebody else of
// the merchant signs in: one person would hold two positions (ACC-09).
func apart(tx *store.Tx, from From) error {
	digest, err := auth.ParseDevice(from.Device)
	if err != nil {
		return nil
	}
	others, err := tx.DeviceOwners(digest[:])
	if err == nil && len(others) > 0 {
		err = sod()
	}
	return err
}

func sod() error {
	return &kexin.Error{Op: "app.people", Code: kexin.Forbidden, Law: "E_SOD", Key: "law.E_SOD"}
}

// recovered sets a new password by a recovery link and signs in.
func (a *App) recovered(tx *store.Tx, l store.Link, from From, hash string) (in SignedIn, err error) {
	login, err := tx.LoginOf(l.Grant.Member)
	if err != nil {
		return in, err
	}
	if err := tx.SetHash(login, hash); err != nil {
		return in, err
	}
	m, err := tx.Member(l.Grant.Member)
	if err != nil {
		return in, err
	}
	if !m.Active || m.Over(tx.Today()) {
		return in, notFound("app.recover")
	}
	return a.begin(tx, m, from)
}

// RecoverUser is for whoever runs the server, offline: it takes a person's
// sessions, tokens, trusted devices and second factor away and gives the
// one-time link by which he sets a new password. It is in the log, and every
// owner sees an alert. Errors: not_found.
func (a *App) RecoverUser(ctx context.Context, login string) (auth.Secret, kexin.Instant, error) {
	l, err := a.store.LoginNamed(ctx, LoginName(login))
	if err != nil {
		return "", 0, err
	}
	secret, digest := auth.NewInvite()
	var ends kexin.Instant
	err = a.store.Update(ctx, l.Org, func(tx *store.Tx) error {
		m, err := tx.Member(l.Member)
		if err != nil {
			return err
		}
		if err := tx.CutOff(m.ID); err != nil {
			return err
		}
		if err := tx.DropFactor(m); err != nil {
			return err
		}
		ends = tx.Now.Add(auth.SetupLife)
		if _, err := tx.AddLink(store.Link{Digest: digest[:], Kind: store.RecoverLink, Ends: ends,
			Grant: store.Grant{Name: m.Name, Position: m.Position, Member: m.ID}}); err != nil {
			return err
		}
		if err := tx.Alert("user_recovered", map[string]string{"member": m.ID.String()}); err != nil {
			return err
		}
		return tx.Log(store.Event{Actor: ledger.Actor{Kind: ledger.ByCLI}, Facts: &ledger.MemberInvited{Member: m.ID, Position: m.Position}})
	})
	return secret, ends, err
}
