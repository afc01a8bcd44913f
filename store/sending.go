package store

import (
	"context"
	"encoding/json"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// A Message is something that goes to a customer: a code, a link, her receipt.
// Address and text are sealed under her data key and die with it.
type Message struct {
	ID       kexin.ID
	Subject  kexin.ID
	Channel  kexin.Channel // sms or email
	Kind     string        // code, link, receipt, told; LastMessage
	Ref      kexin.ID      // of a link: the question it leads to; of a last one: her referral
	To       string
	Text     string
	Template string // which text it is, and what was filled into it
	Params   map[string]string
	Tries    int64
	Made     kexin.Instant
	At       kexin.Instant // not before
	Ends     kexin.Instant // not after
	State    string        // queued, sent, failed, cancelled_by_withdrawal, cancelled
	Provider string        // message id of the provider
	Done     kexin.Instant
}

// LastMessage is the kind of one that tells her that what she gave is erased: it
// hangs on the merchant's own holder, since her keys are gone, and ends soon.
const LastMessage = "last"

// The places of a message under her data key.
const (
	toField   kexin.FieldID = 13
	textField kexin.FieldID = 14
)

// A writing is what is sealed of a message's text.
type writing struct {
	Text     string            `json:"text"`
	Template string            `json:"template"`
	Params   map[string]string `json:"params"`
}

// Queue puts a message into the queue, in the transaction of what it tells.
func (tx *Tx) Queue(m Message) (kexin.ID, error) {
	s, err := tx.subjectOf(m.Subject)
	if err != nil {
		return 0, err
	}
	if s.data == nil {
		return 0, &kexin.Error{Op: "store.queue", Code: kexin.NotFound, Key: "error.erased"}
	}
	m.ID = tx.NewID()
	to := vault.SealCell(s.data, vault.CellAddr{Field: toField, Record: m.ID}, []byte(m.To))
	text, err := sealJSON(s, textField, m.ID, writing{m.Text, m.Template, m.Params})
	if err != nil {
		return 0, err
	}
	if _, err := tx.Exec("INSERT INTO sending(org_id,id,subject_id,channel,kind,state,to_c,text_c,provider,tries,made_at,at,ends_at,done_at,ref_id) VALUES($1,$2,$3,$4,$5,'queued',$6,$7,'',0,$8,$9,$10,0,$11)",
		tx.Org, m.ID, m.Subject, string(m.Channel), m.Kind, to, text, tx.Now, max(m.At, tx.Now), m.Ends, m.Ref); err != nil {
		return 0, err
	}
	return m.ID, tx.sendingLog(s, m, "queued")
}

func (tx *Tx) sendingLog(s *Subject, m Message, state string) error {
	e := Event{Actor: ledger.Actor{Kind: ledger.BySystem}, Subject: s, Facts: &ledger.SendingChanged{Channel: m.Channel, State: ledger.Why(state)}}
	if m.Kind == LastMessage {
		e.Refs.Referral = m.Ref
	}
	return tx.Log(e)
}

const sendingWaits = "SELECT org_id FROM sending WHERE state='queued' AND at<=$1 GROUP BY org_id"

// SendingWaits are the merchants with messages to send.
func (s *Store) SendingWaits(ctx context.Context) ([]kexin.ID, error) {
	return s.orgs(ctx, sendingWaits)
}

// ToSend are the merchant's messages whose time has come, sealed: without address
// and text.
func (tx *Tx) ToSend(limit int) (out []Message, err error) {
	err = tx.Each("SELECT id,subject_id,ref_id,channel,kind,tries,made_at,at,ends_at FROM sending WHERE org_id=$1 AND state='queued' AND at<=$2 ORDER BY id LIMIT $3", []any{tx.Org, tx.Now, limit}, func(r *db.Rows) error {
		m := Message{State: "queued"}
		var ch string
		err := r.Scan(&m.ID, &m.Subject, &m.Ref, &ch, &m.Kind, &m.Tries, &m.Made, &m.At, &m.Ends)
		m.Channel = kexin.Channel(ch)
		out = append(out, m)
		return err
	})
	return out, err
}

// OpenMessage opens one for the sender alone. One whose person was erased is
// cancelled. Errors: Damaged where address or text do not open.
func (tx *Tx) OpenMessage(m Message) (Message, error) {
	s, err := tx.subjectOf(m.Subject)
	if kexin.CodeOf(err) == kexin.NotFound || err == nil && s.data == nil {
		m.State = "cancelled"
		return m, nil
	}
	if err != nil {
		return m, misplaced("sending", m.ID, err)
	}
	var to, text []byte
	if err := tx.Row("SELECT to_c,text_c FROM sending WHERE org_id=$1 AND id=$2", tx.Org, m.ID).Scan(&to, &text); err != nil {
		return m, err
	}
	if to, err = vault.OpenCell(s.data, vault.CellAddr{Field: toField, Record: m.ID}, to); err != nil {
		return m, misplaced("sending", m.ID, err)
	}
	if text, err = vault.OpenCell(s.data, vault.CellAddr{Field: textField, Record: m.ID}, text); err != nil {
		return m, misplaced("sending", m.ID, err)
	}
	var b writing
	if json.Unmarshal(text, &b) != nil { // of a server from before templates
		b.Text = string(text)
	}
	m.To, m.Text, m.Template, m.Params = string(to), b.Text, b.Template, b.Params
	return m, nil
}

// Claim takes a queued message for sending: only one of several does, and a
// withdrawal before it wins. until is when it counts as queued again.
func (tx *Tx) Claim(id kexin.ID, until kexin.Instant) (bool, error) {
	n, err := tx.Exec("UPDATE sending SET at=$3,tries=tries+1 WHERE org_id=$1 AND id=$2 AND state='queued' AND at<=$4", tx.Org, id, until, tx.Now)
	return n == 1, err
}

// Sent writes how sending ended: sent, failed, cancelled, or queued again at m.At.
// What was sent is forgotten at once; that it was is true though it was cancelled
// while the provider had it.
func (tx *Tx) Sent(m Message) error {
	if m.State == "queued" {
		_, err := tx.Exec("UPDATE sending SET at=$3 WHERE org_id=$1 AND id=$2 AND state='queued'", tx.Org, m.ID, m.At)
		return err
	}
	n, err := tx.Exec("UPDATE sending SET state=$3,provider=$4,done_at=$5,to_c=NULL,text_c=NULL WHERE org_id=$1 AND id=$2 AND (state='queued' OR $6 AND state IN ('cancelled','cancelled_by_withdrawal'))",
		tx.Org, m.ID, m.State, m.Provider, tx.Now, m.State == "sent")
	if err != nil || n == 0 {
		return err
	}
	s, err := tx.subjectOf(m.Subject)
	if err != nil && !Damaged(err) { // of whom that is, the log says nothing
		return absent(err)
	}
	return tx.sendingLog(s, m, m.State)
}

// absent is nil for an erased person.
func absent(err error) error {
	if kexin.CodeOf(err) == kexin.NotFound {
		return nil
	}
	return err
}

// CancelSending stops everything queued to a person, in the transaction of her
// withdrawal (WDR-01). It gives the number.
func (tx *Tx) CancelSending(s *Subject, by ledger.Actor) (int64, error) {
	return tx.cancelSending(s, "cancelled_by_withdrawal", "", by)
}

// CancelLast stops the message that tells her that what she gave by a referral is
// erased: she stopped it herself meanwhile.
func (tx *Tx) CancelLast(referral kexin.ID, by ledger.Actor) error {
	s, err := tx.subjectOf(tx.Org)
	if err == nil {
		_, err = tx.cancelSending(s, "cancelled_by_withdrawal", " AND kind='"+LastMessage+"' AND ref_id=$5", by, referral)
	}
	return err
}

// CancelLink stops the message with the link of a question that needs no answer
// any more.
func (tx *Tx) CancelLink(s *Subject, ask kexin.ID, by ledger.Actor) error {
	_, err := tx.cancelSending(s, "cancelled", " AND kind='link' AND ref_id=$5", by, ask)
	return err
}

func (tx *Tx) cancelSending(s *Subject, to, which string, by ledger.Actor, args ...any) (int64, error) {
	n, err := tx.Exec("UPDATE sending SET state=$4,done_at=$3,to_c=NULL,text_c=NULL WHERE org_id=$1 AND subject_id=$2 AND state='queued'"+which, append([]any{tx.Org, s.ID, tx.Now, to}, args...)...)
	if err != nil || n == 0 {
		return n, err
	}
	return n, tx.Log(Event{Actor: by, Subject: s, Facts: &ledger.SendingChanged{State: ledger.Why(to)}})
}

// LinkSent is how the message with the link of a question stands: queued, sent,
// failed, cancelled, cancelled_by_withdrawal; "" where none was made.
func (tx *Tx) LinkSent(subject, ask kexin.ID) (state string, err error) {
	err = tx.Row("SELECT state FROM sending WHERE org_id=$1 AND subject_id=$2 AND kind='link' AND ref_id=$3 ORDER BY id DESC LIMIT 1", tx.Org, subject, ask).Scan(&state)
	return state, absent(err)
}

// SendingOf are the messages to a person, newest first, without their text.
func (tx *Tx) SendingOf(subject kexin.ID) (out []Message, err error) {
	err = tx.Each("SELECT id,channel,kind,state,provider,made_at,at,done_at FROM sending WHERE org_id=$1 AND subject_id=$2 ORDER BY id DESC LIMIT 100", []any{tx.Org, subject}, func(r *db.Rows) error {
		var m Message
		var ch string
		err := r.Scan(&m.ID, &ch, &m.Kind, &m.State, &m.Provider, &m.Made, &m.At, &m.Done)
		m.Subject, m.Channel = subject, kexin.Channel(ch)
		out = append(out, m)
		return err
	})
	return out, err
}

// WroteTo are the persons of the merchant with an address, and when it last wrote to
// any of them over a channel, since a moment: what it tried to send, whatever the
// provider says became of it. 0 = not.
func (tx *Tx) WroteTo(k kexin.Key, over kexin.Channel, since kexin.Instant) (people []kexin.ID, last kexin.Instant, err error) {
	people, err = tx.everybodyWith([]kexin.Key{k}, 0, tx.Now)
	if err != nil || len(people) < 2 {
		return nil, 0, err
	}
	people = people[1:] // behind the nobody that was asked with
	for _, id := range people {
		var at kexin.Instant
		if err := tx.Row("SELECT COALESCE(MAX(made_at),0) FROM sending WHERE org_id=$1 AND subject_id=$2 AND channel=$3 AND tries>0 AND made_at>$4", tx.Org, id, string(over), since).Scan(&at); err != nil {
			return nil, 0, err
		}
		last = max(last, at)
	}
	return people, last, nil
}
