package store

import (
	"cmp"
	"slices"

	"kexin"
	"kexin/consent"
	"kexin/internal/db"
	"kexin/law"
	"kexin/ledger"
	"kexin/vault"
)

// A person's mark is one row beside the consents, of the purpose
// legal.suppression: WITHDRAWN while she is not to be contacted 勿扰, REFUSED
// where she said that she wants no offers from anybody, SUSPENDED
// while it is disputed that the number is hers (CON-13), EXPIRED once that is
// over, or once she asked anew and proved her address: stops from before that
// moment are not hers any more. Decisions read it with the consents; it is no
// consent and is never listed as one.

// mark writes it. until is when the clock looks at it again: the end of a
// dispute, or when what she had stopped is erased; 0 = never. Who is not to be
// contacted is not disputed besides, nor is what she stopped kept for longer than
// she was told. way is how a person or a member said so; "" = by her link.
func (tx *Tx) mark(subject kexin.ID, state consent.State, until kexin.Instant, by ledger.Actor, way ledger.Way) error {
	s, err := tx.subjectOf(subject)
	if err != nil {
		return absent(err)
	}
	row, _, err := tx.marked(subject)
	if err != nil {
		return err
	}
	if row.State == consent.Withdrawn {
		switch {
		case state == consent.Suspended || state == consent.Refused:
			return nil
		case state == consent.Withdrawn && row.Until != 0 && (until == 0 || row.Until < until):
			until = row.Until
		}
	}
	row.Purpose, row.State, row.From, row.Changed, row.Until, row.Epoch = law.Suppression, state, tx.Now, tx.Now, until, row.Epoch+1
	var facts ledger.Facts
	switch state {
	case consent.Suspended:
		facts = &ledger.ConsentSuspended{Why: notMe(way)}
	case consent.Withdrawn:
		if way = cmp.Or(way, "link"); by.Kind == ledger.BySystem {
			way = "carried"
		}
		facts = &ledger.ConsentWithdrawn{Epoch: int64(row.Epoch), Way: way}
	case consent.Refused:
		facts = &ledger.ConsentRefused{Way: "link"}
	default:
		facts = &ledger.ConsentExpired{Epoch: int64(row.Epoch)}
	}
	_, err = tx.saveMark(s, row, facts, by)
	return err
}

// notMe is why something is suspended: somebody said "that is not me", by a link or
// by answering a message.
func notMe(way ledger.Way) ledger.Why {
	if way == "sms" {
		return "not_me_reply"
	}
	return "not_me"
}

// saveMark writes the mark and its entry, and gives the entry's hash.
func (tx *Tx) saveMark(s *Subject, row consent.Row, f ledger.Facts, by ledger.Actor) ([32]byte, error) {
	leaf, err := tx.logLeaf(Event{Actor: by, Subject: s, Facts: f, Refs: ledger.Refs{Purpose: law.Suppression}})
	if err != nil {
		return leaf, err
	}
	return leaf, tx.saveWord(s.ID, row, leaf)
}

// LiftStop ends an earlier stop for a person who asked anew and proved the
// address: for her alone, the mark of the address stays for whom a list brings.
// It gives since when she was stopped, 0 where she was not, and the entry.
func (tx *Tx) LiftStop(subject kexin.ID, key kexin.Key, grade consent.Grade, by ledger.Actor) (since kexin.Instant, leaf [32]byte, err error) {
	row, _, err := tx.marked(subject)
	if err != nil {
		return 0, leaf, err
	}
	shut, err := tx.stopped(row, key)
	switch {
	case err != nil || shut > tx.Now || row.State == consent.Suspended:
		return 0, leaf, err
	case row.State == consent.Withdrawn:
		since, row.Until = cmp.Or(shut, row.From), 0
	case shut == 0:
		return 0, leaf, nil
	default:
		since = shut
	}
	s, err := tx.subjectOf(subject)
	if err != nil {
		return 0, leaf, err
	}
	row.Purpose, row.State, row.From, row.Changed, row.Epoch = law.Suppression, consent.Expired, tx.Now, tx.Now, row.Epoch+1
	leaf, err = tx.saveMark(s, row, &ledger.ConsentLifted{Epoch: int64(row.Epoch), Grade: ledger.Grade(grade.String())}, by)
	return since, leaf, err
}

// stopped is since when an address is not to be contacted for a person with a
// mark, 0 where it may be: she lifted the stop since.
func (tx *Tx) stopped(mark consent.Row, key kexin.Key) (since kexin.Instant, err error) {
	since, err = tx.Suppressed(key.Kind, key.Canon)
	if err != nil || mark.State == consent.Expired && mark.From >= since {
		return 0, err
	}
	return since, nil
}

// Stopped reports whether a person is not to be contacted at an address.
func (tx *Tx) Stopped(subject kexin.ID, key kexin.Key) (bool, error) {
	row, _, err := tx.marked(subject)
	if err != nil || row.State == consent.Withdrawn {
		return err == nil, err
	}
	since, err := tx.stopped(row, key)
	return since != 0, err
}

// MarkLeaf is the entry on which a person's mark rests; zero for none.
func (tx *Tx) MarkLeaf(subject kexin.ID) ([32]byte, error) {
	_, leaf, err := tx.marked(subject)
	return leaf, err
}

// marked is a person's mark and the entry it rests on; the zero Row for none.
func (tx *Tx) marked(subject kexin.ID) (row consent.Row, leaf [32]byte, err error) {
	err = tx.Each("SELECT "+consentCols+" FROM consent_state WHERE org_id=$1 AND subject_id=$2 AND purpose=$3",
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
// with one of whom they are known: all, for a stop or a no holds for every one.
func (tx *Tx) WithAddresses(keys []kexin.Key, subject kexin.ID) ([]kexin.ID, error) {
	out, seen := []kexin.ID{subject}, map[kexin.ID]bool{0: true, subject: true}
	for _, k := range keys {
		for _, b := range vault.Indexes(tx.ring, k.Kind, k.Canon) {
			ids, err := tx.idList(`SELECT COALESCE(c.subject_id,t.subject_id,0) FROM record_key r
 LEFT JOIN customer c ON c.org_id=r.org_id AND c.id=r.record_id LEFT JOIN contact t ON t.org_id=r.org_id AND t.id=r.record_id
 WHERE r.org_id=$1 AND r.kind=$2 AND r.idx=$3 ORDER BY r.record_id`, tx.Org, int64(k.Kind), b.Idx[:])
			if err != nil {
				return nil, err
			}
			for _, id := range ids {
				if !seen[id] {
					seen[id], out = true, append(out, id)
				}
			}
		}
	}
	return out, nil
}

// everybodyWith are WithAddresses and those who sent something with one of these
// addresses until a moment that nobody has taken yet: no index leads to it, for
// before it is taken nobody of the merchant may find it. It waits for three days
// at most, so that there are few.
func (tx *Tx) everybodyWith(keys []kexin.Key, subject kexin.ID, until kexin.Instant) ([]kexin.ID, error) {
	out, err := tx.WithAddresses(keys, subject)
	if err != nil || len(keys) == 0 {
		return out, err
	}
	rows, err := tx.referrals("side='receiver' AND state='SELF_SUBMITTED' ORDER BY id")
	for _, r := range rows {
		if r.Made > until || slices.Contains(out, r.Subject) {
			continue
		}
		var g Given
		err := tx.openJSON(r, givenField, r.given, &g)
		if Damaged(err) { // what is wrong there keeps nobody's stop back
			tx.met = &Forged{"referral", r.ID}
			continue
		}
		if absent(err) != nil {
			return nil, err
		}
		if slices.ContainsFunc(g.Keys(), func(k kexin.Key) bool { return slices.ContainsFunc(keys, k.Same) }) {
			out = append(out, r.Subject)
		}
	}
	return out, err
}

// Quieten marks a person, and everybody of this merchant with an address of
// hers, as not to be contacted again; but not who lifted a stop after said, the
// moment of this one, or sent something since. erase is when what is held of her
// herself goes; 0 = not by this; way as of mark. It gives the persons.
func (tx *Tx) Quieten(subject kexin.ID, keys []kexin.Key, said, erase kexin.Instant, by ledger.Actor, way ledger.Way) (people []kexin.ID, err error) {
	if err := tx.aloneStopping(keys); err != nil {
		return nil, err
	}
	for _, k := range keys {
		if err := tx.Suppress(k.Kind, k.Canon, said); err != nil {
			return nil, err
		}
	}
	all, err := tx.everybodyWith(keys, subject, said)
	if err != nil {
		return nil, err
	}
	for _, id := range all {
		until := kexin.Instant(0)
		if id == subject {
			until = erase
		} else if row, _, err := tx.marked(id); err != nil {
			return nil, err
		} else if row.State == consent.Expired && row.From > said {
			continue
		}
		if err := tx.mark(id, consent.Withdrawn, until, by, way); err != nil {
			return nil, err
		}
		people = append(people, id)
	}
	return people, nil
}

// stopping is what a stop and a step of a list are alone in.
const stopping = "stop"

// aloneStopping has none of these addresses stored at this moment: not in a record,
// nor by a step of a list (see Importing).
func (tx *Tx) aloneStopping(keys []kexin.Key) error {
	if len(keys) == 0 {
		return nil
	}
	if err := tx.Alone(stopping); err != nil {
		return err
	}
	return tx.aloneWith(keys)
}

// RefuseOffers marks a person, and everybody of this merchant with an address of
// hers, as one who wants no offers, and those addresses. Who is not to be
// contacted at all, or disputed, stays so. It gives the persons.
func (tx *Tx) RefuseOffers(subject kexin.ID, keys []kexin.Key, by ledger.Actor) ([]kexin.ID, error) {
	for _, k := range keys {
		if err := tx.quieten(k.Kind, k.Canon, quietOffers, tx.Now); err != nil {
			return nil, err
		}
	}
	all, err := tx.everybodyWith(keys, subject, tx.Now)
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
// until says; way is link, or sms for a reply. It gives the persons.
func (tx *Tx) Dispute(subject kexin.ID, keys []kexin.Key, until kexin.Instant, by ledger.Actor, way ledger.Way) ([]kexin.ID, error) {
	all, err := tx.everybodyWith(keys, subject, tx.Now)
	if err != nil {
		return nil, err
	}
	for _, id := range all {
		rows, err := tx.Words(id)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			w := Said{Subject: id, Purpose: row.Purpose, Channel: row.Channel, Receiver: row.Receiver, By: by, Way: way, Grade: row.Grade, Why: notMe(way),
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
		if err := tx.mark(id, consent.Suspended, until, by, way); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Quieted reports whether a person is marked as not to be contacted at all, or as
// one who wants no offers.
func (tx *Tx) Quieted(subject kexin.ID) (all, offers bool, err error) {
	row, _, err := tx.marked(subject)
	return row.State == consent.Withdrawn, row.State == consent.Refused, err
}

// Disputed reports whether it is disputed that a person's number is hers.
func (tx *Tx) Disputed(subject kexin.ID) (bool, error) {
	row, _, err := tx.marked(subject)
	return row.State == consent.Suspended, err
}

// Undispute ends a dispute: a code proved the address. What was suspended of
// consents that reach her there holds again, where its time has not run out; a
// do-not-contact mark of the address stands as before. first is whether it is her
// first address, the number where she has one: only then may she, and everybody
// who shares it, be contacted again. What reaches one at another address stays
// suspended until a code proves that one, for fifteen days (CON-13): a proof of
// the one says nothing of the other.
func (tx *Tx) Undispute(subject kexin.ID, key kexin.Key, first bool, grade consent.Grade, by ledger.Actor) error {
	all := []kexin.ID{subject}
	if row, _, err := tx.marked(subject); err != nil {
		return err
	} else if first && row.State == consent.Suspended {
		if all, err = tx.everybodyWith([]kexin.Key{key}, subject, tx.Now); err != nil {
			return err
		}
	}
	for _, id := range all {
		if err := tx.undispute(id, key, first, grade, by); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) undispute(id kexin.ID, key kexin.Key, first bool, grade consent.Grade, by ledger.Actor) error {
	row, _, err := tx.marked(id)
	if err != nil {
		return err
	}
	words, err := tx.Words(id)
	if err != nil {
		return err
	}
	left := kexin.Instant(0)
	for _, w := range words {
		switch {
		case w.State != consent.Suspended || grade == consent.NoGrade:
			continue
		case (w.Channel == kexin.ByEmail) != (key.Kind == kexin.KeyEmail):
			left = row.Until
			continue
		}
		_, _, err := tx.Say(Said{Subject: id, Purpose: w.Purpose, Channel: w.Channel, Receiver: w.Receiver, By: by, Way: "link", Grade: grade,
			Event: consent.Event{Kind: consent.Confirm, By: consent.Customer, At: tx.Now, Due: row.Until, Facts: consent.Facts{Proof: true}}})
		if err != nil && kexin.CodeOf(err) != kexin.Forbidden {
			return err
		}
	}
	if !first || row.State != consent.Suspended {
		return nil
	}
	since, err := tx.stopped(row, key)
	if err != nil {
		return err
	}
	state := consent.Expired
	if since != 0 && !slices.ContainsFunc(words, func(w consent.Row) bool {
		return w.Purpose == kexin.FollowUp && w.Grade >= consent.Code && w.From > since
	}) {
		state, left = consent.Withdrawn, 0
	}
	return tx.mark(id, state, left, by, "")
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
		if err := tx.failDispute(id, consent.Clock, ledger.Actor{Kind: ledger.BySystem}); err != nil {
			return err
		}
		if row.State == consent.Withdrawn {
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

// MarkErases is when what the merchant has of a person goes by her mark; 0 = not.
func (tx *Tx) MarkErases(subject kexin.ID) (kexin.Instant, error) {
	row, _, err := tx.marked(subject)
	if row.State != consent.Withdrawn {
		return 0, err
	}
	return row.Until, err
}

// PutOffMark moves that moment.
func (tx *Tx) PutOffMark(subject kexin.ID, until kexin.Instant, by ledger.Actor) error {
	row, leaf, err := tx.marked(subject)
	if err != nil {
		return err
	}
	row.Until = until
	if err := tx.saveWord(subject, row, leaf); err != nil {
		return err
	}
	return tx.PutOff(subject, 0, until, by)
}

// PutOff writes that a person put off her erasure, of what a referral brought or, with
// 0, of what the merchant has of her.
func (tx *Tx) PutOff(subject, referral kexin.ID, until kexin.Instant, by ledger.Actor) error {
	s, err := tx.subjectOf(subject)
	if err != nil {
		return err
	}
	return tx.Log(Event{Actor: by, Subject: s, Refs: ledger.Refs{Referral: referral}, Facts: &ledger.ErasurePutOff{Until: until}})
}

func (tx *Tx) eraseStopped(id kexin.ID) error {
	ordered, err := tx.Ordered(id)
	if err != nil || ordered {
		return err
	}
	return tx.Erase(id, "withdrawn")
}
