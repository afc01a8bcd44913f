package portal

import (
	"net/http"

	"kexin"
	"kexin/app"
	"kexin/i18n"
	"kexin/internal/front"
)

// A factorPage is what the page of the second factor shows.
type factorPage struct {
	Must   bool // there is no way on without it
	On     bool // one is set up
	Late   bool // signed in too long ago to set up the first
	Secret string
	QR     string
	Codes  []string
}

// showFactor shows where setting up the second factor stands.
func (p *Portal) showFactor(v *visit) error {
	if !v.seat.Somebody() || v.seat.Stage == app.Second {
		return v.goTo(with("/login", "/totp"))
	}
	pg, err := v.factor()
	if err != nil {
		return err
	}
	return v.show("totp", http.StatusOK, pg)
}

func (v *visit) factor() (*page, error) {
	pg := v.page("portal.totp.title", nil)
	b := factorPage{Must: v.seat.Stage == app.Enrol, On: v.seat.TOTP}
	seed, err := v.p.App.Offered(v.r.Context(), v.seat)
	switch kexin.CodeOf(err) {
	case "":
	case kexin.Forbidden:
		b.Late = true
	case kexin.Unauthorized: // one is set up and was not shown lately
	default:
		return nil, err
	}
	if seed.URL != "" {
		b.Secret = seed.Text.Text()
		if b.QR, err = front.QR(seed.URL.Text()); err != nil {
			return nil, err
		}
	}
	pg.Body = b
	return pg, nil
}

// startFactor draws a seed; who has a second factor shows it first.
func (p *Portal) startFactor(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	if !v.seat.Somebody() || v.seat.Stage == app.Second {
		return v.goTo(with("/login", "/totp"))
	}
	seat := v.seat
	if seat.TOTP {
		in, _, err := p.App.StepUp(v.r.Context(), seat, v.field("code"))
		if err != nil {
			return v.factorFault(err)
		}
		v.SignIn(v.w, in)
		if seat, err = p.App.Seat(v.r.Context(), in.Session.Text(), ""); err != nil {
			return err
		}
	}
	if _, err := p.App.StartFactor(v.r.Context(), seat); err != nil {
		return err
	}
	return v.goTo(with("/totp", v.next()))
}

// factorFault shows the page again with what was wrong.
func (v *visit) factorFault(err error) error {
	pg, e := v.factor()
	if e != nil {
		return e
	}
	pg.Action = "/totp"
	status, ok := v.blameCode(pg, err)
	if !ok {
		return err
	}
	return v.show("totp", status, pg)
}

// confirmFactor takes the first code and shows the recovery codes, once: they
// are known to nobody afterwards, so this POST answers with the page itself.
func (p *Portal) confirmFactor(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	if !v.seat.Somebody() || v.seat.Stage == app.Second {
		return v.goTo(with("/login", "/totp"))
	}
	codes, in, err := p.App.ConfirmFactor(v.r.Context(), v.seat, v.field("code"))
	if err != nil {
		return v.factorFault(err)
	}
	v.SignIn(v.w, in)
	pg := v.page("portal.codes.title", nil)
	pg.Next = stageAt(in.Stage, in.Told, v.next())
	pg.OtherHref = ""
	b := factorPage{}
	for _, c := range codes {
		b.Codes = append(b.Codes, c.Text())
	}
	pg.Body = b
	pg.Title = i18n.T(pg.Lang, "portal.codes.title", nil)
	return v.show("codes", http.StatusOK, pg)
}
