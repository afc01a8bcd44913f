package app

import (
	"context"
	"slices"
	"time"

	"kexin"
	"kexin/auth"
	"kexin/ledger"
	"kexin/store"
)

// tokenActs are what a program may be allowed at all: the work with customers.
// Rights, keys and settings are changed by people.
var tokenActs = []kexin.Act{kexin.ActList, kexin.ActGet, kexin.ActCount, kexin.ActReveal, kexin.ActContact, kexin.ActLookup,
	kexin.ActCreate, kexin.ActEdit, kexin.ActMove, kexin.ActImport, kexin.ActLedger}

// A TokenWish is a token to be made.
type TokenWish struct {
	Name    string
	Purpose kexin.PurposeCode
	Acts    []kexin.Act
	Days    int
}

// Tokens are a person's own tokens, without their secrets.
func (a *App) Tokens(ctx context.Context, actor kexin.Actor) (out []store.Token, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		out, err = tx.TokensOf(actor.User)
		return err
	})
	return out, err
}

// NewToken makes a token for a program of this person: for one purpose, for
// acts that his position has, for a year at most. It dies with him. The second
// factor must be fresh, where he has one.
func (a *App) NewToken(ctx context.Context, actor kexin.Actor, w TokenWish) (k store.Token, secret auth.Secret, err error) {
	w.Name = tidy(w.Name)
	if key := badLine(w.Name, 40); key != "" {
		return k, "", fieldError("name", key)
	}
	if w.Days < 1 || time.Duration(w.Days)*24*time.Hour > auth.APITokenLongest {
		return k, "", fieldError("days", "error.token_days")
	}
	if err := factored(actor); err != nil {
		return k, "", err
	}
	secret, digest := auth.NewAPIToken()
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		if err := atWork(tx, actor); err != nil {
			return err
		}
		m, err := tx.Member(actor.User)
		if err != nil {
			return err
		}
		if m.TOTP {
			if err := stepUp(actor, tx.Now); err != nil {
				return err
			}
		}
		if err := grantable(tx, m, w); err != nil {
			return err
		}
		k, err = tx.AddToken(store.Token{Digest: digest[:], Member: m.ID, Name: w.Name, Purpose: w.Purpose, Acts: w.Acts, Ends: tx.Now.Add(time.Duration(w.Days) * 24 * time.Hour)})
		if err != nil {
			return err
		}
		return tx.Log(event(actor, &ledger.TokenMade{Acts: k.Acts, Token: k.ID, Until: k.Ends}))
	})
	return k, secret, err
}

// grantable refuses acts and purposes that the maker does not have.
func grantable(tx *store.Tx, m store.Member, w TokenWish) error {
	if _, err := tx.State.Purpose(m.Position, w.Purpose); err != nil || w.Purpose == "" {
		return fieldError("purpose", "error.token_purpose")
	}
	if len(w.Acts) == 0 {
		return fieldError("acts", "error.token_acts")
	}
	for i, act := range w.Acts {
		if !slices.Contains(tokenActs, act) || !tx.State.May(m.Position, act) || slices.Contains(w.Acts[:i], act) {
			return fieldError("acts", "error.token_acts")
		}
	}
	return nil
}

// DropToken ends one of a person's own tokens. Errors: not_found.
func (a *App) DropToken(ctx context.Context, actor kexin.Actor, id kexin.ID) error {
	return a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		if err := tx.DropToken(id, actor.User); err != nil {
			return err
		}
		return tx.Log(event(actor, &ledger.TokenRevoked{Token: id, Why: "asked"}))
	})
}

// CreateToken makes a token for a person from the command line, named by his
// account: the operating system's user on the server stands for the second
// factor.
func (a *App) CreateToken(ctx context.Context, login string, w TokenWish) (k store.Token, secret auth.Secret, err error) {
	l, err := a.store.LoginNamed(ctx, LoginName(login))
	if err != nil {
		return k, "", err
	}
	var by kexin.Actor
	err = a.store.View(ctx, l.Org, func(tx *store.Tx) error {
		m, err := tx.Member(l.Member)
		if err != nil {
			return err
		}
		if !m.Active || m.Over(tx.Today()) {
			return notFound("app.token")
		}
		by, err = actor(tx, m, w.Purpose)
		by.Via = kexin.ViaCLI
		return err
	})
	if err != nil {
		return k, "", err
	}
	return a.NewToken(ctx, by, w)
}
