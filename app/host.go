package app

import (
	"context"

	"kexin"
	"kexin/ledger"
	"kexin/store"
)

// What the operating system's user on the server may do for people: he has the
// files and the keys, so his account stands for the second factor.

// TokensNamed are the tokens of an account, without their secrets.
func (a *App) TokensNamed(ctx context.Context, login string) (out []store.Token, err error) {
	l, err := a.store.LoginNamed(ctx, LoginName(login))
	if err != nil {
		return nil, err
	}
	return a.Tokens(ctx, kexin.Actor{Org: l.Org, User: l.Member, Via: kexin.ViaCLI})
}

// DropTokenNamed ends a token of an account. Errors: not_found.
func (a *App) DropTokenNamed(ctx context.Context, login string, id kexin.ID) error {
	l, err := a.store.LoginNamed(ctx, LoginName(login))
	if err != nil {
		return err
	}
	return a.store.Update(ctx, l.Org, func(tx *store.Tx) error {
		if err := tx.DropToken(id, l.Member); err != nil {
			return err
		}
		return tx.Log(store.Event{Actor: ledger.Actor{Kind: ledger.ByCLI}, Facts: &ledger.TokenRevoked{Token: id, Why: "asked"}})
	})
}
