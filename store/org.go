package store

import (
	"context"
	"slices"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// An Org is a merchant 商户: one legal person.
type Org struct {
	ID      kexin.ID
	Name    string // legal name
	USCC    string // unified social credit code
	Size    kexin.Size
	Zone    string // IANA name
	Contact string // telephone or e-mail for customers
	Address string
	PIO     string // how to reach the protection officer
	Mutual  bool   // clerks of a shop see each other's customers
	Demo    bool
	MadeAt  kexin.Instant
	Forged  bool // the row's code is wrong: clerks do not see each other's customers until it is saved again
}

// row is what the code stands for.
func (o Org) row() *vault.Row {
	return vault.NewRow("org").ID(o.ID).Text(o.Name).Text(o.USCC).Text(string(o.Size)).Text(o.Zone).Text(o.Contact).Text(o.Address).Text(o.PIO).
		Bool(o.Mutual).Bool(o.Demo).Int(int64(o.MadeAt))
}

// NewMerchant draws a merchant's keys outside any transaction: the keeper may
// be another machine.
func (s *Store) NewMerchant(ctx context.Context, o Org) (Org, []vault.OrgKey, error) {
	if o.ID == 0 {
		o.ID = s.ids.next(s.now())
	}
	keys, err := vault.NewOrgKeys(ctx, s.Keepers()[0], o.ID)
	return o, keys, err
}

// Found writes a merchant with its keys, its house (the holder of keys for
// texts about nobody) and its first member, and begins its log. It is the one
// transaction that creates what later ones load.
func (s *Store) Found(ctx context.Context, o Org, keys []vault.OrgKey, then func(*Tx) error) error {
	ring, err := vault.OpenRing(ctx, s.Keepers(), o.ID, keys)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(t *db.Tx) error {
		if err := insertKeys(t, keys); err != nil {
			return err
		}
		tx := &Tx{Tx: t, Org: o.ID, ring: ring, s: s, how: updating}
		o.MadeAt = t.Now
		if _, err := t.Exec("INSERT INTO org(id,name,uscc,size,zone,contact,address,pio,mutual,demo,version,epoch,made_at,mac) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,1,1,$11,$12)",
			o.ID, o.Name, o.USCC, string(o.Size), o.Zone, o.Contact, o.Address, o.PIO, o.Mutual, o.Demo, o.MadeAt, tx.code(o.row())); err != nil {
			return err
		}
		if err := tx.load(); err != nil {
			return err
		}
		if err := tx.house(); err != nil {
			return err
		}
		first := Event{Actor: ledger.Actor{Kind: ledger.BySystem}, Facts: &ledger.OrgCreated{Size: o.Size}}
		if err := tx.Log(first); err != nil {
			return err
		}
		return then(tx)
	})
}

// house makes the holder of keys whose id is the merchant's own.
func (tx *Tx) house() error {
	_, rows, err := tx.mill().holder(tx.Org, false, newTag(), tx.Now)
	if err != nil {
		return err
	}
	if err := tx.Bulk("subject", subjectCols, [][]any{rows.subject}); err != nil {
		return err
	}
	return tx.Bulk("subject_key", subjectKeyCols, rows.keys)
}

const orgSelect = "SELECT id,name,uscc,size,zone,contact,address,pio,mutual,demo,made_at,mac FROM org"

func scanOrg(scan func(...any) error) (o Org, code []byte, err error) {
	var size string
	err = scan(&o.ID, &o.Name, &o.USCC, &size, &o.Zone, &o.Contact, &o.Address, &o.PIO, &o.Mutual, &o.Demo, &o.MadeAt, &code)
	o.Size = kexin.Size(size)
	return o, code, err
}

// Merchant reads the merchant's own row. Where its code is wrong it says so,
// and the setting by which clerks see each other's customers is off.
func (tx *Tx) Merchant() (Org, error) {
	o, code, err := scanOrg(tx.Row(orgSelect+" WHERE id=$1", tx.Org).Scan)
	if err != nil {
		return o, err
	}
	if err := tx.genuine(o.row(), code, "org", o.ID); err != nil {
		o.Mutual, o.Forged = false, true
		tx.met = &Forged{"org", o.ID}
	}
	return o, nil
}

// SaveMerchant writes what may be changed of it. A forged row is mended by it:
// the caller has shown what it says to somebody who may set it.
func (tx *Tx) SaveMerchant(o Org) error {
	_, err := tx.Exec("UPDATE org SET size=$2,contact=$3,address=$4,pio=$5,mutual=$6,mac=$7,version=version+1 WHERE id=$1",
		tx.Org, string(o.Size), o.Contact, o.Address, o.PIO, o.Mutual, tx.code(o.row()))
	return err
}

// Merchants lists every merchant of the server: ids and names, for jobs and
// the command line.
func (s *Store) Merchants(ctx context.Context) ([]Org, error) {
	all, err := s.Holders(ctx)
	return slices.DeleteFunc(all, func(o Org) bool { return o.Size == kexin.Union }), err
}

// Holders lists every holder of keys and of a log: the merchants, and the
// alliances for the log of their members (security.md A9).
func (s *Store) Holders(ctx context.Context) (out []Org, err error) {
	err = s.db.View(ctx, func(t *db.Tx) error {
		out = nil
		return t.Each(orgSelect+" ORDER BY id", nil, func(r *db.Rows) error {
			o, _, err := scanOrg(r.Scan)
			out = append(out, o)
			return err
		})
	})
	return out, err
}
