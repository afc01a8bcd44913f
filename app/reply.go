package app

import (
	"context"
	"errors"
	"time"

	"kexin"
	"kexin/auth"
	"kexin/consent"
	"kexin/kind"
	"kexin/share"
	"kexin/store"
)

// A Reply is what somebody answered to a text message of ours, as the provider
// passes it on.
type Reply struct {
	ID   string // the provider's; the same one does nothing a second time
	From string // the number it came from
	Text string
}

// Bounds of replies.
const (
	replyIDMost = 128
	replyNear   = 7 * 24 * time.Hour   // every shop that wrote within it is meant
	replyFar    = 180 * 24 * time.Hour // where none did, the one that wrote last
)

// replyRate is how many replies of one number are read.
var replyRate = auth.Rate{Within: time.Hour, Most: 20}

// RepliesFrom refuses who lately brought many replies that the SMS service had not
// signed. Errors: rate_limited.
func (a *App) RepliesFrom(from From) error {
	if now := a.now(); a.unsigned.many(auth.Network(from.Addr).String(), now) {
		return &kexin.Error{Op: "app.reply", Code: kexin.RateLimited, Until: kexin.At(now.Add(time.Minute))}
	}
	return nil
}

// ReplyUnsigned counts one of them.
func (a *App) ReplyUnsigned(from From) { a.unsigned.add(auth.Network(from.Addr).String(), a.now()) }

// Reply does what a customer answered to a text message (CON-08, CON-13, MKT-04): a
// stop at the shop, or "that is not me", in one transaction for each shop that is
// meant. A sender's number can be forged, so that it may no more than her link: it
// stops and locks, what cannot be undone waits a day, it gives nothing, and she is
// told what it did. A word that is not known does nothing, and nobody is answered.
// Errors: invalid, rate_limited; unavailable where it is to come again: what was done
// is not done twice.
func (a *App) Reply(ctx context.Context, r Reply) error {
	if r.ID == "" || len(r.ID) > replyIDMost {
		return fieldError("id", "error.field_bad")
	}
	number, err := kind.Canon(kexin.KeyPhone, r.From)
	if err != nil {
		return fieldError("from", "error.field_bad")
	}
	until, err := a.store.Rate(ctx, "reply/number", number, replyRate)
	if err == nil && until != 0 {
		err = &kexin.Error{Op: "app.reply", Code: kexin.RateLimited, Until: until}
	}
	word := consent.ReadReply(r.Text)
	if err != nil || word == consent.ReplyUnknown {
		return err
	}
	key := kexin.Key{Kind: kexin.KeyPhone, Canon: number}
	orgs, err := a.repliedTo(ctx, key)
	for _, org := range orgs {
		err = errors.Join(err, a.store.Update(ctx, org, func(tx *store.Tx) error { return a.heedReply(tx, r, key, word) }))
	}
	a.kick()
	if err != nil {
		err = &kexin.Error{Op: "app.reply", Code: kexin.Unavailable, Err: err}
	}
	return err
}

// repliedTo are the shops that a reply is for: every one that wrote to the number in
// the last days, since whom she answers does not show and one stop too many is easier
// mended than one too few; if none did, the one that wrote last.
func (a *App) repliedTo(ctx context.Context, key kexin.Key) (near []kexin.ID, err error) {
	orgs, err := a.store.Merchants(ctx)
	if err != nil {
		return nil, err
	}
	var lastOrg kexin.ID
	var lastAt kexin.Instant
	now := kexin.At(a.now())
	for _, o := range orgs {
		var at kexin.Instant
		e := a.store.View(ctx, o.ID, func(tx *store.Tx) (err error) {
			_, at, err = tx.WroteTo(key, kexin.BySMS, now.Add(-replyFar))
			return err
		})
		err = errors.Join(err, e)
		if at > lastAt {
			lastOrg, lastAt = o.ID, at
		}
		if at > now.Add(-replyNear) {
			near = append(near, o.ID)
		}
	}
	if len(near) == 0 && lastOrg != 0 {
		near = []kexin.ID{lastOrg}
	}
	return near, err
}

// heedReply does it at one shop.
func (a *App) heedReply(tx *store.Tx, r Reply, key kexin.Key, word consent.Reply) error {
	if n, err := tx.Tally("reply", tx.Org.String()+"/"+r.ID, 0); err != nil || n > 1 {
		return err
	}
	people, _, err := tx.WroteTo(key, kexin.BySMS, tx.Now)
	if err != nil || len(people) == 0 {
		return err
	}
	rows, err := tx.ReferralsOf(people...)
	if err != nil {
		return err
	}
	if word == consent.ReplyNotMe {
		return a.notMeReplied(tx, people[0], rows, key)
	}
	w := stopping{subject: people[0], keys: []kexin.Key{key}, scope: stopContact, said: tx.Now, hold: true, by: herAct, way: "sms"}
	for _, x := range rows {
		if x.Side == store.Receiving && holds(x.State) {
			w.subject, w.scope = x.Subject, StopShop
		}
	}
	return a.stopTold(tx, w)
}

// notMeReplied is NotMe for everybody here with the number: no link says what it is
// about.
func (a *App) notMeReplied(tx *store.Tx, subject kexin.ID, rows []store.Referral, key kexin.Key) error {
	for _, r := range rows {
		var err error
		switch {
		case r.Side == store.Sending && r.State == share.Awaiting:
			_, err = a.noToAll(tx, []store.Referral{r}, herAct)
		case r.Side == store.Receiving && alive(r.State) && r.Doubt == "":
			r.Doubt = store.DoubtNotMe
			err = tx.SaveReferral(r.State, r)
		}
		if err != nil {
			return err
		}
	}
	if err := a.dispute(tx, subject, []kexin.Key{key}, "sms"); err != nil {
		return err
	}
	return a.tellHer(tx, subject, "", "sms.not_me", nil)
}
