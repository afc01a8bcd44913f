package app

import (
	"context"

	"kexin"
	"kexin/auth"
	"kexin/store"
)

// A Signature is how a second person agrees to something at the command line:
// account, password, and the second factor where he has one.
type Signature struct{ Login, Password, Code string }

// second finds the owner or protection officer of a merchant of this server
// who signs (security.md A10). Whoever runs the server is the first person.
// Errors: unauthorized, forbidden "error.second_position", invalid
// "error.code", rate_limited.
func (a *App) second(ctx context.Context, s Signature) (member kexin.ID, err error) {
	l, err := a.signer(ctx, s)
	if err != nil {
		return 0, err
	}
	var refused error
	err = a.store.Update(ctx, l.Org, func(tx *store.Tx) (err error) {
		refused, err = agrees(tx, l, s.Code)
		return err
	})
	if err == nil {
		err = refused
	}
	return l.Member, err
}

// signer is the account whose password was given.
func (a *App) signer(ctx context.Context, s Signature) (store.Login, error) {
	l, err := a.store.LoginNamed(ctx, LoginName(s.Login))
	if kexin.CodeOf(err) == kexin.NotFound {
		l, err = store.Login{}, nil
	}
	if err != nil {
		return l, err
	}
	ok, _, err := auth.Verify(a.slots, l.Hash, s.Password)
	if err == nil && (!ok || l.Member == 0) {
		err = errCredentials()
	}
	return l, err
}

// agrees judges the person behind the account; a refusal is told apart from
// what went wrong, so that its try stays counted.
func agrees(tx *store.Tx, l store.Login, code string) (refused, err error) {
	if err := tx.CheckLogin(l); err != nil {
		return nil, err
	}
	m, err := tx.Member(l.Member)
	switch {
	case err != nil:
		return nil, err
	case !m.Active || m.Over(tx.Today()):
		return errCredentials(), nil
	case m.Position != kexin.Owner && m.Position != kexin.PIO:
		return &kexin.Error{Op: "app.second", Code: kexin.Forbidden, Key: "error.second_position"}, nil
	case !m.TOTP:
		return nil, nil
	}
	way, err := shown(tx, m, code)
	if err == nil && way == "" {
		refused = errCode()
	}
	return refused, err
}
