package store

import (
	"context"
	"errors"

	"kexin"
	"kexin/internal/db"
	"kexin/vault"
)

// A coded is a table whose rows give rights and carry a code under the
// merchant's key: how its rows are found and read with their code.
type coded struct {
	table string
	cols  string
	scan  func(tx *Tx, scan func(...any) error) (id kexin.ID, row *vault.Row, code []byte, err error)
}

// codedTables are those tables; consents have their own check, which compares
// them with the log besides.
var codedTables = []coded{
	{"org", "id,name,uscc,size,zone,contact,address,pio,mutual,demo,made_at,mac", func(_ *Tx, scan func(...any) error) (kexin.ID, *vault.Row, []byte, error) {
		o, code, err := scanOrg(scan)
		return o.ID, o.row(), code, err
	}},
	{"dept", "id,parent_id,name,mac", func(tx *Tx, scan func(...any) error) (kexin.ID, *vault.Row, []byte, error) {
		var d Dept
		var code []byte
		err := scan(&d.ID, &d.Parent, &d.Name, &code)
		return d.ID, d.row(tx.Org), code, err
	}},
	{"member", memberCols, func(tx *Tx, scan func(...any) error) (kexin.ID, *vault.Row, []byte, error) {
		m, code, err := scanMember(scan)
		return m.ID, m.row(tx.Org), code, err
	}},
	{"login", "name,member_id,hash,mac", func(tx *Tx, scan func(...any) error) (kexin.ID, *vault.Row, []byte, error) {
		l := Login{Org: tx.Org}
		var code []byte
		err := scan(&l.Name, &l.Member, &l.Hash, &code)
		return l.Member, l.row(), code, err
	}},
	{"session", sessionCols + ",mac", func(_ *Tx, scan func(...any) error) (kexin.ID, *vault.Row, []byte, error) {
		var code []byte
		s, err := scanSession(func(dest ...any) error { return scan(append(dest, &code)...) })
		return s.ID, s.row(), code, err
	}},
	{"api_token", tokenList + ",mac", func(_ *Tx, scan func(...any) error) (kexin.ID, *vault.Row, []byte, error) {
		var code []byte
		k, err := scanToken(func(dest ...any) error { return scan(append(dest, &code)...) })
		return k.ID, k.row(), code, err
	}},
	{"link", linkCols, func(_ *Tx, scan func(...any) error) (kexin.ID, *vault.Row, []byte, error) {
		l, code, err := scanLink(scan)
		return l.ID, l.row(), code, err
	}},
	{"device", "member_id,digest,shown_at,mac", func(tx *Tx, scan func(...any) error) (kexin.ID, *vault.Row, []byte, error) {
		var d Device
		var member kexin.ID
		var code []byte
		err := scan(&member, &d.Digest, &d.Shown, &code)
		return member, d.row(tx.Org, member), code, err
	}},
	{"suppression", "ver,hash,state,since,mac", func(tx *Tx, scan func(...any) error) (kexin.ID, *vault.Row, []byte, error) {
		var ver int64
		var hash, code []byte
		var state string
		var since kexin.Instant
		err := scan(&ver, &hash, &state, &since, &code)
		return kexin.ID(ver), suppressionRow(tx.Org, ver, hash, state, since), code, err
	}},
	{"referral", referralCols + ",mac", func(tx *Tx, scan func(...any) error) (kexin.ID, *vault.Row, []byte, error) {
		var code []byte
		r, _, err := tx.scanReferral(func(dest ...any) error {
			err := scan(dest...)
			code = *dest[len(dest)-1].(*[]byte)
			return err
		})
		return r.ID, r.row(tx.Org), code, err
	}},
}

// rights holds every row that gives rights against its code and tells f of
// each: nil for a sound one. Tables that this database does not have yet, or
// that carry no code there, are passed over.
func (tx *Tx) rights(f func(*Forged)) error {
	for _, t := range codedTables {
		cols, err := db.Columns(tx.Tx, t.table)
		if err != nil {
			return err
		}
		has := false
		for _, c := range cols {
			has = has || c.Name == "mac"
		}
		if !has {
			continue
		}
		where := " m WHERE org_id=$1"
		if t.table == "org" {
			where = " WHERE id=$1"
		}
		if err := tx.Each("SELECT "+t.cols+" FROM "+t.table+where, []any{tx.Org}, func(r *db.Rows) error {
			id, row, code, err := t.scan(tx, r.Scan)
			if err != nil {
				return err
			}
			if vault.CheckRow(tx.ring, row, [32]byte{}, code) {
				f(nil)
				return nil
			}
			f(&Forged{t.table, id})
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// A ForgedRow is a row that gives rights and was written past the program.
type ForgedRow struct {
	Org kexin.ID
	Forged
}

// ForgedRows looks through every merchant for them.
func (s *Store) ForgedRows(ctx context.Context) (out []ForgedRow, err error) {
	all, err := s.Holders(ctx)
	for _, o := range all {
		err = errors.Join(err, s.viewLog(ctx, o.ID, s.db.View, func(tx *Tx) error {
			return tx.rights(func(f *Forged) {
				if f != nil {
					out = append(out, ForgedRow{o.ID, *f})
				}
			})
		}))
	}
	return out, err
}
