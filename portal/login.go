package portal

import (
	"net/http"
	"strconv"

	"kexin"
	"kexin/app"
	"kexin/i18n"
)

// showLogin shows the form that the session needs next: account and password,
// or the second factor. Who is at work goes on.
func (v *visit) showLogin() error {
	switch {
	case v.seat.Stage == app.Second:
		return v.show("code", http.StatusOK, v.page("portal.code.title", nil))
	case v.seat.Somebody():
		return v.goTo(stageAt(v.seat.Stage, v.seat.Told, v.next()))
	}
	pg, err := v.loginPage()
	if err != nil {
		return err
	}
	return v.show("login", http.StatusOK, pg)
}

// loginPage says on a server without a merchant where to begin.
func (v *visit) loginPage() (*page, error) {
	empty, err := v.p.App.Empty(v.r.Context())
	pg := v.page("portal.login.title", nil)
	pg.Body = empty
	return pg, err
}

func (p *Portal) showLogin(v *visit) error { return v.showLogin() }

// login takes account and password.
func (p *Portal) login(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	in, err := p.App.SignIn(v.r.Context(), v.From(), v.field("login"), v.field("password"))
	if err == nil {
		return v.onward(in, v.next())
	}
	pg, e := v.loginPage()
	if e != nil {
		return e
	}
	pg.keep(v.r.PostForm)
	status := http.StatusUnprocessableEntity
	switch kexin.CodeOf(err) {
	case kexin.Unauthorized:
		status, pg.Alert = http.StatusUnauthorized, i18n.T(pg.Lang, "error.credentials", nil)
	case kexin.RateLimited:
		status, pg.Alert = http.StatusTooManyRequests, v.waiting(pg.Lang, err, "portal.login.wait")
	case kexin.Unavailable:
		v.w.Header().Set("Retry-After", "1")
		status, pg.Alert = http.StatusServiceUnavailable, i18n.T(pg.Lang, "portal.login.busy", nil)
	default:
		return err
	}
	return v.show("login", status, pg)
}

// waiting says in words how long to wait.
func (v *visit) waiting(lang string, err error, key string) string {
	left, ok := v.wait(err)
	if ok && seconds(left) <= 90 {
		return i18n.T(lang, "portal.login.wait_short", map[string]string{"seconds": strconv.Itoa(seconds(left))})
	}
	return i18n.T(lang, key, map[string]string{"minutes": strconv.Itoa(minutes(left))})
}

// code takes the second factor of a sign-in.
func (p *Portal) code(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	if v.seat.Stage != app.Second {
		return v.goTo(with("/login", v.next()))
	}
	in, err := p.App.SecondFactor(v.r.Context(), v.seat, v.field("code"), v.field("remember") == "1")
	if err == nil {
		return v.onward(in, v.next())
	}
	pg := v.page("portal.code.title", nil)
	pg.Action = "/login"
	status, ok := v.blameCode(pg, err)
	if !ok {
		return err
	}
	return v.show("code", status, pg)
}

// logout ends the session.
func (p *Portal) logout(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	if err := p.App.SignOut(v.r.Context(), v.seat); err != nil {
		return err
	}
	v.SignOut(v.w)
	return v.goTo(with("/login", v.next()))
}
