package app

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"kexin"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

// A withdrawal goes from shop to shop along her path, and an outcome comes
// back: DELETED, OWN_BASIS or RESTRICTED to a sender whom she allowed to be told, else
// ANSWERED, which says that it is one of them (WDR-03, security.md A13).
const outcomeAnswered = "ANSWERED"

// gaveTo are the referrals of a sender through which she gave another shop
// something that it still holds, each with the codes of what she proved and that
// shop has: what a withdrawal that came to him is passed on for. It goes no further
// than the addresses that she proved: nowhere where he has none of them on file for
// her, and to no shop that has her by another. His own rows do not know
// of a yes that he was not to be told of; asked here, by her act, are the
// receivers'. One that cannot be asked may hold something: the stop goes there too,
// and what is wrong with it stops no other. What she proved after she said the stop
// is not what she meant by it.
func (a *App) gaveTo(ctx context.Context, l store.Letter) (map[kexin.ID][]int64, error) {
	if l.Kind != "consent.withdrawn" {
		return nil, nil
	}
	var rows []store.Referral
	known := map[kexin.ID][]int64{} // of what he has himself
	err := a.store.View(ctx, l.To, func(tx *store.Tx) error {
		rows = nil
		r, err := tx.Referral(l.Ref)
		if store.Damaged(err) {
			return nil // the letter is set aside
		}
		if err != nil || r.Side != store.Sending {
			return absentIsNobody(err)
		}
		keys, err := provedIn(tx, r.Subject, l)
		if err != nil || len(keys) == 0 {
			return err
		}
		rows, err = tx.ReferralsOf(r.Subject)
		for _, x := range rows {
			known[x.ID] = codesOf(tx, x.ID, keys)
		}
		return err
	})
	out := map[kexin.ID][]int64{}
	for _, x := range rows {
		if x.Side != store.Sending || x.State == share.Draft || x.State == share.Blocked { // nobody was asked
			continue
		}
		if err := a.store.View(ctx, x.Peer, func(tx *store.Tx) error {
			y, err := tx.Referral(x.ID)
			if err != nil || y.Side != store.Receiving || y.Peer != l.To || y.State != share.Revoking && !holds(y.State) || l.Said != 0 && y.Proved > l.Said {
				return absentIsNobody(err)
			}
			proved, err := provedIn(tx, y.Subject, l)
			if codes := codesOf(tx, x.ID, proved); len(codes) > 0 {
				out[x.ID] = codes
			}
			return err
		}); err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			a.log.Error("a stop goes to a shop that cannot be asked", "shop", x.Peer, "referral", x.ID, "err", err.Error())
			out[x.ID] = known[x.ID]
		}
	}
	return out, err
}

// holds reports whether there is something to withdraw at the receiver.
func holds(s share.State) bool {
	_, ok := share.TransitionOf(s, share.Withdraw)
	return ok
}

// takeWithdrawal is a withdrawal that came by letter: she made it at another
// shop of the path. It stops here and goes on to every other shop that she came
// to from here, but not back. Each of them owes an answer within fifteen days.
// Where no address of hers was proved it ends the referral, and whom this shop had
// asked is not to be contacted; her record stays, nobody else is told, and the
// officer looks at it.
func (a *App) takeWithdrawal(tx *store.Tx, l store.Letter, gave map[kexin.ID][]int64) (string, error) {
	r, err := tx.Referral(l.Ref)
	if kexin.CodeOf(err) == kexin.NotFound { // it could not be asked: she gave nothing here, and who waits is answered all the same
		if l.Word != StopAll {
			return "nothing", nil
		}
		return "nothing", answer(tx, store.Referral{ID: l.Ref, Peer: l.From})
	}
	if err != nil {
		return "", err
	}
	by := ledger.Actor{Kind: ledger.ByMerchant, Ref: l.From}
	if r.Peer != l.From || l.Word != StopAll && l.Word != StopAds || r.Side == store.Receiving && int64(r.Epoch) > l.N {
		return "refused", tx.NotMoved(r, share.Withdraw, by, &kexin.Error{Op: "app.letter", Code: kexin.Forbidden})
	}
	rows, err := tx.ReferralsOf(r.Subject)
	if err != nil {
		return "", err
	}
	rows = slices.DeleteFunc(rows, func(x store.Referral) bool {
		return x.Side != store.Sending || x.ID != l.Ref && gave[x.ID] == nil
	})
	w := stopping{subject: r.Subject, scope: l.Word, said: cmp.Or(l.Said, tx.Now), hold: true, by: by}
	if w.keys, err = provedIn(tx, r.Subject, l); err != nil {
		return "", err
	}
	if len(w.keys) == 0 {
		w.only = r.ID
		if err := alertNotProved(tx, r.Subject); err != nil {
			return "", err
		}
	}
	switch {
	case l.Word == StopAds:
	case r.Side == store.Receiving:
		w.answer = r.ID
	case w.only != 0:
		w.scope = stopContact
	default: // her own shop: it must be able to tell her of who stays silent
		w.erase = tx.Now.Add(share.HoldErasure)
		if len(rows) > 1 {
			w.erase = tx.Now.Add(share.OutcomeWithin + share.HoldErasure)
		}
	}
	if r.Side == store.Sending {
		for _, x := range rows {
			if err := passOn(tx, x, l, gave[x.ID], w.by); err != nil {
				return "", err
			}
		}
	}
	due, err := tx.MarkErases(r.Subject)
	if err != nil {
		return "", err
	}
	stopped, err := a.stopHere(tx, w)
	if err != nil {
		return "", err
	}
	if w.erase != 0 && w.erase < due { // she had put it off
		stopped = true
	}
	if stopped && l.Word != StopAds {
		if err := a.tellStopped(tx, r.Subject, "sms.stopped_path", "sms.stopped_keep"); err != nil {
			return "", err
		}
	}
	if r.Side == store.Receiving {
		err = owed(tx, r, l.Word)
	}
	return "done", err
}

// owed sees to the answer for a referral at which there was nothing to stop any
// more: at once, or with the end of the stop that she made here herself before.
func owed(tx *store.Tx, r store.Referral, scope string) error {
	if scope == StopAds || r.State != share.Revoking && holds(r.State) {
		return nil // stopped just now, and answered at its end
	}
	if r.State == share.Revoking && r.Outcome != outcomeRestricted {
		r.Outcome = outcomePending + strings.TrimPrefix(r.Outcome, outcomePending)
		return tx.SaveReferral(r.State, r)
	}
	if r.Outcome == "" || openOutcome(r.Outcome) {
		r.Outcome = "DELETED"
	}
	return answer(tx, r)
}

// passOn tells one shop, unless it was the one that told, and waits for its
// answer.
func passOn(tx *store.Tx, x store.Referral, l store.Letter, proved []int64, by ledger.Actor) error {
	if x.ID != l.Ref {
		if err := tx.Post(store.Letter{Kind: "consent.withdrawn", To: x.Peer, Ref: x.ID, Word: l.Word, N: 1 << 31, Said: l.Said, Proved: proved}); err != nil {
			return err
		}
	}
	if l.Word == StopAds {
		return nil
	}
	next, err := share.Apply(x.State, share.Event{Kind: share.Withdraw, By: share.Customer, At: tx.Now})
	if err != nil { // nothing is held there any more, or it waits already
		return tx.NotMoved(x, share.Withdraw, by, err)
	}
	was := x.State
	x.State, x.Due = next, share.Due(next, tx.Now)
	if err := tx.SaveReferral(was, x); err != nil {
		return err
	}
	return tx.Moved(x, was, share.Withdraw, by, "message")
}

// answer posts what became of a withdrawal, where its sender knows of it.
func answer(tx *store.Tx, r store.Referral) error {
	word := r.Outcome
	if !r.Told {
		word = outcomeAnswered
	}
	return tx.Post(store.Letter{Kind: "consent.outcome", To: r.Peer, Ref: r.ID, Word: word, Told: r.Told})
}

// takeOutcome notes the answer of a shop to a withdrawal.
func (a *App) takeOutcome(tx *store.Tx, l store.Letter) (string, error) {
	r, err := tx.Referral(l.Ref)
	if kexin.CodeOf(err) == kexin.NotFound {
		return "nothing", nil
	}
	if err != nil {
		return "", err
	}
	by := ledger.Actor{Kind: ledger.ByMerchant, Ref: l.From}
	next, err := share.Apply(r.State, share.Event{Kind: share.Outcome, By: share.Receiver, At: tx.Now})
	switch {
	case r.Side != store.Sending || r.Peer != l.From || !slices.Contains([]string{"DELETED", "OWN_BASIS", outcomeRestricted, outcomeAnswered}, l.Word):
		err = &kexin.Error{Op: "app.outcome", Code: kexin.Forbidden}
	case r.State == share.Revoked:
		return "nothing", nil
	}
	if err != nil {
		return "refused", tx.NotMoved(r, share.Outcome, by, err)
	}
	was := r.State
	r.State, r.Outcome, r.Due = next, l.Word, share.Due(next, tx.Now)
	if err := tx.SaveReferral(was, r); err != nil {
		return "", err
	}
	return "done", tx.Moved(r, was, share.Outcome, by, "message")
}

// An undone is what the other shop of a sender's row has left undone for fifteen
// days after her stop: it answered nothing, or has not even got it (WDR-05).
type undone string

const (
	answerOverdue undone = "silent"
	stopOverdue   undone = "undelivered"
)

// waitsFor is what there is to tell of a sender's row that is stopped; the next
// look is due at next.
func waitsFor(tx *store.Tx, r store.Referral) (w undone, next kexin.Instant, err error) {
	if r.Side != store.Sending || r.State != share.Revoking {
		return "", 0, nil
	}
	sent, known, err := tx.StopSent(r)
	if err != nil {
		return "", 0, err
	}
	since := r.Changed // of one that told of the stop itself
	if sent {
		since = max(since, known)
	}
	switch {
	case tx.Now.Sub(since) < share.OutcomeWithin:
		return "", since.Add(share.OutcomeWithin), nil
	case sent && known == 0:
		return stopOverdue, 0, nil
	}
	return answerOverdue, 0, nil
}

// noAnswer is what fifteen days without an answer bring (WDR-05): nobody is
// recommended to that shop while the case is open, the officer is told, and
// she gets its number and where to complain.
func (a *App) noAnswer(tx *store.Tx, r store.Referral) error {
	w, _, err := waitsFor(tx, r)
	if err != nil {
		return err
	}
	code := store.AlertSilent
	if w == stopOverdue {
		code = store.AlertUndelivered
	}
	about := map[string]string{"peer": r.Peer.String(), "referral": r.ID.String()}
	if open, err := tx.Alerted(code, about); err != nil || open {
		return err
	}
	c, err := tx.Card(r.Peer)
	if err != nil && kexin.CodeOf(err) != kexin.NotFound {
		return err
	}
	if err := tx.Alert(code, about); err != nil {
		return err
	}
	return a.write(tx, r.Subject, "", "sms."+string(w), map[string]string{"shop": c.Legal, "tel": c.Phone})
}

// tellHer writes to her what somebody did with a link of hers, as far as anybody
// who types her number may make a shop write to it: once a day, to one number
// from a few shops, and so many from one shop. page is the language of the page on
// which it was done, where that is known.
func (a *App) tellHer(tx *store.Tx, subject kexin.ID, page, key string, args map[string]string) error {
	if may, err := a.mayTell(tx, subject); err != nil || !may {
		return err
	}
	return a.write(tx, subject, page, key, args)
}

// mayTell counts such a message and reports whether it goes out.
func (a *App) mayTell(tx *store.Tx, subject kexin.ID) (bool, error) {
	keys, err := addressesOf(tx, subject)
	if keys = a.reachable(keys); err != nil || len(keys) == 0 {
		return false, err
	}
	many, err := toldOften(tx, keys[0])
	return !many, err
}

// toldOften counts a message to an address and reports whether it is one too many.
func toldOften(tx *store.Tx, at kexin.Key) (bool, error) {
	to, shop, today := at.Canon, tx.Org.String(), dayOf(tx.Now)
	for _, c := range []struct {
		label, text string
		most        int
	}{{"told/here", shop + "/" + to, 1}, {"told", to, toldPerDay}, {"told/shop", shop, postPerDay}} {
		if n, err := tx.Tally(c.label, c.text, today); err != nil || n > c.most {
			return true, err
		}
	}
	return false, nil
}

// toldPerDay is how many shops tell one number something in a day.
const toldPerDay = 3

// write queues one sentence to the number on file, or else to the e-mail
// address, about what she did herself; nothing where no messages go out or no
// address is left.
func (a *App) write(tx *store.Tx, subject kexin.ID, page, key string, args map[string]string) error {
	keys, err := addressesOf(tx, subject)
	if err != nil {
		return err
	}
	if keys = a.reachable(keys); len(keys) == 0 {
		return nil
	}
	own, err := ownCard(tx)
	if err != nil {
		return err
	}
	if args == nil {
		args = map[string]string{"tel": own.Phone} // whom to call, where the sentence names nobody else
	}
	args["sign"] = own.Shown
	lang, err := langOf(tx, subject)
	if err != nil {
		return err
	}
	_, err = tx.Queue(a.saying(store.Message{Subject: subject, Channel: postOf(keys[0].Kind), Kind: "told", To: keys[0].Canon, Ends: tx.Now.Add(toldLife)}, strings.TrimPrefix(key, "sms."), cmp.Or(lang, page), args))
	return absentIsNobody(err)
}

// tellDeclined tells her at the number on file that somebody with her link
// declined: she can take it back (security.md A6).
func (a *App) tellDeclined(tx *store.Tx, r store.Referral, page string) error {
	c, err := tx.Card(r.Peer)
	if err != nil && kexin.CodeOf(err) != kexin.NotFound {
		return err
	}
	return a.tellHer(tx, r.Subject, page, "sms.declined", map[string]string{"shop": c.Shown})
}
