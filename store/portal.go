package store

import (
	"context"
	"strconv"

	"kexin"
	"kexin/auth"
	"kexin/internal/db"
	"kexin/vault"
)

// A PortalKind says what a customer's link 链接 is good for.
type PortalKind string

// The kinds, with what Ref names.
const (
	AskLink     PortalKind = "ask"     // a question of the sender: the ask
	CounterLink PortalKind = "counter" // the QR code on a counter: nothing
	ReceiptLink PortalKind = "receipt" // her receipt: the receiver's referral
	JoinLink    PortalKind = "join"    // into an alliance: the alliance
	KeepLink    PortalKind = "keep"    // that puts an erasure off: the person
)

// A PortalLink is one of them. Only a digest of its token is known here, and
// the row carries the merchant's code.
type PortalLink struct {
	Digest  []byte
	ID      kexin.ID
	Org     kexin.ID
	Kind    PortalKind
	Ref     kexin.ID
	Made    kexin.Instant
	Ends    kexin.Instant
	Revoked kexin.Instant
}

func (l PortalLink) row() *vault.Row {
	return vault.NewRow("portal_link").Bytes(l.Digest).ID(l.ID).ID(l.Org).Text(string(l.Kind)).ID(l.Ref).Int(int64(l.Made)).Int(int64(l.Ends))
}

// AddPortalLink writes one of the merchant's.
func (tx *Tx) AddPortalLink(l PortalLink) (kexin.ID, error) {
	l.ID, l.Org, l.Made = tx.NewID(), tx.Org, tx.Now
	_, err := tx.Exec("INSERT INTO portal_link(digest,id,org_id,kind,ref_id,made_at,ends_at,revoked_at,mac) VALUES($1,$2,$3,$4,$5,$6,$7,0,$8)",
		l.Digest, l.ID, l.Org, string(l.Kind), l.Ref, l.Made, l.Ends, tx.code(l.row()))
	return l.ID, err
}

// EndPortalLinks makes the merchant's links of a kind to one thing worth
// nothing.
func (tx *Tx) EndPortalLinks(k PortalKind, ref kexin.ID) error {
	_, err := tx.Exec("UPDATE portal_link SET revoked_at=$4 WHERE org_id=$1 AND kind=$2 AND ref_id=$3 AND revoked_at=0", tx.Org, string(k), ref, tx.Now)
	return err
}

// PortalLinkNamed finds a live link by the digest of its token. A wrong,
// expired, revoked or forged one are all not_found, and nothing is changed.
func (s *Store) PortalLinkNamed(ctx context.Context, digest []byte) (PortalLink, error) {
	l := PortalLink{Digest: digest}
	var kind string
	var code []byte
	var now kexin.Instant
	err := s.db.View(ctx, func(t *db.Tx) error {
		now = t.Now
		return t.Row("SELECT id,org_id,kind,ref_id,made_at,ends_at,revoked_at,mac FROM portal_link WHERE digest=$1", digest).
			Scan(&l.ID, &l.Org, &kind, &l.Ref, &l.Made, &l.Ends, &l.Revoked, &code)
	})
	if err != nil {
		return PortalLink{}, err
	}
	l.Kind = PortalKind(kind)
	ring, err := s.rings.Ring(ctx, l.Org)
	if err != nil {
		return PortalLink{}, err
	}
	if l.Revoked != 0 || l.Ends <= now || !vault.CheckRow(ring, l.row(), [32]byte{}, code) {
		return PortalLink{}, &kexin.Error{Op: "store.portal_link", Code: kexin.NotFound}
	}
	return l, nil
}

const portalOrgs = "SELECT org_id FROM portal_link WHERE revoked_at=0 AND ends_at>$1 GROUP BY org_id"

// PortalOrgs are the merchants with links of customers that still work.
func (s *Store) PortalOrgs(ctx context.Context) ([]kexin.ID, error) { return s.orgs(ctx, portalOrgs) }

// A PortalSession is her visit to her pages: thirty minutes after a link was
// opened by a POST.
type PortalSession struct {
	Digest  []byte
	Org     kexin.ID // the merchant of the link
	Kind    PortalKind
	Ref     kexin.ID
	Link    kexin.ID
	Made    kexin.Instant
	Ends    kexin.Instant
	Proved  kexin.Instant // when a one-time code was right; 0 = not
	Address int64         // the one it was sent to: see AddressCode
	GPC     bool          // the browser asked not to be sold or shared (STD-04)
	Device  []byte        // digest of the visiting browser, to see one that answers for many
	Token   []byte        // of her receipt, sealed, to be shown to her again
}

func (p PortalSession) row() *vault.Row {
	return vault.NewRow("portal_session").Bytes(p.Digest).ID(p.Org).Text(string(p.Kind)).ID(p.Ref).ID(p.Link).Int(int64(p.Made)).Int(int64(p.Ends)).
		Int(int64(p.Proved)).Int(p.Address).Bool(p.GPC).Bytes(p.Device).Bytes(p.Token)
}

// AddPortalSession begins one.
func (tx *Tx) AddPortalSession(p PortalSession) error {
	p.Org, p.Made = tx.Org, tx.Now
	_, err := tx.Exec("INSERT INTO portal_session(digest,org_id,kind,ref_id,link_id,made_at,ends_at,proved_at,address,gpc,device,token_c,mac) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)",
		p.Digest, p.Org, string(p.Kind), p.Ref, p.Link, p.Made, p.Ends, p.Proved, p.Address, p.GPC, p.Device, p.Token, tx.code(p.row()))
	return err
}

// ProvePortalSession notes that a code sent to an address was right in a visit.
func (tx *Tx) ProvePortalSession(p PortalSession, to kexin.Key) error {
	p.Proved, p.Address = tx.Now, tx.AddressCode(p.Ref, to)
	_, err := tx.Exec("UPDATE portal_session SET proved_at=$2,address=$3,mac=$4 WHERE digest=$1", p.Digest, p.Proved, p.Address, tx.code(p.row()))
	return err
}

// AddressCode stands for an address that was proved, in what is about one
// referral: the same at both its merchants, and told by nobody without the
// server's key.
func (tx *Tx) AddressCode(referral kexin.ID, k kexin.Key) int64 {
	n := vault.TallyName(tx.root, "proved", referral.String()+"/"+strconv.Itoa(int(k.Kind))+"/"+k.Canon)
	return n & (1<<53 - 1) // a number in a letter's JSON
}

// PortalSession finds a live one. Errors: not_found.
func (s *Store) PortalSession(ctx context.Context, digest []byte) (PortalSession, error) {
	p := PortalSession{Digest: digest}
	var kind string
	var code []byte
	var now kexin.Instant
	err := s.db.View(ctx, func(t *db.Tx) error {
		now = t.Now
		return t.Row("SELECT org_id,kind,ref_id,link_id,made_at,ends_at,proved_at,address,gpc,device,token_c,mac FROM portal_session WHERE digest=$1", digest).
			Scan(&p.Org, &kind, &p.Ref, &p.Link, &p.Made, &p.Ends, &p.Proved, &p.Address, &p.GPC, &p.Device, &p.Token, &code)
	})
	if err != nil {
		return PortalSession{}, err
	}
	p.Kind = PortalKind(kind)
	ring, err := s.rings.Ring(ctx, p.Org)
	if err != nil {
		return PortalSession{}, err
	}
	if p.Ends <= now || !vault.CheckRow(ring, p.row(), [32]byte{}, code) {
		return PortalSession{}, &kexin.Error{Op: "store.portal_session", Code: kexin.NotFound}
	}
	return p, nil
}

// SealToken and OpenToken keep a receipt's token for the length of a visit.
func (tx *Tx) SealToken(token string) []byte {
	return vault.SealOrg(tx.ring, "portal.token", tx.Org, []byte(token))
}

// OpenToken is the reverse of SealToken.
func (tx *Tx) OpenToken(sealed []byte) (string, error) {
	b, err := vault.OpenOrg(tx.ring, "portal.token", tx.Org, sealed)
	return string(b), err
}

// FormCode and FormCodeRight are the server's code over the text of a form's
// nonce: by the server's own key, so that every process of it agrees.
func (s *Store) FormCode(ctx context.Context, text string) (code [16]byte, err error) {
	root, err := s.rings.Ring(ctx, 0)
	if err != nil {
		return code, err
	}
	return vault.OneTimeMAC(root, 0, "form/1\n"+text), nil
}

// FormCodeRight compares in constant time.
func (s *Store) FormCodeRight(ctx context.Context, text string, code []byte) (bool, error) {
	root, err := s.rings.Ring(ctx, 0)
	return err == nil && vault.CheckOneTime(root, 0, "form/1\n"+text, code), err
}

// Tally counts something in a window of time, by a keyed name, and gives the
// count with this one. It is nobody's row.
func (s *Store) Tally(ctx context.Context, label, text string, bucket int64) (n int, err error) {
	root, err := s.rings.Ring(ctx, 0)
	if err != nil {
		return 0, err
	}
	err = s.db.Update(ctx, func(t *db.Tx) error { n, err = tally(t, vault.TallyName(root, label, text), bucket); return err })
	return n, err
}

// Tally counts it in the transaction of what it counts.
func (tx *Tx) Tally(label, text string, bucket int64) (int, error) {
	return tally(tx.Tx, vault.TallyName(tx.root, label, text), bucket)
}

func tally(t *db.Tx, name, bucket int64) (int, error) {
	if _, err := t.Exec("INSERT INTO tally(name,bucket,n,at) VALUES($1,$2,1,$3) ON CONFLICT(name,bucket) DO UPDATE SET n=tally.n+1,at=excluded.at", name, bucket, t.Now); err != nil {
		return 0, err
	}
	var n int64
	err := t.Row("SELECT n FROM tally WHERE name=$1 AND bucket=$2", name, bucket).Scan(&n)
	return int(n), err
}

// Rate counts something now, by a keyed name, and is the moment until which it
// happens too often, 0 where it does not. The time of a rate is counted in
// twelfths, and one more of them than it has: a window that began within one
// never lets more through.
func (s *Store) Rate(ctx context.Context, label, text string, r auth.Rate) (until kexin.Instant, err error) {
	root, err := s.rings.Ring(ctx, 0)
	if err != nil {
		return 0, err
	}
	name, part := vault.TallyName(root, label+"/"+r.Within.String(), text), r.Within.Milliseconds()/12
	err = s.db.Update(ctx, func(t *db.Tx) error {
		until = 0
		now, sum := int64(t.Now)/part, 0
		if _, err := t.Exec("INSERT INTO tally(name,bucket,n,at) VALUES($1,$2,1,$3) ON CONFLICT(name,bucket) DO UPDATE SET n=tally.n+1,at=excluded.at", name, now, t.Now); err != nil {
			return err
		}
		return t.Each("SELECT bucket,n FROM tally WHERE name=$1 AND bucket>$2 ORDER BY bucket DESC", []any{name, now - 13}, func(row *db.Rows) error {
			var bucket, n int64
			err := row.Scan(&bucket, &n)
			if sum += int(n); sum > r.Most && until == 0 {
				until = kexin.Instant((bucket + 13) * part)
			}
			return err
		})
	})
	return until, err
}

// Tallied is the count so far.
func (s *Store) Tallied(ctx context.Context, label, text string, bucket int64) (n int, err error) {
	root, err := s.rings.Ring(ctx, 0)
	if err != nil {
		return 0, err
	}
	err = s.db.View(ctx, func(t *db.Tx) error {
		var x int64
		err := t.Row("SELECT n FROM tally WHERE name=$1 AND bucket=$2", vault.TallyName(root, label, text), bucket).Scan(&x)
		if kexin.CodeOf(err) == kexin.NotFound {
			return nil
		}
		n = int(x)
		return err
	})
	return n, err
}

// SweepPortal deletes visits that are over and counts nobody asks for.
func (s *Store) SweepPortal(ctx context.Context) error {
	return s.db.Update(ctx, func(t *db.Tx) error {
		if _, err := t.Exec("DELETE FROM portal_session WHERE ends_at<$1", t.Now); err != nil {
			return err
		}
		_, err := t.Exec("DELETE FROM tally WHERE at<$1", t.Now-2*kexin.DayMS)
		return err
	})
}
