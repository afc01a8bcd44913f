package portal

import (
	"net/http"

	"kexin/app"
	"kexin/i18n"
)

// showDoor shows whom a door of the demonstration is for. Asking does not use
// it up.
func (p *Portal) showDoor(v *visit) error {
	w, err := p.App.DemoDoor(v.r.Context(), v.From(), v.r.PathValue("token"))
	if err != nil {
		return err
	}
	pg := v.page("portal.door.title", map[string]string{"name": w.Name})
	pg.Org = w.Org
	pg.Body = map[string]string{"go": i18n.T(pg.Lang, "portal.door.go", map[string]string{"name": w.Name}),
		"lead": i18n.T(pg.Lang, "portal.door.lead", map[string]string{"position": i18n.T(pg.Lang, app.PositionKey(w.Position, w.Size), nil), "org": w.Org})}
	return v.show("door", http.StatusOK, pg)
}

// enter goes through it.
func (p *Portal) enter(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	in, err := p.App.EnterDemo(v.r.Context(), v.From(), v.r.PathValue("token"))
	if err != nil {
		return err
	}
	return v.onward(in, "/")
}
