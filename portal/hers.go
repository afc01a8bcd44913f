package portal

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"kexin"
	"kexin/app"
	"kexin/i18n"
	"kexin/law"
)

// herVersion is of her sheet, for its address.
var herVersion = func() string {
	sum := sha256.Sum256(herSheet)
	return hex.EncodeToString(sum[:6])
}()

// flows are the pages on which she answers, by language: a hash over their
// templates, their sheet and their words. It stands in the proof of each
// consent, so that it can be said which page she saw (CON-03, NOT-07).
var flows = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, lang := range i18n.Langs {
		h := sha256.New()
		for _, name := range []string{"layout", "door", "intro", "form", "receipt"} {
			b, err := pages.ReadFile("html/hers_" + name + ".html")
			if err != nil {
				panic(err) // a page that is not embedded
			}
			h.Write(b)
		}
		h.Write(herSheet)
		for _, key := range i18n.Keys() {
			if strings.HasPrefix(key, "hers.") {
				_, _ = io.WriteString(h, key+"\x00"+i18n.T(lang, key, nil)+"\x00")
			}
		}
		out[lang] = hex.EncodeToString(h.Sum(nil)[:16])
	}
	return out
})

// registerHers adds the customer's pages. A GET or HEAD changes nothing, counts
// nothing and tells nobody (security.md A6).
func (p *Portal) registerHers(mux Router) {
	mux.HandleFunc("GET /hers.css", style(herSheet, herVersion))
	mux.HandleFunc("GET /.well-known/gpc.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"gpc":true,"lastUpdate":"2026-11-28"}` + "\n"))
	})
	mux.HandleFunc("GET /card/{org}/photo", p.photo)
	for path, h := range map[string][2]func(*her) error{
		"/l/":             {(*her).nowhere, nil}, // a link that lost or got something on its way: never the door of staff
		"/p/":             {(*her).nowhere, nil},
		"/l/{token}":      {(*her).door, (*her).enter},
		"/p/intro":        {(*her).intro, (*her).answer},
		"/p/form":         {(*her).showForm, (*her).send},
		"/p/declined":     {(*her).declined, nil},
		"/p/receipt":      {(*her).receipt, nil},
		"/p/receipt.json": {(*her).receiptFile, nil},
		"/p/code":         {(*her).code, (*her).tryCode},
		"/p/code/send":    {nil, (*her).sendCode},
		"/p/mine":         {(*her).mine, nil},
		"/p/holder/{org}": {(*her).holder, (*her).showValues},
		"/p/notme":        {(*her).notMe, (*her).sayNotMe},
		"/p/withdraw":     {(*her).withdraw, (*her).stop},
		"/p/withdrawn":    {(*her).withdrawn, nil},
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			x := &her{visit: p.visit(w, r)}
			x.big = x.Big(w)
			act := h[0]
			if r.Method == http.MethodPost {
				act = h[1]
			}
			if act == nil || r.Method != http.MethodPost && r.Method != http.MethodGet && r.Method != http.MethodHead {
				p.wrongMethod(w, r)
				return
			}
			x.answerWith(act)
		})
	}
}

// A her is one request to her pages.
type her struct {
	*visit
	big  bool
	with app.Visit
}

// form reads the form of a page of hers and checks its nonce.
func (x *her) form() error {
	if err := x.visit.form(); err != nil {
		return err
	}
	return x.p.App.CheckForm(x.r.Context(), x.Holder(x.w), x.r.URL.Path, x.field("nonce"))
}

// A herPage is what every template of hers is given.
type herPage struct {
	*page
	Big      bool
	Version  string
	Shop     string // who speaks; "" = Kexin
	Letter   string // of its mark
	Tel      string // of whom to ask in doubt
	TelName  string
	TelShop  string
	TelRep   string // whom to ask for there; "" where nobody is named
	Once     bool   // what it shows is shown once: nothing on it leads away and back
	Error    string
	NoticeOf string // id of the shop whose notice stands one click away (NOT-04); "" for none
	x        *her
	hues     map[string]int // of the shops on the page so far
}

// Turned is the address of this page with one setting changed: large print or
// language. What says which of the pages it is stays, and nothing that somebody
// typed.
func (pg *herPage) Turned(name, value string) string {
	q := url.Values{name: {value}}
	pg.x.which(q)
	return "?" + q.Encode()
}

// which adds to an address what says which of the pages this one is.
func (x *her) which(q url.Values) {
	for _, k := range []string{"i", "act", "to", "more"} {
		v := cmp.Or(x.r.PostForm.Get(k), x.r.URL.Query().Get(k))
		if v != "" && len(v) <= len("prove") && strings.Trim(v, "0123456789abcdefghijklmnopqrstuvwxyz") == "" {
			q.Set(k, v)
		}
	}
}

// Path is that of the page.
func (pg *herPage) Path() string { return pg.x.r.URL.Path }

// Nonce is the hidden value of a form that goes to a path (security.md A6).
func (pg *herPage) Nonce(path string) (string, error) {
	return pg.x.p.App.FormNonce(pg.x.r.Context(), pg.x.Holder(pg.x.w), path)
}

// answerWith runs an act; a dead link or visit is one page, the same for wrong,
// used, expired and revoked (security.md A6).
func (x *her) answerWith(act func(*her) error) {
	err := act(x)
	if err != nil && x.answered() {
		err = x.goTo("/p/receipt")
	}
	code := kexin.CodeOf(err)
	if code == kexin.Conflict && x.with.Session.Kind != "receipt" {
		code = kexin.NotFound // why a question cannot be answered is told to nobody (security.md A6)
	}
	switch code {
	case "":
		return
	case kexin.NotFound:
		err = x.render("hers_gone", http.StatusOK, x.her("hers.gone.title"))
	case kexin.Conflict:
		pg := x.her("hers.used.title")
		pg.Error = x.words(err)
		err = x.render("hers_gone", http.StatusConflict, pg)
	}
	if err != nil {
		x.fail(err)
	}
}

// answered reports whether she went back from her receipt to the question, which
// this visit does not have any more.
func (x *her) answered() bool {
	switch x.r.URL.Path {
	case "/p/intro", "/p/form", "/p/declined":
		return x.at() == nil && x.with.Session.Kind == "receipt"
	}
	return false
}

// fail says what stopped her on a page of hers: the way back is the page that
// she came from, never the workbench.
func (x *her) fail(err error) {
	status, code := x.failed(err)
	pg := x.her("portal.fail." + string(code))
	pg.Body, pg.Error = x.ID, x.more(pg.Lang, code, err)
	if code == kexin.Internal {
		pg.Error = i18n.T(pg.Lang, "hers.fail.internal", nil)
	}
	x.sent(x.render("hers_fail", status, pg), status)
}

// Back is the page of hers on which a form that failed stands.
func (pg *herPage) Back() string {
	q := url.Values{}
	pg.x.which(q)
	path, sending := strings.CutSuffix(pg.x.r.URL.Path, "/send")
	if sending {
		q.Del("to") // it names a code that went out
	}
	u := url.URL{Path: path, RawQuery: q.Encode()}
	return u.String()
}

func (x *her) words(err error) string {
	if e, ok := err.(*kexin.Error); ok && e.Key != "" {
		return i18n.T(x.Lang(), e.Key, e.Args)
	}
	return ""
}

func (x *her) her(title string, args ...string) *herPage {
	pg := &herPage{page: x.page(title, pairs(args)), Big: x.big, Version: herVersion, x: x}
	pg.of = x.with.Session.Org
	return pg
}

// speaks says which shop speaks on the page.
func (pg *herPage) speaks(org kexin.ID, shown, phone string) *herPage {
	pg.Shop, pg.NoticeOf, pg.of = shown, org.String(), org
	pg.ask(shown, phone, "")
	for _, r := range shown {
		pg.Letter = string(r)
		break
	}
	return pg
}

// ask says whom she may ask in doubt.
func (pg *herPage) ask(shop, phone, rep string) {
	pg.TelShop, pg.Tel, pg.TelName, pg.TelRep = shop, telOf(phone), phone, rep
}

// telOf is a telephone for a link.
func telOf(phone string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, phone)
}

func (x *her) render(name string, status int, pg *herPage) error {
	return x.p.writeAny(x.w, name, status, pg.Lang, pg)
}

// at reads the visit of the cookie; the act is that of a customer unless the
// browser is a member of staff's.
func (x *her) at() (err error) {
	x.with, err = x.p.App.VisitOf(x.r.Context(), x.From(), x.Visit(), x.seat)
	return err
}

// gpc reports whether the browser says that her data must not be sold or
// shared (STD-04).
func (x *her) gpc() bool { return x.r.Header.Get("Sec-GPC") == "1" }

// nowhere is an address that no page of hers has.
func (x *her) nowhere() error { return &kexin.Error{Op: "portal.her", Code: kexin.NotFound} }

// door is the page of a link: the shops' cards, and nothing of her.
func (x *her) door() error {
	d, err := x.p.App.OpenLink(x.r.Context(), x.From(), x.r.PathValue("token"))
	if err != nil {
		return err
	}
	if d.Kind == "keep" {
		return x.keep(d, false)
	}
	title := "hers.door.title"
	if d.Kind == "receipt" {
		title = "hers.door.title_receipt"
	}
	pg := x.her(title).speaks(d.From.Org, d.From.Shown, d.From.Phone)
	pg.Body = d
	return x.render("hers_door", http.StatusOK, pg)
}

// keep is the page of a link that puts an erasure off, with its one button, and
// what it says once that is done (security.md A7).
func (x *her) keep(d app.Door, done bool) error {
	title := "hers.keep.title"
	if done {
		title = "hers.keep.done"
	}
	pg := x.her(title).speaks(d.From.Org, d.From.Shown, d.From.Phone)
	pg.Body = struct {
		app.Door
		Done bool
	}{d, done}
	return x.render("hers_keep", http.StatusOK, pg)
}

// enter begins the visit.
func (x *her) enter() error {
	if err := x.form(); err != nil {
		return err
	}
	d, err := x.p.App.OpenLink(x.r.Context(), x.From(), x.r.PathValue("token"))
	if err != nil {
		return err
	}
	if d.Kind == "keep" {
		if err := x.p.App.PutOffErasure(x.r.Context(), x.From(), x.r.PathValue("token"), x.seat); err != nil {
			return err
		}
		return x.keep(d, true)
	}
	x.KnowBrowser(x.w)
	secret, err := x.p.App.Enter(x.r.Context(), x.From(), x.r.PathValue("token"), x.gpc())
	if err != nil {
		return err
	}
	x.SetVisit(x.w, secret, law.PortalSession)
	if d.Kind == "receipt" {
		return x.goTo("/p/receipt")
	}
	return x.goTo("/p/intro")
}

// photo sends the photo of a shop's card.
func (p *Portal) photo(w http.ResponseWriter, r *http.Request) {
	org, err := kexin.ParseID(r.PathValue("org"))
	if err != nil || org == 0 {
		http.NotFound(w, r)
		return
	}
	c, err := p.App.PublicCard(r.Context(), org)
	if err != nil || len(c.Photo) == 0 {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(c.Photo)
}
