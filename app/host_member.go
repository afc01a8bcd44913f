package app

import (
	"context"

	"kexin"
	"kexin/ledger"
	"kexin/store"
)

// AsMember 代为 is a member of staff for whom whoever may use the server's own
// account works at the command line: the log says "cli". login "" is the owner
// where there is one merchant with one. code, where given, is his second
// factor, and opens acts that need it afresh. Errors: not_found with
// import.cli_member, unauthorized for a wrong code.
func (a *App) AsMember(ctx context.Context, login, code, lang string) (kexin.Actor, error) {
	who, err := a.memberNamed(ctx, login)
	if err != nil {
		return kexin.Actor{}, err
	}
	var out kexin.Actor
	var refused error
	err = a.store.Update(ctx, who.Org, func(tx *store.Tx) error {
		refused = nil
		m, err := tx.Member(who.Member)
		if err != nil {
			return err
		}
		if !m.Active || m.Over(tx.Today()) {
			return unknownMember()
		}
		out, err = actor(tx, m, "")
		out.Via, out.Lang = kexin.ViaCLI, lang
		if err != nil || code == "" {
			return err
		}
		how, err := shown(tx, m, code)
		switch {
		case err != nil:
			return err
		case how == "":
			refused = errCode()
			return tx.Log(store.Event{Actor: byMember(m), Facts: &ledger.SessionRefused{Member: m.ID, Why: "factor"}})
		}
		out.StepUp = tx.Now
		return tx.Log(event(out, &ledger.StepUp{Factor: how}))
	})
	if err == nil {
		err = refused
	}
	return out, err
}

func unknownMember() error {
	return &kexin.Error{Op: "app.member", Code: kexin.NotFound, Key: "import.cli_member"}
}

// memberNamed finds an account by its name, or the one owner there is.
func (a *App) memberNamed(ctx context.Context, login string) (store.Login, error) {
	if login != "" {
		l, err := a.store.LoginNamed(ctx, LoginName(login))
		if kexin.CodeOf(err) == kexin.NotFound {
			err = unknownMember()
		}
		if err != nil {
			return l, err
		}
		return l, a.store.View(ctx, l.Org, func(tx *store.Tx) error { return tx.CheckLogin(l) })
	}
	orgs, err := a.store.Merchants(ctx)
	if err != nil {
		return store.Login{}, err
	}
	if len(orgs) != 1 {
		return store.Login{}, unknownMember()
	}
	l := store.Login{Org: orgs[0].ID}
	err = a.store.View(ctx, l.Org, func(tx *store.Tx) error {
		all, err := tx.Members()
		l.Member = 0
		for _, m := range all {
			switch {
			case !m.Active || m.Position != kexin.Owner:
			case l.Member != 0:
				return unknownMember()
			default:
				l.Member = m.ID
			}
		}
		return err
	})
	if err == nil && l.Member == 0 {
		err = unknownMember()
	}
	return l, err
}
