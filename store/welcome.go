package store

import (
	"crypto/ed25519"

	"kexin"
	"kexin/consent"
	"kexin/gate"
	"kexin/ledger"
	"kexin/vault"
)

// Welcome makes a customer of what she gave, with nothing besides: the
// receiver's accepting, by the permit of who accepts. The person and her keys
// are those that her submission made.
func (tx *Tx) Welcome(p *gate.Permit, r Referral, owner kexin.ID) (kexin.ID, error) {
	var g Given
	if err := tx.openJSON(r, givenField, r.given, &g); err != nil {
		return 0, err
	}
	vals := Values{kexin.CustName: kexin.Str(g.Name), kexin.CustType: kexin.Str("person"), kexin.CustStage: kexin.Str("new"),
		kexin.CustSource: kexin.Str("referral"), kexin.CustSourceOn: kexin.Str(string(tx.day()))}
	for f, s := range map[kexin.FieldID]string{kexin.CustPhone: g.Phone, kexin.CustEmail: g.Email} {
		if s != "" {
			vals[f] = kexin.Str(s)
		}
	}
	if r.Need != "" {
		vals[kexin.CustNeed] = kexin.Items(r.Need)
	}
	if err := tx.checkWrite(p, kexin.ActCreate, vals); err != nil {
		return 0, err
	}
	o := p.Object()
	s, err := tx.subjectOf(r.Subject)
	if err != nil {
		return 0, err
	}
	b := base{id: tx.NewID(), owner: owner, by: p.Actor().User}
	row := tx.mill().ready(o, b, s, subjectRows{}, vals, tx.Now)
	if err := tx.insert(o, row); err != nil {
		return 0, err
	}
	if _, err := tx.heed(o, r.Subject, vals); err != nil {
		return 0, err
	}
	if err := tx.addOrigin(b.id, "enquiry", kexin.DayOf(r.Made.Time().In(tx.Zone)), "referral", b.by, 0); err != nil {
		return 0, err
	}
	if err := tx.carry(o.Object, b.id, 0, vals); err != nil {
		return 0, err
	}
	return b.id, tx.logWrite(p, s, &ledger.RecordCreated{Object: o.Object, Fields: filled(o, vals), Way: "customer"}, b.id, [32]byte{}, row.digest, ownedBy(owner))
}

// WelcomeFields are the fields that Welcome writes.
var WelcomeFields = []kexin.FieldID{kexin.CustName, kexin.CustType, kexin.CustPhone, kexin.CustEmail, kexin.CustStage, kexin.CustSource, kexin.CustSourceOn, kexin.CustNeed}

// GivenOf is what she typed for this merchant, for herself alone
// (gate.SubjectCopy). Errors: not_found where there is nothing.
func (tx *Tx) GivenOf(sys gate.System, subject kexin.ID) (g Given, err error) {
	if sys.Job() != gate.SubjectCopy || !sys.Allows(kexin.CustPhone) || !sys.Allows(kexin.CustEmail) || !sys.Allows(kexin.CustName) {
		return g, &kexin.Error{Op: "store.given", Code: kexin.Internal, Key: "error.permit"}
	}
	list, err := tx.ReferralsOf(subject)
	if err != nil {
		return g, err
	}
	for _, r := range list {
		if r.Side == Receiving && len(r.given) > 0 {
			return g, tx.openJSON(r, givenField, r.given, &g)
		}
	}
	return g, &kexin.Error{Op: "store.given", Code: kexin.NotFound}
}

// KeepReceipt stores the signed receipt under her evidence key.
func (tx *Tx) KeepReceipt(r Referral, doc []byte) error {
	s, err := tx.subjectOf(r.Subject)
	if err != nil {
		return err
	}
	id := tx.NewID()
	_, err = tx.Exec("INSERT INTO receipt(org_id,id,subject_id,referral_id,at,doc_c) VALUES($1,$2,$3,$4,$5,$6)", tx.Org, id, s.ID, r.ID, tx.Now,
		vault.SealCell(s.evidence, vault.CellAddr{Field: receiptField, Record: id}, doc))
	return err
}

const receiptField kexin.FieldID = 4

// Receipt is the newest receipt of a referral. Errors: not_found.
func (tx *Tx) Receipt(r Referral) ([]byte, error) {
	var id kexin.ID
	var ct []byte
	if err := tx.Row("SELECT id,doc_c FROM receipt WHERE org_id=$1 AND referral_id=$2 ORDER BY id DESC LIMIT 1", tx.Org, r.ID).Scan(&id, &ct); err != nil {
		return nil, err
	}
	s, err := tx.subjectOf(r.Subject)
	if err != nil {
		return nil, err
	}
	return vault.OpenCell(s.evidence, vault.CellAddr{Field: receiptField, Record: id}, ct)
}

// SignReceipt signs a receipt with the merchant's receipt key, filling in what
// the log says now.
func (tx *Tx) SignReceipt(r Referral, slip consent.Slip, leaf [32]byte) ([]byte, error) {
	s, err := tx.subjectOf(r.Subject)
	if err != nil {
		return nil, err
	}
	origin, err := tx.Origin()
	if err != nil {
		return nil, err
	}
	line, err := tx.DayLine() // every evidence file of this log links to it
	if err != nil {
		return nil, err
	}
	slip.Subject, slip.Origin, slip.Leaf, slip.Size, slip.Root = s.Tag, string(origin), leaf, line.Size, line.Root
	key, err := tx.ring.Signing(vault.UseReceipt, tx.ring.Active(vault.UseReceipt))
	if err != nil {
		return nil, err
	}
	return slip.Sign(key)
}

// ReceiptKeys are the public keys by which the merchant's receipts are checked:
// the one that signs, and those that did.
func (tx *Tx) ReceiptKeys() (out []ed25519.PublicKey, err error) {
	for _, v := range append([]vault.Version{tx.ring.Active(vault.UseReceipt)}, tx.ring.Versions(vault.UseReceipt, vault.Accept)...) {
		key, err := tx.ring.Signing(vault.UseReceipt, v)
		if err != nil {
			return nil, err
		}
		out = append(out, key.Public().(ed25519.PublicKey))
	}
	return out, nil
}
