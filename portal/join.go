package portal

import (
	"net/http"

	"kexin"
	"kexin/app"
	"kexin/i18n"
)

// A welcome is what the pages of invitation and of what is recorded show.
type welcome struct {
	app.Welcome
	Position string // in words
	Officer  string
	Told     kexin.Instant
	Founder  bool
	Steps    stepping
}

// showInvite shows an invitation, or the way to a new password. Asking does not
// use the link up.
func (p *Portal) showInvite(v *visit) error {
	pg, err := v.invitation()
	if err != nil {
		return err
	}
	return v.show("invite", http.StatusOK, pg)
}

func (v *visit) invitation() (*page, error) {
	w, err := v.p.App.Invitation(v.r.Context(), v.From(), v.r.PathValue("token"))
	if err != nil {
		return nil, err
	}
	key, args := "portal.invite.title", map[string]string{"org": w.Org}
	if w.Recover {
		key, args = "portal.invite.recover", map[string]string{"name": w.Name}
	}
	pg := v.page(key, args)
	pg.Org = w.Org
	pg.Body = welcome{Welcome: w, Position: i18n.T(pg.Lang, app.PositionKey(w.Position, w.Size), nil), Officer: w.Officer}
	return pg, nil
}

// join takes account and password of who was invited.
func (p *Portal) join(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	err := v.again()
	if err == nil {
		var in app.SignedIn
		if in, err = p.App.Join(v.r.Context(), v.From(), v.r.PathValue("token"), v.field("login"), v.field("password"), v.own()); err == nil {
			return v.onward(in, "/")
		}
	}
	if kexin.CodeOf(err) != kexin.Invalid {
		return err
	}
	pg, gone := v.invitation()
	if gone != nil {
		return gone
	}
	pg.keep(v.r.PostForm)
	status, _ := pg.blame(err)
	return v.show("invite", status, pg)
}

// showTold shows what is recorded of staff, to who is signed in.
func (p *Portal) showTold(v *visit) error {
	if !v.seat.Somebody() || v.seat.Stage == app.Second {
		return v.goTo("/login")
	}
	t, err := p.App.Told(v.r.Context(), v.seat)
	if err != nil {
		return err
	}
	pg := v.page("portal.told.title", nil)
	pg.Org = t.Org
	_, sheet, err := p.sheetOf(v)
	if err != nil {
		return err
	}
	pg.Body = welcome{Welcome: app.Welcome{Org: t.Org}, Officer: t.Officer, Told: t.At, Founder: t.Founder, Steps: stepping{"3", sheetWord[sheet]}}
	return v.show("told", http.StatusOK, pg)
}

// told notes that it was read.
func (p *Portal) told(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	if !v.seat.Somebody() || v.seat.Stage == app.Second {
		return v.goTo("/login")
	}
	if err := p.App.Tell(v.r.Context(), v.seat); err != nil {
		return err
	}
	return v.goTo(stageAt(v.seat.Stage, true, v.next()))
}
