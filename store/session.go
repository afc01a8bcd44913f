package store

import (
	"context"
	"encoding/binary"

	"kexin"
	"kexin/internal/db"
	"kexin/vault"
)

// A Stage says what a session still has to do before it is at work.
type Stage string

// The stages.
const (
	AtWork Stage = ""       // at work
	Second Stage = "second" // the password was right, the second factor is missing
	Enrol  Stage = "enrol"  // the position needs a second factor and has none yet
)

// A Session is one signed-in browser 会话. Only a digest of what its cookie
// holds is known here. The row carries a code, so that no session can be
// written into the database.
type Session struct {
	Digest      []byte
	ID          kexin.ID // stays the same when the cookie is changed
	Org, Member kexin.ID
	Device      []byte        // digest of the browser's own cookie
	Label       string        // browser and system, as it said itself
	Made        kexin.Instant // when the person signed in
	Seen        kexin.Instant // last request, to the minute
	Ends        kexin.Instant // at the latest
	Step        kexin.Instant // when the second factor was last shown; 0 = never
	Stage       Stage
	Lang        string
}

// row is what the code stands for. Seen and Lang give no right.
func (s Session) row() *vault.Row {
	return vault.NewRow("session").Bytes(s.Digest).ID(s.ID).ID(s.Org).ID(s.Member).Bytes(s.Device).
		Int(int64(s.Made)).Int(int64(s.Ends)).Int(int64(s.Step)).Text(string(s.Stage))
}

// OrgOfSession finds the merchant of a cookie's digest. Errors: not_found.
func (s *Store) OrgOfSession(ctx context.Context, digest []byte) (kexin.ID, error) {
	return s.orgOf(ctx, "session", digest)
}

// OrgOfToken finds the merchant of an API token's digest. Errors: not_found.
func (s *Store) OrgOfToken(ctx context.Context, digest []byte) (kexin.ID, error) {
	return s.orgOf(ctx, "api_token", digest)
}

func (s *Store) orgOf(ctx context.Context, table string, digest []byte) (org kexin.ID, err error) {
	err = s.db.View(ctx, func(t *db.Tx) error {
		return t.Row("SELECT org_id FROM "+table+" WHERE digest=$1", digest).Scan(&org)
	})
	return org, err
}

// AddSession writes a session; the zero ID draws a new one.
func (tx *Tx) AddSession(s Session) (kexin.ID, error) {
	if s.ID == 0 {
		s.ID = tx.NewID()
	}
	s.Org, s.Seen = tx.Org, tx.Now
	_, err := tx.Exec("INSERT INTO session(digest,id,org_id,member_id,device,label,made_at,seen_at,ends_at,step_at,stage,lang,mac) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)",
		s.Digest, s.ID, s.Org, s.Member, s.Device, s.Label, s.Made, s.Seen, s.Ends, s.Step, string(s.Stage), s.Lang, tx.code(s.row()))
	return s.ID, err
}

// Browser is a number of the browser; 0 where it has no cookie of its own.
func (s Session) Browser() int64 {
	if len(s.Device) < 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(s.Device) >> 1)
}

const sessionCols = "digest,id,org_id,member_id,device,label,made_at,seen_at,ends_at,step_at,stage,lang"

func scanSession(scan func(...any) error) (s Session, err error) {
	var stage string
	err = scan(&s.Digest, &s.ID, &s.Org, &s.Member, &s.Device, &s.Label, &s.Made, &s.Seen, &s.Ends, &s.Step, &stage, &s.Lang)
	s.Stage = Stage(stage)
	return s, err
}

// Session reads the session of a cookie and checks its code. Errors:
// not_found, also when its time is over; Forged.
func (tx *Tx) Session(digest []byte) (Session, error) {
	var code []byte
	s, err := scanSession(func(dest ...any) error {
		return tx.Row("SELECT "+sessionCols+",mac FROM session WHERE digest=$1 AND org_id=$2", digest, tx.Org).Scan(append(dest, &code)...)
	})
	if err != nil {
		return Session{}, err
	}
	return s, tx.alive(s, code)
}

// alive checks a session's code and that its time is not over.
func (tx *Tx) alive(s Session, code []byte) error {
	if err := tx.genuine(s.row(), code, "session", s.ID); err != nil {
		return err
	}
	if s.Ends <= tx.Now {
		return &kexin.Error{Op: "store.session", Code: kexin.NotFound}
	}
	return nil
}

// Seated reads the session of a cookie with its member, as Session and Member
// do: every request asks for both.
func (tx *Tx) Seated(digest []byte) (s Session, m Member, err error) {
	var sc, mc []byte
	s, err = scanSession(func(dest ...any) (err error) {
		m, mc, err = scanMember(func(more ...any) error {
			return tx.Row("SELECT s.*,"+memberCols+" FROM (SELECT "+sessionCols+",mac FROM session WHERE digest=$1 AND org_id=$2) s JOIN member m ON m.org_id=s.org_id AND m.id=s.member_id", digest, tx.Org).
				Scan(append(append(dest, &sc), more...)...)
		})
		return err
	})
	if err != nil {
		return Session{}, Member{}, err
	}
	if err := tx.alive(s, sc); err != nil {
		return Session{}, Member{}, err
	}
	return s, m, tx.genuine(m.row(tx.Org), mc, "member", m.ID)
}

// grace is how long a cookie that was changed still serves the requests that
// were under way, in ms.
const grace = 10_000

// Rotate gives a session a new cookie and what it now is. The old cookie
// serves for ten more seconds, with what it had before.
func (tx *Tx) Rotate(old, now Session, digest []byte) error {
	dying := old
	dying.Ends = min(old.Ends, tx.Now+grace)
	if err := tx.Restage(dying); err != nil {
		return err
	}
	return tx.renew(now, digest)
}

// Replace gives a session a new cookie and ends the old one at once.
func (tx *Tx) Replace(old Session, digest []byte) error {
	if _, err := tx.Exec("DELETE FROM session WHERE digest=$1", old.Digest); err != nil {
		return err
	}
	return tx.renew(old, digest)
}

func (tx *Tx) renew(s Session, digest []byte) error {
	s.Digest = digest
	_, err := tx.AddSession(s)
	return err
}

// Restage writes stage, step and end of a session back, with a new code.
func (tx *Tx) Restage(s Session) error {
	_, err := tx.Exec("UPDATE session SET stage=$2,step_at=$3,ends_at=$4,mac=$5 WHERE digest=$1", s.Digest, string(s.Stage), s.Step, s.Ends, tx.code(s.row()))
	return err
}

// Touch notes that a session was used.
func (tx *Tx) Touch(digest []byte) error {
	_, err := tx.Exec("UPDATE session SET seen_at=$2 WHERE digest=$1", digest, tx.Now)
	return err
}

// SetLang sets the language of a session.
func (tx *Tx) SetLang(id kexin.ID, lang string) error {
	_, err := tx.Exec("UPDATE session SET lang=$3 WHERE org_id=$1 AND id=$2", tx.Org, id, lang)
	return err
}

// EndSession ends one session of a member, 0 for anybody's. It reports whether
// there was one.
func (tx *Tx) EndSession(id, member kexin.ID) (bool, error) {
	n, err := tx.Exec("DELETE FROM session WHERE org_id=$1 AND id=$2 AND (member_id=$3 OR CAST($3 AS BIGINT)=0)", tx.Org, id, member)
	return n > 0, err
}

// EndOthers ends every session of a member but one (0 = all) and takes trust
// from his devices.
func (tx *Tx) EndOthers(member, but kexin.ID) error {
	if _, err := tx.Exec("DELETE FROM session WHERE org_id=$1 AND member_id=$2 AND id<>$3", tx.Org, member, but); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM device WHERE org_id=$1 AND member_id=$2", tx.Org, member)
	return err
}

// Sessions are the open sessions of a member, or of everybody with 0, the one
// used last first. A session whose cookie was just changed stands once.
func (tx *Tx) Sessions(member kexin.ID) (out []Session, err error) {
	seen := map[kexin.ID]bool{}
	err = tx.Each("SELECT "+sessionCols+" FROM session WHERE org_id=$1 AND (member_id=$2 OR CAST($2 AS BIGINT)=0) AND ends_at>$3 ORDER BY seen_at DESC,ends_at DESC",
		[]any{tx.Org, member, tx.Now}, func(r *db.Rows) error {
			s, err := scanSession(r.Scan)
			if !seen[s.ID] {
				out = append(out, s)
			}
			seen[s.ID] = true
			return err
		})
	return out, err
}

// SweepSessions deletes sessions, links and tokens whose time is over, and
// what the throttle no longer needs. It is called now and then.
func (s *Store) SweepSessions(ctx context.Context) error {
	return s.db.Update(ctx, func(t *db.Tx) error {
		for _, q := range []string{"DELETE FROM session WHERE ends_at<$1", "DELETE FROM link WHERE ends_at<$1 AND used_at=0"} {
			if _, err := t.Exec(q, t.Now-kexin.DayMS); err != nil {
				return err
			}
		}
		_, err := t.Exec("DELETE FROM throttle WHERE seen_at<$1", t.Now-kexin.DayMS)
		return err
	})
}

// A Device is one browser that a member signed in with.
type Device struct {
	Digest []byte
	Label  string
	Shown  kexin.Instant // when the second factor was shown there, to be remembered; 0 = not
}

func (d Device) row(org, member kexin.ID) *vault.Row {
	return vault.NewRow("device").ID(org).ID(member).Bytes(d.Digest).Int(int64(d.Shown))
}

// SaveDevice notes a browser, and that it showed the second factor.
func (tx *Tx) SaveDevice(member kexin.ID, d Device) error {
	_, err := tx.Exec(`INSERT INTO device(org_id,member_id,digest,label,made_at,shown_at,mac) VALUES($1,$2,$3,$4,$5,$6,$7)
 ON CONFLICT(org_id,member_id,digest) DO UPDATE SET label=excluded.label,shown_at=excluded.shown_at,mac=excluded.mac`,
		tx.Org, member, d.Digest, d.Label, tx.Now, d.Shown, tx.code(d.row(tx.Org, member)))
	return err
}

// Device finds a member's browser; the zero Device where it is not known or
// its row is not genuine.
func (tx *Tx) Device(member kexin.ID, digest []byte) (Device, error) {
	d := Device{Digest: digest}
	var code []byte
	err := tx.Row("SELECT label,shown_at,mac FROM device WHERE org_id=$1 AND member_id=$2 AND digest=$3", tx.Org, member, digest).Scan(&d.Label, &d.Shown, &code)
	if kexin.CodeOf(err) == kexin.NotFound || err == nil && tx.genuine(d.row(tx.Org, member), code, "device", member) != nil {
		return Device{}, nil
	}
	return d, err
}

// DeviceOwners are the members who signed in with a browser.
func (tx *Tx) DeviceOwners(digest []byte) ([]kexin.ID, error) {
	return tx.idList("SELECT member_id FROM device WHERE org_id=$1 AND digest=$2", tx.Org, digest)
}

const staffBrowser = "SELECT COUNT(*) FROM device WHERE digest=$1"

// StaffBrowser reports whether a browser is known as one that a member of any
// merchant's staff signed in with: what is done there is not a customer's act.
func (s *Store) StaffBrowser(ctx context.Context, digest []byte) (bool, error) {
	var n int64
	err := s.db.View(ctx, func(t *db.Tx) error { return t.Row(staffBrowser, digest).Scan(&n) })
	return n > 0, err
}

// ShownOn says when browsers showed the second factor, by digest; of a member, or
// of everybody with 0.
func (tx *Tx) ShownOn(member kexin.ID) (map[string]kexin.Instant, error) {
	out := map[string]kexin.Instant{}
	err := tx.Each("SELECT digest,shown_at FROM device WHERE org_id=$1 AND (member_id=$2 OR CAST($2 AS BIGINT)=0)", []any{tx.Org, member}, func(r *db.Rows) error {
		var d []byte
		var to kexin.Instant
		err := r.Scan(&d, &to)
		out[string(d)] = to
		return err
	})
	return out, err
}

// DropDevice forgets a browser.
func (tx *Tx) DropDevice(member kexin.ID, digest []byte) error {
	_, err := tx.Exec("DELETE FROM device WHERE org_id=$1 AND member_id=$2 AND digest=$3", tx.Org, member, digest)
	return err
}
