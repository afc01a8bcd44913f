package store

import (
	"math"
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
	Flow     string // which pages she answered on, by their hash (CON-03, NOT-07)
	Why      ledger.Why
	GPC      bool
}

// Words are a person's consents as decisions read them. One that was written
// past the program counts as disputed.
func (tx *Tx) Words(subject kexin.ID) ([]consent.Row, error) {
	st := &Standing{Subject: subject}
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
	st := &Standing{Subject: w.Subject}
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
	if err := w.complete(tx.Org, next); err != nil {
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

// processing is how her data is used for the purpose: the channel over which
// she is contacted, or the shop's own keeping.
func (w Said) processing() string {
	if w.Channel == "" {
		return "keep"
	}
	return string(w.Channel)
}

// complete holds what is asked, or given, against CON-01: a record without one
// of its parts is not written.
func (w Said) complete(org kexin.ID, r consent.Row) error {
	x := consent.Record{Subject: w.Subject, Controller: org, Purpose: w.Purpose, Fields: w.Fields, Processing: w.processing(), Notice: w.Notice, NoticeHash: w.Text, Terms: w.Terms,
		Receiver: w.Receiver, GivenAt: r.From, Way: w.Grade, Evidence: w.Evidence, ExpiresAt: r.Until}
	switch w.Event.Kind {
	case consent.Create, consent.Request:
		return x.ValidateAsk()
	case consent.Give:
		return x.Validate()
	}
	return nil
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
		{Key: "notice", Val: ledger.Int(int64(w.Notice))}, {Key: "flow", Val: ledger.Text(w.Flow)},
	}
}

// keepProof writes the event of a consent under her evidence key.
func (tx *Tx) keepProof(id kexin.ID, s *Subject, w Said, r consent.Row) error {
	fields := make([]ledger.Value, len(w.Fields))
	for i, f := range w.Fields {
		fields[i] = ledger.Int(int64(f))
	}
	given := kexin.Instant(0)
	if r.State == consent.Given {
		given = r.From
	}
	doc, err := ledger.JCS(ledger.Object(append(w.body(r), ledger.Member{Key: "purpose", Val: ledger.Text(string(w.Purpose))}, ledger.Member{Key: "channel", Val: ledger.Text(string(w.Channel))},
		ledger.Member{Key: "controller", Val: ledger.Text(tx.Org.String())}, ledger.Member{Key: "subject", Val: ledger.Text(s.ID.String())}, ledger.Member{Key: "categories", Val: ledger.List(fields...)},
		ledger.Member{Key: "processing", Val: ledger.Text(w.processing())}, ledger.Member{Key: "given_at", Val: ledger.Int(int64(given))}, ledger.Member{Key: "terms_until", Val: ledger.Int(int64(w.Terms.Until))},
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

// A Proof is one thing that happened to a consent, as it was written down
// under her evidence key.
type Proof struct {
	At    kexin.Instant
	Event consent.Kind
	Doc   []byte // canonical JSON
}

// Proofs are all proofs of a person, the oldest first: for her own copy and
// for who must prove her word.
func (tx *Tx) Proofs(subject kexin.ID) (out []Proof, err error) {
	s, err := tx.subjectOf(subject)
	if err != nil {
		return nil, err
	}
	err = tx.Each("SELECT id,at,event,record_c FROM consent WHERE org_id=$1 AND subject_id=$2 ORDER BY id", []any{tx.Org, subject}, func(r *db.Rows) error {
		var id kexin.ID
		var p Proof
		var event string
		var ct []byte
		if err := r.Scan(&id, &p.At, &event, &ct); err != nil {
			return err
		}
		p.Event = consent.Kind(event)
		p.Doc, err = vault.OpenCell(s.evidence, vault.CellAddr{Field: proofField, Record: id}, ct)
		out = append(out, p)
		return misplaced("consent", id, err)
	})
	return out, err
}

// saveWord writes the row that decisions read. A no keeps the moment at which
// it was said in valid_from: it never began.
func (tx *Tx) saveWord(subject kexin.ID, r consent.Row, leaf [32]byte) error {
	if r.State != consent.Given && r.State != consent.Suspended {
		r.From = r.Changed
	}
	mac := vault.RowMAC(tx.ring, consentCode(tx.Org, subject, r), leaf)
	_, err := tx.Exec(`INSERT INTO consent_state(org_id,`+consentCols+`) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)
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

// What a marked address stands for.
const (
	quietAll    = "on"     // she is not to be contacted 勿扰
	quietOffers = "offers" // she wants no offers
)

// Suppress marks an address as not to be contacted again 勿扰 from a moment on;
// it outlives the person's erasure (WDR-06).
func (tx *Tx) Suppress(k kexin.KeyKind, canon string, since kexin.Instant) error {
	return tx.quieten(k, canon, quietAll, since)
}

// quieten marks an address; not to be contacted is more than no offers, and a
// later stop more than an earlier one.
func (tx *Tx) quieten(k kexin.KeyKind, canon, state string, since kexin.Instant) error {
	tx.quiet = nil
	b := vault.Suppression(tx.ring, k, canon)
	_, err := tx.Exec(`INSERT INTO suppression(org_id,ver,hash,state,since,mac) VALUES($1,$2,$3,$4,$5,$6) ON CONFLICT(org_id,ver,hash) DO UPDATE
 SET state=excluded.state,since=excluded.since,mac=excluded.mac WHERE excluded.state='on' AND (suppression.state<>'on' OR suppression.since<excluded.since)`,
		tx.Org, int64(b.KV), b.Idx[:], state, since, tx.code(suppressionRow(tx.Org, int64(b.KV), b.Idx[:], state, since)))
	return err
}

func suppressionRow(org kexin.ID, ver int64, hash []byte, state string, since kexin.Instant) *vault.Row {
	return vault.NewRow("suppression").ID(org).Int(ver).Bytes(hash).Text(state).Int(int64(since))
}

// Suppressed is since when an address is not to be contacted, whoever has it; 0
// where it may be.
func (tx *Tx) Suppressed(k kexin.KeyKind, canon string) (since kexin.Instant, err error) {
	state, since, err := tx.quieted(k, canon)
	if state != quietAll {
		since = 0
	}
	return since, err
}

// OffersShut reports whether nothing may be offered at an address: she said so,
// or is not to be contacted at all.
func (tx *Tx) OffersShut(k kexin.KeyKind, canon string) (bool, error) {
	state, _, err := tx.quieted(k, canon)
	return state != "", err
}

// quieted is what an address is marked as, "" for nothing, and since when. A
// mark with a wrong code holds, and nothing is later than it: who made it wanted
// to hide one, or to have one.
func (tx *Tx) quieted(k kexin.KeyKind, canon string) (state string, since kexin.Instant, err error) {
	for _, b := range vault.Suppressions(tx.ring, k, canon) {
		var s string
		var at kexin.Instant
		var code []byte
		err := tx.Row("SELECT state,since,mac FROM suppression WHERE org_id=$1 AND ver=$2 AND hash=$3", tx.Org, int64(b.KV), b.Idx[:]).Scan(&s, &at, &code)
		if kexin.CodeOf(err) == kexin.NotFound {
			continue
		}
		if err != nil {
			return "", 0, err
		}
		if tx.genuine(suppressionRow(tx.Org, int64(b.KV), b.Idx[:], s, at), code, "suppression", kexin.ID(b.KV)) != nil {
			tx.met = &Forged{"suppression", kexin.ID(b.KV)}
			return quietAll, math.MaxInt64, nil
		}
		if state != quietAll || s == quietAll && at > since {
			state, since = s, at
		}
	}
	return state, since, nil
}

// Lift takes her no to offers from an address, and with all her stop of every
// contact too: her own act alone, a consent that she gives anew.
func (tx *Tx) Lift(k kexin.KeyKind, canon string, all bool) error {
	for _, b := range vault.Suppressions(tx.ring, k, canon) {
		if _, err := tx.Exec("DELETE FROM suppression WHERE org_id=$1 AND ver=$2 AND hash=$3 AND (state=$4 OR $5)", tx.Org, int64(b.KV), b.Idx[:], quietOffers, all); err != nil {
			return err
		}
	}
	return nil
}

// wordOver is a consent whose time is over and whose state does not say so. Marks
// have a clock of their own (MindMarks).
const wordOver = "org_id=$1 AND purpose<>'legal.suppression' AND state IN ('REQUESTED','GIVEN','SUSPENDED') AND valid_until>0 AND valid_until<=$2"

// WordsOver reports whether any request waits to lapse, or any consent to
// expire.
func (tx *Tx) WordsOver() (bool, error) {
	var n int64
	err := tx.Row("SELECT COUNT(*) FROM consent_state WHERE "+wordOver, tx.Org, tx.Now).Scan(&n)
	return n > 0, err
}

// LapseWords ends requests that nobody answered in time (CON-06), and consents
// whose time is over (CON-10), at most 500 at once: nothing was allowed by them
// from that moment on anyway, and now their state says so.
func (tx *Tx) LapseWords() error {
	type open struct {
		subject kexin.ID
		row     consent.Row
	}
	var list []open
	err := tx.Each("SELECT "+consentCols+" FROM consent_state WHERE "+wordOver, []any{tx.Org, tx.Now}, func(r *db.Rows) error {
		if len(list) == 500 {
			return nil
		}
		subject, row, sound, err := tx.scanConsent(r)
		if sound { // a forged row stays as it is, and takes no other's place
			list = append(list, open{subject, row})
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, o := range list {
		k := consent.Expire
		if o.row.State == consent.Requested {
			k = consent.Timeout
		}
		_, _, err := tx.Say(Said{Subject: o.subject, Purpose: o.row.Purpose, Channel: o.row.Channel, Receiver: o.row.Receiver, By: ledger.Actor{Kind: ledger.BySystem}, Why: "timeout",
			Event: consent.Event{Kind: k, By: consent.Clock, At: tx.Now, Due: o.row.Until}})
		if err != nil && kexin.CodeOf(err) != kexin.NotFound { // not found: erased meanwhile
			return err
		}
	}
	return nil
}
