package store

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// A Letter is one message between two merchants (security.md A13): what
// happened to a referral, a withdrawal, a count. It holds ids, closed codes and
// numbers, never a value of a person.
type Letter struct {
	Kind    string // referral.moved, consent.withdrawn, consent.outcome, credit.counted, alliance.member
	From    kexin.ID
	To      kexin.ID
	Seq     int64
	Created kexin.Instant
	Ref     kexin.ID // referral; member of an alliance; 0 for counts
	Word    string   // event, outcome or month
	N       int64    // epoch or count
	Told    bool
	Said    kexin.Instant // of a withdrawal: when she said it; 0 in one of an earlier version
	Proved  []int64       // of a withdrawal: the addresses that she proved, each by its AddressCode
	By      ledger.Hash   // of one that came in: the key that signed it, by its hash
}

// letterPrefix is the first line of what is signed.
const letterPrefix = "kexin-msg/1\n"

func (l Letter) value() ledger.Value {
	m := []ledger.Member{
		{Key: "type", Val: ledger.Text(l.Kind)}, {Key: "from", Val: ledger.Text(l.From.String())}, {Key: "to", Val: ledger.Text(l.To.String())},
		{Key: "seq", Val: ledger.Int(l.Seq)}, {Key: "created", Val: ledger.Int(int64(l.Created))}, {Key: "ref", Val: ledger.Text(l.Ref.String())},
		{Key: "word", Val: ledger.Text(l.Word)}, {Key: "n", Val: ledger.Int(l.N)}, {Key: "told", Val: ledger.Bool(l.Told)},
	}
	if l.Said != 0 {
		m = append(m, ledger.Member{Key: "said", Val: ledger.Int(int64(l.Said))})
	}
	if len(l.Proved) > 0 {
		all := make([]ledger.Value, len(l.Proved))
		for i, n := range l.Proved {
			all[i] = ledger.Int(n)
		}
		m = append(m, ledger.Member{Key: "proved", Val: ledger.List(all...)})
	}
	return ledger.Object(m...)
}

// letterSkew is how far the time in a letter may be from the receiver's, either
// way, and freshFor how long the sender sends one before he signs it anew.
const (
	letterSkew = 24 * time.Hour
	freshFor   = letterSkew / 2
)

// within reports whether the time in a letter is not further from now than d.
// What stops something, and the answer to it, has no end.
func (l Letter) within(d time.Duration, now kexin.Instant) bool {
	return l.Kind == "consent.withdrawn" || l.Kind == "consent.outcome" || max(now-l.Created, l.Created-now) <= kexin.Instant(d.Milliseconds())
}

// says is the hash of what a letter tells, whenever it was signed.
func (l Letter) says() ([32]byte, error) {
	l.Created = 0
	b, err := ledger.JCS(l.value())
	return sha256.Sum256(b), err
}

// referral is what the letter is about, where it is about one.
func (l Letter) referral() kexin.ID {
	if l.Kind == "alliance.member" {
		return 0
	}
	return l.Ref
}

// seal signs a letter: the signature stands before the canonical JSON.
func (l Letter) seal(key ed25519.PrivateKey) ([]byte, error) {
	body, err := ledger.JCS(l.value())
	if err != nil {
		return nil, err
	}
	signed := append([]byte(letterPrefix), body...)
	return append(ed25519.Sign(key, signed), signed...), nil
}

// openLetter checks the signature and reads the letter. Errors: unauthorized.
func openLetter(key ed25519.PublicKey, envelope []byte) (Letter, error) {
	bad := &kexin.Error{Op: "store.letter", Code: kexin.Unauthorized, Key: "error.letter"}
	n := ed25519.SignatureSize
	if len(envelope) < n+len(letterPrefix) || string(envelope[n:n+len(letterPrefix)]) != letterPrefix || !ed25519.Verify(key, envelope[n:], envelope[:n]) {
		return Letter{}, bad
	}
	return readLetter(envelope)
}

// readLetter reads what an envelope holds, whoever signed it.
func readLetter(envelope []byte) (Letter, error) {
	bad := &kexin.Error{Op: "store.letter", Code: kexin.Unauthorized, Key: "error.letter"}
	v, err := ledger.ParseJCS(envelope[min(len(envelope), ed25519.SignatureSize+len(letterPrefix)):])
	if err != nil {
		return Letter{}, bad
	}
	get := func(k string) ledger.Value { m, _ := v.Get(k); return m }
	var l Letter
	var err1, err2, err3 error
	l.From, err1 = kexin.ParseID(get("from").Str())
	l.To, err2 = kexin.ParseID(get("to").Str())
	l.Ref, err3 = kexin.ParseID(get("ref").Str())
	l.Kind, l.Seq, l.Created, l.Word, l.N, l.Told = get("type").Str(), get("seq").Num(), kexin.Instant(get("created").Num()), get("word").Str(), get("n").Num(), get("told").Num() == 1
	l.Said = kexin.Instant(get("said").Num())
	for _, n := range get("proved").Items() {
		l.Proved = append(l.Proved, n.Num())
	}
	if err1 != nil || err2 != nil || err3 != nil {
		return Letter{}, bad
	}
	return l, nil
}

// Post puts a letter to another merchant into the outbox, in the transaction
// of what it tells.
func (tx *Tx) Post(l Letter) error {
	l.From, l.Created = tx.Org, tx.Now
	if err := tx.Row("SELECT COALESCE(MAX(seq),0)+1 FROM outbox WHERE org_id=$1 AND peer_id=$2", tx.Org, l.To).Scan(&l.Seq); err != nil {
		return err
	}
	envelope, err := tx.signLetter(l)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("INSERT INTO outbox(org_id,peer_id,seq,kind,ref_id,envelope,made_at,sent_at,tries,next_at,ack) VALUES($1,$2,$3,$4,$5,$6,$7,0,0,$7,NULL)",
		tx.Org, l.To, l.Seq, l.Kind, l.Ref, envelope, tx.Now); err != nil {
		return err
	}
	return tx.sent(l, envelope)
}

// A Waiting letter is one that was not acknowledged yet.
type Waiting struct {
	Peer     kexin.ID
	Seq      int64
	Envelope []byte
	Tries    int64
	Made     kexin.Instant
}

// Outgoing are the merchant's letters whose time has come, in the order of
// their numbers.
func (tx *Tx) Outgoing(limit int) (out []Waiting, err error) {
	err = tx.Each("SELECT peer_id,seq,envelope,tries,made_at FROM outbox WHERE org_id=$1 AND sent_at=0 AND next_at<=$2 ORDER BY peer_id,seq LIMIT $3", []any{tx.Org, tx.Now, limit}, func(r *db.Rows) error {
		var w Waiting
		err := r.Scan(&w.Peer, &w.Seq, &w.Envelope, &w.Tries, &w.Made)
		out = append(out, w)
		return err
	})
	return out, err
}

// stale reports whether a letter has waited for so long, or was signed under a
// clock so far off, that the other side may not take it.
func (w Waiting) stale(now kexin.Instant) bool {
	l, err := readLetter(w.Envelope)
	return err == nil && !l.within(freshFor, now)
}

// Renewed is a waiting letter signed anew: it tells the same. Another postman
// may have done it meanwhile.
func (tx *Tx) Renewed(w Waiting) (Waiting, error) {
	if err := tx.Row("SELECT envelope FROM outbox WHERE org_id=$1 AND peer_id=$2 AND seq=$3", tx.Org, w.Peer, w.Seq).Scan(&w.Envelope); err != nil || !w.stale(tx.Now) {
		return w, err
	}
	l, err := readLetter(w.Envelope)
	if err != nil {
		return w, err
	}
	l.Created = tx.Now
	if w.Envelope, err = tx.signLetter(l); err != nil {
		return w, err
	}
	if _, err := tx.Exec("UPDATE outbox SET envelope=$4 WHERE org_id=$1 AND peer_id=$2 AND seq=$3", tx.Org, w.Peer, w.Seq, w.Envelope); err != nil {
		return w, err
	}
	return w, tx.sent(l, w.Envelope)
}

// signLetter seals a letter under the merchant's key.
func (tx *Tx) signLetter(l Letter) ([]byte, error) {
	key, err := tx.ring.Signing(vault.UseMsg, tx.ring.Active(vault.UseMsg))
	if err != nil {
		return nil, err
	}
	return l.seal(key)
}

// sent writes that a letter was signed and goes out.
func (tx *Tx) sent(l Letter, envelope []byte) error {
	return tx.Log(Event{Actor: ledger.Actor{Kind: ledger.BySystem}, Refs: ledger.Refs{Referral: l.referral(), Receiver: l.To},
		Facts: &ledger.MessageSent{Hash: sha256.Sum256(envelope), Kind: ledger.Why(l.Kind), Peer: l.To, Seq: l.Seq}})
}

// Posted notes the other side's signed answer; Delayed that it must be tried
// again.
func (tx *Tx) Posted(w Waiting, ack []byte) error {
	_, err := tx.Exec("UPDATE outbox SET sent_at=$4,ack=$5 WHERE org_id=$1 AND peer_id=$2 AND seq=$3 AND sent_at=0", tx.Org, w.Peer, w.Seq, tx.Now, ack)
	return err
}

// Delayed counts a try and says when the next one is due; ack is there where
// the letter was set aside.
func (tx *Tx) Delayed(w Waiting, next kexin.Instant, ack []byte) error {
	_, err := tx.Exec("UPDATE outbox SET tries=tries+1,next_at=$4,ack=$5 WHERE org_id=$1 AND peer_id=$2 AND seq=$3", tx.Org, w.Peer, w.Seq, next, ack)
	return err
}

// Overdue reports whether a letter to a merchant was not delivered for longer
// than five minutes: his gate refuses meanwhile (architecture.md). One that was
// set aside concerns a row from which nothing can be done anyway.
func (tx *Tx) Overdue(peer kexin.ID) (bool, error) {
	var n int64
	err := tx.Row("SELECT COUNT(*) FROM outbox WHERE org_id=$1 AND peer_id=$2 AND sent_at=0 AND ack IS NULL AND made_at<$3", tx.Org, peer, tx.Now-5*60_000).Scan(&n)
	return n > 0, err
}

// StopSent reports whether her stop went from a sender to the other shop by
// letter, and when it was taken there; 0 = not yet.
func (tx *Tx) StopSent(r Referral) (sent bool, at kexin.Instant, err error) {
	err = tx.Row("SELECT sent_at FROM outbox WHERE org_id=$1 AND peer_id=$2 AND ref_id=$3 AND kind='consent.withdrawn' ORDER BY seq DESC LIMIT 1", tx.Org, r.Peer, r.ID).Scan(&at)
	return err == nil, at, absent(err)
}

const outboxWaits = "SELECT org_id FROM outbox WHERE sent_at=0 AND next_at<=$1 GROUP BY org_id"

// OutboxWaits are the merchants with letters to deliver.
func (s *Store) OutboxWaits(ctx context.Context) ([]kexin.ID, error) { return s.orgs(ctx, outboxWaits) }

// ReadLetter checks a letter against the key of who says he wrote it.
func (s *Store) ReadLetter(ctx context.Context, from kexin.ID, envelope []byte) (Letter, error) {
	ring, err := s.rings.Ring(ctx, from)
	if err != nil {
		return Letter{}, err
	}
	var l Letter
	for _, v := range ring.Versions(vault.UseMsg, vault.Active, vault.Accept) {
		key, err := ring.Signing(vault.UseMsg, v)
		if err != nil {
			return Letter{}, err
		}
		if l, err = openLetter(key.Public().(ed25519.PublicKey), envelope); err == nil && l.From == from {
			l.By = sha256.Sum256(key.Public().(ed25519.PublicKey))
			return l, nil
		}
	}
	return Letter{}, &kexin.Error{Op: "store.letter", Code: kexin.Unauthorized, Key: "error.letter"}
}

// aside is the outcome of a letter about a referral whose row is damaged here:
// known, and not acted on. It is taken once the row is right, when it comes again.
const aside = "aside"

// Take stores a letter that came in and acts on it, in one transaction; the
// same one again gets the same answer and nothing is done. act gives the
// outcome. A letter about a damaged row is set aside and holds up no other but
// those about the same row. Errors: conflict for one that is not for this
// merchant, comes before an earlier one, or is of another day by its clock; a
// withdrawal never waits.
func (tx *Tx) Take(l Letter, envelope []byte, act func() (string, error)) (ack []byte, err error) {
	hash := sha256.Sum256(envelope)
	says, err := l.says()
	if err != nil {
		return nil, err
	}
	var old, known []byte
	err = tx.Row("SELECT ack,hash FROM inbox WHERE org_id=$1 AND peer_id=$2 AND seq=$3", tx.Org, l.From, l.Seq).Scan(&old, &known)
	again := err == nil
	switch {
	case again && string(known) != string(says[:]) && string(known) != string(hash[:]): // an earlier version kept the hash of the whole letter
		return nil, &kexin.Error{Op: "store.take", Code: kexin.Conflict, Key: "error.letter"}
	case again && !Aside(old):
		return old, nil
	case !again && kexin.CodeOf(err) != kexin.NotFound:
		return nil, err
	}
	if !again {
		if err := tx.inTurn(l); err != nil {
			return nil, err
		}
	}
	outcome, err := tx.acting(l, act)
	if err != nil || again && outcome == aside {
		return old, err
	}
	key, err := tx.ring.Signing(vault.UseMsg, tx.ring.Active(vault.UseMsg))
	if err != nil {
		return nil, err
	}
	said, err := ledger.JCS(ledger.Object(ledger.Member{Key: "hash", Val: ledger.Text(base64.RawURLEncoding.EncodeToString(hash[:]))}, ledger.Member{Key: "seq", Val: ledger.Int(l.Seq)}, ledger.Member{Key: "outcome", Val: ledger.Text(outcome)}))
	if err != nil {
		return nil, err
	}
	ack = append(ed25519.Sign(key, said), said...)
	if again {
		_, err = tx.Exec("UPDATE inbox SET ack=$4 WHERE org_id=$1 AND peer_id=$2 AND seq=$3", tx.Org, l.From, l.Seq, ack)
	} else {
		_, err = tx.Exec("INSERT INTO inbox(org_id,peer_id,seq,hash,kind,ref_id,at,ack) VALUES($1,$2,$3,$4,$5,$6,$7,$8)", tx.Org, l.From, l.Seq, says[:], l.Kind, l.Ref, tx.Now, ack)
	}
	if err != nil {
		return nil, err
	}
	return ack, tx.Log(Event{Actor: ledger.Actor{Kind: ledger.ByMerchant, Ref: l.From}, Refs: ledger.Refs{Referral: l.referral()},
		Facts: &ledger.MessageTaken{Hash: hash, Kind: ledger.Why(l.Kind), Outcome: ledger.Why(outcome), Peer: l.From, Seq: l.Seq}})
}

// inTurn refuses a letter to somebody else, before its turn, or of another day.
func (tx *Tx) inTurn(l Letter) error {
	var before int64
	if err := tx.Row("SELECT COUNT(*) FROM inbox WHERE org_id=$1 AND peer_id=$2 AND seq<$3", tx.Org, l.From, l.Seq).Scan(&before); err != nil {
		return err
	}
	if l.To != tx.Org || before != l.Seq-1 && l.Kind != "consent.withdrawn" {
		return &kexin.Error{Op: "store.take", Code: kexin.Conflict, Key: "error.letter_order"}
	}
	if !l.within(letterSkew, tx.Now) {
		return &kexin.Error{Op: "store.take", Code: kexin.Conflict, Key: "error.letter_clock"}
	}
	return nil
}

// acting does what a letter says, unless the row it is about is damaged or an
// earlier letter about that row is set aside.
func (tx *Tx) acting(l Letter, act func() (string, error)) (outcome string, err error) {
	if l.referral() == 0 {
		return act()
	}
	var f *Forged
	if _, err := tx.Referral(l.Ref); errors.As(err, &f) {
		tx.met = f
		return aside, nil
	}
	if l.Kind == "consent.withdrawn" {
		return act()
	}
	err = tx.Each("SELECT ack FROM inbox WHERE org_id=$1 AND peer_id=$2 AND ref_id=$3 AND seq<$4", []any{tx.Org, l.From, l.Ref, l.Seq}, func(r *db.Rows) error {
		var ack []byte
		err := r.Scan(&ack)
		if Aside(ack) {
			outcome = aside
		}
		return err
	})
	if err != nil || outcome == aside {
		return outcome, err
	}
	return act()
}

// Aside reports whether an answer says that the letter was set aside.
func Aside(ack []byte) bool {
	if len(ack) < ed25519.SignatureSize {
		return false
	}
	v, err := ledger.ParseJCS(ack[ed25519.SignatureSize:])
	if err != nil {
		return false
	}
	o, _ := v.Get("outcome")
	return o.Str() == aside
}
