package app

import (
	"context"
	"slices"

	"kexin"
	"kexin/consent"
	"kexin/gate"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

// A SentReferral is a referral as its sender's staff see it: nothing but what
// she allowed.
type SentReferral struct {
	ID       kexin.ID
	Customer kexin.ID
	Name     kexin.Cell
	Member   kexin.ID
	Shop     string // name of the other merchant
	ShopID   kexin.ID
	Need     string
	Way      string
	Sight    share.Sight
	Made     kexin.Instant
	Ends     kexin.Instant
	AgainAt  kexin.Instant // after a no: not before
	Cancel   bool          // it may be taken back
	Link     string        // how the server's message with the link stands, where it sends it: store.LinkSent
}

// sentMost is how many are listed.
const sentMost = 200

// Sent lists the merchant's referrals: own ones, or all for who leads.
func (a *App) Sent(ctx context.Context, actor kexin.Actor) (out []SentReferral, reasons []kexin.Reason, err error) {
	var seen sight
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		out = nil
		if err := gate.Check(tx.State, actor, kexin.ActContact); err != nil {
			return err
		}
		who := actor.User
		if tx.State.May(actor.Position, kexin.ActMove) {
			who = 0
		}
		list, err := tx.ReferralsOn(store.Sending, who, sentMost)
		if err != nil {
			return err
		}
		out, seen, err = a.sentViews(tx, actor, list)
		return err
	})
	if err == nil {
		a.pages.all(actor, []sight{seen})
	}
	return out, seen.Reasons, err
}

// SentOf are those of one customer.
func (a *App) SentOf(ctx context.Context, actor kexin.Actor, customer kexin.ID) (out []SentReferral, err error) {
	var seen sight
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		if _, err := a.one(tx, actor, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: customer, Fields: []kexin.FieldID{kexin.CustName}}); err != nil {
			return err
		}
		f, err := tx.Facts(kexin.Customer, customer)
		if err != nil {
			return err
		}
		all, err := tx.ReferralsOf(f.Subject)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(r store.Referral) bool { return r.Side != store.Sending })
		slices.Reverse(all)
		out, seen, err = a.sentViews(tx, actor, all)
		return err
	})
	if err == nil {
		a.pages.all(actor, []sight{seen})
	}
	return out, err
}

func (a *App) sentViews(tx *store.Tx, actor kexin.Actor, list []store.Referral) (out []SentReferral, seen sight, err error) {
	ids := make([]kexin.ID, len(list))
	for i, r := range list {
		ids[i] = r.Customer
	}
	names, seen, err := a.customerNames(tx, actor, ids)
	if err != nil {
		return nil, seen, err
	}
	shops := map[kexin.ID]string{}
	for _, r := range list {
		name, in := names[r.Customer]
		if !in {
			continue // out of the actor's scope
		}
		if _, ok := shops[r.Peer]; !ok {
			c, err := tx.Card(r.Peer)
			if err != nil && kexin.CodeOf(err) != kexin.NotFound {
				return nil, seen, err
			}
			shops[r.Peer] = c.Shown
		}
		v := SentReferral{ID: r.ID, Customer: r.Customer, Name: name, Member: r.Member, Shop: shops[r.Peer], ShopID: r.Peer, Need: r.Need, Way: r.Way, Sight: share.Seen(r.State, r.Told, r.Due, tx.Now), Made: r.Made}
		if r.Way == WaySend {
			if v.Link, err = tx.LinkSent(r.Subject, r.Ask); err != nil {
				return nil, seen, err
			}
		}
		switch v.Sight {
		case share.SeeWaiting:
			v.Ends, v.Cancel = r.Due, true
		case share.SeeBlocked:
			v.Cancel = true
		case share.SeeDeclined:
			v.AgainAt = r.Changed.Add(consent.DefaultAsk.Cooldown)
		}
		out = append(out, v)
	}
	return out, seen, nil
}

// customerNames reads names through the gate; who is out of scope has none.
func (a *App) customerNames(tx *store.Tx, actor kexin.Actor, ids []kexin.ID) (map[kexin.ID]kexin.Cell, sight, error) {
	p, err := gate.Authorize(tx.State, actor, kexin.Query{Act: kexin.ActList, Object: kexin.Customer, Fields: []kexin.FieldID{kexin.CustName}})
	if err != nil {
		return nil, sight{}, err
	}
	views, err := tx.Named(&p, ids)
	out := make(map[kexin.ID]kexin.Cell, len(views))
	for _, v := range views {
		out[v.ID] = v.Cells[0]
	}
	return out, sight{kexin.Customer, Listing{Page: kexin.Page{Fields: p.Fields(), Reasons: p.Reasons(), Rows: views}, Scene: p.Scene()}}, err
}

// CancelReferral takes a question back: its link shows her the same page as an
// expired one, and it still counts as an ask.
func (a *App) CancelReferral(ctx context.Context, actor kexin.Actor, id kexin.ID) error {
	var refused error
	err := a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		refused = nil
		r, no, err := a.moving(tx, actor, id, store.Sending, share.Cancel)
		if refused = no; err != nil || refused != nil {
			return err
		}
		next, err := share.Apply(r.State, share.Event{Kind: share.Cancel, By: share.Sender, At: tx.Now})
		if err != nil {
			if share.Seen(r.State, r.Told, r.Due, tx.Now) != share.SeeClosed { // what he sees as closed he need not close
				refused = err
			}
			return tx.NotMoved(r, share.Cancel, ledger.Who(actor), err)
		}
		was := r.State
		r.State, r.Due = next, 0
		if err := tx.SaveReferral(was, r); err != nil {
			return err
		}
		if err := linkIfDone(tx, r.Ask, ledger.Who(actor)); err != nil {
			return err
		}
		return tx.Moved(r, was, share.Cancel, ledger.Who(actor), "")
	})
	if err == nil {
		err = refused
	}
	return err
}

// linkIfDone pulls back the message with the link of a question once none of its
// referrals waits for an answer, and kills the link once none can be answered any
// more.
func linkIfDone(tx *store.Tx, ask kexin.ID, by ledger.Actor) error {
	if ask == 0 { // nobody was asked
		return nil
	}
	rows, err := tx.ReferralsOfAsk(ask)
	if err != nil || len(rows) == 0 {
		return err
	}
	ended := true
	for _, r := range rows {
		if r.State == share.Awaiting {
			return nil
		}
		ended = ended && r.Ended()
	}
	s, err := tx.Subject(rows[0].Subject)
	if err != nil {
		return err
	}
	if err := tx.CancelLink(s, ask, by); err != nil || !ended {
		return err
	}
	return tx.EndPortalLinks(store.AskLink, ask)
}

// moving reads a referral on one side for a member who wants to move it. Where he
// may not, that is the first error, and that he tried is recorded.
func (a *App) moving(tx *store.Tx, actor kexin.Actor, id kexin.ID, side store.Side, k share.Kind) (r store.Referral, refused, err error) {
	if side == store.Receiving {
		refused = mayAnswer(tx, actor)
	}
	if r, err = tx.Referral(id); err != nil {
		if kexin.CodeOf(err) == kexin.NotFound && refused != nil {
			err = refused
		}
		return r, nil, err
	}
	if refused == nil && r.Side != side {
		refused = notFound("app.referral")
	}
	if refused == nil && r.Customer != 0 {
		_, refused = a.one(tx, actor, kexin.Query{Act: kexin.ActContact, Object: kexin.Customer, Record: r.Customer, Fields: []kexin.FieldID{kexin.CustPhone}})
	}
	switch kexin.CodeOf(refused) {
	case "":
		return r, nil, nil
	case kexin.NotFound, kexin.Forbidden:
		return r, refused, tx.NotMoved(r, k, ledger.Who(actor), refused)
	}
	return r, nil, refused
}
