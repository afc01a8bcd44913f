package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/kind"
	"kexin/ledger"
	"kexin/store"
)

// addressesOf are her telephone number and e-mail address at a merchant, to
// write to herself.
func addressesOf(tx *store.Tx, subject kexin.ID) ([]kexin.Key, error) {
	return tx.AddressesOf(gate.ForSystem(gate.SubjectCopy, kexin.CustName, kexin.CustPhone, kexin.CustEmail), subject)
}

// typedBy is what she typed for this merchant. Errors: not_found where it is
// erased, or she came otherwise.
func typedBy(tx *store.Tx, subject kexin.ID) (store.Given, error) {
	return tx.GivenOf(gate.ForSystem(gate.SubjectCopy, kexin.CustName, kexin.CustPhone, kexin.CustEmail), subject)
}

// reachedBy is the kind of address at which a channel reaches her: a proof of
// the one says nothing of the other.
func reachedBy(ch kexin.Channel) kexin.KeyKind {
	if ch == kexin.ByEmail {
		return kexin.KeyEmail
	}
	return kexin.KeyPhone
}

// postOf is the channel over which the server writes to an address.
func postOf(k kexin.KeyKind) kexin.Channel {
	if k == kexin.KeyEmail {
		return kexin.ByEmail
	}
	return kexin.BySMS
}

// reachable are the addresses to which messages can go out.
func (a *App) reachable(keys []kexin.Key) (out []kexin.Key) {
	for _, k := range keys {
		if a.CanSend(postOf(k.Kind)) {
			out = append(out, k)
		}
	}
	return out
}

// staffs reports whether an address is one of the server's accounts, or a
// member of staff's or the shop's own at one of the merchants: a proof by it is
// no customer's (security.md A7).
func (a *App) staffs(ctx context.Context, keys []kexin.Key, orgs ...kexin.ID) (yes bool, err error) {
	for _, k := range keys {
		if k.Canon = untagged(k); !slices.Contains(keys, k) {
			keys = append(slices.Clip(keys), k)
		}
	}
	for _, k := range keys {
		_, err := a.store.LoginNamed(ctx, strings.TrimPrefix(k.Canon, "+86"))
		if err == nil {
			return true, nil
		}
		if kexin.CodeOf(err) != kexin.NotFound {
			return false, err
		}
	}
	for _, org := range orgs {
		err := a.store.View(ctx, org, func(tx *store.Tx) error {
			for _, k := range keys {
				its, err := itsOwn(tx, k)
				if yes = yes || its; err != nil {
					return err
				}
			}
			return nil
		})
		if yes || err != nil {
			return yes, absentIsNobody(err)
		}
	}
	return false, nil
}

// untagged is an address without what many mail servers ignore behind a plus:
// what goes to chen+1@ lies in the box of chen@.
func untagged(k kexin.Key) string {
	if box, host, ok := strings.Cut(k.Canon, "@"); ok && k.Kind == kexin.KeyEmail {
		box, _, _ = strings.Cut(box, "+")
		return box + "@" + host
	}
	return k.Canon
}

// itsOwn reports whether an address is one of a merchant's staff, or stands on
// its notice or card.
func itsOwn(tx *store.Tx, k kexin.Key) (bool, error) {
	if yes, err := tx.StaffAddress(k.Kind, k.Canon); yes || err != nil {
		return yes, err
	}
	o, err := tx.Merchant()
	if err != nil {
		return false, err
	}
	card, err := tx.Card(tx.Org)
	if err != nil && kexin.CodeOf(err) != kexin.NotFound {
		return false, err
	}
	for _, s := range append([]string{o.Contact, card.Phone}, strings.FieldsFunc(o.PIO, func(r rune) bool { return strings.ContainsRune(" ,;，；、：:", r) })...) {
		if own, err := kind.Canon(k.Kind, s); err == nil && own == k.Canon {
			return true, nil
		}
	}
	return false, nil
}

// An Own is a person's own number and e-mail address; either may be empty. They
// are asked for, never demanded.
type Own struct{ Phone, Email string }

// keys reads them; faults name the fields own_phone and own_email.
func (o Own) keys() (out []kexin.Key, faults []kexin.FieldError) {
	for _, x := range []struct {
		kind            kexin.KeyKind
		text, path, key string
	}{{kexin.KeyPhone, o.Phone, "own_phone", "error.her_phone"}, {kexin.KeyEmail, o.Email, "own_email", "error.her_email"}} {
		if strings.TrimSpace(x.text) == "" {
			continue
		}
		canon, err := kind.Canon(x.kind, x.text)
		if err != nil {
			faults = append(faults, kexin.FieldError{Path: x.path, Key: x.key})
		}
		out = append(out, kexin.Key{Kind: x.kind, Canon: canon})
	}
	return out, faults
}

// SetOwn notes by their hashes the actor's own number and e-mail address: they
// will never prove a customer (security.md A7). The log says that he did, not
// which; after ownChanges in a day he waits, since a customer's number noted here
// would void what she gave. Errors: invalid, rate_limited.
func (a *App) SetOwn(ctx context.Context, actor kexin.Actor, own Own) error {
	keys, faults := own.keys()
	if len(faults) > 0 {
		return &kexin.Error{Op: "app.own", Code: kexin.Invalid, Key: "error.fields", Fields: faults}
	}
	return a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		n, err := tx.AddressesLeft(actor.User, tx.Now.Add(-24*time.Hour))
		if err != nil {
			return err
		}
		if n >= ownChanges {
			return &kexin.Error{Op: "app.own", Code: kexin.RateLimited, Key: "error.own_often"}
		}
		if err := noteOwn(tx, actor.User, keys); err != nil {
			return err
		}
		return tx.Log(event(actor, &ledger.SettingsChanged{Setting: "own_address", Version: int64(tx.Now)}))
	})
}

// ownChanges is how many own addresses may be replaced in a day.
const ownChanges = 3

// noteOwn writes them. Where one has answered a referral here before, and that
// counted, the officer is told.
func noteOwn(tx *store.Tx, member kexin.ID, keys []kexin.Key) error {
	for _, k := range keys {
		if err := tx.SetMemberAddress(member, k.Kind, k.Canon); err != nil {
			return err
		}
		hits, err := tx.Hits(k.Kind, k.Canon)
		if err != nil {
			return err
		}
		for _, h := range hits {
			r, err := tx.ReferralOf(h.ID)
			if err != nil {
				return err
			}
			if r.Proved == 0 || r.Doubt == doubtStaff {
				continue
			}
			if err := tx.AlertOnce("own_address_gave", map[string]string{"referral": r.ID.String()}); err != nil {
				return err
			}
		}
	}
	return nil
}
