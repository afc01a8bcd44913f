package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

// The postman's rounds: at once after something was posted, and now and then
// for what is left; the clock and the sweeping every minute.
const (
	postEvery  = 2 * time.Second
	clockEvery = time.Minute
	postFirst  = time.Minute
	postMost   = 6 * time.Hour
)

// toldLife is how long it is tried to tell her something.
const toldLife = 3 * 24 * time.Hour

// lastLife is how long an address outlives its erasure for the message that tells
// her of it.
const lastLife = 24 * time.Hour

// kick wakes the postman: on one server a letter arrives within a second of
// the commit that posted it.
func (a *App) kick() {
	select {
	case a.posted <- struct{}{}:
	default:
	}
}

// runPost delivers letters, sends messages and minds the clocks until ctx ends.
func (a *App) runPost(ctx context.Context) {
	t := time.NewTicker(postEvery)
	defer t.Stop()
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.posted:
		case <-a.misses.loud:
			if err := a.alarmGuessing(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("alarm about wrong links not written", "err", err.Error())
			}
		case <-t.C:
		}
		if err := a.Deliver(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("letters not delivered yet", "err", err.Error())
		}
		if _, err := a.SendDue(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("messages not sent yet", "err", err.Error())
		}
		if now := time.Now(); now.Sub(last) >= clockEvery {
			last = now
			if err := a.MindClocks(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("clocks not minded yet", "err", err.Error())
			}
		}
	}
}

// Deliver carries every letter that waits to its merchant on this server. Two
// merchants are two transactions: what stops between them is tried again, and
// taken once. A merchant whose letters cannot go keeps nobody else's from going.
func (a *App) Deliver(ctx context.Context) error {
	a.round.Lock()
	defer a.round.Unlock()
	for range 10 { // letters that letters bring
		orgs, err := a.store.OutboxWaits(ctx)
		if err != nil || len(orgs) == 0 {
			return err
		}
		if err := each(orgs, func(org kexin.ID) error { return a.deliverFrom(ctx, org) }); err != nil {
			return err
		}
	}
	return nil
}

// each does something for every merchant, whatever comes of it at the others, and
// gives all errors together.
func each(orgs []kexin.ID, do func(kexin.ID) error) (all error) {
	for _, org := range orgs {
		all = errors.Join(all, do(org))
	}
	return all
}

func (a *App) deliverFrom(ctx context.Context, org kexin.ID) error {
	var list []store.Waiting
	if err := a.store.View(ctx, org, func(tx *store.Tx) (err error) { list, err = tx.Outgoing(200); return err }); err != nil {
		return err
	}
	stuck := map[kexin.ID]bool{}
	for _, w := range list {
		if stuck[w.Peer] {
			continue
		}
		ack, err := a.Receive(ctx, org, w.Peer, w.Envelope)
		if tooOld(err) { // not taken before, and it waited too long since it was signed
			if err := a.store.Update(ctx, org, func(tx *store.Tx) (err error) { w, err = tx.Renewed(w); return err }); err != nil {
				return err
			}
			ack, err = a.Receive(ctx, org, w.Peer, w.Envelope)
		}
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			if w.Tries > 0 { // the first time it may only have overtaken another one, or the clock
				a.log.Warn("letter refused", "from", org, "to", w.Peer, "seq", w.Seq, "err", err.Error())
			}
			stuck[w.Peer] = true
		}
		if err != nil || store.Aside(ack) {
			next := kexin.At(a.now()).Add(min(postMost, postFirst<<min(w.Tries, 12)))
			if err := a.store.Update(ctx, org, func(tx *store.Tx) error { return tx.Delayed(w, next, ack) }); err != nil {
				return err
			}
			continue
		}
		if err := a.store.Update(ctx, org, func(tx *store.Tx) error { return tx.Posted(w, ack) }); err != nil {
			return err
		}
	}
	return nil
}

// tooOld reports whether a letter was refused for the time in it.
func tooOld(err error) bool {
	var e *kexin.Error
	return errors.As(err, &e) && e.Key == "error.letter_clock"
}

// Receive takes a letter in for a merchant and gives the signed answer; the
// same letter again gets the same answer. Errors: unauthorized for a wrong
// signature, conflict for one out of its order.
func (a *App) Receive(ctx context.Context, from, to kexin.ID, envelope []byte) (ack []byte, err error) {
	l, err := a.store.ReadLetter(ctx, from, envelope)
	if err != nil {
		return nil, err
	}
	if l.To != to {
		return nil, &kexin.Error{Op: "app.receive", Code: kexin.Conflict, Key: "error.letter"}
	}
	gave, err := a.gaveTo(ctx, l)
	if err != nil {
		return nil, err
	}
	take := func() error {
		return a.store.Update(ctx, to, func(tx *store.Tx) (err error) {
			ack, err = tx.Take(l, envelope, func() (string, error) { return a.act(tx, l, gave) })
			return err
		})
	}
	var twice *db.Constraint
	if err = take(); errors.As(err, &twice) && twice.Kind == db.Unique { // the same letter at the same moment: its ack stands now
		err = take()
	}
	a.kick()
	return ack, err
}

// act does what a letter says, in the transaction that takes it.
func (a *App) act(tx *store.Tx, l store.Letter, gave map[kexin.ID][]int64) (outcome string, err error) {
	switch l.Kind {
	case "credit.counted":
		_, err := tx.AddCredit(store.Credit{Peer: l.From, Side: store.Sending, Kind: l.Word[8:], Month: l.Word[:7], N: l.N})
		return "done", err
	case "consent.withdrawn":
		return a.takeWithdrawal(tx, l, gave)
	case "consent.outcome":
		return a.takeOutcome(tx, l)
	case "referral.moved":
		return a.takeMove(tx, l)
	case "alliance.member":
		return takeMember(tx, l)
	}
	return "nothing", nil
}

// takeMove moves the sender's row after the receiver's, as far as she allowed
// him to be told. What his row's state does not allow is recorded.
func (a *App) takeMove(tx *store.Tx, l store.Letter) (string, error) {
	r, err := tx.Referral(l.Ref)
	if kexin.CodeOf(err) == kexin.NotFound {
		return "nothing", nil
	}
	if err != nil {
		return "", err
	}
	by, k := ledger.Actor{Kind: ledger.ByMerchant, Ref: l.From}, share.Kind(l.Word)
	if !slices.Contains(share.Kinds[:], k) {
		k = "" // the log has no word for it
	}
	if r.Side != store.Sending || r.Peer != l.From {
		return "refused", tx.NotMoved(r, k, by, &kexin.Error{Op: "app.letter", Code: kexin.Forbidden})
	}
	if k == share.Withdraw && (r.State == share.Revoking || r.State == share.Revoked) {
		return "nothing", nil // the withdrawal itself came before
	}
	e := share.Event{Kind: k, At: tx.Now, Facts: share.Facts{Order: true, Clear: true}}
	if !e.Kind.Told() || !l.Told {
		return "refused", tx.NotMoved(r, e.Kind, by, &kexin.Error{Op: "app.letter", Code: kexin.Forbidden})
	}
	if r.State == share.Declined && e.Kind == share.Submit && l.Told { // she sent it after all
		if err := takeBack(tx, &r, share.Event{Due: r.Made.Add(share.LinkLife)}, by, "message"); err != nil {
			return "", err
		}
	}
	t, ok := share.TransitionOf(r.State, e.Kind)
	if ok {
		e.By = t.By[0]
	}
	switch e.Kind {
	case share.Silence, share.Idle, share.Overdue: // their clock ran at the receiver
		e.Due = tx.Now
	}
	next, err := share.Apply(r.State, e)
	if err != nil {
		return "refused", tx.NotMoved(r, e.Kind, by, err)
	}
	was := r.State
	r.State, r.Told, r.Due = next, l.Told, sentDue(next, tx.Now)
	if err := tx.SaveReferral(was, r); err != nil {
		return "", err
	}
	if was == share.Awaiting {
		if err := linkIfDone(tx, r.Ask, by); err != nil {
			return "", err
		}
	}
	return "done", tx.Moved(r, was, e.Kind, by, "message")
}

// MindClocks does what time brings: questions that nobody answered expire,
// what nobody accepted is erased, what she withdrew is erased after its day.
func (a *App) MindClocks(ctx context.Context) error {
	orgs, err := a.store.ReferralsDue(ctx)
	if err != nil {
		return err
	}
	err = errors.Join(each(orgs, func(org kexin.ID) error { return a.mindOrg(ctx, org) }), a.lapse(ctx))
	if len(orgs) > 0 {
		a.kick()
	}
	return errors.Join(err, a.store.SweepPortal(ctx))
}

// lapse ends requests for consent that nobody answered, disputes that nobody
// settled, what was stopped and has had its time, and links that were kept for
// a repeated request.
func (a *App) lapse(ctx context.Context) error {
	all, err := a.store.Merchants(ctx)
	if err != nil {
		return err
	}
	for _, o := range all {
		err = errors.Join(err, a.lapseOf(ctx, o.ID))
	}
	return err
}

func (a *App) lapseOf(ctx context.Context, org kexin.ID) error {
	words, marks, links := false, false, false
	if err := a.store.View(ctx, org, func(tx *store.Tx) (err error) {
		if words, err = tx.WordsOver(); err != nil {
			return err
		}
		if marks, err = tx.MarksOver(); err == nil {
			links, err = tx.LinksOver()
		}
		return err
	}); err != nil || !words && !marks && !links {
		return err
	}
	return a.store.Update(ctx, org, func(tx *store.Tx) error {
		if err := tx.ForgetLinks(); err != nil {
			return err
		}
		if err := tx.LapseWords(); err != nil {
			return err
		}
		return tx.MindMarks(100)
	})
}

func (a *App) mindOrg(ctx context.Context, org kexin.ID) error {
	var list []store.Referral
	if err := a.store.View(ctx, org, func(tx *store.Tx) (err error) { list, err = tx.ReferralsOver(500); return err }); err != nil {
		return err
	}
	for _, x := range list {
		err := a.store.Update(ctx, org, func(tx *store.Tx) error {
			r, err := tx.Referral(x.ID)
			if err != nil || r.Due == 0 || r.Due > tx.Now {
				return absentIsNobody(err)
			}
			return a.clock(tx, r)
		})
		if err != nil {
			a.log.Error("clock of a referral", "org", org, "referral", x.ID, "err", err.Error())
		}
	}
	return nil
}

// clockEvents are what the end of a state's time means.
var clockEvents = map[share.State]share.Kind{share.Awaiting: share.Timeout, share.Submitted: share.Silence, share.Accepted: share.Idle, share.Contacted: share.NoDeal, share.Revoking: share.Outcome,
	share.Declined: share.Close, share.Expired: share.Close, share.Rejected: share.Close, share.Won: share.Close, share.Lost: share.Close, share.Revoked: share.Close}

// sentDue is the clock of a state in a sender's row: of what runs at the
// receiver he has none.
func sentDue(s share.State, from kexin.Instant) kexin.Instant {
	switch s {
	case share.Submitted, share.Accepted, share.Contacted:
		return 0
	}
	return share.Due(s, from)
}

func (a *App) clock(tx *store.Tx, r store.Referral) error {
	k, ok := clockEvents[r.State]
	if r.Side == store.Sending && r.State == share.Revoking {
		k = share.Overdue
		_, next, err := waitsFor(tx, r)
		if err != nil {
			return err
		}
		if next != 0 { // it got the stop late, and has its fifteen days from then
			r.Due = next
			return tx.SaveReferral(r.State, r)
		}
	}
	if !ok || r.Side == store.Sending && sentDue(r.State, tx.Now) == 0 {
		r.Due = 0
		return tx.SaveReferral(r.State, r)
	}
	by := share.Clock
	if k == share.Outcome || k == share.Close {
		by = share.System
	}
	return a.move(tx, r, share.Event{Kind: k, By: by, At: tx.Now, Due: r.Due}, ledger.Actor{Kind: ledger.BySystem}, "")
}

// move applies an event to a row, does what belongs to it in the same
// transaction, writes the log and tells the sender what he may be told.
func (a *App) move(tx *store.Tx, r store.Referral, e share.Event, by ledger.Actor, way string) error {
	next, err := share.Apply(r.State, e)
	if err != nil {
		return err
	}
	was, answered := r.State, strings.HasPrefix(r.Outcome, outcomePending)
	kept := r.Outcome == outcomeRestricted // of that she told when she put it off
	r.State, r.Due = next, share.Due(next, tx.Now)
	if next == share.Rejected {
		if err := a.eraseUntaken(tx, &r); err != nil {
			return err
		}
	}
	if was == share.Lost && next == share.Closed && r.Side == store.Receiving || was == share.Revoking && next == share.Revoked {
		if err := a.endOf(tx, &r, was); err != nil {
			return err
		}
	}
	if err := tx.SaveReferral(was, r); err != nil {
		return err
	}
	if err := tx.Moved(r, was, e.Kind, by, way); err != nil {
		return err
	}
	switch {
	case next == share.Expired:
		return linkIfDone(tx, r.Ask, by)
	case e.Kind == share.Overdue:
		return a.noAnswer(tx, r)
	case e.Kind == share.Outcome && (r.Told || answered) && !kept && r.Way != wayCounter:
		return answer(tx, r)
	}
	return tellSender(tx, r, e.Kind)
}

// endOf erases the receiver's copy, or keeps it on the order's own ground
// (WDR-03).
func (a *App) endOf(tx *store.Tx, r *store.Referral, was share.State) error {
	kept, err := tx.Ordered(r.Subject)
	if err != nil {
		return err
	}
	if kept || openOutcome(r.Outcome) && strings.HasSuffix(r.Outcome, outcomeKept) {
		r.Outcome = "OWN_BASIS"
		return nil
	}
	why := ledger.Why("retention")
	if was == share.Revoking {
		why, r.Outcome = "withdrawn", "DELETED"
	}
	return eraseReferred(tx, r, why)
}

// eraseUntaken erases what she gave and nobody took up, and queues the one message
// that tells her so (law.md 8.2): its address alone outlives her, sealed, until it
// is sent or lastLife is over. Whose address is in doubt is told nothing.
func (a *App) eraseUntaken(tx *store.Tx, r *store.Referral) error {
	keys, err := addressesOf(tx, r.Subject)
	lang := ""
	if err == nil {
		lang, err = langOf(tx, r.Subject)
	}
	if kexin.CodeOf(err) == kexin.Internal { // what does not open is erased all the same
		keys, err = nil, nil
	}
	if err != nil {
		return err
	}
	keys, doubted := a.reachable(keys), noProof(*r) || r.Doubt == store.DoubtNotMe
	if err := eraseReferred(tx, r, "retention"); err != nil || doubted || len(keys) == 0 {
		return err
	}
	to := keys[0]
	for _, k := range keys {
		if k.Kind == reachedBy(r.Channel) { // where she asked to be answered
			to = k
		}
	}
	if many, err := toldOften(tx, to); err != nil || many {
		return err
	}
	own, err := ownCard(tx)
	if err != nil {
		return err
	}
	m := store.Message{Subject: tx.Org, Channel: postOf(to.Kind), Kind: store.LastMessage, Ref: r.ID, To: to.Canon, Ends: tx.Now.Add(lastLife)}
	_, err = tx.Queue(a.saying(m, "untaken", lang, map[string]string{"sign": own.Shown, "shop": own.Legal, "need": r.Need}))
	return err
}

func eraseReferred(tx *store.Tx, r *store.Referral, why ledger.Why) error {
	if err := tx.Erase(r.Subject, why); err != nil {
		return err
	}
	*r = r.Emptied()
	return nil
}

// tellSender posts what happened to the sender, if she allowed it.
func tellSender(tx *store.Tx, r store.Referral, k share.Kind) error {
	if r.Side != store.Receiving || !r.Told || r.Way == wayCounter {
		return nil
	}
	switch k {
	case share.Accept, share.Reject, share.Silence, share.Contact, share.Idle, share.Order, share.NoDeal, share.Withdraw:
		return tx.Post(store.Letter{Kind: "referral.moved", To: r.Peer, Ref: r.ID, Word: string(k), Told: true})
	}
	return nil
}
