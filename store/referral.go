package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"kexin"
	"kexin/consent"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/share"
	"kexin/vault"
)

// DoubtNotMe stands in a referral about which somebody said "that is not me": it
// is not accepted, and no word proves it, before a code has, or the officer asked.
const DoubtNotMe = "not_me"

// A Side says whose row of a referral it is.
type Side string

// The sides.
const (
	Sending   Side = "sender"
	Receiving Side = "receiver"
)

// A Referral is one merchant's row of a referral 转介绍单. The receiver's holds
// what she gave him, sealed under her own key; the sender's holds nothing of
// what she gave. The row carries a code.
type Referral struct {
	ID       kexin.ID
	Side     Side
	Peer     kexin.ID // the other merchant
	Ask      kexin.ID // the question it belongs to; 0 at the counter
	Subject  kexin.ID
	Customer kexin.ID // record; 0 until accepted, at the receiver
	Member   kexin.ID // who recommended, or who accepted
	Need     string
	Said     string // how it was talked about: a chip
	Way      string // copy, qr, send, counter
	State    share.State
	Told     bool // she allowed the sender to be told
	Grade    consent.Grade
	Channel  kexin.Channel // how she wants to be answered
	Wants    []string      // what she ticked besides, purposes
	Epoch    uint32
	Proved   kexin.Instant // when the number was proved to be hers
	Calls    int64         // contacts so far
	Notice   int64         // version she was shown
	GPC      bool
	Doubt    string // why a proof does not count: staff_number, shared_number, device_reuse
	Outcome  string // after a withdrawal: DELETED, RESTRICTED, OWN_BASIS
	Tries    int64  // of the word
	Made     kexin.Instant
	Changed  kexin.Instant
	Due      kexin.Instant // when the clock looks at it again; 0 = never
	Device   []byte        // digest of the browser in which she answers now, to be kept as a code
	browser  []byte        // that code: see AnsweredIn
	given    []byte
	words    []byte
	answer   []byte
}

// row is what the code stands for.
func (r Referral) row(org kexin.ID) *vault.Row {
	return vault.NewRow("referral").ID(org).ID(r.ID).Text(string(r.Side)).ID(r.Peer).ID(r.Ask).ID(r.Subject).ID(r.Customer).ID(r.Member).Text(r.Need).
		Text(string(r.State)).Bool(r.Told).Text(r.Grade.String()).Text(string(r.Channel)).Text(packNeeds(r.Wants)).Int(int64(r.Epoch)).Int(int64(r.Proved)).
		Text(r.Doubt).Int(r.Tries).Int(r.Calls).Bytes(r.answer)
}

const referralCols = "id,side,peer_id,ask_id,subject_id,customer_id,member_id,need,said,way,state,told,grade,channel,wants,epoch,proved_at,calls,notice,gpc,doubt,outcome,given_c,words_c,answer,tries,made_at,changed_at,due_at,browser"

// AddReferral writes one; the zero ID draws a new one.
func (tx *Tx) AddReferral(r Referral) (kexin.ID, error) {
	if r.ID == 0 {
		r.ID = tx.NewID()
	}
	r.Made, r.Changed = tx.Now, tx.Now
	_, err := tx.Exec("INSERT INTO referral(org_id,"+referralCols+",mac) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26,$27,$28,$29,$30,$31,$32)",
		tx.Org, r.ID, string(r.Side), r.Peer, r.Ask, r.Subject, r.Customer, r.Member, r.Need, r.Said, r.Way, string(r.State), r.Told, r.Grade.String(), string(r.Channel),
		packNeeds(r.Wants), int64(r.Epoch), r.Proved, r.Calls, r.Notice, r.GPC, r.Doubt, r.Outcome, r.given, r.words, r.answer, r.Tries, r.Made, r.Changed, r.Due, tx.browserOf(r), tx.code(r.row(tx.Org)))
	return r.ID, err
}

// SaveReferral writes back one that was read in this transaction in a state.
// Errors: conflict where it moved meanwhile.
func (tx *Tx) SaveReferral(was share.State, r Referral) error {
	if was != r.State {
		r.Changed = tx.Now
	}
	n, err := tx.Exec("UPDATE referral SET customer_id=$3,member_id=$4,state=$5,told=$6,grade=$7,channel=$8,wants=$9,epoch=$10,proved_at=$11,calls=$12,doubt=$13,outcome=$14,given_c=$15,words_c=$16,answer=$17,tries=$18,changed_at=$19,due_at=$20,subject_id=$21,browser=$22,mac=$23 WHERE org_id=$1 AND id=$2 AND state=$24",
		tx.Org, r.ID, r.Customer, r.Member, string(r.State), r.Told, r.Grade.String(), string(r.Channel), packNeeds(r.Wants), int64(r.Epoch), r.Proved, r.Calls, r.Doubt, r.Outcome,
		r.given, r.words, r.answer, r.Tries, r.Changed, r.Due, r.Subject, tx.browserOf(r), tx.code(r.row(tx.Org)), string(was))
	if err == nil && n != 1 {
		err = &kexin.Error{Op: "store.referral", Code: kexin.Conflict, Key: "error.referral_state"}
	}
	return err
}

// AskNow makes the question of one that was blocked in a state: from now on.
func (tx *Tx) AskNow(was share.State, r *Referral) error {
	r.Made = tx.Now
	if _, err := tx.Exec("UPDATE referral SET ask_id=$3,said=$4,way=$5,made_at=$6 WHERE org_id=$1 AND id=$2", tx.Org, r.ID, r.Ask, r.Said, r.Way, r.Made); err != nil {
		return err
	}
	return tx.SaveReferral(was, *r)
}

// browserOf is the code of the browser in which she answered, bound to the
// referral, so that who writes into the database without keys cannot make
// another one hers.
func (tx *Tx) browserOf(r Referral) []byte {
	if len(r.Device) == 0 {
		return r.browser
	}
	return tx.code(browserRow(tx.Org, r.ID, r.Device))
}

func browserRow(org, id kexin.ID, device []byte) *vault.Row {
	return vault.NewRow("referral_browser").ID(org).ID(id).Bytes(device)
}

// AnsweredIn reports whether she answered a referral in this browser: it alone
// is told what she said (security.md A6).
func (tx *Tx) AnsweredIn(r Referral, device []byte) bool {
	return len(r.browser) > 0 && len(device) > 0 && vault.CheckRow(tx.ring, browserRow(tx.Org, r.ID, device), [32]byte{}, r.browser)
}

// Unanswered takes away in which browser she answered.
func (r *Referral) Unanswered() { r.Device, r.browser = nil, nil }

func (tx *Tx) scanReferral(scan func(...any) error) (r Referral, sound bool, err error) {
	var side, state, grade, channel, wants string
	var epoch int64
	var code []byte
	err = scan(&r.ID, &side, &r.Peer, &r.Ask, &r.Subject, &r.Customer, &r.Member, &r.Need, &r.Said, &r.Way, &state, &r.Told, &grade, &channel, &wants, &epoch,
		&r.Proved, &r.Calls, &r.Notice, &r.GPC, &r.Doubt, &r.Outcome, &r.given, &r.words, &r.answer, &r.Tries, &r.Made, &r.Changed, &r.Due, &r.browser, &code)
	r.Side, r.State, r.Grade, r.Channel, r.Wants, r.Epoch = Side(side), share.State(state), consent.ParseGrade(grade), kexin.Channel(channel), unpackNeeds(wants), uint32(epoch)
	return r, err == nil && vault.CheckRow(tx.ring, r.row(tx.Org), [32]byte{}, code), err
}

// Referral reads one and locks it for what follows. Errors: not_found; Forged.
func (tx *Tx) Referral(id kexin.ID) (Referral, error) {
	r, sound, err := tx.scanReferral(tx.Row("SELECT "+referralCols+",mac FROM referral WHERE org_id=$1 AND id=$2", tx.Org, id).Scan)
	if err == nil && !sound {
		err = forged("referral", id)
	}
	return r, err
}

// referrals reads several, leaving out those that are not genuine.
func (tx *Tx) referrals(where string, args ...any) (out []Referral, err error) {
	err = tx.Each("SELECT "+referralCols+",mac FROM referral WHERE org_id=$1 AND "+where, append([]any{tx.Org}, args...), func(rows *db.Rows) error {
		r, sound, err := tx.scanReferral(rows.Scan)
		if err == nil && !sound {
			tx.met = &Forged{"referral", r.ID}
			return nil
		}
		out = append(out, r)
		return err
	})
	return out, err
}

// ReferralsOn are those of a side, the newest first; of one member, or of all
// with 0.
func (tx *Tx) ReferralsOn(side Side, member kexin.ID, limit int) ([]Referral, error) {
	return tx.referrals("side=$2 AND (member_id=$3 OR CAST($3 AS BIGINT)=0) ORDER BY id DESC LIMIT $4", string(side), member, limit)
}

// arrived are the states in which something is left to do at the receiver.
const arrived = "state IN ('SELF_SUBMITTED','ACCEPTED','CONTACTED','REVOKING')"

// Arrived are those of the receiving side, the newest first: all in which something
// is left to do, up to a number of them those whose clock ends first, and some of the
// newest of the rest.
func (tx *Tx) Arrived(live, rest int) ([]Referral, error) {
	out, err := tx.referrals("side='receiver' AND "+arrived+" ORDER BY due_at,id LIMIT $2", live)
	if err != nil {
		return nil, err
	}
	over, err := tx.referrals("side='receiver' AND NOT "+arrived+" ORDER BY id DESC LIMIT $2", rest)
	out = append(out, over...)
	slices.SortFunc(out, func(a, b Referral) int { return cmp.Compare(b.ID, a.ID) })
	return out, err
}

// ReferralsOfAsk are those of one question, in the order of the shops.
func (tx *Tx) ReferralsOfAsk(ask kexin.ID) ([]Referral, error) {
	return tx.referrals("ask_id=$2 AND side='sender' ORDER BY id", ask)
}

// ReferralsOf are those of some persons, the oldest first.
func (tx *Tx) ReferralsOf(subjects ...kexin.ID) ([]Referral, error) {
	in, ids := tx.s.db.InIDs("subject_id", subjects, 2)
	return tx.referrals(in+" ORDER BY id", ids)
}

// ReferralOf is the one by which a customer came; the zero Referral where she
// came otherwise.
func (tx *Tx) ReferralOf(customer kexin.ID) (Referral, error) {
	list, err := tx.referrals("customer_id=$2 AND side='receiver' ORDER BY id DESC LIMIT 1", customer)
	if err != nil || len(list) == 0 {
		return Referral{}, err
	}
	return list[0], nil
}

// ReferralsOver are those whose clock has run out.
func (tx *Tx) ReferralsOver(limit int) ([]Referral, error) {
	return tx.referrals("due_at>0 AND due_at<=$2 ORDER BY due_at LIMIT $3", tx.Now, limit)
}

// OpenAsks is how many questions of a member wait for an answer, as far as he
// is told.
func (tx *Tx) OpenAsks(member kexin.ID) (int, error) {
	var n int64
	err := tx.Row("SELECT COUNT(*) FROM referral WHERE org_id=$1 AND side='sender' AND member_id=$2 AND due_at>$3 AND state='AWAITING_CUSTOMER'", tx.Org, member, tx.Now).Scan(&n)
	return int(n), err
}

// Arrivals is how many customers sent something that nobody has answered, and since
// when the first of them waits; 0 where none does.
func (tx *Tx) Arrivals() (n int64, since kexin.Instant, err error) {
	err = tx.Row("SELECT COUNT(*),COALESCE(MIN(made_at),0) FROM referral WHERE org_id=$1 AND side='receiver' AND state='SELF_SUBMITTED'", tx.Org).Scan(&n, &since)
	return n, since, err
}

// Ended reports whether a sender's question can be answered no more: he took it
// back, or its time is over.
func (r Referral) Ended() bool {
	return r.State == share.Closed || r.State == share.Expired
}

// Leaving are the receiver's that were stopped, and whose clock has not erased them
// yet: it waits for a day, or for thirty where she put it off, so that there are few.
func (tx *Tx) Leaving() ([]Referral, error) {
	return tx.referrals("side='receiver' AND state='REVOKING' AND due_at>$2 ORDER BY id", tx.Now)
}

const referralsDue = "SELECT org_id FROM referral WHERE due_at>0 AND due_at<=$1 GROUP BY org_id"

// ReferralsDue are the merchants with referrals whose clock has run out.
func (s *Store) ReferralsDue(ctx context.Context) ([]kexin.ID, error) {
	return s.orgs(ctx, referralsDue)
}

// orgs runs one of the statements that ask over all merchants.
func (s *Store) orgs(ctx context.Context, q string) (out []kexin.ID, err error) {
	err = s.db.View(ctx, func(t *db.Tx) error {
		out = nil
		return t.Each(q, []any{t.Now}, func(r *db.Rows) error {
			var id kexin.ID
			err := r.Scan(&id)
			out = append(out, id)
			return err
		})
	})
	return out, err
}

// A Given is what she typed for the other shop, and nothing else: a telephone
// number, an e-mail address, or both.
type Given struct {
	Name  string `json:"name"`            // how she wants to be called 称呼
	Phone string `json:"phone,omitempty"` // canonical
	Email string `json:"email,omitempty"`
	Lang  string `json:"lang,omitempty"` // of the page on which she sent it: she is written to in it
}

// Fields are those of a customer that she filled.
func (g Given) Fields() []kexin.FieldID {
	out := []kexin.FieldID{kexin.CustName}
	if g.Phone != "" {
		out = append(out, kexin.CustPhone)
	}
	if g.Email != "" {
		out = append(out, kexin.CustEmail)
	}
	return out
}

// Keys are her addresses, the telephone first.
func (g Given) Keys() []kexin.Key { return addresses(g.Phone, g.Email) }

// The places of what is sealed of a referral under her data key.
const (
	givenField kexin.FieldID = 11
	wordsField kexin.FieldID = 12
)

// Emptied is the row without what she gave: after her erasure.
func (r Referral) Emptied() Referral {
	r.given, r.words, r.answer, r.browser = nil, nil, nil, nil
	return r
}

// Arrive writes the receiver's row with what she gave, under new keys of her
// own. Nobody of the staff can read it before it is accepted. Said and Answer
// are the words of her receipt; sound is the form in which the answer is
// compared.
func (tx *Tx) Arrive(r Referral, g Given, pair consent.Pair, sound string) (Referral, error) {
	s, err := tx.newSubject(true)
	if err != nil {
		return r, err
	}
	r.Side, r.Subject = Receiving, s.ID
	if r.ID == 0 {
		r.ID = tx.NewID()
	}
	if r.given, err = sealJSON(s, givenField, r.ID, g); err != nil {
		return r, err
	}
	if r.words, err = sealJSON(s, wordsField, r.ID, pair); err != nil {
		return r, err
	}
	mac := vault.OneTimeMAC(tx.ring, r.ID, sound)
	r.answer = mac[:]
	if _, err = tx.AddReferral(r); err != nil {
		return r, err
	}
	return r, nil
}

func sealJSON(s *Subject, f kexin.FieldID, id kexin.ID, v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, &kexin.Error{Op: "store.referral", Err: err}
	}
	return vault.SealCell(s.data, vault.CellAddr{Field: f, Record: id}, b), nil
}

func (tx *Tx) openJSON(r Referral, f kexin.FieldID, sealed []byte, v any) error {
	s, err := tx.subjectOf(r.Subject)
	if err != nil {
		return err
	}
	if s.data == nil || len(sealed) == 0 {
		return &kexin.Error{Op: "store.referral", Code: kexin.NotFound, Key: "error.erased"}
	}
	b, err := vault.OpenCell(s.data, vault.CellAddr{Field: f, Record: r.ID}, sealed)
	if err != nil {
		return misplaced("referral", r.ID, err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return &kexin.Error{Op: "store.referral", Err: err}
	}
	return nil
}

// HerWords is the pair of words, for her receipt.
func (tx *Tx) HerWords(r Referral) (p consent.Pair, err error) {
	return p, tx.openJSON(r, wordsField, r.words, &p)
}

// SaidWord is the word that the shop says: the other one never leaves here but
// to her own page.
func (tx *Tx) SaidWord(r Referral) (string, error) {
	p, err := tx.HerWords(r)
	if kexin.CodeOf(err) == kexin.NotFound {
		return "", nil
	}
	return p.Said, err
}

// AnswerRight compares the word that she answered.
func (tx *Tx) AnswerRight(r Referral, sound string) bool {
	return vault.CheckOneTime(tx.ring, r.ID, sound, r.answer)
}

// Moved writes that a referral went from one state to another.
func (tx *Tx) Moved(r Referral, from share.State, k share.Kind, by ledger.Actor, way string) error {
	return tx.referralLog(r, by, &ledger.ReferralMoved{Event: ledger.Why(k), From: ledger.Why(from), To: ledger.Why(r.State), Side: ledger.Why(r.Side), Way: ledger.Way(way)})
}

// NotMoved writes that something was tried that the state does not allow.
func (tx *Tx) NotMoved(r Referral, k share.Kind, by ledger.Actor, why error) error {
	return tx.referralLog(r, by, &ledger.ReferralRefused{Event: ledger.Why(k), State: ledger.Why(r.State), Side: ledger.Why(r.Side), Code: kexin.CodeOf(why), Law: kexin.LawOf(why)})
}

// WordTried writes that the word was compared.
func (tx *Tx) WordTried(r Referral, by ledger.Actor, right bool) error {
	return tx.referralLog(r, by, &ledger.WordTried{Left: max(0, consent.PairTries-r.Tries), Right: right})
}

func (tx *Tx) referralLog(r Referral, by ledger.Actor, f ledger.Facts) error {
	e := Event{Actor: by, Refs: ledger.Refs{Referral: r.ID, Receiver: r.Peer}, Facts: f}
	if r.Subject != 0 {
		s, err := tx.subjectOf(r.Subject)
		if err != nil {
			return err
		}
		e.Subject = s
	}
	return tx.Log(e)
}

// AddAsk notes that she is asked now (CON-05).
func (tx *Tx) AddAsk(subject kexin.ID, purpose kexin.PurposeCode, receiver kexin.ID) error {
	_, err := tx.Exec("INSERT INTO ask(org_id,id,subject_id,purpose,receiver,at,refused_at) VALUES($1,$2,$3,$4,$5,$6,0)", tx.Org, tx.NewID(), subject, string(purpose), receiver, tx.Now)
	return err
}

// RefuseAsk notes her no, and TakeBackAsk that she took it back.
func (tx *Tx) RefuseAsk(subject kexin.ID, purpose kexin.PurposeCode, receiver kexin.ID) error {
	_, err := tx.Exec("UPDATE ask SET refused_at=$5 WHERE org_id=$1 AND subject_id=$2 AND purpose=$3 AND receiver=$4 AND refused_at=0", tx.Org, subject, string(purpose), receiver, tx.Now)
	return err
}

// TakeBackAsk lifts the cool-down of a no that was given since.
func (tx *Tx) TakeBackAsk(subject kexin.ID, purpose kexin.PurposeCode, receiver kexin.ID, since kexin.Instant) error {
	_, err := tx.Exec("UPDATE ask SET refused_at=0 WHERE org_id=$1 AND subject_id=$2 AND purpose=$3 AND receiver=$4 AND refused_at>=$5", tx.Org, subject, string(purpose), receiver, since)
	return err
}

// Asks are all asks of some people.
func (tx *Tx) Asks(subjects ...kexin.ID) (out []consent.Ask, err error) {
	in, ids := tx.s.db.InIDs("subject_id", subjects, 2)
	err = tx.Each("SELECT purpose,receiver,at,refused_at FROM ask WHERE org_id=$1 AND "+in+" ORDER BY id", []any{tx.Org, ids}, func(r *db.Rows) error {
		var a consent.Ask
		var p string
		err := r.Scan(&p, &a.Receiver, &a.At, &a.Refused)
		a.Purpose = kexin.PurposeCode(strings.TrimSpace(p))
		out = append(out, a)
		return err
	})
	return out, err
}
