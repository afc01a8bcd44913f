package store

import (
	"context"
	"crypto/sha256"
	"strings"

	"kexin"
	"kexin/internal/db"
	"kexin/vault"
)

// A Card is a merchant's card 名片: what other merchants and customers see of
// him. It holds nothing of a customer. The row carries the server's code, so
// that nobody changes a shop's telephone in the database.
type Card struct {
	Org     kexin.ID
	Legal   string // legal name
	USCC    string
	Shown   string // name over the door
	Address string
	Phone   string // landline of the shop
	About   string
	Needs   []string // of kexin.Needs: what it sells
	Photo   []byte   // JPEG, "" for none
	Edited  kexin.Instant
}

func (c Card) row() *vault.Row {
	photo := sha256.Sum256(c.Photo)
	return vault.NewRow("card").ID(c.Org).Text(c.Legal).Text(c.USCC).Text(c.Shown).Text(c.Address).Text(c.Phone).Text(c.About).
		Text(packNeeds(c.Needs)).Bytes(photo[:]).Int(int64(c.Edited))
}

func packNeeds(needs []string) string { return strings.Join(needs, "|") }

func unpackNeeds(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "|")
}

// SaveCard writes the merchant's own card.
func (tx *Tx) SaveCard(c Card) error {
	c.Org, c.Edited = tx.Org, tx.Now
	mac := vault.RowMAC(tx.root, c.row(), [32]byte{})
	_, err := tx.Exec(`INSERT INTO card(org_id,legal,uscc,shown,address,phone,about,needs,photo,edited_at,mac) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)
 ON CONFLICT(org_id) DO UPDATE SET legal=excluded.legal,uscc=excluded.uscc,shown=excluded.shown,address=excluded.address,phone=excluded.phone,about=excluded.about,needs=excluded.needs,photo=excluded.photo,edited_at=excluded.edited_at,mac=excluded.mac`,
		c.Org, c.Legal, c.USCC, c.Shown, c.Address, c.Phone, c.About, packNeeds(c.Needs), c.Photo, c.Edited, mac[:])
	return err
}

const cardSelect = "SELECT org_id,legal,uscc,shown,address,phone,about,needs,photo,edited_at,mac FROM card"

// cards reads cards and leaves out those that were written past the program.
func cards(t *db.Tx, root *vault.Ring, where string, args ...any) (out []Card, met *Forged, err error) {
	err = t.Each(cardSelect+where, args, func(r *db.Rows) error {
		var c Card
		var needs string
		var code []byte
		if err := r.Scan(&c.Org, &c.Legal, &c.USCC, &c.Shown, &c.Address, &c.Phone, &c.About, &needs, &c.Photo, &c.Edited, &code); err != nil {
			return err
		}
		c.Needs = unpackNeeds(needs)
		if !vault.CheckRow(root, c.row(), [32]byte{}, code) {
			met = &Forged{"card", c.Org}
			return nil
		}
		out = append(out, c)
		return nil
	})
	return out, met, err
}

// Card is a merchant's card. Errors: not_found, also where it is not genuine.
func (tx *Tx) Card(org kexin.ID) (Card, error) {
	list, met, err := cards(tx.Tx, tx.root, " WHERE org_id=$1", org)
	if met != nil {
		tx.met = met
	}
	if err == nil && len(list) == 0 {
		err = &kexin.Error{Op: "store.card", Code: kexin.NotFound}
	}
	if err != nil {
		return Card{}, err
	}
	return list[0], nil
}

// PublicCard is a merchant's card for whoever holds a link on which it stands.
func (s *Store) PublicCard(ctx context.Context, org kexin.ID) (c Card, err error) {
	err = s.View(ctx, org, func(tx *Tx) error { c, err = tx.Card(org); return err })
	return c, err
}

// An Alliance is several merchants together 联盟.
type Alliance struct {
	ID      kexin.ID
	Name    string
	Founder kexin.ID
	Made    kexin.Instant
}

func (a Alliance) row() *vault.Row {
	return vault.NewRow("alliance").ID(a.ID).Text(a.Name).ID(a.Founder).Int(int64(a.Made))
}

// A MemberState is where a merchant stands in an alliance.
type MemberState string

// The states. Who joined may recommend at once; who is verified may be
// recommended.
const (
	Joined    MemberState = "joined"
	Verified  MemberState = "verified"
	Suspended MemberState = "suspended"
)

// A Membership is one merchant in one alliance. A merchant is in one at most.
type Membership struct {
	Alliance kexin.ID
	Org      kexin.ID
	State    MemberState
	Joined   kexin.Instant
	Changed  kexin.Instant
}

func (m Membership) row() *vault.Row {
	return vault.NewRow("membership").ID(m.Alliance).ID(m.Org).Text(string(m.State)).Int(int64(m.Joined)).Int(int64(m.Changed))
}

// AddAlliance founds one, whose log was begun; the merchant is its first member,
// verified.
func (tx *Tx) AddAlliance(id kexin.ID, name string) (Alliance, error) {
	a := Alliance{ID: id, Name: name, Founder: tx.Org, Made: tx.Now}
	mac := vault.RowMAC(tx.root, a.row(), [32]byte{})
	if _, err := tx.Exec("INSERT INTO alliance(id,name,founder_id,made_at,mac) VALUES($1,$2,$3,$4,$5)", a.ID, a.Name, a.Founder, a.Made, mac[:]); err != nil {
		return a, err
	}
	return a, tx.AddMembership(a.ID, Verified)
}

// AddMembership joins the merchant to an alliance. Errors: conflict where it is
// in one.
func (tx *Tx) AddMembership(alliance kexin.ID, state MemberState) error {
	m := Membership{alliance, tx.Org, state, tx.Now, tx.Now}
	mac := vault.RowMAC(tx.root, m.row(), [32]byte{})
	_, err := tx.Exec("INSERT INTO membership(alliance_id,org_id,state,joined_at,changed_at,mac) VALUES($1,$2,$3,$4,$5,$6)", m.Alliance, m.Org, string(m.State), m.Joined, m.Changed, mac[:])
	return err
}

// DropMembership ends the merchant's own membership.
func (tx *Tx) DropMembership(alliance kexin.ID) error {
	_, err := tx.Exec("DELETE FROM membership WHERE alliance_id=$1 AND org_id=$2", alliance, tx.Org)
	return err
}

// SetMembership changes a member's state: the founder's act.
func (tx *Tx) SetMembership(m Membership) error {
	m.Changed = tx.Now
	mac := vault.RowMAC(tx.root, m.row(), [32]byte{})
	n, err := tx.Exec("UPDATE membership SET state=$3,changed_at=$4,mac=$5 WHERE alliance_id=$1 AND org_id=$2", m.Alliance, m.Org, string(m.State), m.Changed, mac[:])
	if err == nil && n != 1 {
		err = &kexin.Error{Op: "store.membership", Code: kexin.NotFound}
	}
	return err
}

// AllianceOf is an alliance with its members. Errors: not_found.
func (tx *Tx) AllianceOf(id kexin.ID) (a Alliance, members []Membership, err error) {
	var code []byte
	a.ID = id
	if err := tx.Row("SELECT name,founder_id,made_at,mac FROM alliance WHERE id=$1", id).Scan(&a.Name, &a.Founder, &a.Made, &code); err != nil {
		return a, nil, err
	}
	if !vault.CheckRow(tx.root, a.row(), [32]byte{}, code) {
		return a, nil, forged("alliance", id)
	}
	err = tx.Each("SELECT alliance_id,org_id,state,joined_at,changed_at,mac FROM membership WHERE alliance_id=$1 ORDER BY joined_at,org_id", []any{id}, func(r *db.Rows) error {
		m, sound, err := tx.scanMembership(r)
		if sound {
			members = append(members, m)
		}
		return err
	})
	return a, members, err
}

func (tx *Tx) scanMembership(r *db.Rows) (m Membership, sound bool, err error) {
	var state string
	var code []byte
	if err := r.Scan(&m.Alliance, &m.Org, &state, &m.Joined, &m.Changed, &code); err != nil {
		return m, false, err
	}
	m.State = MemberState(state)
	if sound = vault.CheckRow(tx.root, m.row(), [32]byte{}, code); !sound {
		tx.met = &Forged{"membership", m.Org}
	}
	return m, sound, nil
}

// Membership is the merchant's own; the zero Membership where it is in none.
func (tx *Tx) Membership() (out Membership, err error) {
	err = tx.Each("SELECT alliance_id,org_id,state,joined_at,changed_at,mac FROM membership WHERE org_id=$1", []any{tx.Org}, func(r *db.Rows) error {
		m, sound, err := tx.scanMembership(r)
		if sound {
			out = m
		}
		return err
	})
	return out, err
}

// Partners are the other members of the merchant's alliance with a card; with
// receivers those that sell something, are verified, not suspended and not silent.
func (tx *Tx) Partners(receivers bool) ([]Card, error) {
	own, err := tx.Membership()
	if err != nil || own.Alliance == 0 || own.State == Suspended {
		return nil, err
	}
	_, members, err := tx.AllianceOf(own.Alliance)
	if err != nil {
		return nil, err
	}
	silent := map[kexin.ID]bool{}
	if receivers {
		if silent, err = tx.Silent(); err != nil {
			return nil, err
		}
	}
	var out []Card
	for _, m := range members {
		if m.Org == tx.Org || m.State == Suspended || receivers && m.State != Verified || silent[m.Org] {
			continue
		}
		c, err := tx.Card(m.Org)
		if kexin.CodeOf(err) == kexin.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		if receivers && len(c.Needs) == 0 {
			continue // it sells nothing
		}
		out = append(out, c)
	}
	return out, nil
}
