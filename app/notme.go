package app

import (
	"cmp"
	"context"
	"time"

	"kexin"
	"kexin/law"
	"kexin/share"
	"kexin/store"
)

// disputeLife is how long a code may still bring back what "that is not me"
// suspended (law.md 8.1).
const disputeLife = 15 * 24 * time.Hour

// doubtNotMe stands in a referral about which somebody said so: it is not
// accepted, and no word proves it, before a code has.
const doubtNotMe = "not_me"

func doubted(r store.Referral) error {
	if r.Doubt == doubtNotMe {
		return law.Refuse("app.not_me", "E_IDENTITY_DISPUTE", nil)
	}
	return nil
}

// NotMe is "that is not me" by whoever holds a link: at the merchant of the
// link every consent of everybody with the number or e-mail address is suspended, open questions
// are answered with no, and nobody is called or written to until a code proves
// the number (CON-13). Errors: not_found, E_ONLY_SUBJECT in a browser of staff.
func (a *App) NotMe(ctx context.Context, v Visit) error {
	if v.Staff {
		return a.notStaffs(ctx, v)
	}
	return a.store.Update(ctx, v.Session.Org, func(tx *store.Tx) error {
		subject, err := a.notMine(tx, v)
		if err != nil {
			return err
		}
		keys, err := addressesOf(tx, subject)
		if err != nil {
			return err
		}
		if _, err := tx.Dispute(subject, keys, tx.Now.Add(disputeLife), herAct); err != nil {
			return err
		}
		return alertOnce(tx, "number_disputed", map[string]string{"subject": subject.String()})
	})
}

// notMine is the person whom the visit's link is about; her open questions are
// declined, and a shop that has what she gave is told to doubt it.
func (a *App) notMine(tx *store.Tx, v Visit) (subject kexin.ID, err error) {
	if v.Session.Kind == store.ReceiptLink {
		r, err := receiptOf(tx, v)
		if err != nil || !alive(r.State) || r.Doubt != "" {
			return r.Subject, err
		}
		r.Doubt = doubtNotMe
		return r.Subject, tx.SaveReferral(r.State, r)
	}
	if v.Session.Kind != store.AskLink {
		return 0, notFound("app.not_me")
	}
	rows, err := tx.ReferralsOfAsk(v.Session.Ref)
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		subject = r.Subject
		next, _, err := share.Apply(r.State, share.Event{Kind: share.Decline, By: share.Customer, At: tx.Now, Due: r.Made.Add(share.LinkLife)})
		if err != nil { // answered, or over
			if err := tx.NotMoved(r, share.Decline, herAct, err); err != nil {
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
		if err := tx.Moved(r, was, share.Decline, herAct, ""); err != nil {
			return 0, err
		}
	}
	if subject == 0 {
		err = notFound("app.not_me")
	}
	return subject, err
}

// notStaffs refuses and records an act of hers that is tried in a browser of
// staff.
func (a *App) notStaffs(ctx context.Context, v Visit) error {
	refused := law.Refuse("app.not_me", "E_ONLY_SUBJECT", nil)
	err := a.store.Update(ctx, v.Session.Org, func(tx *store.Tx) error {
		if v.Session.Kind == store.ReceiptLink {
			r, err := receiptOf(tx, v)
			if err != nil {
				return err
			}
			return tx.NotMoved(r, share.Withdraw, v.by(), refused)
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
