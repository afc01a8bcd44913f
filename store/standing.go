package store

import (
	"kexin"
	"kexin/consent"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/law"
	"kexin/vault"
)

// A Standing is what decisions about contact know of one customer.
type Standing struct {
	consent.Person
	Ordered    bool // an order carries contact about it and after it
	Suppressed bool // her number is marked do-not-contact 勿扰
	Made       kexin.Instant
	Subject    kexin.ID
}

// Standings reads them for customers inside the permit, from consent
// rows as they are in this transaction: nothing about consent outlives it
// (law.md I5).
func (tx *Tx) Standings(p *gate.Permit, ids []kexin.ID) (map[kexin.ID]*Standing, error) {
	if err := tx.check(p, "store.standing"); err != nil || len(ids) == 0 {
		return nil, err
	}
	out, of := map[kexin.ID]*Standing{}, map[kexin.ID]*Standing{}
	var s stmt
	s.add("SELECT c.id,c.subject_id,c.source_on,c.last_on,c.hers_at,c.orders,c.made_at,COALESCE(b.source,'') FROM customer c LEFT JOIN import_batch b ON b.org_id=c.org_id AND b.id=c.batch_id")
	s.add(" WHERE c.org_id=").arg(tx.Org)
	states(&s, p)
	owners(&s, p.Scope(), "c.owner_id")
	s.add(" AND c.id IN ").list(ids)
	err := tx.Each(s.b.String(), s.args, func(r *db.Rows) error {
		var id kexin.ID
		var hers kexin.Instant
		var on, orderOn, source string
		var orders int64
		st := &Standing{Person: consent.Person{Zone: tx.Zone}}
		if err := r.Scan(&id, &st.Subject, &on, &orderOn, &hers, &orders, &st.Made, &source); err != nil {
			return err
		}
		st.Source, st.Ordered = kexin.SourceKind(source), orders > 0
		st.Enquired = tx.enquired(on, orderOn, hers)
		out[id], of[st.Subject] = st, st
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, tx.consents(of)
}

// enquired is the last moment from which an enquiry counts: she came, called,
// wrote or ordered. What the shop did by itself is none of it.
func (tx *Tx) enquired(sourceOn, orderOn string, hers kexin.Instant) kexin.Instant {
	return max(kexin.Day(sourceOn).Start(tx.Zone), kexin.Day(orderOn).Start(tx.Zone), hers)
}

// consents adds the consent rows of these persons. A row whose code does not
// fit was written without the keys: it stops everything.
func (tx *Tx) consents(of map[kexin.ID]*Standing) error {
	if len(of) == 0 {
		return nil
	}
	var s stmt
	ids := make([]kexin.ID, 0, len(of))
	for id := range of {
		ids = append(ids, id)
	}
	s.add("SELECT " + consentCols + " FROM consent_state WHERE org_id=").arg(tx.Org)
	s.add(" AND subject_id IN ").list(ids)
	return tx.Each(s.b.String(), s.args, func(r *db.Rows) error {
		subject, row, sound, err := tx.scanConsent(r)
		if err != nil {
			return err
		}
		if !sound {
			row.State, of[subject].Disputed = consent.Suspended, true
			tx.met = &Forged{"consent_state", subject}
		}
		if sound && row.Purpose == law.Suppression {
			of[subject].Suppressed, of[subject].Disputed = row.State == consent.Withdrawn, of[subject].Disputed || row.State == consent.Suspended
			return nil
		}
		of[subject].Rows = append(of[subject].Rows, row)
		return nil
	})
}

const consentCols = "subject_id,purpose,channel,receiver,state,valid_from,valid_until,grade,epoch,leaf,mac"

// consentCode is what the code of such a row stands for.
func consentCode(org, subject kexin.ID, r consent.Row) *vault.Row {
	return vault.NewRow("consent_state").ID(org).ID(subject).Text(string(r.Purpose)).Text(string(r.Channel)).ID(r.Receiver).Text(string(r.State)).
		Int(int64(r.From)).Int(int64(r.Until)).Text(r.Grade.String()).Int(int64(r.Epoch))
}

func (tx *Tx) scanConsent(r *db.Rows) (subject kexin.ID, row consent.Row, sound bool, err error) {
	subject, row, sound, _, err = tx.scanConsentLeaf(r)
	return subject, row, sound, err
}

// scanConsentLeaf gives the leaf too that the row names.
func (tx *Tx) scanConsentLeaf(r *db.Rows) (subject kexin.ID, row consent.Row, sound bool, leaf []byte, err error) {
	var purpose, channel, state, grade string
	var epoch int64
	var mac []byte
	err = r.Scan(&subject, &purpose, &channel, &row.Receiver, &state, &row.From, &row.Until, &grade, &epoch, &leaf, &mac)
	if err != nil {
		return 0, row, false, nil, err
	}
	row.Purpose, row.Channel, row.State, row.Epoch = kexin.PurposeCode(purpose), kexin.Channel(channel), consent.State(state), uint32(epoch)
	row.Grade = consent.ParseGrade(grade)
	row.Changed = row.From
	var l [32]byte
	copy(l[:], leaf)
	return subject, row, vault.CheckRow(tx.ring, consentCode(tx.Org, subject, row), l, mac), leaf, nil
}
