package store

import (
	"kexin"
	"kexin/auth"
	"kexin/internal/db"
	"kexin/vault"
)

// A Factor is a member's second factor 动态码: the seed behind his six digits.
type Factor struct {
	Seed     []byte // in use; nil = none yet
	Next     []byte // shown and waiting for its first code
	LastStep int64  // time step of the last code that was taken
	Window   auth.Window
}

// seedLabel and nextLabel are where the seeds are sealed under the merchant's
// key.
const (
	seedLabel vault.Label = "totp.seed"
	nextLabel vault.Label = "totp.next"
)

// Factor reads it; the zero Factor where there is none.
func (tx *Tx) Factor(member kexin.ID) (f Factor, err error) {
	var seed, next []byte
	var tries int64
	err = tx.Row("SELECT seed_c,next_c,last_step,tries,since_at FROM totp WHERE org_id=$1 AND member_id=$2", tx.Org, member).
		Scan(&seed, &next, &f.LastStep, &tries, &f.Window.From)
	if kexin.CodeOf(err) == kexin.NotFound {
		return Factor{}, nil
	}
	if err != nil {
		return f, err
	}
	f.Window.Tries = int(tries)
	if len(seed) > 0 {
		if f.Seed, err = vault.OpenOrg(tx.ring, seedLabel, member, seed); err != nil {
			return f, err
		}
	}
	if len(next) > 0 {
		f.Next, err = vault.OpenOrg(tx.ring, nextLabel, member, next)
	}
	return f, err
}

// OfferSeed keeps a seed until its first code comes. One in use stays so.
func (tx *Tx) OfferSeed(member kexin.ID, seed []byte) error {
	_, err := tx.Exec(`INSERT INTO totp(org_id,member_id,seed_c,next_c,last_step,tries,since_at,sure_at) VALUES($1,$2,NULL,$3,0,0,0,0)
 ON CONFLICT(org_id,member_id) DO UPDATE SET next_c=excluded.next_c`, tx.Org, member, vault.SealOrg(tx.ring, nextLabel, member, seed))
	return err
}

// AdoptSeed puts the offered seed to use, after its first code of that step,
// and marks the member's row, so that taking the seed away shows.
func (tx *Tx) AdoptSeed(m Member, seed []byte, step int64) error {
	if _, err := tx.Exec("UPDATE totp SET seed_c=$3,next_c=NULL,last_step=$4,tries=0,since_at=0,sure_at=$5 WHERE org_id=$1 AND member_id=$2",
		tx.Org, m.ID, vault.SealOrg(tx.ring, seedLabel, m.ID, seed), step, tx.Now); err != nil {
		return err
	}
	m.TOTP = true
	return tx.SaveMember(m)
}

// TakeStep marks a time step as used; false where it, or a later one, was
// taken already: a code works once.
func (tx *Tx) TakeStep(member kexin.ID, step int64) (bool, error) {
	n, err := tx.Exec("UPDATE totp SET last_step=$3,tries=0,since_at=0 WHERE org_id=$1 AND member_id=$2 AND last_step<$3", tx.Org, member, step)
	return n == 1, err
}

// CountTry stores the tries of a member, before the code is looked at.
func (tx *Tx) CountTry(member kexin.ID, w auth.Window) error {
	_, err := tx.Exec("UPDATE totp SET tries=$3,since_at=$4 WHERE org_id=$1 AND member_id=$2", tx.Org, member, int64(w.Tries), w.From)
	return err
}

// ClearTries begins the count anew, after a code that was right.
func (tx *Tx) ClearTries(member kexin.ID) error { return tx.CountTry(member, auth.Window{}) }

// DropFactor takes a second factor and its recovery codes away. It belongs
// together with CutOff.
func (tx *Tx) DropFactor(m Member) error {
	for _, t := range []string{"totp", "recovery_code"} {
		if _, err := tx.Exec("DELETE FROM "+t+" WHERE org_id=$1 AND member_id=$2", tx.Org, m.ID); err != nil {
			return err
		}
	}
	m.TOTP = false
	return tx.SaveMember(m)
}

// recoveryDigest is what is stored of a recovery code: keyed, so that none can
// be written into the database.
func (tx *Tx) recoveryDigest(member kexin.ID, digest []byte) []byte {
	return tx.code(vault.NewRow("recovery_code").ID(tx.Org).ID(member).Bytes(digest))
}

// SetRecovery replaces a member's recovery codes by these digests.
func (tx *Tx) SetRecovery(member kexin.ID, digests [][]byte) error {
	if _, err := tx.Exec("DELETE FROM recovery_code WHERE org_id=$1 AND member_id=$2", tx.Org, member); err != nil {
		return err
	}
	rows := make([][]any, len(digests))
	for i, d := range digests {
		rows[i] = []any{tx.Org, member, tx.recoveryDigest(member, d), kexin.Instant(0)}
	}
	return tx.Bulk("recovery_code", []string{"org_id", "member_id", "digest", "used_at"}, rows)
}

// UseRecovery takes one recovery code; false where there is no such code or it
// was used.
func (tx *Tx) UseRecovery(member kexin.ID, digest []byte) (bool, error) {
	var found []byte
	err := tx.Each("SELECT digest FROM recovery_code WHERE org_id=$1 AND member_id=$2 AND used_at=0", []any{tx.Org, member}, func(r *db.Rows) error {
		var code []byte
		if err := r.Scan(&code); err != nil {
			return err
		}
		row := vault.NewRow("recovery_code").ID(tx.Org).ID(member).Bytes(digest)
		if vault.CheckRow(tx.ring, row, [32]byte{}, code) {
			found = code
		}
		return nil
	})
	if err != nil || found == nil {
		return false, err
	}
	n, err := tx.Exec("UPDATE recovery_code SET used_at=$4 WHERE org_id=$1 AND member_id=$2 AND digest=$3 AND used_at=0", tx.Org, member, found, tx.Now)
	return n == 1, err
}
