package app

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kexin"
	"kexin/gate"
	"kexin/ledger"
	"kexin/store"
)

// A ShopCard is a merchant as others and customers see it.
type ShopCard = store.Card

// A CardDraft is a merchant's card as its owner fills it in.
type CardDraft struct {
	Shown   string // name over the door
	Address string
	Phone   string // landline
	About   string
	Needs   []string
}

// Card is the merchant's own card; the zero Card before it is filled in.
func (a *App) Card(ctx context.Context, actor kexin.Actor) (c store.Card, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		c, err = ownCard(tx)
		return err
	})
	return c, err
}

func ownCard(tx *store.Tx) (store.Card, error) {
	c, err := tx.Card(tx.Org)
	if kexin.CodeOf(err) != kexin.NotFound {
		return c, err
	}
	o, err := tx.Merchant()
	return store.Card{Org: tx.Org, Legal: o.Name, USCC: o.USCC, Shown: o.Name, Address: o.Address, Phone: o.Contact}, err
}

// SaveCard writes it: for who may change settings. The legal name and the
// credit code are the merchant's own and cannot be typed here. What the founder of
// an alliance verified is the name over the door: under another one the merchant
// waits to be verified again, and is not recommended until then.
func (a *App) SaveCard(ctx context.Context, actor kexin.Actor, d CardDraft) error {
	d = CardDraft{plainLine(d.Shown), plainLine(d.Address), plainLine(d.Phone), plainLine(d.About), d.Needs}
	office := false
	err := a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		o, err := tx.Merchant()
		office = o.Size == kexin.Mall
		return err
	})
	if err != nil {
		return err
	}
	if err := d.check(office); err != nil {
		return err
	}
	if err := a.keepLogOf(ctx, actor.Org, d.Shown); err != nil {
		return err
	}
	defer a.kick()
	return a.admin(ctx, actor, func(tx *store.Tx) error {
		c, err := ownCard(tx)
		if err != nil {
			return err
		}
		o, err := tx.Merchant()
		if err != nil {
			return err
		}
		if err := rename(tx, actor, d.Shown); err != nil {
			return err
		}
		c.Legal, c.USCC = o.Name, o.USCC
		c.Shown, c.Address, c.Phone, c.About, c.Needs = d.Shown, d.Address, d.Phone, d.About, d.Needs
		if o.Address == "" { // left out at the setup: the notice asks for it, and nobody types it twice
			was := o
			o.Address = d.Address
			if err := tx.SaveMerchant(o); err != nil {
				return err
			}
			if err := logSettings(tx, actor, was, o); err != nil {
				return err
			}
		}
		return saveCard(tx, actor, c)
	})
}

// rename lets a member that was verified under another name wait for it again. The
// membership is written in any case: the founder may be about to verify (stillNamed).
func rename(tx *store.Tx, actor kexin.Actor, shown string) error {
	m, falls, err := unnamed(tx, shown)
	if err != nil || m.Alliance == 0 {
		return err
	}
	if !falls {
		return tx.SetMembership(m)
	}
	m.State = store.Joined
	if err := tx.SetMembership(m); err != nil {
		return err
	}
	return allied(tx, actor, m.Alliance, "renamed", tx.Org)
}

// unnamed is the membership of a merchant that was called otherwise than shown until
// now, and whether it is verified under that name. The founder verifies and is
// verified by nobody.
func unnamed(tx *store.Tx, shown string) (m store.Membership, verified bool, err error) {
	c, err := ownCard(tx)
	if err != nil || c.Shown == shown {
		return m, false, err
	}
	if m, err = tx.Membership(); err != nil || m.State != store.Verified {
		return m, false, err
	}
	al, _, err := tx.AllianceOf(m.Alliance)
	return m, err == nil && al.Founder != tx.Org, err
}

// keepLogOf is keepOwnLog where another name changes the membership.
func (a *App) keepLogOf(ctx context.Context, org kexin.ID, shown string) error {
	falls := false
	err := a.store.View(ctx, org, func(tx *store.Tx) (err error) { _, falls, err = unnamed(tx, shown); return err })
	if err != nil || !falls {
		return err
	}
	return a.keepOwnLog(ctx, org)
}

func saveCard(tx *store.Tx, actor kexin.Actor, c store.Card) error {
	if err := tx.SaveCard(c); err != nil {
		return err
	}
	return tx.Log(event(actor, &ledger.SettingsChanged{Setting: "card", Version: int64(tx.Now)}))
}

// check finds what is wrong with a card. The office of an alliance may sell nothing.
func (d CardDraft) check(office bool) error {
	e := &kexin.Error{Op: "app.card", Code: kexin.Invalid, Key: "error.fields"}
	for _, f := range []struct {
		name, text string
		max        int
		needed     bool
	}{{"shown", d.Shown, 40, true}, {"address", d.Address, 100, true}, {"phone", d.Phone, 20, true}, {"about", d.About, 80, false}} {
		switch {
		case f.needed && f.text == "":
			e.Fields = append(e.Fields, kexin.FieldError{Path: f.name, Key: "error.required"})
		case utf8.RuneCountInString(f.text) > f.max || strings.ContainsAny(f.text, "<>【】"): // 【】 signs a message
			e.Fields = append(e.Fields, kexin.FieldError{Path: f.name, Key: "error.field_bad"})
		}
	}
	if d.Phone != "" && !telephone(d.Phone) {
		e.Fields = append(e.Fields, kexin.FieldError{Path: "phone", Key: "error.shop_phone"})
	}
	if len(d.Needs) == 0 && !office {
		e.Fields = append(e.Fields, kexin.FieldError{Path: "needs", Key: "error.required"})
	}
	for _, n := range d.Needs {
		if !slices.Contains(kexin.Needs, n) {
			e.Fields = append(e.Fields, kexin.FieldError{Path: "needs", Key: "error.field_bad"})
		}
	}
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

// plainLine is a text on one line, without characters that do not show.
func plainLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// PublicCard is a merchant's card, for the pages on which it stands.
func (a *App) PublicCard(ctx context.Context, org kexin.ID) (store.Card, error) {
	return a.store.PublicCard(ctx, org)
}

// Shops are the merchants to whom a customer with a need may be recommended:
// verified, of the own alliance, selling it. An empty need gives all.
func (a *App) Shops(ctx context.Context, actor kexin.Actor, need string) (out []store.Card, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		if err := gate.Check(tx.State, actor, kexin.ActContact); err != nil {
			return err
		}
		all, err := tx.Partners(true)
		out = nil
		for _, c := range all {
			if need == "" || slices.Contains(c.Needs, need) {
				out = append(out, c)
			}
		}
		return err
	})
	return out, err
}
