package app

import (
	"context"
	"strings"

	"kexin"
	"kexin/auth"
	"kexin/law"
	"kexin/share"
	"kexin/store"
)

// What a stop erases waits a day where it is not sure that it was she who stopped.
// The message about it has a link by which who reads it there puts the erasure off
// with one tap (security.md A7). What is stopped stays stopped, and is locked: that
// she is contacted again is a new act of hers.

// outcomeRestricted stands in a referral whose erasure she put off: what she gave is
// kept, locked, until its clock (WDR-03).
const outcomeRestricted = "RESTRICTED"

// A leaving is what a merchant is about to erase of her.
type leaving struct {
	at   kexin.Instant // the earliest; 0 = nothing
	rows []store.Referral
	mark bool // her mark erases what the merchant has besides
}

func (l *leaving) by(at kexin.Instant) {
	if l.at == 0 || at < l.at {
		l.at = at
	}
}

// leavingOf reads it: of a person, and of whoever sent something with the address at
// which she is written to. What an order needs is not erased.
func (a *App) leavingOf(tx *store.Tx, subject kexin.ID) (l leaving, err error) {
	keys, err := addressesOf(tx, subject)
	if keys = a.reachable(keys); err != nil || len(keys) == 0 {
		return l, err
	}
	rows, err := tx.Leaving()
	if err != nil {
		return l, err
	}
	for _, r := range rows {
		hers := r.Subject == subject
		if !hers {
			if hers, err = has(tx, r.Subject, keys[:1]); store.Damaged(err) { // what is wrong there is no concern of hers
				continue
			} else if err != nil {
				return l, err
			}
		}
		if !hers || openOutcome(r.Outcome) && strings.HasSuffix(r.Outcome, outcomeKept) {
			continue
		}
		kept, err := tx.Ordered(r.Subject)
		if err != nil {
			return l, err
		}
		if !kept {
			l.rows = append(l.rows, r)
			l.by(r.Due)
		}
	}
	at, err := tx.MarkErases(subject)
	if err != nil || at <= tx.Now {
		return l, err
	}
	kept, err := tx.Ordered(subject)
	if l.mark = err == nil && !kept; l.mark {
		l.by(at)
	}
	return l, err
}

// tellStopped tells her of a stop that somebody with a link of hers made, or that she
// is said to have made: in the sentence of keep, with the link that puts it off, where
// something is erased; else in that of key.
func (a *App) tellStopped(tx *store.Tx, subject kexin.ID, key, keep string) error {
	l, err := a.leavingOf(tx, subject)
	if err != nil {
		return err
	}
	if l.at == 0 || a.public == "" {
		return a.tellHer(tx, subject, "", key, nil)
	}
	if may, err := a.mayTell(tx, subject); err != nil || !may {
		return err
	}
	own, err := ownCard(tx)
	if err != nil {
		return err
	}
	link, digest := auth.NewLink()
	if _, err := tx.AddPortalLink(store.PortalLink{Digest: digest[:], Kind: store.KeepLink, Ref: subject, Ends: tx.Now.Add(share.DeleteWithin)}); err != nil {
		return err
	}
	return a.write(tx, subject, "", keep, map[string]string{"tel": own.Phone, "at": l.at.Time().In(tx.Zone).Format("2006-01-02 15:04"), "link": a.public + "/l/" + link.Text()})
}

// keepDoor is what the page of such a link shows. Errors: not_found where nothing is
// left to put off.
func (a *App) keepDoor(tx *store.Tx, d *Door, subject kexin.ID) error {
	l, err := a.leavingOf(tx, subject)
	if err == nil && l.at == 0 {
		err = notFound("app.link")
	}
	d.Erased, d.Kept = l.at, tx.Now.Add(share.DeleteWithin)
	return err
}

// PutOffErasure is the one tap of that page: what would be erased stays, locked, for
// thirty days from now. Errors: as OpenLink, E_ONLY_SUBJECT in a browser of staff.
func (a *App) PutOffErasure(ctx context.Context, from From, token string, seat Seat) error {
	l, err := a.linkOf(ctx, from, token)
	if err == nil && l.Kind != store.KeepLink {
		err = notFound("app.put_off")
	}
	if err != nil {
		return err
	}
	staff, err := a.staffBrowser(ctx, from, seat)
	if err != nil {
		return err
	}
	if staff {
		return law.Refuse("app.put_off", "E_ONLY_SUBJECT", nil)
	}
	err = a.store.Update(ctx, l.Org, func(tx *store.Tx) error {
		w, err := a.leavingOf(tx, l.Ref)
		if err == nil && w.at == 0 {
			err = notFound("app.put_off")
		}
		if err != nil {
			return err
		}
		until := tx.Now.Add(share.DeleteWithin)
		for _, r := range w.rows {
			if err := putOff(tx, r, until); err != nil {
				return err
			}
		}
		if !w.mark {
			return nil
		}
		return tx.PutOffMark(l.Ref, until, herAct)
	})
	if err == nil {
		a.kick()
	}
	return err
}

// putOff is one referral's part of it: who waits for an answer gets it now.
func putOff(tx *store.Tx, r store.Referral, until kexin.Instant) error {
	first, waits := r.Outcome != outcomeRestricted, strings.HasPrefix(r.Outcome, outcomePending)
	r.Outcome, r.Due = outcomeRestricted, until
	if err := tx.SaveReferral(r.State, r); err != nil {
		return err
	}
	if err := tx.PutOff(r.Subject, r.ID, until, herAct); err != nil {
		return err
	}
	if !first || !r.Told && !waits || r.Way == wayCounter {
		return nil
	}
	return answer(tx, r)
}
