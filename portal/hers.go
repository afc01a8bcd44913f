package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kexin"
	"kexin/app"
	"kexin/consent"
	"kexin/i18n"
	"kexin/internal/front"
	"kexin/law"
)

// herVersion is of her sheet, for its address.
var herVersion = func() string {
	sum := sha256.Sum256(herSheet)
	return hex.EncodeToString(sum[:6])
}()

// registerHers adds the customer's pages. A GET or HEAD changes nothing, counts
// nothing and tells nobody (security.md A6).
func (p *Portal) registerHers(mux *http.ServeMux) {
	mux.HandleFunc("GET /hers.css", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/css; charset=utf-8")
		h.Set("ETag", `"`+herVersion+`"`)
		h.Set("Cache-Control", "public, max-age=86400")
		if r.Header.Get("If-None-Match") == `"`+herVersion+`"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write(herSheet)
	})
	mux.HandleFunc("GET /.well-known/gpc.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"gpc":true,"lastUpdate":"2026-11-28"}` + "\n"))
	})
	mux.HandleFunc("GET /card/{org}/photo", p.photo)
	for path, h := range map[string][2]func(*her) error{
		"/l/{token}":      {(*her).door, (*her).enter},
		"/p/intro":        {(*her).intro, (*her).answer},
		"/p/form":         {(*her).form, (*her).send},
		"/p/declined":     {(*her).declined, nil},
		"/p/receipt":      {(*her).receipt, nil},
		"/p/receipt.json": {(*her).receiptFile, nil},
		"/p/code":         {(*her).code, (*her).tryCode},
		"/p/code/send":    {nil, (*her).sendCode},
		"/p/mine":         {(*her).mine, nil},
		"/p/holder/{org}": {(*her).holder, (*her).showValues},
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

// A herPage is what every template of hers is given.
type herPage struct {
	*page
	Big     bool
	Version string
	Shop    string // who speaks; "" = Kexin
	Letter  string // of its mark
	Tel     string
	TelName string
	Error   string
}

// answerWith runs an act; a dead link or visit is one page, the same for wrong,
// used, expired and revoked.
func (x *her) answerWith(act func(*her) error) {
	err := act(x)
	switch kexin.CodeOf(err) {
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
		x.p.Fail(x.w, x.r, err)
	}
}

func (x *her) words(err error) string {
	if e, ok := err.(*kexin.Error); ok && e.Key != "" {
		return i18n.T(x.Lang(), e.Key, e.Args)
	}
	return ""
}

func (x *her) her(title string, args ...string) *herPage {
	return &herPage{page: x.page(title, pairs(args)), Big: x.big, Version: herVersion}
}

func (pg *herPage) speaks(shown, phone string) *herPage {
	pg.Shop, pg.Tel, pg.TelName = shown, telOf(phone), phone
	for _, r := range shown {
		pg.Letter = string(r)
		break
	}
	return pg
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

// door is the page of a link: the shops' cards, and nothing of her.
func (x *her) door() error {
	d, err := x.p.App.OpenLink(x.r.Context(), x.From(), x.r.PathValue("token"))
	if err != nil {
		return err
	}
	pg := x.her("hers.door.title").speaks(d.From.Shown, d.From.Phone)
	pg.Body = d
	return x.render("hers_door", http.StatusOK, pg)
}

// enter begins the visit.
func (x *her) enter() error {
	if err := x.visit.form(); err != nil {
		return err
	}
	d, err := x.p.App.OpenLink(x.r.Context(), x.From(), x.r.PathValue("token"))
	if err != nil {
		return err
	}
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

// An introBody is her page of the question.
type introBody struct {
	app.Intro
	Staff bool
}

func (x *her) intro() error {
	if err := x.at(); err != nil {
		return err
	}
	in, err := x.p.App.Intro(x.r.Context(), x.with)
	if err != nil {
		return err
	}
	title := "hers.intro.title"
	if in.Kind == "counter" {
		title = "hers.intro.title_counter"
	}
	pg := x.her(title).speaks(in.From.Shown, in.From.Phone)
	pg.Body = introBody{in, x.with.Staff}
	return x.render("hers_intro", http.StatusOK, pg)
}

// chosen is the shop that a form or address means: by its place on the page.
func (x *her) chosen() (app.Intro, app.Choice, int, error) {
	if err := x.at(); err != nil {
		return app.Intro{}, app.Choice{}, 0, err
	}
	in, err := x.p.App.Intro(x.r.Context(), x.with)
	if err != nil {
		return in, app.Choice{}, 0, err
	}
	place := x.r.URL.Query().Get("i")
	if x.r.Method == http.MethodPost {
		place = x.field("i")
	}
	i, err := strconv.Atoi(place)
	if err != nil || i < 0 || i >= len(in.Choices) {
		return in, app.Choice{}, 0, &kexin.Error{Op: "portal.her", Code: kexin.NotFound}
	}
	return in, in.Choices[i], i, nil
}

func (x *her) answer() error {
	if err := x.visit.form(); err != nil {
		return err
	}
	in, c, i, err := x.chosen()
	if err != nil {
		return err
	}
	place := "?i=" + strconv.Itoa(i)
	switch x.field("answer") {
	case "yes":
		return x.goTo("/p/form" + place)
	case "voucher":
		return x.voucher(in, c)
	case "back":
		if err := x.p.App.TakeBack(x.r.Context(), x.with, c.Referral); err != nil {
			return err
		}
		return x.goTo("/p/form" + place)
	}
	return x.decline(c, place)
}

// decline answers no. At a counter there is nobody to tell.
func (x *her) decline(c app.Choice, place string) error {
	if c.Referral != 0 && c.State != "DECLINED" {
		if err := x.p.App.Decline(x.r.Context(), x.with, c.Referral); err != nil {
			return err
		}
	}
	return x.goTo("/p/declined" + place)
}

// voucher answers with the page itself: the code is known to nobody afterwards.
func (x *her) voucher(in app.Intro, c app.Choice) error {
	v, err := x.p.App.TakeVoucher(x.r.Context(), x.with, c.Referral, c.Shop.Org)
	if err != nil {
		return err
	}
	pg := x.her("hers.voucher.title").speaks(v.Shop.Shown, v.Shop.Phone)
	pg.Body = struct {
		app.Voucher
		From string
	}{v, in.From.Shown}
	return x.render("hers_voucher", http.StatusOK, pg)
}

func (x *her) declined() error {
	in, c, i, err := x.chosen()
	if err != nil {
		return err
	}
	pg := x.her("hers.declined.title").speaks(in.From.Shown, in.From.Phone)
	pg.Body = struct {
		app.Intro
		Choice app.Choice
		I      int
	}{in, c, i}
	return x.render("hers_declined", http.StatusOK, pg)
}

// A formBody is her form for one shop.
type formBody struct {
	In       app.Intro
	Choice   app.Choice
	I        int
	Channels []kexin.Channel
	Wants    []kexin.PurposeCode
	Ticked   map[string]bool
	Until    kexin.Instant
	Wish     kexin.Instant
}

func (x *her) formPage(in app.Intro, c app.Choice, i int) *herPage {
	pg := x.her("hers.form.title", "shop", c.Shop.Shown).speaks(c.Shop.Shown, c.Shop.Phone)
	now := kexin.At(x.p.Now())
	pg.Body = formBody{In: in, Choice: c, I: i, Channels: app.HerChannels, Wants: app.HerWants, Ticked: map[string]bool{}, Until: kexin.At(now.Time().AddDate(1, 0, 0)), Wish: kexin.At(now.Time().AddDate(1, 0, 0))}
	return pg
}

func (x *her) form() error {
	in, c, i, err := x.chosen()
	if err != nil {
		return err
	}
	return x.render("hers_form", http.StatusOK, x.formPage(in, c, i))
}

// send takes her form. What is wrong shows again with the boxes as she left
// them, and nothing is stored.
func (x *her) send() error {
	if err := x.visit.form(); err != nil {
		return err
	}
	in, c, i, err := x.chosen()
	if err != nil {
		return err
	}
	if x.field("answer") == "no" {
		return x.decline(c, "?i="+strconv.Itoa(i))
	}
	g := app.Giving{Referral: c.Referral, Shop: c.Shop.Org, Need: c.Need, Name: x.field("name"), Phone: x.field("phone"), Channel: kexin.Channel(x.field("channel")), Tell: x.field("tell") == "1", Lang: x.Lang()}
	for _, w := range x.r.PostForm["want"] {
		g.Wants = append(g.Wants, kexin.PurposeCode(w))
	}
	out, err := x.p.App.Submit(x.r.Context(), x.with, g)
	if err == nil {
		x.SetVisit(x.w, out.Visit, law.PortalSession)
		return x.goTo("/p/receipt")
	}
	pg := x.formPage(in, c, i)
	status, ok := pg.blame(err)
	if !ok {
		return err
	}
	pg.keep(x.r.PostForm)
	b := pg.Body.(formBody)
	for _, w := range g.Wants {
		b.Ticked[string(w)] = true
	}
	b.Ticked["tell"], b.Ticked[string(g.Channel)] = g.Tell, true
	return x.render("hers_form", status, pg)
}

// A receiptBody is the slip.
type receiptBody struct {
	app.Receipted
	URL, QR string
	Given   bool
	Stopped bool
}

func (x *her) receipt() error {
	if err := x.at(); err != nil {
		return err
	}
	r, err := x.p.App.HerReceipt(x.r.Context(), x.with)
	if err != nil {
		return err
	}
	b := receiptBody{Receipted: r, Given: r.Proved, Stopped: r.State == "REVOKING" || r.State == "REVOKED"}
	if r.Path != "" {
		b.URL = x.Origin() + r.Path
		if b.QR, err = front.QR(b.URL); err != nil {
			return err
		}
	}
	title := "hers.receipt.title"
	switch {
	case b.Stopped:
		title = "hers.withdrawn.title"
	case r.Erased:
		title = "hers.receipt.over"
	}
	pg := x.her(title).speaks(r.Shop.Shown, r.Shop.Phone)
	pg.Body = b
	return x.render("hers_receipt", http.StatusOK, pg)
}

// receiptFile is the signed file.
func (x *her) receiptFile() error {
	if err := x.at(); err != nil {
		return err
	}
	r, err := x.p.App.HerReceipt(x.r.Context(), x.with)
	if err != nil {
		return err
	}
	h := x.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="kexin-receipt.json"`)
	h.Set("Cache-Control", "no-store")
	_, _ = x.w.Write(r.File)
	return nil
}

// codeAct is what a code page is for.
func (x *her) codeAct() string {
	act := x.r.URL.Query().Get("act")
	if x.r.Method == http.MethodPost {
		act = x.field("act")
	}
	if act != app.CodeProve {
		act = app.CodeMine
	}
	return act
}

func (x *her) codePage() (*herPage, error) {
	if err := x.at(); err != nil {
		return nil, err
	}
	r, err := x.p.App.HerReceipt(x.r.Context(), x.with)
	if err != nil {
		return nil, err
	}
	pg := x.her("hers.code.title").speaks(r.Shop.Shown, r.Shop.Phone)
	pg.Body = struct {
		Act  string
		Shop string
		Can  bool
	}{x.codeAct(), r.Shop.Shown, x.p.App.CanSend(kexin.BySMS)}
	return pg, nil
}

func (x *her) code() error {
	pg, err := x.codePage()
	if err != nil {
		return err
	}
	return x.render("hers_code", http.StatusOK, pg)
}

func (x *her) sendCode() error {
	if err := x.visit.form(); err != nil {
		return err
	}
	pg, err := x.codePage()
	if err != nil {
		return err
	}
	if err := x.p.App.SendCode(x.r.Context(), x.with, x.codeAct()); err != nil {
		if kexin.CodeOf(err) != kexin.RateLimited {
			return err
		}
		x.wait(err)
		pg.Alert = i18n.T(pg.Lang, "error.onetime_again", nil)
		return x.render("hers_code", http.StatusTooManyRequests, pg)
	}
	return x.goTo("/p/code?act=" + x.codeAct())
}

func (x *her) tryCode() error {
	if err := x.visit.form(); err != nil {
		return err
	}
	pg, err := x.codePage()
	if err != nil {
		return err
	}
	err = x.p.App.TryCode(x.r.Context(), x.with, x.codeAct(), strings.TrimSpace(x.field("code")))
	if err == nil {
		if x.codeAct() == app.CodeProve {
			return x.goTo("/p/receipt")
		}
		return x.goTo("/p/mine")
	}
	status, ok := pg.blame(err)
	if !ok {
		return err
	}
	return x.render("hers_code", status, pg)
}

func (x *her) mine() error {
	if err := x.at(); err != nil {
		return err
	}
	m, err := x.p.App.Holders(x.r.Context(), x.with)
	if err != nil {
		return err
	}
	pg := x.her("hers.mine.title")
	pg.Body = m
	return x.render("hers_mine", http.StatusOK, pg)
}

func (x *her) holder() error { return x.held(false) }

// showValues shows what stands masked: an entry in that shop's log.
func (x *her) showValues() error {
	if err := x.visit.form(); err != nil {
		return err
	}
	return x.held(true)
}

func (x *her) held(clear bool) error {
	if err := x.at(); err != nil {
		return err
	}
	org, err := kexin.ParseID(x.r.PathValue("org"))
	if err != nil {
		return &kexin.Error{Op: "portal.holder", Code: kexin.NotFound}
	}
	d, err := x.p.App.HerData(x.r.Context(), x.with, org, clear)
	if kexin.CodeOf(err) == kexin.Unauthorized {
		return x.goTo("/p/code?act=mine")
	}
	if err != nil {
		return err
	}
	pg := x.her("hers.holder.title", "shop", d.Shop.Shown)
	pg.Body = struct {
		app.HerData
		Given []consent.Row
	}{d, slices.DeleteFunc(slices.Clone(d.Words), func(r consent.Row) bool { return r.State == consent.Draft })}
	return x.render("hers_holder", http.StatusOK, pg)
}

func (x *her) withdraw() error {
	if err := x.at(); err != nil {
		return err
	}
	r, err := x.p.App.HerReceipt(x.r.Context(), x.with)
	if err != nil {
		return err
	}
	pg := x.her("hers.withdraw.title", "shop", r.Shop.Shown).speaks(r.Shop.Shown, r.Shop.Phone)
	pg.Body = r
	return x.render("hers_withdraw", http.StatusOK, pg)
}

func (x *her) stop() error {
	if err := x.visit.form(); err != nil {
		return err
	}
	if err := x.at(); err != nil {
		return err
	}
	if x.field("answer") == "no" {
		return x.goTo("/p/receipt")
	}
	scope := x.field("scope")
	if scope == "" {
		scope = app.StopShop
	}
	if err := x.p.App.Withdraw(x.r.Context(), x.with, scope); err != nil {
		return err
	}
	return x.goTo("/p/withdrawn")
}

func (x *her) withdrawn() error { return x.receipt() }

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
