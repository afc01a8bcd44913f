package store

import (
	"slices"

	"kexin"
	"kexin/consent"
	"kexin/internal/db"
	"kexin/law"
	"kexin/ledger"
)

// A person's mark is one row beside the consents, of the purpose
// legal.suppression: WITHDRAWN while she is not to be contacted 勿扰, REFUSED
// where she said that she wants no offers from anybody, SUSPENDED
// while it is disputed that the number is hers (CON-13), EXPIRED once that is
// over. Decisions read it with the consents; it is no consent and is never
// listed as one.

// mark writes it. until is when the clock looks at it again: the end of a
// dispute, or when what she had stopped is erased; 0 = never.
func (tx *Tx) mark(subject kexin.ID, state consent.State, until kexin.Instant, by ledger.Actor, why ledger.Why) error {
	s, err := tx.subjectOf(subject)
	if err != nil {
		return absent(err)
	}
	row, _, err := tx.marked(subject)
	if err != nil {
		return err
	}
	row.Purpose, row.State, row.From, row.Changed, row.Until, row.Epoch = law.Suppression, state, tx.Now, tx.Now, until, row.Epoch+1
	var facts ledger.Facts
	switch state {
	case consent.Suspended:
		facts = &ledger.ConsentSuspended{Why: why}
	case consent.Withdrawn:
		way := ledger.Way("link")
		if by.Kind == ledger.BySystem {
			way = "carried"
		}
		facts = &ledger.ConsentWithdrawn{Epoch: int64(row.Epoch), Way: way}
	case consent.Refused:
		facts = &ledger.ConsentRefused{Way: "link"}
	default:
		facts = &ledger.ConsentExpired{Epoch: int64(row.Epoch)}
	}
	leaf, err := tx.logLeaf(Event{Actor: by, Subject: s, Facts: facts, Refs: ledger.Refs{Purpose: law.Suppression}})
	if err != nil {
		return err
	}
	return tx.saveWord(subject, row, leaf)
}

// marked is a person's mark and the entry it rests on; the zero Row for none.
func (tx *Tx) marked(subject kexin.ID) (row consent.Row, leaf [32]byte, err error) {
	err = each(tx.Tx, "SELECT subject_id,purpose,channel,receiver,state,valid_from,valid_until,grade,epoch,leaf,mac FROM consent_state WHERE org_id=$1 AND subject_id=$2 AND purpose=$3",
		[]any{tx.Org, subject, string(law.Suppression)}, func(r *db.Rows) error {
			_, x, sound, l, err := tx.scanConsentLeaf(r)
			if err == nil && !sound {
				err = forged("consent_state", subject)
			}
			row = x
			copy(leaf[:], l)
			return err
		})
	return row, leaf, err
}

// WithAddresses are the persons of the merchant who have one of some addresses,
// with one of whom they are known.
func (tx *Tx) WithAddresses(keys []kexin.Key, subject kexin.ID) ([]kexin.ID, error) {
	out := []kexin.ID{subject}
	for _, k := range keys {
		hits, err := tx.Hits(k.Kind, k.Canon)
		if err != nil {
			return nil, err
		}
		for _, h := range hits {
			if h.Subject != 0 && !slices.Contains(out, h.Subject) {
				out = append(out, h.Subject)
			}
		}
	}
	return out, nil
}

// Quieten marks a person, and everybody of this merchant with an address of
// hers, as not to be contacted again. erase is when what is held of her herself
// goes; 0 = not by this.
func (tx *Tx) Quieten(subject kexin.ID, keys []kexin.Key, erase kexin.Instant, by ledger.Actor) error {
	all, err := tx.WithAddresses(keys, subject)
	if err != nil {
		return err
	}
	for _, id := range all {
		until := kexin.Instant(0)
		if id == subject {
			until = erase
		}
		if err := tx.mark(id, consent.Withdrawn, until, by, ""); err != nil {
			return err
		}
	}
	return nil
}

// RefuseOffers marks a person, and everybody of this merchant with an address of
// hers, as one who wants no offers, and those addresses. Who is not to be
// contacted at all, or disputed, stays so. It gives the persons.
func (tx *Tx) RefuseOffers(subject kexin.ID, keys []kexin.Key, by ledger.Actor) ([]kexin.ID, error) {
	for _, k := range keys {
		if err := tx.quieten(k.Kind, k.Canon, quietOffers); err != nil {
			return nil, err
		}
	}
	all, err := tx.WithAddresses(keys, subject)
	if err != nil {
		return nil, err
	}
	for _, id := range all {
		row, _, err := tx.marked(id)
		if err != nil {
			return nil, err
		}
		if row.State == consent.Withdrawn || row.State == consent.Suspended {
			continue
		}
		if err := tx.mark(id, consent.Refused, 0, by, ""); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Dispute is her "that is not me" (CON-13): every consent of everybody with an
// address of hers is suspended, every open question is answered with no, and nothing
// may be sent or called until a code proves the number, within the days that
// until says. It gives the persons.
func (tx *Tx) Dispute(subject kexin.ID, keys []kexin.Key, until kexin.Instant, by ledger.Actor) ([]kexin.ID, error) {
	all, err := tx.WithAddresses(keys, subject)
	if err != nil {
		return nil, err
	}
	for _, id := range all {
		rows, err := tx.Words(id)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			w := Said{Subject: id, Purpose: row.Purpose, Channel: row.Channel, Receiver: row.Receiver, By: by, Way: "link", Grade: row.Grade, Why: "not_me",
				Event: consent.Event{Kind: consent.Dispute, By: consent.Customer, At: tx.Now}}
			switch row.State {
			case consent.Given:
			case consent.Requested:
				w.Event.Kind = consent.Refuse
			default:
				continue
			}
			if _, _, err := tx.Say(w); err != nil {
				return nil, err
			}
		}
		s, err := tx.subjectOf(id)
		if err != nil {
			return nil, err
		}
		if _, err := tx.CancelSending(s, by); err != nil {
			return nil, err
		}
		if err := tx.mark(id, consent.Suspended, until, by, "not_me"); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Disputed reports whether it is disputed that a person's number is hers.
func (tx *Tx) Disputed(subject kexin.ID) (bool, error) {
	row, _, err := tx.marked(subject)
	return row.State == consent.Suspended, err
}

// Undispute ends a dispute: a code proved the address. What was suspended holds
// again, where its time has not run out; a do-not-contact mark of the address
// stands as before. Who shares only her other address was suspended with her and
// stays so until a code proves that one.
func (tx *Tx) Undispute(subject kexin.ID, key kexin.Key, grade consent.Grade, by ledger.Actor) error {
	row, _, err := tx.marked(subject)
	if err != nil || row.State != consent.Suspended {
		return err
	}
	all, err := tx.WithAddresses([]kexin.Key{key}, subject)
	if err != nil {
		return err
	}
	quiet, err := tx.Suppressed(key.Kind, key.Canon)
	if err != nil {
		return err
	}
	for _, id := range all {
		if err := tx.undispute(id, quiet, grade, by); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) undispute(id kexin.ID, quiet bool, grade consent.Grade, by ledger.Actor) error {
	row, _, err := tx.marked(id)
	if err != nil || row.State != consent.Suspended {
		return err
	}
	words, err := tx.Words(id)
	if err != nil {
		return err
	}
	for _, w := range words {
		if w.State != consent.Suspended || grade == consent.NoGrade {
			continue
		}
		_, _, err := tx.Say(Said{Subject: id, Purpose: w.Purpose, Channel: w.Channel, Receiver: w.Receiver, By: by, Way: "link", Grade: grade,
			Event: consent.Event{Kind: consent.Confirm, By: consent.Customer, At: tx.Now, Due: row.Until, Facts: consent.Facts{Proof: true}}})
		if err != nil && kexin.CodeOf(err) != kexin.Forbidden {
			return err
		}
	}
	state := consent.Expired
	if quiet {
		state = consent.Withdrawn
	}
	return tx.mark(id, state, 0, by, "")
}

const marksOver = "purpose='legal.suppression' AND valid_until>0 AND valid_until<=$2"

// MarksOver reports whether the clock has something to do about a mark.
func (tx *Tx) MarksOver() (bool, error) {
	var n int64
	err := tx.Row("SELECT COUNT(*) FROM consent_state WHERE org_id=$1 AND "+marksOver, tx.Org, tx.Now).Scan(&n)
	return n > 0, err
}

// MindMarks does what the clock brings: a dispute that nobody settled ends the
// suspended consents, and what was stopped is erased unless an order needs it.
func (tx *Tx) MindMarks(limit int) error {
	ids, err := tx.idList("SELECT subject_id FROM consent_state WHERE org_id=$1 AND "+marksOver+" ORDER BY subject_id LIMIT $3", tx.Org, tx.Now, limit)
	if err != nil {
		return err
	}
	for _, id := range ids {
		row, leaf, err := tx.marked(id)
		if err != nil {
			return err
		}
		if row.State == consent.Suspended {
			err = tx.failDispute(id, consent.Clock, ledger.Actor{Kind: ledger.BySystem})
		} else {
			err = tx.eraseStopped(id)
		}
		if err != nil {
			return err
		}
		row.Until = 0
		if err := tx.saveWord(id, row, leaf); err != nil {
			return err
		}
	}
	return nil
}

// failDispute ends what a dispute suspended: by the clock, or by the officer
// before that.
func (tx *Tx) failDispute(id kexin.ID, role consent.Role, by ledger.Actor) error {
	rows, err := tx.Words(id)
	if err != nil {
		return err
	}
	for _, w := range rows {
		if w.State != consent.Suspended {
			continue
		}
		_, _, err := tx.Say(Said{Subject: id, Purpose: w.Purpose, Channel: w.Channel, Receiver: w.Receiver, By: by, Why: "unconfirmed", Grade: w.Grade,
			Event: consent.Event{Kind: consent.Fail, By: role, At: tx.Now, Due: tx.Now}})
		if err != nil && kexin.CodeOf(err) != kexin.NotFound {
			return err
		}
	}
	return nil
}

func (tx *Tx) eraseStopped(id kexin.ID) error {
	ordered, err := tx.Ordered(id)
	if err != nil || ordered {
		return err
	}
	return tx.Erase(id, "withdrawn")
}
