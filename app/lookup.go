package app

import (
	"context"
	"slices"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/i18n"
	"kexin/kind"
	"kexin/law"
	"kexin/store"
)

// A Looked is the answer of a lookup with the budget after it.
type Looked struct {
	gate.Answer
	Spend gate.Spend
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
		if refused = gate.MayLookup(spend, tx.Now); refused != nil {
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
		out.Spend, err = tx.SpendLookup(actor, k, canon, out.Answer)
		return err
	})
	if err == nil {
		err = refused
	}
	return out, err
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
	if !validReason(reason) {
		return Shown{}, &kexin.Error{Op: "app.reveal", Code: kexin.Invalid, Key: "error.reason", Field: "reason"}
	}
	var out Shown
	var refused error
	err := a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		p, err := a.one(tx, actor, kexin.Query{Act: kexin.ActReveal, Object: o, Record: id, Fields: []kexin.FieldID{field}})
		if err != nil {
			return err
		}
		day, err := tx.Spent(actor.User, "reveal")
		if err != nil {
			return err
		}
		if refused = gate.MayReveal(day, a.stepped(actor, tx.Now), actor.Leaving, tx.Now); refused != nil {
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

func revealLimit(a kexin.Actor) int {
	if a.Leaving {
		return law.LeavingPerDay
	}
	return law.RevealPerDay
}

// Reasons are why a full value may be asked for; a chip each, no typing.
var Reasons = []string{"booked", "aftersales", "caller", "delivery", "check"}

func validReason(r string) bool {
	for _, x := range Reasons {
		if x == r {
			return true
		}
	}
	return false
}

// stepLife is how long a second factor counts.
const stepLife = 10 * time.Minute

func (a *App) stepped(actor kexin.Actor, now kexin.Instant) bool {
	return actor.StepUp != 0 && now.Sub(actor.StepUp) <= stepLife
}

// Contact opens a channel to an own customer: the number to call, the WeChat
// id to open. It asks no reason, is an entry of its own and has a breaker.
// Where the customer's word or the age of her enquiry does not carry it, the
// way is closed as the page says it is.
func (a *App) Contact(ctx context.Context, actor kexin.Actor, o kexin.Object, id kexin.ID, ch kexin.Channel) (Shown, error) {
	field, err := a.channelField(o, ch)
	if err != nil {
		return Shown{}, err
	}
	var out Shown
	var refused error
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		p, err := a.one(tx, actor, kexin.Query{Act: kexin.ActContact, Object: o, Record: id, Fields: []kexin.FieldID{field}})
		if err != nil {
			return err
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
		if refused = gate.MayContact(c, tx.Now); refused != nil {
			return tx.Breaker(actor, refused)
		}
		if o == kexin.Customer {
			if refused, err = a.contactReferred(tx, actor, id, ch); err != nil {
				return err
			}
			if refused != nil {
				return tx.LogRefused(actor, kexin.ActContact, refused)
			}
		}
		out = Shown{Seconds: shownSeconds, Used: c.Today + 1, Limit: law.ContactPerDay}
		out.Value, err = tx.Contact(&p, ch)
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

// closed is why a customer may not be contacted over a channel, nil where she
// may. For a contact it is his customer's word that counts.
func (a *App) closed(tx *store.Tx, actor kexin.Actor, o kexin.Object, id kexin.ID, ch kexin.Channel) (refused, err error) {
	if o == kexin.Contact {
		of, err := tx.Parents(o, []kexin.View{{ID: id}})
		if err != nil {
			return nil, err
		}
		id = of[0]
	}
	p, err := a.one(tx, actor, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id, Fields: []kexin.FieldID{kexin.CustName}})
	if err != nil {
		return nil, err
	}
	all, err := tx.Standings(&p, []kexin.ID{id})
	if err != nil {
		return nil, err
	}
	if m := may(all[id], ch, tx.Now); !m.OK {
		return m.Err(i18n.T(actor.Lang, "channel."+string(ch), nil)), nil
	}
	return nil, nil
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
