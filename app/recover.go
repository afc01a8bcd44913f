package app

import (
	"context"

	"kexin"
	"kexin/auth"
	"kexin/ledger"
	"kexin/store"
)

// RecoverMember makes the one-time link by which a person who forgot his
// password sets a new one: the part of the address behind /recover/. It lives
// an hour; one made before is dead. Until it is used nothing changes for him;
// then every session and trusted browser of his ends, and he still shows his
// second factor. The maker's own must be fresh; it is in the log and an alert
// (security.md A10). Errors: unauthorized E_STEP_UP, forbidden for oneself,
// conflict for a closed account.
func (a *App) RecoverMember(ctx context.Context, actor kexin.Actor, id kexin.ID) (out Invited, err error) {
	secret, digest := auth.NewInvite()
	err = a.admin(ctx, actor, func(tx *store.Tx) error {
		m, err := recoverable(tx, actor, id)
		if err != nil {
			return err
		}
		if out, err = recovery(tx, m, digest[:], actor.User); err != nil {
			return err
		}
		out.Secret = secret
		return noted(tx, ledger.Who(actor), m, "new_link", "password_link", actor.User)
	})
	return out, err
}

// ResetFactor takes the second factor and its recovery codes from a person who
// lost both. Whoever found his phone is put out with it: every session, token,
// trusted browser and link of his ends at once. Where his position needs a
// second factor he sets up a new one at his next sign-in. Errors: as
// RecoverMember, and conflict where he has none.
func (a *App) ResetFactor(ctx context.Context, actor kexin.Actor, id kexin.ID) error {
	return a.admin(ctx, actor, func(tx *store.Tx) error {
		m, err := recoverable(tx, actor, id)
		if err != nil {
			return err
		}
		if !m.TOTP {
			return &kexin.Error{Op: "app.factor", Code: kexin.Conflict, Key: "error.factor_none"}
		}
		if err := tx.CutOff(id); err != nil {
			return err
		}
		if err := tx.DropFactor(m); err != nil {
			return err
		}
		return noted(tx, ledger.Who(actor), m, "factor_reset", "factor_reset", actor.User)
	})
}

// recoverable is a member whom somebody else may help back in.
func recoverable(tx *store.Tx, actor kexin.Actor, id kexin.ID) (store.Member, error) {
	m, err := tx.Member(id)
	switch {
	case err != nil:
		return m, err
	case id == actor.User:
		return m, &kexin.Error{Op: "app.recover", Code: kexin.Forbidden, Key: "error.recover_self"}
	case !m.Active || m.Over(tx.Today()):
		return m, &kexin.Error{Op: "app.recover", Code: kexin.Conflict, Key: "error.member_closed"}
	}
	return m, stepUp(actor, tx.Now)
}

// recovery writes the link; by is 0 for the server's own user.
func recovery(tx *store.Tx, m store.Member, digest []byte, by kexin.ID) (out Invited, err error) {
	if err := tx.DropLinks(func(g store.Grant) bool { return g.Member == m.ID }); err != nil {
		return out, err
	}
	out.Ends = tx.Now.Add(auth.RecoverLife)
	out.ID, err = tx.AddLink(store.Link{Digest: digest, Kind: store.RecoverLink, Ends: out.Ends,
		Grant: store.Grant{Name: m.Name, Position: m.Position, Member: m.ID, By: by}})
	return out, err
}

// noted writes a step of a recovery down, and tells owners and officer.
func noted(tx *store.Tx, by ledger.Actor, m store.Member, why ledger.Why, alert string, who kexin.ID) error {
	args := map[string]string{"member": m.ID.String()}
	if who != 0 {
		args["by"] = who.String()
	}
	if err := tx.Alert(alert, args); err != nil {
		return err
	}
	return tx.Log(store.Event{Actor: by, Facts: &ledger.MemberRecovery{Member: m.ID, Position: m.Position, Why: why}})
}

// recovered sets a new password by a recovery link and signs in: whoever has
// the link alone gets no further than the second factor, where there is one.
func (a *App) recovered(tx *store.Tx, l store.Link, from From, hash string) (in SignedIn, err error) {
	login, err := tx.LoginOf(l.Grant.Member)
	if err != nil {
		return in, err
	}
	m, err := tx.Member(l.Grant.Member)
	if err != nil {
		return in, err
	}
	if !m.Active || m.Over(tx.Today()) {
		return in, notFound("app.recover")
	}
	if m.Position == kexin.Auditor {
		if err := apart(tx, from, m.ID); err != nil {
			return in, err
		}
	}
	if err := tx.SetHash(login, hash); err != nil {
		return in, err
	}
	if err := tx.EndOthers(m.ID, 0); err != nil {
		return in, err
	}
	if err := tx.Log(store.Event{Actor: byMember(m), Facts: &ledger.MemberRecovery{Member: m.ID, Position: m.Position, Why: "new_password"}}); err != nil {
		return in, err
	}
	return a.begin(tx, m, from)
}

// RecoverUser is for whoever runs the server, offline: it takes a person's
// sessions, tokens, trusted devices and second factor away and gives the
// one-time link by which he sets a new password. It is in the log, and every
// owner sees an alert. Errors: not_found.
func (a *App) RecoverUser(ctx context.Context, login string) (auth.Secret, kexin.Instant, error) {
	l, err := a.store.LoginNamed(ctx, LoginName(login))
	if err != nil {
		return "", 0, err
	}
	secret, digest := auth.NewInvite()
	var out Invited
	err = a.store.Update(ctx, l.Org, func(tx *store.Tx) error {
		m, err := tx.Member(l.Member)
		if err != nil {
			return err
		}
		if err := tx.CutOff(m.ID); err != nil {
			return err
		}
		if err := tx.DropFactor(m); err != nil {
			return err
		}
		if out, err = recovery(tx, m, digest[:], 0); err != nil {
			return err
		}
		return noted(tx, ledger.Actor{Kind: ledger.ByCLI}, m, "factor_reset", "user_recovered", 0)
	})
	return secret, out.Ends, err
}
