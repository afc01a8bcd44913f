package app

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"kexin"
	"kexin/consent"
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
// every other shop that she came to by this path is told by letter. How far it
// goes is what was proved (proof.go): by an address of hers, all that the shop has
// under it; by the link alone, what she sent with it, and do-not-contact for whom
// her own shop asked. The link alone stops at once; what cannot be undone waits a
// day then, unless a code was right in the visit (security.md A6); and of a stop at
// every shop while a code could still prove another address of hers, by which some
// of them may have her. A stop protects
// her, so it holds from a browser of staff too; the log does not say then that it
// was hers. Errors: not_found, conflict.
func (a *App) Withdraw(ctx context.Context, v Visit, scope string) error {
	if scope != StopShop && scope != StopAds && scope != StopAll {
		return fieldError("scope", "error.field_bad")
	}
	there, err := a.widerBy(ctx, v, scope)
	if err != nil {
		return err
	}
	err = a.store.Update(ctx, v.Session.Org, func(tx *store.Tx) error {
		r, err := receiptOf(tx, v)
		if err != nil {
			return err
		}
		keys, here, err := v.proved(tx, r)
		if err != nil {
			return err
		}
		return a.stopBy(tx, r, stopping{scope: scope, said: tx.Now, keys: append(keys, there...), hold: v.Staff || !here && len(there) == 0, by: v.by()})
	})
	if err == nil {
		a.kick()
	}
	return err
}

// widerBy are the addresses by which a stop at every shop goes where this one has
// erased her by a stop before: those that the visit proved and her own shop has.
func (a *App) widerBy(ctx context.Context, v Visit, scope string) (there []kexin.Key, err error) {
	if scope != StopAll {
		return nil, nil
	}
	var r store.Referral
	err = a.store.View(ctx, v.Session.Org, func(tx *store.Tx) (err error) { r, err = receiptOf(tx, v); return err })
	if err == nil {
		_, there, err = a.keysThere(ctx, v, r)
	}
	return there, err
}

// stopBy is her stop by her receipt.
func (a *App) stopBy(tx *store.Tx, r store.Referral, w stopping) error {
	w.subject = r.Subject
	if err := tx.CancelLast(r.ID, w.by); err != nil {
		return err
	}
	if w.scope == StopAll && r.Way != wayCounter {
		w.answer = r.ID
	}
	if len(w.keys) == 0 {
		w.only = r.ID
		if err := notProved(tx, r.Subject); err != nil {
			return err
		}
	}
	tell := w.hold && w.scope != StopAds
	if w.answer != 0 && !w.hold {
		more, err := a.unprovedOver(tx, r, w.keys)
		if err != nil {
			return err
		}
		w.hold = len(more) > 0
	}
	letter := store.Letter{Kind: "consent.withdrawn", To: r.Peer, Ref: r.ID, Word: w.scope, N: int64(r.Epoch + 1), Said: w.said, Proved: codesOf(tx, r.ID, w.keys)}
	stopped, err := a.stopHere(tx, w)
	if err != nil {
		return err
	}
	if stopped && tell {
		if err := a.tellStopped(tx, r.Subject, "sms.stopped", "sms.stopped_keep"); err != nil {
			return err
		}
	}
	if w.scope == StopShop || r.Way == wayCounter {
		return nil
	}
	return tx.Post(letter)
}

// stopWhole makes her stop go for all that the shop has of an address that she
// proved now, beside those that were proved before: as far as she had stopped.
func (a *App) stopWhole(tx *store.Tx, v Visit, r store.Referral, key kexin.Key) error {
	scope, err := stoppedBefore(tx, r)
	if err != nil || scope == "" {
		return err
	}
	keys, _, err := v.proved(tx, r)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(keys, key.Same) {
		keys = append(keys, key)
	}
	return a.stopBy(tx, r, stopping{scope: scope, said: tx.Now, keys: keys, by: herAct})
}

// stoppedBefore is the scope of her stop by a receipt; "" for none.
func stoppedBefore(tx *store.Tx, r store.Referral) (string, error) {
	stop, err := stopOn(tx, r)
	if stop.Lifted != 0 {
		stop.Scope = ""
	}
	return stop.Scope, err
}

// wholeOver are the channels over which a code would make her stop go for all
// that the shop has of one more address: none where it does, or she stopped
// nothing.
func (a *App) wholeOver(tx *store.Tx, v Visit, r store.Referral) ([]kexin.Channel, error) {
	scope, err := stoppedBefore(tx, r)
	if err != nil || scope == "" {
		return nil, err
	}
	keys, _, err := v.proved(tx, r)
	if err != nil {
		return nil, err
	}
	return a.unprovedOver(tx, r, keys)
}

// unprovedOver are the channels to those of her addresses by which no stop goes
// yet, beside the ones that were proved.
func (a *App) unprovedOver(tx *store.Tx, r store.Referral, proved []kexin.Key) (out []kexin.Channel, err error) {
	keys, err := keysFor(tx, r, CodeStop)
	for _, k := range a.reachable(keys) {
		done, err := tx.OffersShut(k.Kind, k.Canon) // by it somebody proved the same
		if err != nil {
			return nil, err
		}
		if !done && !slices.ContainsFunc(proved, k.Same) {
			out = append(out, postOf(k.Kind))
		}
	}
	return out, err
}

// A stopping is what is stopped at one merchant.
type stopping struct {
	subject kexin.ID
	keys    []kexin.Key // her addresses by which it goes: everybody here who has one; nil = she alone
	only    kexin.ID    // the one referral that ends; 0 = all of hers
	scope   string
	said    kexin.Instant // when she said it: what she proved since outweighs it
	hold    bool          // what cannot be undone waits a day
	erase   kexin.Instant // when the merchant's own record of her goes; 0 = by the referral's clock
	answer  kexin.ID      // the referral whose sender knows of it and is answered
	by      ledger.Actor
	way     ledger.Way // over which she said so; "" = the link
}

// stopHere ends her consents at this merchant, marks her and the addresses by
// which it goes, and takes what she gave by referrals out of everybody's sight
// (WDR-01): one transaction. Of offers it ends those alone: what she asked is
// still answered. It reports whether anything was not stopped yet.
func (a *App) stopHere(tx *store.Tx, w stopping) (stopped bool, err error) {
	if w.scope == StopAds {
		return false, stopOffers(tx, w)
	}
	quiet, _, err := tx.Quieted(w.subject)
	if err != nil {
		return false, err
	}
	stopped = !quiet
	people, err := tx.Quieten(w.subject, w.keys, w.said, w.erase, w.by, w.way)
	if err != nil {
		return false, err
	}
	for _, id := range people {
		moved, err := a.stopPerson(tx, w, id)
		if stopped = stopped || moved; err != nil {
			return false, err
		}
	}
	return stopped, nil
}

// stopPerson stops one of those with her address.
func (a *App) stopPerson(tx *store.Tx, w stopping, id kexin.ID) (moved bool, err error) {
	if err := sayNo(tx, id, w.scope, w.by, cmp.Or(w.way, "link")); err != nil {
		return false, err
	}
	s, err := tx.Subject(id)
	if err != nil {
		return false, err
	}
	if _, err := tx.CancelSending(s, w.by); err != nil {
		return false, err
	}
	rows, err := tx.ReferralsOf(id)
	if err != nil {
		return false, err
	}
	if w.only == 0 {
		if err := a.closeAsks(tx, rows, w.by); err != nil {
			return false, err
		}
	}
	rows = w.sent(rows)
	if w.scope == stopContact || id != w.subject && len(rows) == 0 {
		return false, nil
	}
	if err := stopSlips(tx, rows, w); err != nil {
		return false, err
	}
	kept, err := tx.Ordered(id)
	if err == nil && !kept && w.only != 0 {
		kept, err = tx.MoreThanEnquiry(id)
	}
	if err != nil {
		return false, err
	}
	if !kept {
		if err := tx.Lock(s, w.by); err != nil {
			return false, err
		}
	}
	for _, r := range rows {
		did, err := a.revoke(tx, r, w, kept)
		if moved = moved || did; err != nil {
			return false, err
		}
	}
	return moved, nil
}

// sent are the referrals by which somebody sent what a stop ends.
func (w stopping) sent(rows []store.Referral) []store.Referral {
	return slices.DeleteFunc(rows, func(r store.Referral) bool {
		return r.Side != store.Receiving || w.only != 0 && r.ID != w.only
	})
}

// closeAsks answers with no what a person is still asked here, and ends the
// links.
func (a *App) closeAsks(tx *store.Tx, rows []store.Referral, by ledger.Actor) error {
	for _, r := range rows {
		if r.Side != store.Sending || r.Ask == 0 || r.Ended() {
			continue
		}
		if r.State == share.Awaiting {
			if _, err := a.noToAll(tx, []store.Referral{r}, by); err != nil {
				return err
			}
		}
		if err := tx.EndPortalLinks(store.AskLink, r.Ask); err != nil {
			return err
		}
	}
	return nil
}

// stopOffers says no to every offer, for everybody of this merchant with an
// address by which it goes, and remembers it by the address.
func stopOffers(tx *store.Tx, w stopping) error {
	all, err := tx.RefuseOffers(w.subject, w.keys, w.by)
	if err != nil {
		return err
	}
	for _, id := range all {
		if err := sayNo(tx, id, StopAds, w.by, cmp.Or(w.way, "link")); err != nil {
			return err
		}
		s, err := tx.Subject(id)
		if err != nil {
			return err
		}
		if _, err := tx.CancelSending(s, w.by); err != nil {
			return err
		}
		rows, err := tx.ReferralsOf(id)
		if err != nil {
			return err
		}
		if err := stopSlips(tx, w.sent(rows), w); err != nil {
			return err
		}
	}
	return nil
}

// stopSlips gives her receipts of what she stopped, each in the place of the one
// before.
func stopSlips(tx *store.Tx, rows []store.Referral, w stopping) error {
	for _, r := range rows {
		leaf, err := tx.MarkLeaf(r.Subject)
		if err != nil {
			return err
		}
		typed, err := typedBy(tx, r.Subject)
		if err != nil && kexin.CodeOf(err) != kexin.NotFound {
			return err
		}
		n, err := tx.NoticeOf(r.Notice)
		if err != nil {
			return err
		}
		if err := keepReceipt(tx, r, typed, n, leaf, &consent.Stopped{Scope: w.scope, At: w.said}); err != nil {
			return err
		}
	}
	return nil
}

// What stands in a referral that was stopped until it is known what became of it:
// its sender is to be answered; what the shop has besides is not erased with it.
const (
	outcomePending = "PENDING"
	outcomeKept    = "_KEPT"
)

// openOutcome reports whether an outcome is not known yet.
func openOutcome(s string) bool {
	return strings.HasPrefix(s, outcomePending) || s == outcomeKept
}

// revoke moves one receiver's row to REVOKING; its clock erases. One that is
// revoked already ends sooner where she proves now that it is hers; that she put the
// erasure off holds until then.
func (a *App) revoke(tx *store.Tx, r store.Referral, w stopping, kept bool) (moved bool, err error) {
	was := r.State
	next, err := share.Apply(r.State, share.Event{Kind: share.Withdraw, By: share.Customer, At: tx.Now})
	if err != nil { // nothing is held any more, or it waits already
		if was != share.Revoking || w.only != 0 || w.hold && r.Outcome == outcomeRestricted {
			return false, tx.NotMoved(r, share.Withdraw, w.by, err)
		}
		next = was
	}
	moved = next != was
	due := tx.Now
	if w.hold {
		due = tx.Now.Add(share.HoldErasure)
	}
	if r.State = next; moved {
		r.Epoch, r.Due = r.Epoch+1, due
	}
	r.Due = min(r.Due, due)
	if openOutcome(r.Outcome) {
		r.Outcome = strings.TrimSuffix(r.Outcome, outcomeKept)
	}
	if r.ID == w.answer {
		r.Outcome = outcomePending
	}
	if kept && w.only != 0 {
		r.Outcome += outcomeKept
	}
	if err := tx.SaveReferral(was, r); err != nil || !moved {
		return false, err
	}
	if err := tx.Moved(r, was, share.Withdraw, w.by, ""); err != nil {
		return false, err
	}
	return true, tellSender(tx, r, share.Withdraw)
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
// counter, to stop 叫停 (CON-08): staff's record of her word, no act of hers. Scope
// StopAds ends offers alone (WDR-04). StopShop ends contact: what she gave by a
// referral is locked as by her own stop, and erased after a day; who came otherwise
// is marked do-not-contact, and her record stays for what an order needs. She is
// told of it at the number on file. Errors: not_found, forbidden.
func (a *App) StopAsTold(ctx context.Context, actor kexin.Actor, customer kexin.ID, scope string) error {
	if scope != StopShop && scope != StopAds {
		return fieldError("scope", "error.field_bad")
	}
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
		if w.keys, err = addressesOf(tx, f.Subject); err != nil {
			return err
		}
		if scope == StopAds || r.ID != 0 && holds(r.State) {
			w.scope = scope
		}
		return a.stopTold(tx, w)
	})
	if err == nil {
		a.kick()
	}
	return err
}

// stopTold stops what she said to stop by no link of hers, and tells her once.
func (a *App) stopTold(tx *store.Tx, w stopping) error {
	if stopped, err := a.stopHere(tx, w); err != nil || !stopped {
		return err
	}
	return a.tellStopped(tx, w.subject, "sms.stopped_told", "sms.stopped_told_keep")
}
