package app

import (
	"context"

	"kexin"
	"kexin/auth"
	"kexin/gate"
	"kexin/ledger"
	"kexin/store"
)

// A MemberChange is what to change of a member; nil leaves it alone.
type MemberChange struct {
	Name     *string
	Position *kexin.Position
	Dept     *kexin.ID
	Active   *bool
	Leaving  *kexin.Day // last day at work, "" = none
	Ends     *kexin.Day // an auditor's last day
	MoveTo   kexin.ID   // who takes over the customers of a leaver
}

// A MemberChanged is the member afterwards. For a leaver it tells what was
// handed on and what he looked at.
type MemberChanged struct {
	Member  store.Member
	Moved   int   // customers handed on now
	Left    bool  // there are more: ask again
	Reveals int64 // full values of the last 30 days (ACC-05)
}

// ChangeMember changes a member of staff. Disabling ends every session, token
// and trusted device in the same transaction and hands his customers on.
// Errors: conflict for the last owner, E_SOD, unauthorized E_STEP_UP.
func (a *App) ChangeMember(ctx context.Context, actor kexin.Actor, id kexin.ID, c MemberChange) (out MemberChanged, err error) {
	if c.Active != nil && !*c.Active {
		return a.leave(ctx, actor, id, c.MoveTo)
	}
	err = a.admin(ctx, actor, func(tx *store.Tx) error {
		m, err := tx.Member(id)
		if err != nil {
			return err
		}
		now, err := changed(tx, actor, m, c)
		if err != nil {
			return err
		}
		if err := tx.SaveMember(now); err != nil {
			return err
		}
		out = MemberChanged{Member: now}
		return rights(tx, actor, m, now)
	})
	return out, err
}

// changed is the member with the change, if it is allowed.
func changed(tx *store.Tx, actor kexin.Actor, m store.Member, c MemberChange) (store.Member, error) {
	now := m
	if c.Name != nil {
		now.Name = tidy(*c.Name)
		if key := badLine(now.Name, 40); key != "" {
			return m, fieldError("name", key)
		}
	}
	if c.Dept != nil {
		now.Dept = *c.Dept
		if err := checkDept(tx, now.Dept); err != nil {
			return m, err
		}
	}
	if c.Leaving != nil {
		now.Leaving = *c.Leaving
		if !now.Leaving.Valid() {
			return m, fieldError("leaving", "error.day")
		}
		if now.Leaving != "" && m.Position == kexin.Owner {
			if err := lastOwner(tx, m.ID); err != nil {
				return m, err
			}
		}
	}
	if c.Active != nil {
		now.Active = *c.Active
	}
	var err error
	if c.Ends != nil && m.Position == kexin.Auditor {
		if now.Ends, err = auditUntil(tx, m.Position, *c.Ends); err != nil {
			return m, err
		}
	}
	if c.Position != nil && *c.Position != m.Position {
		now.Position, err = *c.Position, mayHold(tx, m, *c.Position)
	}
	if err == nil {
		err = guarded(tx, actor, m, now)
	}
	return now, err
}

// mayHold refuses a position that does not go with the one held (ACC-09):
// audit is apart from everything else, and begins with an invitation.
func mayHold(tx *store.Tx, m store.Member, p kexin.Position) error {
	switch {
	case !p.Valid():
		return fieldError("position", "error.position_unknown")
	case p == kexin.Auditor || m.Position == kexin.Auditor:
		return sod()
	case m.Position == kexin.Owner:
		return lastOwner(tx, m.ID)
	}
	return nil
}

func lastOwner(tx *store.Tx, id kexin.ID) error {
	n, err := tx.Owners(id)
	if err == nil && n == 0 {
		err = &kexin.Error{Op: "app.people", Code: kexin.Conflict, Key: "error.last_owner"}
	}
	return err
}

// guarded asks for the second factor where rights grow or somebody strong is
// touched, and where another owner is told his last day.
func guarded(tx *store.Tx, actor kexin.Actor, was, now store.Member) error {
	grows := now.Active && (!was.Active || was.Over(tx.Today()) || now.Position != was.Position || now.Dept != was.Dept) || now.Ends > was.Ends
	ends := was.Position == kexin.Owner && was.ID != actor.User && now.Leaving != "" && now.Leaving != was.Leaving
	if ends || grows && (strong[was.Position] || strong[now.Position]) {
		return stepUp(actor, tx.Now)
	}
	return nil
}

// rights ends the sessions and tokens of who has another position or
// department or works here again, and takes back what he gave others where he
// may no longer: a program does not grow with its maker. It is written down.
func rights(tx *store.Tx, actor kexin.Actor, was, now store.Member) error {
	if was.Position == now.Position && was.Dept == now.Dept && was.Active == now.Active {
		return nil
	}
	if err := tx.EndOthers(now.ID, keep(actor, now.ID)); err != nil {
		return err
	}
	if err := tx.DropTokens(now.ID); err != nil {
		return err
	}
	if !tx.State.May(now.Position, kexin.ActAdmin) {
		if err := tx.DropLinks(func(g store.Grant) bool { return g.By == now.ID }); err != nil {
			return err
		}
	}
	return tx.Log(event(actor, &ledger.MemberPosition{Dept: now.Dept, From: was.Position, Member: now.ID, To: now.Position}))
}

// keep is the session of an admin who changes himself.
func keep(actor kexin.Actor, id kexin.ID) kexin.ID {
	if actor.User == id {
		return actor.Session
	}
	return 0
}

// atOnce is how many customers are handed on in one transaction, and handOn
// how many in one request: more would keep the page waiting.
const (
	atOnce = 50
	handOn = 2000
)

// leave closes a member's way in at once and then hands his customers on, in
// several transactions: asked again, it goes on where it stopped.
func (a *App) leave(ctx context.Context, actor kexin.Actor, id, to kexin.ID) (out MemberChanged, err error) {
	err = a.admin(ctx, actor, func(tx *store.Tx) error {
		out, err = closeWay(tx, actor, id, to)
		return err
	})
	if err != nil || to == 0 {
		return out, err
	}
	for out.Moved < handOn {
		n, err := a.handOn(ctx, actor, id, to)
		out.Moved += n
		if err != nil || n < atOnce {
			return out, err
		}
	}
	out.Left = true
	return out, nil
}

func closeWay(tx *store.Tx, actor kexin.Actor, id, to kexin.ID) (out MemberChanged, err error) {
	m, err := tx.Member(id)
	sound := err == nil
	if !sound && !isForged(err) {
		return out, err
	}
	if sound && m.Position == kexin.Owner && m.Active {
		if err := lastOwner(tx, id); err != nil {
			return out, err
		}
		if err := stepUp(actor, tx.Now); err != nil && id != actor.User {
			return out, err
		}
	}
	if err := mayTake(tx, id, to); err != nil {
		return out, err
	}
	was := m.Active || !sound
	if out.Member, err = tx.Disable(id); err != nil {
		return out, err
	}
	if out.Reveals, err = tx.Revealed(id); err != nil || !was {
		return out, err
	}
	return out, tx.Log(event(actor, &ledger.MemberDisabled{Member: id, Why: "left"}))
}

// LooksOf is what a member was shown in full lately, with the names of the
// customers as the asker may see them.
type LooksOf struct {
	Looks []store.Look
	Names map[kexin.ID]kexin.Cell
	More  bool // there were more than are listed
}

// Looks lists the full values that a member was shown in the last 30 days
// (ACC-05), for who may change staff or read the log.
func (a *App) Looks(ctx context.Context, actor kexin.Actor, id kexin.ID) (out LooksOf, err error) {
	var seen Listing
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		out, seen = LooksOf{}, Listing{}
		if err := gate.Check(tx.State, actor, kexin.ActAdmin); err != nil && gate.Check(tx.State, actor, kexin.ActLedger) != nil {
			return err
		}
		if _, err := tx.Member(id); err != nil && !isForged(err) {
			return err
		}
		if out.Looks, out.More, err = tx.Looks(id); err != nil {
			return err
		}
		p, err := gate.Authorize(tx.State, actor, kexin.Query{Act: kexin.ActList, Object: kexin.Customer, Fields: []kexin.FieldID{kexin.CustName}})
		if err != nil {
			return nil // who checks sees no customers: the looks alone
		}
		ids := make([]kexin.ID, 0, len(out.Looks))
		for _, l := range out.Looks {
			if l.Customer != 0 {
				ids = append(ids, l.Customer)
			}
		}
		rows, err := tx.Named(&p, ids)
		seen = Listing{Page: kexin.Page{Fields: p.Fields(), Rows: rows}, Scene: p.Scene()}
		out.Names = make(map[kexin.ID]kexin.Cell, len(rows))
		for _, r := range rows {
			out.Names[r.ID] = r.Cells[0]
		}
		return err
	})
	if err == nil && len(seen.Rows) > 0 {
		a.pages.seen(actor, kexin.Customer, seen)
	}
	return out, err
}

// mayTake checks who shall take over: an active member, another one.
func mayTake(tx *store.Tx, id, to kexin.ID) error {
	if to == 0 {
		return nil
	}
	if to == id {
		return fieldError("moveTo", "error.owner")
	}
	return mayOwn(tx, to, "moveTo")
}

// handOn moves some customers, each by its own permit.
func (a *App) handOn(ctx context.Context, actor kexin.Actor, from, to kexin.ID) (n int, err error) {
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		ids, err := tx.OwnedBy(from, atOnce)
		if err != nil {
			return err
		}
		n = len(ids)
		for _, id := range ids {
			p, err := a.one(tx, actor, kexin.Query{Act: kexin.ActMove, Object: kexin.Customer, Record: id})
			if err != nil {
				return err
			}
			if err := tx.Move(&p, to); err != nil {
				return err
			}
		}
		if n < atOnce {
			_, err = tx.HandTasks(from, to)
		}
		return err
	})
	return n, err
}

// Devices are the signed-in browsers of a person, or of everybody for who may
// change staff.
func (a *App) Devices(ctx context.Context, actor kexin.Actor, all bool) (out []Device, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		who := actor.User
		if all {
			if err := gate.Check(tx.State, actor, kexin.ActAdmin); err != nil {
				return err
			}
			who = 0
		}
		out, err = devices(tx, actor, who)
		return err
	})
	return out, err
}

// A Device is one signed-in browser.
type Device struct {
	ID      kexin.ID
	Member  kexin.ID
	Label   string
	Made    kexin.Instant
	Seen    kexin.Instant
	Trusted kexin.Instant // no second factor is asked there until; 0 = it is
	Current bool
}

func devices(tx *store.Tx, actor kexin.Actor, who kexin.ID) (out []Device, err error) {
	o, err := tx.Merchant()
	if err != nil {
		return nil, err
	}
	shown, err := tx.ShownOn(who)
	if err != nil {
		return nil, err
	}
	list, err := tx.Sessions(who)
	for _, s := range list {
		d := Device{ID: s.ID, Member: s.Member, Label: s.Label, Made: s.Made, Seen: s.Seen, Current: s.ID == actor.Session}
		if at := shown[string(s.Device)]; at != 0 && !auth.NeedsCode(o.Size, at, tx.Now) {
			d.Trusted = at.Add(auth.DeviceTrust(o.Size))
		}
		out = append(out, d)
	}
	return out, err
}

// DropDevice ends a session and forgets its browser: one's own, or anybody's
// for who may change staff. Errors: not_found.
func (a *App) DropDevice(ctx context.Context, actor kexin.Actor, id kexin.ID) error {
	return a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		who := actor.User
		if gate.Check(tx.State, actor, kexin.ActAdmin) == nil {
			who = 0
		}
		list, err := tx.Sessions(who)
		if err != nil {
			return err
		}
		for _, s := range list {
			if s.ID != id {
				continue
			}
			if _, err := tx.EndSession(id, s.Member); err != nil {
				return err
			}
			if err := tx.DropDevice(s.Member, s.Device); err != nil {
				return err
			}
			return tx.Log(store.Event{Actor: ledger.Who(actor), Refs: ledger.Refs{Session: id}, Facts: &ledger.SessionClosed{Why: "elsewhere"}})
		}
		return notFound("app.device")
	})
}
