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
	if err := tx.spendLookups(a, int64(n)); err != nil {
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
		if frozen, err := tx.Frozen(a.User); err != nil || frozen {
			return err
		}
	}
	return nil
}

// Try counts n results of imports that told a member who is known.
func (tx *Tx) Try(member kexin.ID, n int64) error { return tx.spend(member, "import_try", n) }

// Tries is how many he was told in 30 days and did not import.
func (tx *Tx) Tries(member kexin.ID) (int, error) {
	var n int64
	err := tx.Row("SELECT CAST(COALESCE(SUM(n),0) AS BIGINT) FROM spent WHERE org_id=$1 AND member_id=$2 AND kind='import_try' AND bucket>$3",
		tx.Org, member, tx.dayNumber()-30).Scan(&n)
	return int(n), err
}

// probe leaves the traces of one phone and lets the detector look.
func (tx *Tx) probe(a kexin.Actor, phone string) error {
	tail, head := phone[max(0, len(phone)-4):], phone[:min(len(phone), 10)] // +86 and seven digits
	whole := vault.Index(tx.ring, kexin.KeyPhone, phone)
	return tx.trace(a, whole, vault.ProbeTail(tx.ring, tail), vault.ProbeHead(tx.ring, head))
}
