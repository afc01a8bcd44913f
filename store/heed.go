package store

import (
	"slices"
	"time"

	"kexin"
	"kexin/consent"
	"kexin/kind"
	"kexin/ledger"
	"kexin/vault"
)

// heed marks a person whose number is not to be contacted 勿扰 from the moment on
// in which it stands in a record of hers: the mark of an address outlives her
// erasure, and a list that brings her back (WDR-06). Who has no number is marked
// for her e-mail address; of who has one that was not stopped, a stopped mailbox
// is left alone and no more.
func (tx *Tx) heed(o *kexin.ObjectDef, subject kexin.ID, vals Values) (marked bool, err error) {
	if !o.Person {
		return false, nil
	}
	keys := firstKeys(o, vals)
	if err := tx.aloneWith(keys); err != nil {
		return false, err
	}
	if some, err := tx.SomeQuiet(); err != nil || !some {
		return false, err
	}
	for _, k := range keys {
		since, err := tx.Suppressed(k.Kind, k.Canon)
		if err != nil {
			return false, err
		}
		if since == 0 {
			continue
		}
		if quiet, err := tx.markQuiet(subject, k); quiet || err != nil {
			return true, err
		}
	}
	return false, nil
}

// firstKeys are the numbers in a record, or else its e-mail addresses.
func firstKeys(o *kexin.ObjectDef, vals Values) []kexin.Key {
	for _, want := range []kexin.Kind{kexin.KindPhone, kexin.KindEmail} {
		var out []kexin.Key
		for _, f := range o.Fields {
			if f.Kind == want {
				out = append(out, kind.Keys(f, vals[f.ID])...)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// Unasked are the numbers in a record that a member is about to write and did not
// ask the door for within a day; none where no mark could tell of one.
func (tx *Tx) Unasked(member kexin.ID, object kexin.Object, vals Values) (out []kexin.Key, err error) {
	o := tx.s.schema.Object(object)
	if !o.Person {
		return nil, nil
	}
	if some, err := tx.SomeQuiet(); err != nil || !some {
		return nil, err
	}
	for _, f := range o.Fields {
		if f.Kind != kexin.KindPhone {
			continue
		}
		for _, k := range kind.Keys(f, vals[f.ID]) {
			whole := vault.Index(tx.ring, k.Kind, k.Canon)
			var n int64
			if err := tx.Row("SELECT COUNT(*) FROM asked WHERE org_id=$1 AND member_id=$2 AND at>$3 AND whole=$4", tx.Org, member, tx.Now.Add(-24*time.Hour), whole.Idx[:]).Scan(&n); err != nil {
				return nil, err
			}
			if n == 0 && !slices.ContainsFunc(out, k.Same) {
				out = append(out, k)
			}
		}
	}
	return out, nil
}

// markQuiet marks a person with an address that is not to be contacted, unless
// she lifted that stop herself.
func (tx *Tx) markQuiet(subject kexin.ID, key kexin.Key) (quiet bool, err error) {
	row, _, err := tx.marked(subject)
	if err != nil || row.State == consent.Withdrawn || row.State == consent.Suspended {
		return true, err
	}
	since, err := tx.stopped(row, key)
	if err != nil || since == 0 {
		return false, err
	}
	return true, tx.mark(subject, consent.Withdrawn, 0, ledger.Actor{Kind: ledger.BySystem}, "")
}

// SomeQuiet reports whether any address of the merchant's is marked; asked once
// a transaction, for an import has many numbers to ask for.
func (tx *Tx) SomeQuiet() (bool, error) {
	if tx.quiet == nil {
		var n int64
		if err := tx.Row("SELECT COUNT(*) FROM (SELECT 1 FROM suppression WHERE org_id=$1 LIMIT 1) s", tx.Org).Scan(&n); err != nil {
			return false, err
		}
		some := n > 0
		tx.quiet = &some
	}
	return *tx.quiet, nil
}
