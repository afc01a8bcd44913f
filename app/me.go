package app

import (
	"context"
	"slices"

	"kexin"
	"kexin/auth"
	"kexin/gate"
	"kexin/law"
	"kexin/store"
)

// A Todo is one open point of the setup: a code and where to do it.
type Todo struct{ Code, Href string }

// A Used is one budget of the day.
type Used struct{ Used, Limit int }

// A Me is who is signed in and what the page should offer.
type Me struct {
	Member   store.Member
	Dept     string
	Org      store.Org
	Purposes []kexin.PurposeCode
	Scenes   []kexin.Scene
	Can      []kexin.Act
	Todo     []Todo
	Reveal   Used
	Lookup   Used
	Contact  Used
	Backup   store.BackupNote
	Backed   string          // where it stands: ok, late, failed, none
	Own      []kexin.KeyKind // kinds of own addresses that are noted
	StepUp   kexin.Instant   // the second factor counts until; 0 = ask
	Arrivals int64           // customers who sent something and wait, for who answers them
	Waiting  kexin.Instant   // since when the first of them does; 0 = none waits
}

// offered are the acts a page may offer, in the order of the interface.
var offered = []kexin.Act{kexin.ActList, kexin.ActGet, kexin.ActCreate, kexin.ActEdit, kexin.ActImport, kexin.ActContact, kexin.ActReveal, kexin.ActLookup,
	kexin.ActCount, kexin.ActAdmin, kexin.ActLedger, kexin.ActKeys, kexin.ActExport, kexin.ActMove, kexin.ActReopen}

// Me reads it for a person at work. sheet reports whether the server's
// recovery sheet waits for its owner.
func (a *App) Me(ctx context.Context, seat Seat, sheet bool) (me Me, err error) {
	actor := seat.Actor
	if sheet {
		state, err := a.SheetOf(ctx, seat)
		if err != nil {
			return me, err
		}
		sheet = state >= SheetClosed
	}
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		post := tx.State.Matrix.Posts[actor.Position]
		me = Me{Purposes: post.Purposes}
		if tx.State.May(actor.Position, kexin.ActList) {
			me.Scenes = post.Scenes()
		}
		for _, act := range offered {
			if tx.State.May(actor.Position, act) {
				me.Can = append(me.Can, act)
			}
		}
		if auth.Fresh(actor.StepUp, tx.Now) {
			me.StepUp = actor.StepUp.Add(auth.StepUpLife)
		}
		if err := me.who(tx, actor); err != nil {
			return err
		}
		if err := me.budgets(tx, actor); err != nil {
			return err
		}
		if mayAnswer(tx, actor) == nil {
			if me.Arrivals, me.Waiting, err = tx.Arrivals(); err != nil {
				return err
			}
		}
		return me.todo(tx, actor, sheet)
	})
	return me, err
}

func (me *Me) who(tx *store.Tx, actor kexin.Actor) (err error) {
	if me.Own, err = tx.MemberAddresses(actor.User); err != nil {
		return err
	}
	if me.Member, err = tx.Member(actor.User); err != nil {
		return err
	}
	if me.Org, err = tx.Merchant(); err != nil {
		return err
	}
	if me.Member.Dept == 0 {
		return nil
	}
	d, err := tx.Dept(me.Member.Dept)
	me.Dept = d.Name
	if kexin.CodeOf(err) == kexin.NotFound || isForged(err) {
		me.Dept, err = "", nil
	}
	return err
}

func (me *Me) budgets(tx *store.Tx, actor kexin.Actor) error {
	reveal, err := tx.Spent(actor.User, "reveal")
	if err != nil {
		return err
	}
	lookup, err := tx.Spent(actor.User, "lookup")
	if err != nil {
		return err
	}
	contact, err := tx.Touched(actor.User)
	if err != nil {
		return err
	}
	limit := law.ContactPerDay
	if actor.Leaving {
		limit = law.LeavingPerDay
	}
	me.Reveal, me.Lookup, me.Contact = Used{reveal, revealLimit(actor)}, Used{lookup, law.LookupPerDay}, Used{contact, limit}
	me.Backup, err = tx.BackupNote()
	me.Backed = backedUp(me.Backup, tx.Now)
	return err
}

// todo lists what is still to be set up, most urgent first. What concerns the
// merchant is for who may change it.
func (me *Me) todo(tx *store.Tx, actor kexin.Actor, sheet bool) error {
	add := func(due bool, code, href string) {
		if due {
			me.Todo = append(me.Todo, Todo{code, href})
		}
	}
	add(sheet, "recovery", "/welcome/recovery")
	add(!me.Member.TOTP && needsFactor(actor.Position), "totp", "/totp")
	if gate.Check(tx.State, actor, kexin.ActContact) == nil { // who follows up customers could be asked to be one (security.md A7)
		add(!slices.Contains(me.Own, kexin.KeyPhone), "own_phone", "/shop/security")
	}
	if gate.Check(tx.State, actor, kexin.ActAdmin) != nil {
		return nil
	}
	any, err := tx.Customers()
	if err != nil {
		return err
	}
	n, err := tx.Notice()
	if err != nil {
		return err
	}
	staff, err := tx.Members()
	if err != nil {
		return err
	}
	waits, err := joinedUnverified(tx)
	if err != nil {
		return err
	}
	add(waits, "verify", "/share/alliance")
	add(!any && me.Org.Size != kexin.Mall, "import", "/import") // an office serves shops; customers are theirs
	add(n.Version == 0, "notice", "/shop/notice")
	add(me.Backup.At == 0, "backup", "/shop/backups")
	add(len(staff) < 2, "people", "/shop/people")
	return nil
}
