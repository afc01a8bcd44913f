package store

import (
	"kexin"
	"kexin/ledger"
	"kexin/vault"
)

// SpendImport counts what an import told its maker: n rows whose persons are
// known outside his scope. Their phones go to the detector like those that are
// asked one by one; once it has closed the door, no more are looked at.
func (tx *Tx) SpendImport(a kexin.Actor, batch kexin.ID, n int, phones []string) error {
	if err := tx.spend(a.User, "lookup", int64(n)); err != nil {
		return err
	}
	if err := tx.Log(Event{Actor: ledger.Who(a), Refs: ledger.Refs{Purpose: a.Purpose, Batch: batch}, Facts: &ledger.LookupAsked{Kind: kexin.KeyPhone, Answer: "exists"},
		Body: []ledger.Member{{Key: "rows", Val: ledger.Int(int64(n))}}}); err != nil {
		return err
	}
	for _, p := range phones {
		if err := tx.probe(a, p); err != nil {
			return err
		}
		if frozen, err := tx.Frozen(a.User, "lookup"); err != nil || frozen {
			return err
		}
	}
	return nil
}

// probe leaves the traces of one phone and lets the detector look.
func (tx *Tx) probe(a kexin.Actor, phone string) error {
	tail, head := phone[max(0, len(phone)-4):], phone[:min(len(phone), 10)] // +86 and seven digits
	whole := vault.Index(tx.ring, kexin.KeyPhone, phone)
	t, h := vault.ProbeTail(tx.ring, tail), vault.ProbeHead(tx.ring, head)
	if _, err := tx.Exec("INSERT INTO asked(org_id,member_id,id,at,whole,tail,head) VALUES($1,$2,$3,$4,$5,$6,$7)",
		tx.Org, a.User, tx.NewID(), tx.Now, whole.Idx[:], t, h); err != nil {
		return err
	}
	return tx.detect(a, t, h)
}
