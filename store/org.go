package store

import (
	"context"

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
}

// NewMerchant draws a merchant's keys outside any transaction: the keeper may
// be another machine.
func (s *Store) NewMerchant(ctx context.Context, o Org) (Org, []vault.OrgKey, error) {
	o.ID = s.ids.next(s.now())
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
		if _, err := t.Exec("INSERT INTO org(id,name,uscc,size,zone,contact,address,pio,mutual,demo,version,epoch,made_at) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,1,1,$11)",
			o.ID, o.Name, o.USCC, string(o.Size), o.Zone, o.Contact, o.Address, o.PIO, o.Mutual, o.Demo, t.Now); err != nil {
			return err
		}
		tx := &Tx{Tx: t, Org: o.ID, ring: ring, s: s, late: true}
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
	_, rows, err := tx.drawSubjectAs(tx.Org, false)
	if err != nil {
		return err
	}
	if err := tx.Bulk("subject", subjectCols, [][]any{rows.subject}); err != nil {
		return err
	}
	return tx.Bulk("subject_key", subjectKeyCols, rows.keys)
}

const orgSelect = "SELECT id,name,uscc,size,zone,contact,address,pio,mutual,demo,made_at FROM org"

func scanOrg(scan func(...any) error) (o Org, err error) {
	var size string
	err = scan(&o.ID, &o.Name, &o.USCC, &size, &o.Zone, &o.Contact, &o.Address, &o.PIO, &o.Mutual, &o.Demo, &o.MadeAt)
	o.Size = kexin.Size(size)
	return o, err
}

// Merchant reads the merchant's own row.
func (tx *Tx) Merchant() (Org, error) {
	return scanOrg(tx.Row(orgSelect+" WHERE id=$1", tx.Org).Scan)
}

// SaveMerchant writes what may be changed of it.
func (tx *Tx) SaveMerchant(o Org) error {
	_, err := tx.Exec("UPDATE org SET size=$2,contact=$3,address=$4,pio=$5,mutual=$6,version=version+1 WHERE id=$1",
		tx.Org, string(o.Size), o.Contact, o.Address, o.PIO, o.Mutual)
	return err
}

// Merchants lists every merchant of the server: ids and names, for jobs and
// the command line.
func (s *Store) Merchants(ctx context.Context) (out []Org, err error) {
	err = s.db.View(ctx, func(t *db.Tx) error {
		return each(t, orgSelect+" ORDER BY id", nil, func(r *db.Rows) error {
			o, err := scanOrg(r.Scan)
			out = append(out, o)
			return err
		})
	})
	return out, err
}
