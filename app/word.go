package app

import (
	"context"

	"kexin"
	"kexin/consent"
	"kexin/gate"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
)

// AnswerWord compares the word that she answered at the call: the shop said
// its word first. Right, what she sent is given now. Two tries, then the pair
// is dead; a word is compared by its sound. left is how many tries remain. Of who
// stopped this shop it is taken in the shop, where no code can go to her (takesWord).
func (a *App) AnswerWord(ctx context.Context, actor kexin.Actor, id kexin.ID, word string) (right bool, left int64, err error) {
	own, err := a.ownNow(ctx, actor.Org, id)
	if err != nil {
		return false, 0, err
	}
	var refused error
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		right = false
		if mayAnswer(tx, actor) != nil && gate.Check(tx.State, actor, kexin.ActReopen) != nil { // told the same of one that is there
			_, refused, err = a.moving(tx, actor, id, store.Receiving, "")
			return err
		}
		r, err := tx.Referral(id)
		if err != nil {
			return err
		}
		way := ledger.Way("call")
		back, err := a.returnsBy(tx, r)
		switch {
		case err != nil:
			return err
		case back == ReturnHere:
			way = "counter"
			if err := a.takesWord(tx, actor, r); err != nil {
				return err
			}
		default:
			if _, refused, err = a.moving(tx, actor, id, store.Receiving, ""); err != nil || refused != nil { // the word moves nothing
				return err
			}
		}
		if r.State != share.Accepted && r.State != share.Contacted || r.Proved != 0 || r.Tries >= consent.PairTries {
			refused = &kexin.Error{Op: "app.word", Code: kexin.Conflict, Key: "error.word_over"}
			return nil
		}
		if refused = doubted(r); refused != nil {
			return nil
		}
		if back == ReturnCode {
			refused = &kexin.Error{Op: "app.word", Code: kexin.Forbidden, Key: "error.word_stopped"}
			return nil
		}
		right = tx.AnswerRight(r, soundOf(word))
		r.Tries++
		left = consent.PairTries - r.Tries
		if err := tx.WordTried(r, ledger.Who(actor), right); err != nil {
			return err
		}
		if right {
			if own {
				if err := doubtOwn(tx, &r); err != nil {
					return err
				}
			}
			if err := giveAll(tx, &r, reachedBy(r.Channel), r.Grade, way, "words:"+r.ID.String()); err != nil {
				return err
			}
		}
		return tx.SaveReferral(r.State, r)
	})
	if err == nil {
		err = refused
	}
	return right, left, err
}

// stoppedAt reports whether who sent something stopped this shop before: she is
// not to be contacted, and so no call can prove the number.
func stoppedAt(tx *store.Tx, r store.Referral) (bool, error) {
	typed, err := typedBy(tx, r.Subject)
	if err != nil {
		return false, absentIsNobody(err)
	}
	for _, k := range typed.Keys() {
		if k.Kind != reachedBy(r.Channel) {
			continue
		}
		if on, err := tx.Stopped(r.Subject, k); on || err != nil {
			return on, err
		}
	}
	return false, nil
}

// takesWord is nil for who may take the second word of a customer who stopped this
// shop, where no code can go to her address, so that she could never come back. She
// shows her receipt in the shop; an owner or the officer, not who took what she sent
// while another of them is there, confirms with the second factor that she is there
// with that telephone. It is her act, of the weak grade that it has, and the log has
// it as said at the counter (WDR-06, security.md A7).
func (a *App) takesWord(tx *store.Tx, actor kexin.Actor, r store.Referral) error {
	if _, err := a.one(tx, actor, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: r.Customer}); err != nil {
		return err
	}
	if gate.Check(tx.State, actor, kexin.ActReopen) != nil {
		return &kexin.Error{Op: "app.word", Code: kexin.Forbidden, Key: "error.word_stopped_here"}
	}
	if err := notAlone(tx, actor, r.Member, "error.word_own", kexin.ActReopen); err != nil {
		return err
	}
	return stepUp(actor, tx.Now)
}

// How who stopped a shop comes back to it.
const (
	ReturnCode = "code" // by a code to the address at which she asks to be contacted
	ReturnHere = "here" // no code can go there: in the shop, by the second word of her receipt
)

// returnsBy is how who stopped this shop, and has sent it something, comes back; ""
// where nothing is stopped, or it is hers no more.
func (a *App) returnsBy(tx *store.Tx, r store.Referral) (string, error) {
	if r.Proved != 0 || r.State != share.Accepted && r.State != share.Contacted {
		return "", nil
	}
	if stopped, err := stoppedAt(tx, r); err != nil || !stopped {
		return "", err
	}
	if a.CanSend(postOf(reachedBy(r.Channel))) {
		return ReturnCode, nil
	}
	return ReturnHere, nil
}
