package store

import (
	"context"
	"encoding/json"

	"kexin"
	"kexin/internal/db"
	"kexin/vault"
)

// A LinkKind says what a one-time link 一次性链接 is good for.
type LinkKind string

// The kinds.
const (
	SetupLink   LinkKind = "setup"   // makes a merchant with its first owner
	InviteLink  LinkKind = "invite"  // makes a member
	RecoverLink LinkKind = "recover" // gives a member a new password
	DoorLink    LinkKind = "door"    // signs in as a member of an invented merchant
)

// A Link is one of them. Only a digest of what stands in the address is known
// here, and the row carries a code: nobody can write himself an invitation
// into the database.
type Link struct {
	Digest []byte
	ID     kexin.ID
	Kind   LinkKind
	Org    kexin.ID // 0 for setup
	Grant  Grant
	Made   kexin.Instant
	Ends   kexin.Instant
	Used   kexin.Instant
}

// A Grant is what a link will give.
type Grant struct {
	Name     string         `json:"name,omitempty"` // of the person invited
	Position kexin.Position `json:"position,omitempty"`
	Dept     kexin.ID       `json:"dept,omitempty"`
	Until    kexin.Day      `json:"until,omitempty"`  // last day of a dated account
	Member   kexin.ID       `json:"member,omitempty"` // whose password is set anew
	By       kexin.ID       `json:"by,omitempty"`
}

func (l Link) row() *vault.Row {
	g := l.Grant
	return vault.NewRow("link").Bytes(l.Digest).ID(l.ID).Text(string(l.Kind)).ID(l.Org).Int(int64(l.Made)).Int(int64(l.Ends)).
		Text(g.Name).Text(string(g.Position)).ID(g.Dept).Text(string(g.Until)).ID(g.Member).ID(g.By)
}

// AddLink writes a link of the merchant and gives its id.
func (tx *Tx) AddLink(l Link) (kexin.ID, error) {
	l.ID, l.Org, l.Made = tx.NewID(), tx.Org, tx.Now
	return l.ID, insertLink(tx.Tx, tx.ring, l)
}

// AddSetupLink writes a link by which a merchant is made. Whoever runs the
// server asks for it; it belongs to no merchant.
func (s *Store) AddSetupLink(ctx context.Context, l Link) error {
	ring, err := s.rings.Ring(ctx, 0)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(t *db.Tx) error {
		l.ID, l.Org, l.Kind, l.Made = s.ids.next(t.Now), 0, SetupLink, t.Now
		return insertLink(t, ring, l)
	})
}

func insertLink(t *db.Tx, ring *vault.Ring, l Link) error {
	data, err := json.Marshal(l.Grant)
	if err != nil {
		return &kexin.Error{Op: "store.link", Err: err}
	}
	mac := vault.RowMAC(ring, l.row(), [32]byte{})
	_, err = t.Exec("INSERT INTO link(digest,id,kind,org_id,data,made_at,ends_at,used_at,mac) VALUES($1,$2,$3,$4,$5,$6,$7,0,$8)",
		l.Digest, l.ID, string(l.Kind), l.Org, string(data), l.Made, l.Ends, mac[:])
	return err
}

const linkCols = "digest,id,kind,org_id,data,made_at,ends_at,used_at,mac"

func scanLink(scan func(...any) error) (l Link, code []byte, err error) {
	var kind, data string
	if err := scan(&l.Digest, &l.ID, &kind, &l.Org, &data, &l.Made, &l.Ends, &l.Used, &code); err != nil {
		return l, nil, err
	}
	l.Kind = LinkKind(kind)
	if err := json.Unmarshal([]byte(data), &l.Grant); err != nil {
		return l, nil, &kexin.Error{Op: "store.link", Err: err}
	}
	return l, code, nil
}

// LinkNamed finds a live link by the digest of its token. A wrong, expired,
// used or forged one are all not_found, and nothing is changed.
func (s *Store) LinkNamed(ctx context.Context, digest []byte) (Link, error) {
	var l Link
	var code []byte
	var now kexin.Instant
	err := s.db.View(ctx, func(t *db.Tx) (err error) {
		now = t.Now
		l, code, err = scanLink(t.Row("SELECT "+linkCols+" FROM link WHERE digest=$1", digest).Scan)
		return err
	})
	if err != nil {
		return Link{}, err
	}
	ring, err := s.rings.Ring(ctx, l.Org)
	if err != nil {
		return Link{}, err
	}
	if l.Used != 0 || l.Ends <= now || !vault.CheckRow(ring, l.row(), [32]byte{}, code) {
		return Link{}, &kexin.Error{Op: "store.link", Code: kexin.NotFound}
	}
	return l, nil
}

// UseLink spends a link in the transaction of what it gives. Only one of
// several at once succeeds. Errors: not_found.
func (tx *Tx) UseLink(l Link) error {
	n, err := tx.Exec("UPDATE link SET used_at=$2 WHERE digest=$1 AND used_at=0 AND ends_at>$2", l.Digest, tx.Now)
	if err == nil && n != 1 {
		err = &kexin.Error{Op: "store.link", Code: kexin.NotFound}
	}
	return err
}

// Invites are the invitations not used yet.
func (tx *Tx) Invites() (out []Link, err error) {
	err = tx.Each("SELECT "+linkCols+" FROM link WHERE org_id=$1 AND kind=$2 AND used_at=0 AND ends_at>$3 ORDER BY id",
		[]any{tx.Org, string(InviteLink), tx.Now}, func(r *db.Rows) error {
			l, _, err := scanLink(r.Scan)
			out = append(out, l)
			return err
		})
	return out, err
}

// DropLinks takes back every live link of the merchant whose grant is dead: that
// of a person whose way in closes, or what he still had given to others.
func (tx *Tx) DropLinks(dead func(Grant) bool) error {
	var ids []kexin.ID
	err := tx.Each("SELECT "+linkCols+" FROM link WHERE org_id=$1 AND used_at=0", []any{tx.Org}, func(r *db.Rows) error {
		l, _, err := scanLink(r.Scan)
		if err == nil && dead(l.Grant) {
			ids = append(ids, l.ID)
		}
		return err
	})
	for _, id := range ids {
		if err == nil {
			_, err = tx.Exec("DELETE FROM link WHERE org_id=$1 AND id=$2", tx.Org, id)
		}
	}
	return err
}

// DropInvite takes an invitation back. Errors: not_found.
func (tx *Tx) DropInvite(id kexin.ID) error {
	n, err := tx.Exec("DELETE FROM link WHERE org_id=$1 AND id=$2 AND kind=$3 AND used_at=0", tx.Org, id, string(InviteLink))
	if err == nil && n == 0 {
		err = &kexin.Error{Op: "store.link", Code: kexin.NotFound}
	}
	return err
}
