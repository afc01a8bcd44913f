package portal

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kexin"
	"kexin/app"
	"kexin/i18n"
	"kexin/internal/front"
)

// policy is the content security policy of every page (security.md A6).
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// formMax is the longest form, in bytes.
const formMax = 64 << 10

// A visit is one request to a page.
type visit struct {
	*front.Request
	p    *Portal
	w    http.ResponseWriter
	r    *http.Request
	seat app.Seat
}

func (p *Portal) visit(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{Request: front.Of(r.Context()), p: p, w: w, r: r}
	v.seat, _ = v.Seat() // an unreadable session is nobody's
	return v
}

// form reads the form. Its errors answer as an invalid request.
func (v *visit) form() error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, formMax)
	if err := v.r.ParseForm(); err != nil {
		return &kexin.Error{Op: "portal.form", Code: kexin.Invalid, Err: errors.New("form")}
	}
	return nil
}

// field is one value of the form.
func (v *visit) field(name string) string { return v.r.PostForm.Get(name) }

// goTo answers with a redirect to a GET.
func (v *visit) goTo(path string) error {
	v.w.Header().Set("Cache-Control", "no-store")
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

func sep(path string) string {
	if strings.Contains(path, "?") {
		return "&"
	}
	return "?"
}

// next is where the person wanted to go: a path of this server, or the start.
func (v *visit) next() string {
	n := v.r.URL.Query().Get("next")
	if v.r.Method == http.MethodPost {
		if f := v.field("next"); f != "" {
			n = f
		}
	}
	return local(n)
}

// local keeps an address on this server: "//host", "/\host" and other schemes
// become the start page.
func local(n string) string {
	u, err := url.Parse(n)
	if err != nil || n == "" || n[0] != '/' || strings.HasPrefix(n, "//") || strings.ContainsAny(n, "\\\r\n\t") || u.Host != "" || u.Scheme != "" {
		return "/"
	}
	return n
}

// with carries where the person wanted to go to another page.
func with(path, next string) string {
	if next == "/" {
		return path
	}
	return path + sep(path) + "next=" + url.QueryEscape(next)
}

// onward signs the browser in and leads to what is still to be done, or to
// where the person wanted to go.
func (v *visit) onward(in app.SignedIn, next string) error {
	v.SignIn(v.w, in)
	return v.goTo(stageAt(in.Stage, in.Told, next))
}

// stageAt is the page of what a session still has to do.
func stageAt(stage app.Stage, told bool, next string) string {
	switch {
	case stage == app.Second:
		return with("/login", next)
	case stage == app.Enrol:
		return with("/totp", next)
	case !told:
		return with("/welcome", next)
	}
	return next
}

// A page is what a template is given.
type page struct {
	Lang, Other string
	OtherHref   string
	Action      string // where forms go
	Title       string
	Org         string // who speaks; "" = Kexin
	Next        string
	Alert       string // one sentence over the form
	Faults      []fault
	Values      map[string]string
	Body        any
	v           *visit
	of          kexin.ID // the merchant in whose zone days and hours are told
}

// A fault is what is wrong with one field.
type fault struct{ Field, Text string }

// Says is a fault by itself, away from its field: it begins with the field's
// name where its words do not hold it.
func (pg *page) Says(f fault) string {
	key := "portal.field." + f.Field
	if !i18n.Has(key) {
		return f.Text
	}
	label := strings.TrimRight(i18n.T(pg.Lang, key, nil), "？?")
	if strings.Contains(strings.ToLower(f.Text), strings.ToLower(label)) {
		return f.Text
	}
	if pg.Lang == i18n.English {
		return label + ": " + f.Text
	}
	return label + "：" + f.Text
}

// page prepares one, with what was typed before.
func (v *visit) page(title string, args map[string]string) *page {
	lang := v.Lang()
	pg := &page{Lang: lang, Title: i18n.T(lang, title, args), Action: v.r.URL.Path, Next: v.next(), Values: map[string]string{}, v: v, of: v.seat.Org}
	pg.Other = i18n.English
	if lang == i18n.English {
		pg.Other = i18n.Chinese
	}
	q := url.Values{"lang": {pg.Other}}
	if pg.Next != "/" {
		q.Set("next", pg.Next)
	}
	pg.OtherHref = "?" + q.Encode()
	if l := v.r.URL.Query().Get("lang"); l == lang {
		pg.Action += "?lang=" + l
	}
	return pg
}

// secretFields are never sent back.
var secretFields = map[string]bool{"password": true, "again": true, "code": true}

// keep puts what was typed back into the page.
func (pg *page) keep(form url.Values) {
	for name := range form {
		if !secretFields[name] {
			pg.Values[name] = form.Get(name)
		}
	}
}

// blame puts the faults of an error on the page, and gives the status; ok is
// false where the error is no fault of what was typed.
func (pg *page) blame(err error) (status int, ok bool) {
	var e *kexin.Error
	if !errors.As(err, &e) || e.Code != kexin.Invalid {
		return 0, false
	}
	if e.Field != "" {
		pg.Faults = append(pg.Faults, fault{e.Field, i18n.T(pg.Lang, e.Key, e.Args)})
	}
	for _, f := range e.Fields {
		pg.Faults = append(pg.Faults, fault{f.Path, i18n.T(pg.Lang, f.Key, f.Args)})
	}
	if len(pg.Faults) == 0 {
		pg.Alert = i18n.T(pg.Lang, cmp.Or(e.Key, "error.invalid"), e.Args)
	}
	return http.StatusUnprocessableEntity, true
}

// blameCode is blame for a code that was typed: one tried too often is told when
// it may be tried again.
func (v *visit) blameCode(pg *page, err error) (status int, ok bool) {
	if kexin.CodeOf(err) == kexin.RateLimited {
		pg.Alert = v.waiting(pg.Lang, err, "portal.code.wait")
		return http.StatusTooManyRequests, true
	}
	return pg.blame(err)
}

// show writes a page.
func (v *visit) show(name string, status int, pg *page) error {
	return v.p.write(v.w, name, status, pg)
}

func (p *Portal) write(w http.ResponseWriter, name string, status int, pg *page) error {
	return p.writeAny(w, name, status, pg.Lang, pg)
}

func (p *Portal) writeAny(w http.ResponseWriter, name string, status int, lang string, pg any) error {
	set := p.sets[lang]
	if set == nil {
		set = p.sets[i18n.Chinese]
	}
	var b bytes.Buffer
	if err := set.ExecuteTemplate(&b, name+".html", pg); err != nil {
		return &kexin.Error{Op: "portal." + name, Err: err}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", lang)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Robots-Tag", "noindex")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	if err != nil {
		p.Log.Debug("page not sent", "err", err.Error())
	}
	return nil
}

// wait says how long an error asks to wait, and sets Retry-After. ok is false
// where it does not.
func (v *visit) wait(err error) (left time.Duration, ok bool) {
	var e *kexin.Error
	if !errors.As(err, &e) || e.Code != kexin.RateLimited {
		return 0, false
	}
	left = max(time.Second, e.Until.Sub(kexin.At(v.p.Now())))
	v.w.Header().Set("Retry-After", strconv.Itoa(seconds(left)))
	return left, true
}

func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
func minutes(d time.Duration) int { return int(math.Ceil(d.Minutes())) }
