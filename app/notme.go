package app

import (
	"cmp"
	"context"
	"strings"
	"time"

	"kexin"
	"kexin/law"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

// disputeLife is how long a code may still bring back what "that is not me"
// suspended (law.md 8.1).
const disputeLife = 15 * 24 * time.Hour

func doubted(r store.Referral) error {
	if r.Doubt == store.DoubtNotMe {
		return law.Refuse("app.not_me", "E_IDENTITY_DISPUTE", nil)
	}
	return nil
}

// NotMe is "that is not me" by whoever holds a link (CON-13): what the link is
// about is suspended at its merchant, open questions are answered with no, and
// she is not called or written to until a code proves the number. It is so for
// everybody there with the number or e-mail address where that was proved with
// what she sent, or the server sent the link to it; else the officer is told of
// them. Errors: not_found, E_ONLY_SUBJECT in a browser of staff.
func (a *App) NotMe(ctx context.Context, v Visit) error {
	if v.Staff {
		return a.notStaffs(ctx, v, share.Withdraw)
	}
	return a.store.Update(ctx, v.Session.Org, func(tx *store.Tx) error {
		subject, keys, err := a.notMine(tx, v)
		if err != nil {
			return err
		}
		if err := a.dispute(tx, subject, keys, "link"); err != nil || len(keys) > 0 {
			return err
		}
		return notProved(tx, subject)
	})
}

// dispute suspends a person and everybody with these addresses, and tells the
// officer.
func (a *App) dispute(tx *store.Tx, subject kexin.ID, keys []kexin.Key, way ledger.Way) error {
	all, err := tx.Dispute(subject, keys, tx.Now.Add(disputeLife), herAct, way)
	if err != nil {
		return err
	}
	about := map[string]string{"subject": subject.String()}
	if with := idsText(all[1:]); with != "" {
		about["with"] = with
	}
	return tx.AlertOnce(store.AlertDisputed, about)
}

// idsText are ids with spaces between.
func idsText(ids []kexin.ID) string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = id.String()
	}
	return strings.Join(all, " ")
}

// notMine is the person whom the visit's link is about, and the addresses by
// which it goes; her open questions are declined, and a shop that has what she
// gave is told to doubt it.
func (a *App) notMine(tx *store.Tx, v Visit) (subject kexin.ID, keys []kexin.Key, err error) {
	if v.Session.Kind == store.ReceiptLink {
		r, err := receiptOf(tx, v)
		if err != nil {
			return 0, nil, err
		}
		if keys, _, err = v.proved(tx, r); err != nil || !alive(r.State) || r.Doubt != "" {
			return r.Subject, keys, err
		}
		r.Doubt = store.DoubtNotMe
		return r.Subject, keys, tx.SaveReferral(r.State, r)
	}
	if v.Session.Kind != store.AskLink {
		return 0, nil, notFound("app.not_me")
	}
	rows, err := tx.ReferralsOfAsk(v.Session.Ref)
	if err != nil {
		return 0, nil, err
	}
	if subject, err = a.noToAll(tx, rows, herAct); err != nil {
		return 0, nil, err
	}
	if rows[0].Way == WaySend {
		keys, err = addressesOf(tx, subject)
	}
	return subject, keys, err
}

// noToAll declines what is open of a question, and gives the person asked.
func (a *App) noToAll(tx *store.Tx, rows []store.Referral, by ledger.Actor) (subject kexin.ID, err error) {
	for _, r := range rows {
		subject = r.Subject
		next, err := share.Apply(r.State, share.Event{Kind: share.Decline, By: share.Customer, At: tx.Now, Due: r.Made.Add(share.LinkLife)})
		if err != nil { // answered, or over
			if err := tx.NotMoved(r, share.Decline, by, err); err != nil {
				return 0, err
			}
			continue
		}
		was := r.State
		r.State, r.Due = next, share.Due(next, tx.Now)
		if err := tx.RefuseAsk(r.Subject, kexin.FollowUp, r.Peer); err != nil {
			return 0, err
		}
		if err := tx.SaveReferral(was, r); err != nil {
			return 0, err
		}
		if err := tx.Moved(r, was, share.Decline, by, ""); err != nil {
			return 0, err
		}
	}
	if subject == 0 {
		err = notFound("app.not_me")
	}
	return subject, err
}

// notStaffs refuses and records an act of hers that is tried in a browser of
// staff; at a receipt it is k.
func (a *App) notStaffs(ctx context.Context, v Visit, k share.Kind) error {
	refused := law.Refuse("app.not_me", "E_ONLY_SUBJECT", nil)
	err := a.store.Update(ctx, v.Session.Org, func(tx *store.Tx) error {
		if v.Session.Kind == store.ReceiptLink {
			r, err := receiptOf(tx, v)
			if err != nil {
				return err
			}
			return tx.NotMoved(r, k, v.by(), refused)
		}
		rows, err := tx.ReferralsOfAsk(v.Session.Ref)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := tx.NotMoved(r, share.Decline, v.by(), refused); err != nil {
				return err
			}
		}
		return nil
	})
	return cmp.Or[error](err, refused)
}
