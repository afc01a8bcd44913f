package portal

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"

	"kexin"
	"kexin/app"
	"kexin/i18n"
	"kexin/internal/front"
)

// showSetup shows the form of a setup link. Asking does not use it up.
func (p *Portal) showSetup(v *visit) error {
	if err := p.App.SetupOpen(v.r.Context(), v.r.PathValue("token")); err != nil {
		return err
	}
	pg := v.page("portal.setup.title", nil)
	pg.Values["size"] = string(kexin.Shop)
	return v.show("setup", http.StatusOK, pg)
}

// setup makes the merchant and its owner.
func (p *Portal) setup(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := app.Founding{Size: kexin.Size(v.field("size")), Name: v.field("name"), USCC: v.field("uscc"), Contact: v.field("contact"),
		Address: v.field("address"), Owner: v.field("owner"), Login: v.field("login"), Password: v.field("password")}
	if err := p.App.SetupOpen(v.r.Context(), v.r.PathValue("token")); err != nil {
		return err
	}
	pg := v.page("portal.setup.title", nil)
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

// again compares the two passwords of a form.
func (v *visit) again() error {
	if v.field("password") == v.field("again") {
		return nil
	}
	return &kexin.Error{Op: "portal.again", Code: kexin.Invalid, Key: "error.password_again", Field: "again"}
}

// A recoverySheet is what the page of the recovery code shows.
type recoverySheet struct {
	Code   string
	QR     string
	Groups [2]int // which two are typed again, from 1
}

// sheetDue gives the sheet, where it is this person's to see.
func (p *Portal) sheetDue(v *visit) (recoverySheet, bool, error) {
	code, ok := v.Recovery()
	if !ok {
		return recoverySheet{}, false, nil
	}
	due, err := p.App.SheetDue(v.r.Context(), v.seat)
	if err != nil || !due {
		return recoverySheet{}, false, err
	}
	s := recoverySheet{Code: code, Groups: twoOf(v.seat.Member, len(strings.Split(code, "-")))}
	s.QR, err = front.QR(code)
	return s, true, err
}

// twoOf picks two groups, the same for one person each time.
func twoOf(id kexin.ID, n int) [2]int {
	sum := sha256.Sum256([]byte("kexin/sheet/1" + id.String()))
	a, b := int(sum[0])%n, int(sum[1])%(n-1)
	if b >= a {
		b++
	}
	return [2]int{min(a, b) + 1, max(a, b) + 1}
}

// showSheet shows the recovery sheet; who has none to see goes on.
func (p *Portal) showSheet(v *visit) error {
	s, due, err := p.sheetDue(v)
	if err != nil {
		return err
	}
	if !due {
		return v.goTo("/welcome")
	}
	pg := v.page("portal.sheet.title", nil)
	pg.Body = s
	return v.show("sheet", http.StatusOK, pg)
}

// sheet takes the two groups that were typed again.
func (p *Portal) sheet(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	s, due, err := p.sheetDue(v)
	if err != nil {
		return err
	}
	if !due {
		return v.goTo("/welcome")
	}
	pg := v.page("portal.sheet.title", nil)
	pg.Body = s
	groups := strings.Split(s.Code, "-")
	for i, n := range s.Groups {
		name := "group" + strconv.Itoa(i+1)
		if !sameGroup(v.field(name), groups[n-1]) {
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

// sameGroup compares five characters as people type them from paper.
func sameGroup(typed, group string) bool {
	t := strings.NewReplacer("O", "0", "I", "1", "L", "1", " ", "", "-", "").Replace(strings.ToUpper(typed))
	return subtle.ConstantTimeCompare([]byte(t), []byte(group)) == 1
}
