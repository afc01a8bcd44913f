package store

import (
	"kexin"
	"kexin/internal/db"
	"kexin/vault"
)

// A Member is one member of staff 员工. The row carries a code: nobody without
// the keys can make himself another position.
type Member struct {
	ID       kexin.ID
	Name     string
	Position kexin.Position
	Dept     kexin.ID
	Active   bool
	Leaving  kexin.Day     // last day at work; "" = none set
	Ends     kexin.Day     // last day of a dated account (auditor); "" = none
	TOTP     bool          // a second factor is set up
	Told     kexin.Instant // read what is recorded of staff; 0 = not yet
	Made     kexin.Instant
}

// Over reports whether the account has ended by its date on that day.
func (m Member) Over(today kexin.Day) bool {
	return m.Leaving != "" && m.Leaving < today || m.Ends != "" && m.Ends < today
}

// row is what the code stands for. Told is left out: it gives no right.
func (m Member) row(org kexin.ID) *vault.Row {
	return vault.NewRow("member").ID(org).ID(m.ID).Text(m.Name).Text(string(m.Position)).ID(m.Dept).Bool(m.Active).
		Text(string(m.Leaving)).Text(string(m.Ends)).Bool(m.TOTP)
}

// AddMember writes a new member and gives his id.
func (tx *Tx) AddMember(m Member) (kexin.ID, error) {
	m.ID, m.Made = tx.NewID(), tx.Now
	_, err := tx.Exec("INSERT INTO member(org_id,id,name,position,dept_id,active,leaving_on,ends_on,totp,told_at,made_at,mac) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)",
		tx.Org, m.ID, m.Name, string(m.Position), m.Dept, m.Active, m.Leaving, m.Ends, m.TOTP, m.Told, m.Made, tx.code(m.row(tx.Org)))
	if err == nil {
		err = tx.Changed()
	}
	return m.ID, err
}

// SaveMember writes a member that was read in this transaction by Member, so
// that a forged row is never given a code.
func (tx *Tx) SaveMember(m Member) error {
	_, err := tx.Exec("UPDATE member SET name=$3,position=$4,dept_id=$5,active=$6,leaving_on=$7,ends_on=$8,totp=$9,told_at=$10,mac=$11 WHERE org_id=$1 AND id=$2",
		tx.Org, m.ID, m.Name, string(m.Position), m.Dept, m.Active, m.Leaving, m.Ends, m.TOTP, m.Told, tx.code(m.row(tx.Org)))
	if err == nil {
		err = tx.Changed()
	}
	return err
}

const memberCols = "m.id,m.name,m.position,m.dept_id,m.active,m.leaving_on,m.ends_on,m.totp,m.told_at,m.made_at,m.mac"

func scanMember(scan func(...any) error) (m Member, code []byte, err error) {
	var position string
	err = scan(&m.ID, &m.Name, &position, &m.Dept, &m.Active, &m.Leaving, &m.Ends, &m.TOTP, &m.Told, &m.Made, &code)
	m.Position = kexin.Position(position)
	return m, code, err
}

// Member reads one member and checks his code. Errors: not_found, Forged.
func (tx *Tx) Member(id kexin.ID) (Member, error) {
	m, code, err := scanMember(tx.Row("SELECT "+memberCols+" FROM member m WHERE m.org_id=$1 AND m.id=$2", tx.Org, id).Scan)
	if err != nil {
		return Member{}, err
	}
	return m, tx.genuine(m.row(tx.Org), code, "member", id)
}

// A Staff is a member on the staff page.
type Staff struct {
	Member
	Login  string
	Seen   kexin.Instant // last request of a session, 0 = none open
	Forged bool          // the row's code is wrong: he cannot sign in
}

// Members are all members, disabled ones too, in the order they joined: names
// and places, not what a decision rests on.
func (tx *Tx) Members() (out []Member, err error) {
	err = tx.Each("SELECT "+memberCols+" FROM member m WHERE m.org_id=$1 ORDER BY m.id", []any{tx.Org}, func(r *db.Rows) error {
		m, _, err := scanMember(r.Scan)
		out = append(out, m)
		return err
	})
	return out, err
}

// Staff are all members with their accounts, and whether their rows are
// genuine.
func (tx *Tx) Staff() (out []Staff, err error) {
	const q = "SELECT " + memberCols + `,COALESCE((SELECT MIN(l.name) FROM login l WHERE l.org_id=m.org_id AND l.member_id=m.id),''),
 COALESCE((SELECT MAX(s.seen_at) FROM session s WHERE s.org_id=m.org_id AND s.member_id=m.id),0) FROM member m WHERE m.org_id=$1 ORDER BY m.id`
	err = tx.Each(q, []any{tx.Org}, func(r *db.Rows) error {
		var l Staff
		m, code, err := scanMember(func(dest ...any) error { return r.Scan(append(dest, &l.Login, &l.Seen)...) })
		l.Member = m
		l.Forged = !vault.CheckRow(tx.ring, m.row(tx.Org), [32]byte{}, code)
		out = append(out, l)
		return err
	})
	return out, err
}

// Owners counts active owners who stay: whose accounts have not ended and have no
// last day. One of them is left out. The last one may not go.
func (tx *Tx) Owners(without kexin.ID) (int, error) {
	all, err := tx.Staff()
	n, today := 0, tx.day()
	for _, m := range all {
		if m.ID != without && m.Position == kexin.Owner && m.Active && !m.Forged && m.Leaving == "" && !m.Over(today) {
			n++
		}
	}
	return n, err
}

// Disable closes a member's way in: the row, every session, token, trusted
// device and link go in this transaction, the invitations that he made too. It also mends a forged row, as the lowest
// position, so that an attacker's row can be put out of action.
func (tx *Tx) Disable(id kexin.ID) (Member, error) {
	m, code, err := scanMember(tx.Row("SELECT "+memberCols+" FROM member m WHERE m.org_id=$1 AND m.id=$2", tx.Org, id).Scan)
	if err != nil {
		return Member{}, err
	}
	if tx.genuine(m.row(tx.Org), code, "member", id) != nil {
		m.Position, m.Dept = kexin.Rep, 0
	}
	m.Active = false
	if err := tx.SaveMember(m); err != nil {
		return Member{}, err
	}
	if err := tx.DropLinks(func(g Grant) bool { return g.By == id }); err != nil {
		return Member{}, err
	}
	return m, tx.CutOff(id)
}

// CutOff ends everything by which a member could still come in.
func (tx *Tx) CutOff(id kexin.ID) error {
	for _, t := range []string{"session", "api_token", "device"} {
		if _, err := tx.Exec("DELETE FROM "+t+" WHERE org_id=$1 AND member_id=$2", tx.Org, id); err != nil {
			return err
		}
	}
	return tx.DropLinks(func(g Grant) bool { return g.Member == id })
}

// WaysOfClosed is how many sessions and tokens disabled members still have.
// Disable leaves none.
func (tx *Tx) WaysOfClosed() (int, error) {
	var n int64
	err := tx.Row(`SELECT (SELECT COUNT(*) FROM session s JOIN member m ON m.org_id=s.org_id AND m.id=s.member_id WHERE s.org_id=$1 AND NOT m.active)
 +(SELECT COUNT(*) FROM api_token k JOIN member m ON m.org_id=k.org_id AND m.id=k.member_id WHERE k.org_id=$1 AND NOT m.active)`, tx.Org).Scan(&n)
	return int(n), err
}

// DropTokens ends every token of a member: what he may has changed.
func (tx *Tx) DropTokens(member kexin.ID) error {
	_, err := tx.Exec("DELETE FROM api_token WHERE org_id=$1 AND member_id=$2", tx.Org, member)
	return err
}

// SetTold notes that a member read what is recorded of staff.
func (tx *Tx) SetTold(id kexin.ID) error {
	_, err := tx.Exec("UPDATE member SET told_at=$3 WHERE org_id=$1 AND id=$2 AND told_at=0", tx.Org, id, tx.Now)
	return err
}

// Today is the calendar day in the merchant's zone.
func (tx *Tx) Today() kexin.Day { return tx.day() }

// After is the day that many days after today.
func (tx *Tx) After(days int) kexin.Day {
	return kexin.DayOf(tx.Now.Time().In(tx.Zone).AddDate(0, 0, days))
}

// Revealed is how many full values a member asked for in the last 30 days:
// what an owner looks at when somebody leaves (ACC-05).
func (tx *Tx) Revealed(member kexin.ID) (int64, error) {
	var n int64
	err := tx.Row("SELECT CAST(COALESCE(SUM(n),0) AS BIGINT) FROM spent WHERE org_id=$1 AND member_id=$2 AND kind='reveal' AND bucket>$3",
		tx.Org, member, tx.dayNumber()-30).Scan(&n)
	return n, err
}

// OwnedBy gives up to limit customers that a member protects, for handing them
// on.
func (tx *Tx) OwnedBy(member kexin.ID, limit int) ([]kexin.ID, error) {
	return tx.idList("SELECT id FROM customer WHERE org_id=$1 AND owner_id=$2 AND state=0 ORDER BY id LIMIT $3", tx.Org, member, limit)
}

// HandTasks gives a leaver's open tasks to another member. Tasks about his own
// customers went with them.
func (tx *Tx) HandTasks(from, to kexin.ID) (int64, error) {
	return tx.Exec("UPDATE task SET owner_id=$3 WHERE org_id=$1 AND owner_id=$2 AND done_at=0 AND state=0", tx.Org, from, to)
}

// Customers reports whether the merchant has any customer yet.
func (tx *Tx) Customers() (bool, error) {
	ids, err := tx.idList("SELECT id FROM customer WHERE org_id=$1 LIMIT 1", tx.Org)
	return len(ids) > 0, err
}

// Touched is how many customers a member has called or opened today.
func (tx *Tx) Touched(member kexin.ID) (int, error) {
	var n int64
	err := tx.Row("SELECT COUNT(*) FROM touched WHERE org_id=$1 AND member_id=$2 AND day=$3", tx.Org, member, tx.dayNumber()).Scan(&n)
	return int(n), err
}
