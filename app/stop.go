package app

import (
	"cmp"
	"context"

	"kexin"
	"kexin/consent"
	"kexin/i18n"
	"kexin/law"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

// The scopes of a withdrawal (WDR-04).
const (
	StopShop = "shop" // this shop
	StopAds  = "ads"  // offers, everywhere
	StopAll  = "all"  // every shop of this path

	stopContact = "contact" // every contact; the record stays: as staff were told
)

// Withdraw is her stop 叫停: at this shop it locks in its own transaction, and
// every other shop that she came to by this path is told by letter. The link
// alone stops at once; what cannot be undone waits a day then, unless the code
// was right (security.md A6). A stop protects her, so it holds from a browser of
// staff too; the log does not say then that it was hers. Errors: not_found,
// conflict.
func (a *App) Withdraw(ctx context.Context, v Visit, scope string) error {
	if scope != StopShop && scope != StopAds && scope != StopAll {
		return fieldError("scope", "error.field_bad")
	}
	err := a.store.Update(ctx, v.Session.Org, func(tx *store.Tx) error {
		r, err := receiptOf(tx, v)
		if err != nil {
			return err
		}
		s := stopping{subject: r.Subject, scope: scope, said: tx.Now, hold: v.Staff || !v.Proved(tx.Org), by: v.by()}
		if scope == StopAll && r.Way != wayCounter {
			s.answer = r.ID
		}
		if err := a.stopHere(tx, s); err != nil {
			return err
		}
		if s.hold && scope != StopAds {
			if err := a.tellHer(tx, r.Subject, "sms.stopped", nil); err != nil {
				return err
			}
		}
		if scope == StopShop || r.Way == wayCounter {
			return nil
		}
		return tx.Post(store.Letter{Kind: "consent.withdrawn", To: r.Peer, Ref: r.ID, Word: scope, N: int64(r.Epoch + 1), Said: tx.Now})
	})
	if err == nil {
		a.kick()
	}
	return err
}

// A stopping is what is stopped at one merchant.
type stopping struct {
	subject kexin.ID
	scope   string
	said    kexin.Instant // when she said it: what she proved since outweighs it
	hold    bool          // what cannot be undone waits a day
	erase   kexin.Instant // when the merchant's own record of her goes; 0 = by the referral's clock
	answer  kexin.ID      // the referral whose sender knows of it and is answered
	by      ledger.Actor
	way     ledger.Way // over which she said so; "" = the link
}

// stopHere ends her consents at this merchant, marks her number and e-mail address, and takes
// what she gave by referrals out of everybody's sight (WDR-01): one
// transaction. Of offers it ends those alone: what she asked is still answered.
func (a *App) stopHere(tx *store.Tx, w stopping) error {
	keys, err := addressesOf(tx, w.subject)
	if err != nil {
		return err
	}
	if w.scope == StopAds {
		return stopOffers(tx, w, keys)
	}
	if err := sayNo(tx, w.subject, w.scope, w.by, cmp.Or(w.way, "link")); err != nil {
		return err
	}
	if err := tx.Quieten(w.subject, keys, w.said, w.erase, w.by); err != nil {
		return err
	}
	s, err := tx.Subject(w.subject)
	if err != nil {
		return err
	}
	if _, err := tx.CancelSending(s, w.by); err != nil || w.scope == stopContact {
		return err
	}
	rows, err := tx.ReferralsOf(w.subject)
	if err != nil {
		return err
	}
	if err := stopSlips(tx, rows, w); err != nil {
		return err
	}
	ordered, err := tx.Ordered(w.subject)
	if err != nil {
		return err
	}
	if !ordered {
		if err := tx.Lock(s, w.by); err != nil {
			return err
		}
	}
	for _, r := range rows {
		if r.Side == store.Receiving {
			if err := a.revoke(tx, r, w); err != nil {
				return err
			}
		}
	}
	return nil
}

// stopOffers says no to every offer, for everybody of this merchant with an
// address of hers, and remembers it by the address.
func stopOffers(tx *store.Tx, w stopping, keys []kexin.Key) error {
	all, err := tx.RefuseOffers(w.subject, keys, w.by)
	if err != nil {
		return err
	}
	for _, id := range all {
		if err := sayNo(tx, id, StopAds, w.by, "link"); err != nil {
			return err
		}
		s, err := tx.Subject(id)
		if err != nil {
			return err
		}
		if _, err := tx.CancelSending(s, w.by); err != nil {
			return err
		}
	}
	rows, err := tx.ReferralsOf(w.subject)
	if err != nil {
		return err
	}
	return stopSlips(tx, rows, w)
}

// stopSlips gives her receipts of what she stopped, each in the place of the one
// before.
func stopSlips(tx *store.Tx, rows []store.Referral, w stopping) error {
	leaf, err := tx.MarkLeaf(w.subject)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.Side != store.Receiving {
			continue
		}
		typed, err := typedBy(tx, w.subject)
		if err != nil && kexin.CodeOf(err) != kexin.NotFound {
			return err
		}
		n, err := tx.NoticeOf(r.Notice)
		if err != nil {
			return err
		}
		if err := keepReceipt(tx, r, typed, n, i18n.Chinese, leaf, &consent.Stopped{Scope: w.scope, At: w.said}); err != nil {
			return err
		}
	}
	return nil
}

// outcomePending stands in a referral that was stopped until it is known what
// became of it, where its sender is to be answered.
const outcomePending = "PENDING"

// revoke moves one receiver's row to REVOKING; its clock erases.
func (a *App) revoke(tx *store.Tx, r store.Referral, w stopping) error {
	next, _, err := share.Apply(r.State, share.Event{Kind: share.Withdraw, By: share.Customer, At: tx.Now})
	if err != nil { // nothing is held any more
		return tx.NotMoved(r, share.Withdraw, w.by, err)
	}
	was := r.State
	r.State, r.Epoch, r.Due = next, r.Epoch+1, tx.Now
	if w.hold {
		r.Due = tx.Now.Add(share.HoldErasure)
	}
	if r.ID == w.answer {
		r.Outcome = outcomePending
	}
	if err := tx.SaveReferral(was, r); err != nil {
		return err
	}
	if err := tx.Moved(r, was, share.Withdraw, w.by, ""); err != nil {
		return err
	}
	return tellSender(tx, r, share.Withdraw)
}

// sayNo ends every consent of a scope: what is given is withdrawn, what was
// asked is refused.
func sayNo(tx *store.Tx, subject kexin.ID, scope string, by ledger.Actor, way ledger.Way) error {
	rows, err := tx.Words(subject)
	if err != nil {
		return err
	}
	n, err := tx.Notice()
	if err != nil {
		return err
	}
	for _, row := range rows {
		u, err := law.PurposeOf(row.Purpose)
		if err != nil || scope == StopAds && u.Consent != law.PerChannel {
			continue
		}
		k := consent.Withdraw
		switch row.State {
		case consent.Requested:
			k = consent.Refuse
		case consent.Given, consent.Suspended:
		default:
			continue
		}
		_, _, err = tx.Say(store.Said{Subject: subject, Purpose: row.Purpose, Channel: row.Channel, Receiver: row.Receiver, By: by, Way: way, Grade: row.Grade, Notice: n.Version,
			Event: consent.Event{Kind: k, By: consent.Customer, At: tx.Now}})
		if err != nil {
			return err
		}
	}
	return nil
}

// StopAsTold records that a customer told this merchant, by telephone or at the
// counter, to stop 叫停 (CON-08): staff's record of her word, no act of hers. What
// she gave by a referral is locked as by her own stop, and erased after a day;
// who came otherwise is marked do-not-contact, and her record stays for what an
// order needs. She is told at the number on file. Errors: not_found, forbidden.
func (a *App) StopAsTold(ctx context.Context, actor kexin.Actor, customer kexin.ID) error {
	err := a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		if err := mayAnswer(tx, actor); err != nil {
			return err
		}
		if _, err := a.one(tx, actor, kexin.Query{Act: kexin.ActContact, Object: kexin.Customer, Record: customer, Fields: []kexin.FieldID{kexin.CustPhone}}); err != nil {
			return err
		}
		f, err := tx.Facts(kexin.Customer, customer)
		if err != nil {
			return err
		}
		r, err := tx.ReferralOf(customer)
		if err != nil {
			return err
		}
		w := stopping{subject: f.Subject, scope: stopContact, said: tx.Now, hold: true, by: ledger.Who(actor), way: "counter"}
		if r.ID != 0 && holds(r.State) {
			w.scope = StopShop
		}
		if err := a.stopHere(tx, w); err != nil {
			return err
		}
		return a.tellHer(tx, f.Subject, "sms.stopped_told", nil)
	})
	if err == nil {
		a.kick()
	}
	return err
}
