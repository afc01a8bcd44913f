package app

import (
	"cmp"
	"context"
	"slices"

	"kexin"
	"kexin/auth"
	"kexin/consent"
	"kexin/gate"
	"kexin/i18n"
	"kexin/kind"
	"kexin/law"
	"kexin/share"
	"kexin/store"
)

// A Looked is the answer of a lookup with the budget after it.
type Looked struct {
	gate.Answer
	Spend gate.Spend
	Owner string // who protects a record outside the scope, for positions that may know
	Ask   string // else the colleague who may: the same whatever was asked
}

// Lookup answers "is this value known?". It is counted and in the log before
// the answer leaves; a known and an unknown value take the same path.
func (a *App) Lookup(ctx context.Context, actor kexin.Actor, k kexin.KeyKind, raw string) (Looked, error) {
	return a.lookup(ctx, actor, k, raw, 0)
}

// lookup leaves the record out that the question is asked for: a record is no
// double of itself.
func (a *App) lookup(ctx context.Context, actor kexin.Actor, k kexin.KeyKind, raw string, self kexin.ID) (Looked, error) {
	canon, err := kind.Canon(k, raw)
	if err != nil {
		return Looked{}, err
	}
	var out Looked
	var refused error
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		out, refused = Looked{}, nil
		if refused = gate.Check(tx.State, actor, kexin.ActLookup); refused != nil {
			return nil
		}
		spend, err := tx.LookupSpend(actor)
		if err != nil {
			return err
		}
		if refused = gate.MayLookup(spend, tx.Now, tx.Midnight()); refused != nil {
			return tx.LogRefused(actor, kexin.ActLookup, refused)
		}
		hits, err := tx.Hits(k, canon)
		if err != nil {
			return err
		}
		hits = slices.DeleteFunc(hits, func(h gate.Hit) bool { return self != 0 && h.ID == self })
		if out.Answer, err = gate.Lookup(tx.State, actor, hits); err != nil {
			return err
		}
		if out.Spend, err = tx.SpendLookup(actor, k, canon, out.Answer); err != nil {
			return err
		}
		return out.name(tx, actor)
	})
	if err == nil {
		err = refused
	}
	return out, err
}

// name adds names: of who protects the record, where the position may know, or
// of the nearest colleague who may. It reads the same for a known value and an
// unknown one.
func (l *Looked) name(tx *store.Tx, actor kexin.Actor) error {
	all, err := tx.Members()
	if err != nil {
		return err
	}
	near := func(m store.Member) int {
		switch {
		case m.ID == actor.User || !m.Active || m.Over(tx.Today()) || !gate.Tells(tx.State, kexin.Actor{Org: tx.Org, User: m.ID, Position: m.Position, Dept: m.Dept}, actor.User):
			return 0
		case m.Position == kexin.Owner:
			return 1
		case m.Dept != actor.Dept:
			return 2
		}
		return 3
	}
	best := 0
	for _, m := range all {
		if len(l.Owners) > 0 && m.ID == l.Owners[0] {
			l.Owner = m.Name
		}
		if n := near(m); n > best {
			best, l.Ask = n, m.Name
		}
	}
	if !l.Known || len(l.Records) > 0 || l.Owner != "" {
		l.Ask = ""
	}
	return nil
}

// A Shown is a full value that a person asked for.
type Shown struct {
	Value   string
	Seconds int // how long the page shows it
	Used    int
	Limit   int
}

// shownSeconds is how long a page shows a full value.
const shownSeconds = 30

// Reveal gives one full value of a record, with a reason. The reveal is in the
// log of the person concerned before the value leaves.
func (a *App) Reveal(ctx context.Context, actor kexin.Actor, o kexin.Object, id kexin.ID, field kexin.FieldID, reason string) (Shown, error) {
	if !slices.Contains(Reasons, reason) {
		return Shown{}, &kexin.Error{Op: "app.reveal", Code: kexin.Invalid, Key: "error.reason", Field: "reason"}
	}
	var out Shown
	var refused error
	err := a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		p, err := a.one(tx, actor, kexin.Query{Act: kexin.ActReveal, Object: o, Record: id, Fields: []kexin.FieldID{field}})
		if err != nil {
			return err
		}
		if refused, err = a.unrevealed(tx, actor, o, id, field); err != nil {
			return err
		}
		if refused != nil {
			return tx.LogRefused(actor, kexin.ActReveal, refused)
		}
		day, err := tx.Spent(actor.User, "reveal")
		if err != nil {
			return err
		}
		if refused = gate.MayReveal(day, auth.Fresh(actor.StepUp, tx.Now), actor.Leaving, tx.Midnight()); refused != nil {
			return tx.LogRefused(actor, kexin.ActReveal, refused)
		}
		out = Shown{Seconds: shownSeconds, Used: day + 1, Limit: revealLimit(actor)}
		out.Value, err = tx.Reveal(&p, reason)
		return err
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return Shown{}, err
	}
	return out, nil
}

// unrevealed is why a way to reach a customer is not shown, nil where it is: it
// is disputed that the number is hers (CON-13), or she came by a referral that
// is over, or in which it is not proved (8.2). Until then the number comes with
// the one contact that she asked for, in the hours for it.
func (a *App) unrevealed(tx *store.Tx, actor kexin.Actor, o kexin.Object, id kexin.ID, field kexin.FieldID) (refused, err error) {
	if f := tx.State.Schema.Field(field); f.Class != kexin.Reach || o != kexin.Customer && o != kexin.Contact {
		return nil, nil
	}
	id, st, err := a.standingOf(tx, actor, o, id)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return nil, notFound("app.reveal")
	}
	if d := consent.MayContact(st.Person, kexin.QuoteOrder, "", tx.Now, false); !d.OK { // what stops even an order
		return d.Err(""), nil
	}
	r, err := tx.ReferralOf(id)
	switch {
	case err != nil || r.ID == 0 || r.State == share.Won || r.State == share.Closed:
		return nil, err
	case !alive(r.State):
		return &kexin.Error{Op: "app.reveal", Code: kexin.Forbidden, Law: "E_PURPOSE", Key: "law.E_PURPOSE"}, nil
	case r.Proved == 0:
		return &kexin.Error{Op: "app.reveal", Code: kexin.Forbidden, Key: "error.referral_reveal"}, nil
	}
	return nil, nil
}

func revealLimit(a kexin.Actor) int {
	if a.Leaving {
		return law.LeavingPerDay
	}
	return law.RevealPerDay
}

// Reasons are why a full value may be asked for; a chip each, no typing.
var Reasons = []string{"booked", "aftersales", "caller", "delivery", "check"}

// Contact opens a channel to an own customer: the number to call, the WeChat
// id to open. It asks no reason, is an entry of its own and has a breaker.
// Where the customer's word or the age of her enquiry does not carry it, the
// way is closed as the page says it is.
func (a *App) Contact(ctx context.Context, actor kexin.Actor, o kexin.Object, id kexin.ID, ch kexin.Channel) (Shown, error) {
	return a.contact(ctx, actor, o, id, 0, ch)
}

// ContactOf is Contact to a contact of this customer; another's is not found.
func (a *App) ContactOf(ctx context.Context, actor kexin.Actor, customer, contact kexin.ID, ch kexin.Channel) (Shown, error) {
	return a.contact(ctx, actor, kexin.Contact, contact, customer, ch)
}

func (a *App) contact(ctx context.Context, actor kexin.Actor, o kexin.Object, id, of kexin.ID, ch kexin.Channel) (Shown, error) {
	field, err := a.channelField(o, ch)
	if err != nil {
		return Shown{}, err
	}
	var late error
	if o == kexin.Customer {
		if late, err = a.overdue(ctx, actor.Org, func(tx *store.Tx) (store.Referral, error) { return tx.ReferralOf(id) }); err != nil {
			return Shown{}, err
		}
	}
	var out Shown
	var refused error
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		p, err := a.one(tx, actor, kexin.Query{Act: kexin.ActContact, Object: o, Record: id, Fields: []kexin.FieldID{field}})
		if refused = nil; kexin.CodeOf(err) == kexin.NotFound && o == kexin.Customer {
			refused = err
			return notContacted(tx, actor, id, err)
		}
		if err != nil {
			return err
		}
		if of != 0 {
			owned, err := tx.Parents(o, []kexin.View{{ID: id}})
			if err != nil {
				return err
			}
			if owned[0] != of {
				return notFound("app.contact")
			}
		}
		if refused, err = a.closed(tx, actor, o, id, ch); err != nil {
			return err
		}
		if refused != nil {
			return tx.LogRefused(actor, kexin.ActContact, refused)
		}
		c, err := tx.Contacts(&p)
		if err != nil {
			return err
		}
		if refused = gate.MayContact(c, tx.Midnight()); refused != nil {
			return tx.Breaker(actor, refused)
		}
		if o == kexin.Customer {
			if refused, err = a.contactReferred(tx, actor, id, ch, late); err != nil {
				return err
			}
			if refused != nil {
				return tx.LogRefused(actor, kexin.ActContact, refused)
			}
		}
		out = Shown{Seconds: shownSeconds, Used: c.Today + 1, Limit: law.ContactPerDay}
		if out.Value, err = tx.Contact(&p, ch); o == kexin.Customer && ch == kexin.ByWeChat && nothingThere(err) {
			out.Value, err = a.foundByPhone(tx, actor, id, err)
		}
		return err
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return Shown{}, err
	}
	return out, nil
}

// foundByPhone is the number under which she is found in WeChat who chose it at a
// referral and gave no other name there; else nothing is there.
func (a *App) foundByPhone(tx *store.Tx, actor kexin.Actor, id kexin.ID, nothing error) (string, error) {
	r, err := tx.ReferralOf(id)
	if err != nil || r.Channel != kexin.ByWeChat {
		return "", cmp.Or(err, nothing)
	}
	p, err := a.one(tx, actor, kexin.Query{Act: kexin.ActContact, Object: kexin.Customer, Record: id, Fields: []kexin.FieldID{kexin.CustPhone}})
	if err != nil {
		return "", err
	}
	return tx.Contact(&p, kexin.ByWeChat)
}

func nothingThere(err error) bool {
	e, ok := err.(*kexin.Error)
	return ok && e.Key == "error.nothing_there"
}

// closed is why a customer may not be contacted over a channel, nil where she
// may.
func (a *App) closed(tx *store.Tx, actor kexin.Actor, o kexin.Object, id kexin.ID, ch kexin.Channel) (refused, err error) {
	_, st, err := a.standingOf(tx, actor, o, id)
	if err != nil {
		return nil, err
	}
	if o != kexin.Customer {
		return may(st, ch, tx.Now).Err(i18n.T(actor.Lang, "channel."+string(ch), nil)), nil
	}
	m, err := mayAt(tx, st, ch)
	if err != nil {
		return nil, err
	}
	return m[0].Err(i18n.T(actor.Lang, "channel."+string(ch), nil)), nil
}

// standingOf is what decisions about contact know of a customer. For a contact
// it is his customer's word that counts.
func (a *App) standingOf(tx *store.Tx, actor kexin.Actor, o kexin.Object, id kexin.ID) (customer kexin.ID, st *store.Standing, err error) {
	if o == kexin.Contact {
		of, err := tx.Parents(o, []kexin.View{{ID: id}})
		if err != nil {
			return 0, nil, err
		}
		id = of[0]
	}
	p, err := a.one(tx, actor, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id, Fields: []kexin.FieldID{kexin.CustName}})
	if err != nil {
		return 0, nil, err
	}
	all, err := tx.Standings(&p, []kexin.ID{id})
	return id, all[id], err
}

// channelField is the field that a channel needs.
func (a *App) channelField(o kexin.Object, ch kexin.Channel) (kexin.FieldID, error) {
	name := map[kexin.Channel]string{kexin.ByCall: "phone", kexin.BySMS: "phone", kexin.ByWeChat: "wechat", kexin.ByEmail: "email", kexin.ByVisit: "address"}[ch]
	d := a.store.Schema().Object(o)
	if name == "" || d == nil || d.Field(name) == nil {
		return 0, &kexin.Error{Op: "app.contact", Code: kexin.Invalid, Key: "error.channel", Field: "channel"}
	}
	return d.Field(name).ID, nil
}
