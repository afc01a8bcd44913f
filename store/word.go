package store

import (
	"strconv"

	"kexin"
	"kexin/consent"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// A Said is one thing that happens to a consent of a person, with what proves
// it. Nobody but the person brings one to GIVEN: consent.Apply refuses it.
type Said struct {
	Subject  kexin.ID
	Purpose  kexin.PurposeCode
	Channel  kexin.Channel
	Receiver kexin.ID
	Event    consent.Event
	Until    kexin.Instant // of a giving
	Grade    consent.Grade
	Way      ledger.Way // link, page, call, counter
	By       ledger.Actor
	Fields   []kexin.FieldID
	Notice   int
	Text     consent.Hash // of what she was shown
	Terms    consent.Terms
	Evidence string // reference: challenge or referral
	Why      ledger.Why
	GPC      bool
}

// Words are a person's consents as decisions read them. One that was written
// past the program counts as disputed.
func (tx *Tx) Words(subject kexin.ID) ([]consent.Row, error) {
	st := &Standing{subject: subject}
	err := tx.consentsInto(subject, st)
	return st.Rows, err
}

func (tx *Tx) consentsInto(subject kexin.ID, st *Standing) error {
	return tx.consents(map[kexin.ID]*Standing{subject: st})
}

// Say applies an event to the person's consent of that purpose, channel and
// receiver, writes it to the log and to the proof, and gives the row as it is
// now with the hash of its entry. Errors: those of consent.Apply.
func (tx *Tx) Say(w Said) (consent.Row, [32]byte, error) {
	st := &Standing{subject: w.Subject}
	if err := tx.consentsInto(w.Subject, st); err != nil {
		return consent.Row{}, [32]byte{}, err
	}
	row := consent.Open(st.Rows, w.Purpose, w.Channel, w.Receiver)
	for _, r := range st.Rows {
		if r.Purpose == w.Purpose && r.Channel == w.Channel && r.Receiver == w.Receiver && !r.State.Terminal() {
			row = r
		}
	}
	next, err := row.Apply(w.Event, w.Until, w.Grade)
	if err != nil {
		return row, [32]byte{}, err
	}
	s, err := tx.subjectOf(w.Subject)
	if err != nil {
		return row, [32]byte{}, err
	}
	id := tx.NewID()
	var leaf [32]byte
	if facts := w.facts(next); facts != nil {
		leaf, err = tx.logLeaf(Event{Actor: w.By, Subject: s, Facts: facts,
			Refs: ledger.Refs{Consent: id, Purpose: w.Purpose, Receiver: w.Receiver, Notice: kexin.ID(w.Notice)}, Body: w.body(next)})
		if err != nil {
			return row, leaf, err
		}
	}
	if err := tx.keepProof(id, s, w, next); err != nil {
		return row, leaf, err
	}
	return next, leaf, tx.saveWord(w.Subject, next, leaf)
}

// facts is the entry of the state that was reached; a draft has none.
func (w Said) facts(r consent.Row) ledger.Facts {
	grade := ledger.Grade(w.Grade.String())
	switch r.State {
	case consent.Requested:
		return &ledger.ConsentRequested{Channel: w.Channel, Fields: w.Fields, Text: ledger.Hash(w.Text), Until: r.Until, Way: w.Way}
	case consent.Given:
		if w.Event.Kind == consent.Confirm {
			return &ledger.ConsentConfirmed{Grade: grade}
		}
		return &ledger.ConsentGiven{Channel: w.Channel, Epoch: int64(r.Epoch), Fields: w.Fields, Grade: grade, Text: ledger.Hash(w.Text), Until: r.Until, Way: w.Way}
	case consent.Refused:
		return &ledger.ConsentRefused{Channel: w.Channel, Way: w.Way}
	case consent.Lapsed:
		return &ledger.ConsentLapsed{Why: w.Why}
	case consent.Withdrawn:
		return &ledger.ConsentWithdrawn{Channel: w.Channel, Epoch: int64(r.Epoch), Way: w.Way}
	case consent.Expired:
		return &ledger.ConsentExpired{Epoch: int64(r.Epoch)}
	case consent.Suspended:
		return &ledger.ConsentSuspended{Why: w.Why}
	case consent.Invalidated:
		return &ledger.ConsentInvalidated{Why: w.Why}
	case consent.Revoked:
		return &ledger.ConsentRevoked{Why: w.Why}
	}
	return nil
}

// body is what may be erased with the person: the proof in her own log.
func (w Said) body(r consent.Row) []ledger.Member {
	return []ledger.Member{
		{Key: "state", Val: ledger.Text(string(r.State))}, {Key: "grade", Val: ledger.Text(w.Grade.String())}, {Key: "evidence", Val: ledger.Text(w.Evidence)},
		{Key: "about", Val: ledger.Text(w.Terms.About)}, {Key: "max_per_month", Val: ledger.Int(int64(w.Terms.MaxPerMonth))}, {Key: "gpc", Val: ledger.Bool(w.GPC)},
		{Key: "notice", Val: ledger.Int(int64(w.Notice))},
	}
}

// keepProof writes the event of a consent under her evidence key.
func (tx *Tx) keepProof(id kexin.ID, s *Subject, w Said, r consent.Row) error {
	doc, err := ledger.JCS(ledger.Object(append(w.body(r), ledger.Member{Key: "purpose", Val: ledger.Text(string(w.Purpose))}, ledger.Member{Key: "channel", Val: ledger.Text(string(w.Channel))},
		ledger.Member{Key: "receiver", Val: ledger.Text(w.Receiver.String())}, ledger.Member{Key: "text", Val: ledger.Text(w.Text.String())}, ledger.Member{Key: "epoch", Val: ledger.Text(strconv.FormatUint(uint64(r.Epoch), 10))},
		ledger.Member{Key: "until", Val: ledger.Int(int64(r.Until))})...))
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO consent(org_id,id,subject_id,at,event,record_c) VALUES($1,$2,$3,$4,$5,$6)", tx.Org, id, s.ID, tx.Now, string(w.Event.Kind),
		vault.SealCell(s.evidence, vault.CellAddr{Field: proofField, Record: id}, doc))
	return err
}

// proofField is the place of a consent's event under the evidence key.
const proofField kexin.FieldID = 3

// saveWord writes the row that decisions read. A no keeps the moment at which
// it was said in valid_from: it never began.
func (tx *Tx) saveWord(subject kexin.ID, r consent.Row, leaf [32]byte) error {
	if r.State != consent.Given && r.State != consent.Suspended {
		r.From = r.Changed
	}
	code := vault.NewRow("consent_state").ID(tx.Org).ID(subject).Text(string(r.Purpose)).Text(string(r.Channel)).ID(r.Receiver).Text(string(r.State)).
		Int(int64(r.From)).Int(int64(r.Until)).Text(r.Grade.String()).Int(int64(r.Epoch))
	mac := vault.RowMAC(tx.ring, code, leaf)
	_, err := tx.Exec(`INSERT INTO consent_state(org_id,subject_id,purpose,channel,receiver,state,valid_from,valid_until,grade,epoch,leaf,mac) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)
 ON CONFLICT(org_id,subject_id,purpose,channel,receiver) DO UPDATE SET state=excluded.state,valid_from=excluded.valid_from,valid_until=excluded.valid_until,grade=excluded.grade,epoch=excluded.epoch,leaf=excluded.leaf,mac=excluded.mac`,
		tx.Org, subject, string(r.Purpose), string(r.Channel), r.Receiver, string(r.State), r.From, r.Until, r.Grade.String(), int64(r.Epoch), leaf[:], mac[:])
	return err
}

// WordDue gives a request its end; it is no giving. It belongs directly after
// Say.
func (tx *Tx) WordDue(subject kexin.ID, r consent.Row, leaf [32]byte, until kexin.Instant) error {
	r.Until = until
	return tx.saveWord(subject, r, leaf)
}

// logLeaf is Log, giving the hash of the entry.
func (tx *Tx) logLeaf(e Event) ([32]byte, error) {
	row, head, err := tx.entry(e, nil)
	if err != nil {
		return [32]byte{}, err
	}
	if e.Subject != nil {
		if err := tx.saveHead(head); err != nil {
			return [32]byte{}, err
		}
	}
	leaf, _ := row[6].([]byte)
	return [32]byte(leaf), tx.Bulk("ledger_entry", entryCols, [][]any{row})
}

// Suppress marks an address as not to be contacted again 勿扰; it outlives the
// person's erasure (WDR-06).
func (tx *Tx) Suppress(k kexin.KeyKind, canon string) error {
	b := vault.Suppression(tx.ring, k, canon)
	code := vault.NewRow("suppression").ID(tx.Org).Int(int64(b.KV)).Bytes(b.Idx[:]).Text("on").Int(int64(tx.Now))
	_, err := tx.Exec("INSERT INTO suppression(org_id,ver,hash,state,since,mac) VALUES($1,$2,$3,'on',$4,$5) ON CONFLICT(org_id,ver,hash) DO NOTHING",
		tx.Org, int64(b.KV), b.Idx[:], tx.Now, tx.code(code))
	return err
}

// Suppressed reports whether an address is marked.
func (tx *Tx) Suppressed(k kexin.KeyKind, canon string) (bool, error) {
	for _, b := range vault.Suppressions(tx.ring, k, canon) {
		var n int64
		if err := tx.Row("SELECT COUNT(*) FROM suppression WHERE org_id=$1 AND ver=$2 AND hash=$3 AND state='on'", tx.Org, int64(b.KV), b.Idx[:]).Scan(&n); err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}

// Lift takes the mark away: her own act alone.
func (tx *Tx) Lift(k kexin.KeyKind, canon string) error {
	for _, b := range vault.Suppressions(tx.ring, k, canon) {
		if _, err := tx.Exec("DELETE FROM suppression WHERE org_id=$1 AND ver=$2 AND hash=$3", tx.Org, int64(b.KV), b.Idx[:]); err != nil {
			return err
		}
	}
	return nil
}

// WordsOver reports whether any request waits to lapse.
func (tx *Tx) WordsOver() (bool, error) {
	var n int64
	err := tx.Row("SELECT COUNT(*) FROM consent_state WHERE org_id=$1 AND state='REQUESTED' AND valid_until>0 AND valid_until<=$2", tx.Org, tx.Now).Scan(&n)
	return n > 0, err
}

// LapseWords ends requests that nobody answered in time (CON-06).
func (tx *Tx) LapseWords(limit int) (n int, err error) {
	type open struct {
		subject kexin.ID
		row     consent.Row
	}
	var list []open
	err = each(tx.Tx, "SELECT subject_id,purpose,channel,receiver,state,valid_from,valid_until,grade,epoch,leaf,mac FROM consent_state WHERE org_id=$1 AND state='REQUESTED' AND valid_until>0 AND valid_until<=$2 LIMIT $3",
		[]any{tx.Org, tx.Now, limit}, func(r *db.Rows) error {
			subject, row, sound, err := tx.scanConsent(r)
			if sound {
				list = append(list, open{subject, row})
			}
			return err
		})
	if err != nil {
		return 0, err
	}
	for _, o := range list {
		_, _, err := tx.Say(Said{Subject: o.subject, Purpose: o.row.Purpose, Channel: o.row.Channel, Receiver: o.row.Receiver, By: ledger.Actor{Kind: ledger.BySystem}, Why: "timeout",
			Event: consent.Event{Kind: consent.Timeout, By: consent.Clock, At: tx.Now, Due: o.row.Until}})
		if kexin.CodeOf(err) == kexin.NotFound { // erased meanwhile
			continue
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
