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

// admin runs fn in a transaction for who may change staff and settings, and
// still may at this moment: rights that were taken away while his request was
// under way are gone.
func (a *App) admin(ctx context.Context, actor kexin.Actor, fn func(*store.Tx) error) error {
	err := a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		if err := gate.Check(tx.State, actor, kexin.ActAdmin); err != nil {
			return err
		}
		if err := atWork(tx, actor); err != nil {
			return err
		}
		return fn(tx)
	})
	if a.report(actor.Org, err) {
		return &kexin.Error{Op: "app.people", Code: kexin.Forbidden, Key: "error.row_forged"}
	}
	return err
}

// atWork refuses who was put out, or put elsewhere, since his request began.
func atWork(tx *store.Tx, actor kexin.Actor) error {
	m, err := tx.Member(actor.User)
	if err == nil && (!m.Active || m.Over(tx.Today()) || m.Position != actor.Position) {
		err = &kexin.Error{Op: "app.people", Code: kexin.Unauthorized}
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
	if err := factored(actor); err != nil {
		return out, err
	}
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
