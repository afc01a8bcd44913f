package store

import (
	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// A Voucher is good for walking in 到店券: it names nobody. Peer is the merchant
// who recommended.
type Voucher struct {
	ID   kexin.ID
	Peer kexin.ID
	Need string
	Made kexin.Instant
	Ends kexin.Instant
	Used kexin.Instant
	By   kexin.ID
}

func (v Voucher) row(org kexin.ID, digest []byte) *vault.Row {
	return vault.NewRow("voucher").ID(org).ID(v.ID).ID(v.Peer).Bytes(digest).Text(v.Need).Int(int64(v.Ends))
}

// AddVoucher writes one of the merchant who will take it. The log has no entry of
// it, for his staff read the log: until it is used they learn nothing of it.
func (tx *Tx) AddVoucher(v Voucher, digest []byte) error {
	v.ID = tx.NewID()
	_, err := tx.Exec("INSERT INTO voucher(org_id,id,peer_id,digest,need,made_at,ends_at,used_at,used_by,mac) VALUES($1,$2,$3,$4,$5,$6,$7,0,0,$8)",
		tx.Org, v.ID, v.Peer, digest, v.Need, tx.Now, v.Ends, tx.code(v.row(tx.Org, digest)))
	return err
}

// UseVoucher spends one. Errors: not_found for a wrong, used, expired or
// forged one alike.
func (tx *Tx) UseVoucher(digest []byte, by kexin.Actor) (v Voucher, err error) {
	none := &kexin.Error{Op: "store.voucher", Code: kexin.NotFound, Key: "error.voucher"}
	var code []byte
	err = tx.Row("SELECT id,peer_id,need,made_at,ends_at,used_at,mac FROM voucher WHERE org_id=$1 AND digest=$2", tx.Org, digest).Scan(&v.ID, &v.Peer, &v.Need, &v.Made, &v.Ends, &v.Used, &code)
	if kexin.CodeOf(err) == kexin.NotFound || err == nil && (v.Used != 0 || v.Ends <= tx.Now || tx.genuine(v.row(tx.Org, digest), code, "voucher", v.ID) != nil) {
		return Voucher{}, none
	}
	if err != nil {
		return v, err
	}
	n, err := tx.Exec("UPDATE voucher SET used_at=$3,used_by=$4 WHERE org_id=$1 AND id=$2 AND used_at=0", tx.Org, v.ID, tx.Now, by.User)
	if err == nil && n != 1 {
		err = none
	}
	if err != nil {
		return Voucher{}, err
	}
	v.Used = tx.Now
	return v, tx.Log(Event{Actor: ledger.Who(by), Facts: &ledger.VoucherChanged{Change: "used", Peer: v.Peer}})
}

// A Credit is a count between two merchants in a month, without ids.
type Credit struct {
	Peer  kexin.ID
	Side  Side
	Kind  string // voucher, counter, order
	Month string // 2006-01
	N     int64
}

// AddCredit counts N more and gives the count of all months.
func (tx *Tx) AddCredit(c Credit) (n int64, err error) {
	if _, err := tx.Exec("INSERT INTO credit(org_id,peer_id,side,kind,month,n) VALUES($1,$2,$3,$4,$5,$6) ON CONFLICT(org_id,peer_id,side,kind,month) DO UPDATE SET n=credit.n+excluded.n",
		tx.Org, c.Peer, string(c.Side), c.Kind, c.Month, c.N); err != nil {
		return 0, err
	}
	err = tx.Row("SELECT CAST(SUM(n) AS BIGINT) FROM credit WHERE org_id=$1 AND peer_id=$2 AND side=$3 AND kind=$4", tx.Org, c.Peer, string(c.Side), c.Kind).Scan(&n)
	return n, err
}

// Credits are all counts, newest month first.
func (tx *Tx) Credits() (out []Credit, err error) {
	err = tx.Each("SELECT peer_id,side,kind,month,n FROM credit WHERE org_id=$1 ORDER BY month DESC,peer_id,side,kind", []any{tx.Org}, func(r *db.Rows) error {
		var c Credit
		var side string
		err := r.Scan(&c.Peer, &side, &c.Kind, &c.Month, &c.N)
		c.Side = Side(side)
		out = append(out, c)
		return err
	})
	return out, err
}
