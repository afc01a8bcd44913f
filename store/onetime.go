package store

import (
	"kexin"
	"kexin/auth"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// A Challenge is one one-time code that waits 验证码: bound to an act, a person,
// a text and a receiver, so that a code for one act is useless for another.
type Challenge struct {
	auth.Challenge
	ID       kexin.ID
	Act      string
	Subject  kexin.ID
	Receiver kexin.ID
	Text     [32]byte
	code     []byte
}

// numberHash is what is stored of the number a code goes to.
func (tx *Tx) numberHash(k kexin.KeyKind, canon string) []byte {
	b := vault.Suppression(tx.ring, k, canon)
	return b.Idx[:]
}

// LastChallenge is the newest for a number and act; the zero Challenge where
// there is none.
func (tx *Tx) LastChallenge(k kexin.KeyKind, canon, act string) (c Challenge, err error) {
	var text []byte
	err = tx.Row("SELECT id,act,subject_id,receiver,text_hash,code,made_at,tries,used_at FROM challenge WHERE org_id=$1 AND number=$2 AND act=$3 ORDER BY id DESC LIMIT 1",
		tx.Org, tx.numberHash(k, canon), act).Scan(&c.ID, &c.Act, &c.Subject, &c.Receiver, &text, &c.code, &c.Made, &c.Tries, &c.Used)
	if kexin.CodeOf(err) == kexin.NotFound {
		return Challenge{}, nil
	}
	copy(c.Text[:], text)
	return c, err
}

// AddChallenge writes a new one; what was live for the number and act dies.
func (tx *Tx) AddChallenge(k kexin.KeyKind, canon string, c Challenge, code auth.Secret) (kexin.ID, error) {
	number := tx.numberHash(k, canon)
	if _, err := tx.Exec("DELETE FROM challenge WHERE org_id=$1 AND number=$2 AND act=$3", tx.Org, number, c.Act); err != nil {
		return 0, err
	}
	c.ID = tx.NewID()
	mac := vault.OneTimeMAC(tx.ring, c.ID, code.Text())
	_, err := tx.Exec("INSERT INTO challenge(org_id,id,act,subject_id,receiver,number,text_hash,code,made_at,tries,used_at) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,0,0)",
		tx.Org, c.ID, c.Act, c.Subject, c.Receiver, number, c.Text[:], mac[:], tx.Now)
	return c.ID, err
}

// CodeRight compares a code with a challenge.
func (tx *Tx) CodeRight(c Challenge, code string) bool {
	return c.ID != 0 && vault.CheckOneTime(tx.ring, c.ID, code, c.code)
}

// SaveChallenge writes a try back.
func (tx *Tx) SaveChallenge(c Challenge) error {
	_, err := tx.Exec("UPDATE challenge SET tries=$3,used_at=$4 WHERE org_id=$1 AND id=$2", tx.Org, c.ID, int64(c.Tries), c.Used)
	return err
}

// CodeLog writes that a code was queued, or tried.
func (tx *Tx) CodeLog(subject kexin.ID, f ledger.Facts) error {
	e := Event{Actor: ledger.Actor{Kind: ledger.ByCustomer}, Facts: f}
	if subject == 0 {
		e.Actor.Kind = ledger.BySystem
		return tx.Log(e)
	}
	s, err := tx.subjectOf(subject)
	if err != nil {
		return err
	}
	e.Subject = s
	return tx.Log(e)
}

// CodesOn are how many codes the merchant sent on each of the last days,
// without today.
func (tx *Tx) CodesOn(days int) (out []int, today int, err error) {
	byDay := map[int64]int{}
	now := int64(tx.Now) / kexin.DayMS
	err = tx.Each("SELECT made_at/$3,COUNT(*) FROM sending WHERE org_id=$1 AND kind='code' AND made_at>$2 GROUP BY 1", []any{tx.Org, tx.Now - kexin.Instant(days+1)*kexin.DayMS, int64(kexin.DayMS)}, func(r *db.Rows) error {
		var day, n int64
		err := r.Scan(&day, &n)
		byDay[day] = int(n)
		return err
	})
	for i := 1; i <= days; i++ {
		out = append(out, byDay[now-int64(i)])
	}
	return out, byDay[now], err
}

// givenUpFor is how long an address that a member of staff replaced still counts
// as his: as long as the proof of a number does (security.md A7).
const givenUpFor = 180 * kexin.DayMS

// SetMemberAddress notes by its hash a number or e-mail address of a member of
// staff: the one of its kind from now on.
func (tx *Tx) SetMemberAddress(member kexin.ID, k kexin.KeyKind, canon string) error {
	b := vault.Suppression(tx.ring, k, canon)
	if _, err := tx.Exec("UPDATE member_address SET left_at=$4 WHERE org_id=$1 AND member_id=$2 AND kind=$3 AND left_at=0", tx.Org, member, int64(k), tx.Now); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO member_address(org_id,member_id,kind,ver,hash,left_at) VALUES($1,$2,$3,$4,$5,0) ON CONFLICT(org_id,member_id,kind,hash) DO UPDATE SET left_at=0", tx.Org, member, int64(k), int64(b.KV), b.Idx[:])
	return err
}

// AddressesLeft is how many of a member's own addresses were replaced since a
// moment.
func (tx *Tx) AddressesLeft(member kexin.ID, since kexin.Instant) (n int64, err error) {
	return n, tx.Row("SELECT COUNT(*) FROM member_address WHERE org_id=$1 AND member_id=$2 AND left_at>$3", tx.Org, member, since).Scan(&n)
}

// MemberAddresses are the kinds of which a member's own address is noted.
func (tx *Tx) MemberAddresses(member kexin.ID) (out []kexin.KeyKind, err error) {
	err = tx.Each("SELECT kind FROM member_address WHERE org_id=$1 AND member_id=$2 AND left_at=0 ORDER BY kind", []any{tx.Org, member}, func(r *db.Rows) error {
		var k int64
		err := r.Scan(&k)
		out = append(out, kexin.KeyKind(k))
		return err
	})
	return out, err
}

// StaffAddress reports whether a number or e-mail address is one of the
// merchant's staff, or was until lately.
func (tx *Tx) StaffAddress(k kexin.KeyKind, canon string) (bool, error) {
	for _, b := range vault.Suppressions(tx.ring, k, canon) {
		var n int64
		if err := tx.Row("SELECT COUNT(*) FROM member_address WHERE org_id=$1 AND kind=$2 AND hash=$3 AND (left_at=0 OR left_at>$4)", tx.Org, int64(k), b.Idx[:], tx.Now-givenUpFor).Scan(&n); err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}

// Sharing is how many records of the merchant have a number or e-mail address.
func (tx *Tx) Sharing(k kexin.KeyKind, canon string) (int, error) {
	seen := map[kexin.ID]bool{}
	for _, b := range vault.Indexes(tx.ring, k, canon) {
		ids, err := tx.idList("SELECT record_id FROM record_key WHERE org_id=$1 AND kind=$2 AND idx=$3 LIMIT 50", tx.Org, int64(k), b.Idx[:])
		if err != nil {
			return 0, err
		}
		for _, id := range ids {
			seen[id] = true
		}
	}
	return len(seen), nil
}
