package portal

import (
	"net/http"
	"strconv"
	"strings"

	"kexin"
	"kexin/app"
	"kexin/i18n"
	"kexin/internal/front"
	"kexin/vault"
)

// showSetup shows the form of a setup link. Asking does not use it up.
func (p *Portal) showSetup(v *visit) error {
	if err := p.App.SetupOpen(v.r.Context(), v.From(), v.r.PathValue("token")); err != nil {
		return err
	}
	pg, err := v.setupPage()
	if err != nil {
		return err
	}
	pg.Values["size"] = string(kexin.Shop)
	return v.show("setup", http.StatusOK, pg)
}

// setupPage is the form; the recovery sheet is a step of the first merchant's.
func (v *visit) setupPage() (*page, error) {
	first, err := v.p.App.SheetAhead(v.r.Context())
	if _, ok := v.Recovery(); !ok {
		first = false
	}
	pg := v.page("portal.setup.title", nil)
	pg.Body = stepping{Now: "1", Sheet: map[bool]string{true: "open", false: "none"}[first]}
	return pg, err
}

// setup makes the merchant and its owner.
func (p *Portal) setup(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := app.Founding{Size: kexin.Size(v.field("size")), Name: v.field("name"), USCC: v.field("uscc"), Contact: v.field("contact"),
		Address: v.field("address"), Owner: v.field("owner"), Login: v.field("login"), Password: v.field("password"), Own: v.own()}
	if err := p.App.SetupOpen(v.r.Context(), v.From(), v.r.PathValue("token")); err != nil {
		return err
	}
	pg, err := v.setupPage()
	if err != nil {
		return err
	}
	pg.keep(v.r.PostForm)
	for _, err := range []error{f.Check(), v.again()} {
		if _, ok := pg.blame(err); err != nil && !ok {
			return err
		}
	}
	if len(pg.Faults) > 0 {
		return v.show("setup", http.StatusUnprocessableEntity, pg)
	}
	in, err := p.App.Setup(v.r.Context(), v.From(), v.r.PathValue("token"), f)
	if err == nil {
		v.SignIn(v.w, in)
		return v.goTo("/welcome/recovery")
	}
	status, ok := pg.blame(err)
	if !ok {
		return err
	}
	return v.show("setup", status, pg)
}

// own are the person's own number and e-mail address, as typed.
func (v *visit) own() app.Own {
	return app.Own{Phone: v.field("own_phone"), Email: v.field("own_email")}
}

// again compares the two passwords of a form.
func (v *visit) again() error {
	if v.field("password") == v.field("again") {
		return nil
	}
	return &kexin.Error{Op: "portal.again", Code: kexin.Invalid, Key: "error.password_again", Field: "again"}
}

// A recoverySheet is what the page of the recovery code shows.
type recoverySheet struct {
	Steps  stepping
	Code   string
	QR     string
	Groups [2]int // which two are typed again, from 1
}

// sheetOf gives the sheet, where it is this person's to see.
func (p *Portal) sheetOf(v *visit) (s recoverySheet, state app.Sheet, err error) {
	code, ok := v.Recovery()
	if !ok {
		return s, app.SheetNone, nil
	}
	state, err = p.App.SheetOf(v.r.Context(), v.seat)
	if err != nil || state != app.SheetOpen {
		return s, state, err
	}
	s = recoverySheet{Steps: stepping{"2", "open"}, Code: code, Groups: twoGroups(v.seat.Member, code)}
	s.QR, err = front.QR(code)
	return s, state, err
}

// A stepping is the steps of the setup, on a page of one of them.
type stepping struct {
	Now   string // 1 to 3
	Sheet string // the recovery sheet: none here, still open, done
}

var sheetWord = map[app.Sheet]string{app.SheetNone: "none", app.SheetDone: "done", app.SheetClosed: "open", app.SheetOpen: "open"}

// twoGroups are the two groups of the code that are typed again, from 1, the
// same for one person each time.
func twoGroups(id kexin.ID, code string) [2]int {
	two := vault.TwoGroups("kexin/sheet/1"+id.String(), len(strings.Split(code, "-")))
	return [2]int{two[0] + 1, two[1] + 1}
}

// showSheet shows the recovery sheet; who has none to see goes on, and who is
// signed in for long shows first that it is still him.
func (p *Portal) showSheet(v *visit) error {
	s, state, err := p.sheetOf(v)
	switch {
	case err != nil:
		return err
	case state < app.SheetClosed:
		return v.goTo("/welcome")
	case state == app.SheetClosed:
		return v.show("sheet_closed", http.StatusOK, v.closedSheet())
	}
	pg := v.page("portal.sheet.title", nil)
	pg.Body = s
	return v.show("sheet", http.StatusOK, pg)
}

// closedSheet asks for the second factor.
func (v *visit) closedSheet() *page { return v.page("portal.sheet.closed", nil) }

// openSheet takes the second factor of who is signed in for long.
func (p *Portal) openSheet(v *visit) error {
	in, _, err := p.App.StepUp(v.r.Context(), v.seat, v.field("code"))
	if err == nil {
		v.SignIn(v.w, in)
		return v.goTo("/welcome/recovery")
	}
	pg := v.closedSheet()
	status, ok := v.blameCode(pg, err)
	if !ok {
		return err
	}
	return v.show("sheet_closed", status, pg)
}

// sheet takes the two groups that were typed again.
func (p *Portal) sheet(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	s, state, err := p.sheetOf(v)
	switch {
	case err != nil:
		return err
	case state < app.SheetClosed:
		return v.goTo("/welcome")
	case state == app.SheetClosed:
		return p.openSheet(v)
	}
	pg := v.page("portal.sheet.title", nil)
	pg.Body = s
	groups := strings.Split(s.Code, "-")
	for i, n := range s.Groups {
		name := "group" + strconv.Itoa(i+1)
		if !vault.SameGroup(v.field(name), groups[n-1]) {
			pg.Faults = append(pg.Faults, fault{name, i18n.T(pg.Lang, "error.sheet", nil)})
		}
	}
	if len(pg.Faults) > 0 {
		return v.show("sheet", http.StatusUnprocessableEntity, pg)
	}
	if err := p.App.SheetNoted(v.r.Context(), v.seat); err != nil {
		return err
	}
	return v.goTo("/welcome")
}
