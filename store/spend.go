package store

import (
	"encoding/hex"
	"slices"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/law"
	"kexin/ledger"
	"kexin/vault"
)

// spend counts n acts of a kind on the day of the transaction.
func (tx *Tx) spend(member kexin.ID, kind string, n int64) error {
	_, err := tx.Exec("INSERT INTO spent(org_id,member_id,kind,bucket,n) VALUES($1,$2,$3,$4,$5) ON CONFLICT(org_id,member_id,kind,bucket) DO UPDATE SET n=spent.n+excluded.n",
		tx.Org, member, kind, tx.dayNumber(), n)
	return err
}

// spendLookups counts n lookups of a member. His own row keeps two of his apart; the
// budget of his department is several rows, so that its guard is written as well.
func (tx *Tx) spendLookups(a kexin.Actor, n int64) error {
	if a.Dept != 0 {
		if err := tx.Alone("lookup " + a.Dept.String()); err != nil {
			return err
		}
	}
	return tx.spend(a.User, "lookup", n)
}

// Alone lets through one transaction of the merchant's at a time that is about to
// count something and to add to it. On PostgreSQL, of two that run at once the one
// behind begins anew and counts what the first wrote (see db.ForUpdate). Its row is of
// no day, so that midnight parts no two; PurgeMeters takes it away.
func (tx *Tx) Alone(what string) error {
	if !tx.s.db.Postgres() { // there is one writer
		return nil
	}
	_, err := tx.Exec("INSERT INTO spent(org_id,member_id,kind,bucket,n) VALUES($1,0,$2,0,1) ON CONFLICT(org_id,member_id,kind,bucket) DO UPDATE SET n=spent.n+1", tx.Org, "alone "+what)
	return err
}

// dayNumber counts days in the merchant's zone, so that budgets begin anew at
// his midnight.
func (tx *Tx) dayNumber() int64 {
	_, off := tx.Now.Time().In(tx.Zone).Zone()
	return (int64(tx.Now) + int64(off)*1000) / kexin.DayMS
}

// Midnight is when the merchant's day ends.
func (tx *Tx) Midnight() kexin.Instant {
	y, m, d := tx.Now.Time().In(tx.Zone).Date()
	return kexin.At(time.Date(y, m, d+1, 0, 0, 0, 0, tx.Zone))
}

// Spent is how often a member did something today.
func (tx *Tx) Spent(member kexin.ID, kind string) (int, error) {
	var n int64
	err := tx.Row("SELECT n FROM spent WHERE org_id=$1 AND member_id=$2 AND kind=$3 AND bucket=$4", tx.Org, member, kind, tx.dayNumber()).Scan(&n)
	if kexin.CodeOf(err) == kexin.NotFound {
		return 0, nil
	}
	return int(n), err
}

// LookupSpend is how much of the lookup budgets an actor has used.
func (tx *Tx) LookupSpend(a kexin.Actor) (gate.Spend, error) {
	var s gate.Spend
	day := tx.dayNumber()
	var minute, today, month, dept int64
	err := tx.Row("SELECT COUNT(*) FROM asked WHERE org_id=$1 AND member_id=$2 AND at>$3", tx.Org, a.User, tx.Now-60_000).Scan(&minute)
	if err != nil {
		return s, err
	}
	if err := tx.Row("SELECT CAST(COALESCE(SUM(CASE WHEN bucket=$4 THEN n ELSE 0 END),0) AS BIGINT),CAST(COALESCE(SUM(n),0) AS BIGINT) FROM spent WHERE org_id=$1 AND member_id=$2 AND kind='lookup' AND bucket>$3",
		tx.Org, a.User, day-30, day).Scan(&today, &month); err != nil {
		return s, err
	}
	if a.Dept != 0 {
		if err := tx.Row("SELECT CAST(COALESCE(SUM(p.n),0) AS BIGINT) FROM spent p JOIN member m ON m.org_id=p.org_id AND m.id=p.member_id WHERE p.org_id=$1 AND m.dept_id=$2 AND p.kind='lookup' AND p.bucket=$3",
			tx.Org, a.Dept, day).Scan(&dept); err != nil {
			return s, err
		}
	}
	s = gate.Spend{Minute: int(minute), Day: int(today), Month: int(month), DeptDay: int(dept)}
	s.Frozen, err = tx.Frozen(a.User)
	return s, err
}

// Frozen reports whether lookups are closed to a member until the protection
// officer opens them.
func (tx *Tx) Frozen(member kexin.ID) (bool, error) {
	var n int64
	err := tx.Row("SELECT COUNT(*) FROM frozen WHERE org_id=$1 AND member_id=$2 AND kind='lookup'", tx.Org, member).Scan(&n)
	return n > 0, err
}

// SpendLookup counts a lookup, remembers keyed traces of the value for the
// detector, freezes a door that is being walked through, and writes the entry.
func (tx *Tx) SpendLookup(a kexin.Actor, k kexin.KeyKind, canon string, ans gate.Answer) (gate.Spend, error) {
	if err := tx.spendLookups(a, 1); err != nil {
		return gate.Spend{}, err
	}
	tail, first := canon, canon
	if len(canon) > 4 {
		tail = canon[len(canon)-4:]
	}
	if len(canon) > 10 { // +86 and seven digits
		first = canon[:10]
	}
	whole := vault.Index(tx.ring, k, canon)
	t, h := vault.ProbeTail(tx.ring, tail), vault.ProbeHead(tx.ring, first)
	if err := tx.trace(a, whole, t, h); err != nil {
		return gate.Spend{}, err
	}
	answer := ledger.Why("none")
	switch {
	case len(ans.Records) > 0:
		answer = "mine"
	case ans.Known:
		answer = "exists"
	}
	if err := tx.Log(Event{Actor: ledger.Who(a), Refs: ledger.Refs{Purpose: a.Purpose}, Facts: &ledger.LookupAsked{Kind: k, Answer: answer}}); err != nil {
		return gate.Spend{}, err
	}
	return tx.LookupSpend(a)
}

// trace leaves keyed traces of a value and lets the detector look.
func (tx *Tx) trace(a kexin.Actor, whole vault.Blind, tail, head int64) error {
	if _, err := tx.Exec("INSERT INTO asked(org_id,member_id,id,at,whole,tail,head,device) VALUES($1,$2,$3,$4,$5,$6,$7,$8)",
		tx.Org, a.User, tx.NewID(), tx.Now, whole.Idx[:], tail, head, a.Device); err != nil {
		return err
	}
	return tx.detect(a, tail, head)
}

// detect counts different values with the same tail or head in 30 days: the
// person's own, and those of everybody at the browser that he sits at.
func (tx *Tx) detect(a kexin.Actor, tail, head int64) error {
	since := tx.Now.Add(-law.DetectWindow)
	const counts = "SELECT COUNT(DISTINCT CASE WHEN tail=$4 THEN whole END),COUNT(DISTINCT CASE WHEN head=$5 THEN whole END) FROM asked WHERE org_id=$1 AND at>$3 AND "
	var sameTail, sameHead, hereTail, hereHead int64
	if err := tx.Row(counts+"member_id=$2", tx.Org, a.User, since, tail, head).Scan(&sameTail, &sameHead); err != nil {
		return err
	}
	if err := tx.Row(counts+"device=$2 AND device<>0", tx.Org, a.Device, since, tail, head).Scan(&hereTail, &hereHead); err != nil {
		return err
	}
	sameTail, sameHead = max(sameTail, hereTail), max(sameHead, hereHead)
	if !gate.Probing(int(sameTail), int(sameHead)) {
		return nil
	}
	why := ledger.Why("head")
	if int(sameTail) >= law.DetectSameLast4 {
		why = "tail"
	}
	if _, err := tx.Exec("INSERT INTO frozen(org_id,member_id,kind,at) VALUES($1,$2,'lookup',$3) ON CONFLICT(org_id,member_id,kind) DO NOTHING", tx.Org, a.User, tx.Now); err != nil {
		return err
	}
	if err := tx.Alert(alertFrozen, map[string]string{"member": a.User.String()}); err != nil {
		return err
	}
	return tx.Log(Event{Actor: ledger.Who(a), Facts: &ledger.LookupFrozen{Member: a.User, Why: why}})
}

// Hits are the records that hold a value, in whatever field of that kind.
func (tx *Tx) Hits(k kexin.KeyKind, canon string) (out []gate.Hit, err error) {
	for _, b := range vault.Indexes(tx.ring, k, canon) {
		err := tx.Each(`SELECT r.record_id,r.object,COALESCE(c.owner_id,t.owner_id,0),COALESCE(c.state,t.state,9),COALESCE(c.subject_id,t.subject_id,0) FROM record_key r
 LEFT JOIN customer c ON c.org_id=r.org_id AND c.id=r.record_id LEFT JOIN contact t ON t.org_id=r.org_id AND t.id=r.record_id
 WHERE r.org_id=$1 AND r.kind=$2 AND r.idx=$3 LIMIT 50`, []any{tx.Org, int64(k), b.Idx[:]}, func(r *db.Rows) error {
			var h gate.Hit
			var object int64
			err := r.Scan(&h.ID, &object, &h.Owner, &h.State, &h.Subject)
			h.Object = kexin.Object(object)
			out = append(out, h)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// HitsAlone is Hits for who is about to write a value where nobody has it: of two on
// PostgreSQL the one behind begins anew.
func (tx *Tx) HitsAlone(k kexin.KeyKind, canon string) ([]gate.Hit, error) {
	if err := tx.aloneWith([]kexin.Key{{Kind: k, Canon: canon}}); err != nil {
		return nil, err
	}
	return tx.Hits(k, canon)
}

// aloneWith lets through one at a time of those who write an address into a record
// and who stops it 勿扰: neither finds a row of the other's, and she would stay
// unmarked. A step of a list is held against every stop instead.
func (tx *Tx) aloneWith(keys []kexin.Key) error {
	if !tx.s.db.Postgres() || tx.importing {
		return nil
	}
	for _, k := range keys {
		b := vault.Index(tx.ring, k.Kind, k.Canon)
		if err := tx.Alone(hex.EncodeToString(b.Idx[:])); err != nil {
			return err
		}
	}
	return nil
}

// Contacts gathers what the contact breaker looks at.
func (tx *Tx) Contacts(p *gate.Permit) (gate.Contacts, error) {
	a, day := p.Actor(), tx.dayNumber()
	c := gate.Contacts{Leaving: a.Leaving}
	f, err := tx.Facts(p.Object().Object, p.Record())
	if err != nil || f == nil {
		return c, err
	}
	var today, again, unnoted int64
	if err := tx.Row("SELECT COUNT(*),COUNT(CASE WHEN subject_id=$4 THEN 1 END) FROM touched WHERE org_id=$1 AND member_id=$2 AND day=$3", tx.Org, a.User, day, f.Subject).Scan(&today, &again); err != nil {
		return c, err
	}
	if err := tx.Row("SELECT COUNT(*) FROM touched WHERE org_id=$1 AND member_id=$2 AND day>=$3 AND at>$4 AND noted_at=0", tx.Org, a.User, day-1, tx.Now.Add(-law.ContactNoteWithin)).Scan(&unnoted); err != nil {
		return c, err
	}
	c.Today, c.Again, c.NoNote = int(today), again > 0, int(unnoted)
	c.Median, err = tx.medianTouched(a.User, day)
	return c, err
}

// medianTouched is the median of a member's contacts on his working days of
// the last 30 days, the lower of two in the middle; 0 with too few such days.
func (tx *Tx) medianTouched(member kexin.ID, day int64) (int, error) {
	var n []int
	err := tx.Each("SELECT COUNT(*) FROM touched WHERE org_id=$1 AND member_id=$2 AND day>$3 AND day<$4 GROUP BY day", []any{tx.Org, member, day - 30, day}, func(r *db.Rows) error {
		var x int64
		err := r.Scan(&x)
		n = append(n, int(x))
		return err
	})
	if err != nil || len(n) < law.ContactMedianDays {
		return 0, err
	}
	slices.Sort(n)
	return n[(len(n)-1)/2], nil
}

// noted marks contacts of this person as followed by a note.
func (tx *Tx) noted(member, subject kexin.ID) error {
	_, err := tx.Exec("UPDATE touched SET noted_at=$1 WHERE org_id=$2 AND member_id=$3 AND day>=$4 AND subject_id=$5 AND noted_at=0", tx.Now, tx.Org, member, tx.dayNumber()-1, subject)
	return err
}

// Breaker writes that full numbers stopped for a member and alerts leader and
// protection officer, once a day.
func (tx *Tx) Breaker(a kexin.Actor, why error) error {
	if err := tx.LogRefused(a, kexin.ActContact, why); err != nil {
		return err
	}
	told, err := tx.Spent(a.User, "breaker")
	if err != nil || told > 0 {
		return err
	}
	if err := tx.spend(a.User, "breaker", 1); err != nil {
		return err
	}
	return tx.Alert("contact_breaker", map[string]string{"member": a.User.String()})
}
