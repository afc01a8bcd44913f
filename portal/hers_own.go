package portal

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"kexin"
	"kexin/app"
	"kexin/consent"
	"kexin/i18n"
	"kexin/internal/front"
	"kexin/share"
)

// A receiptBody is the slip.
type receiptBody struct {
	app.Receipted
	URL, QR string
	Given   bool
	Where   string // of the address that was proved, in words
	WholeAt string // the first address that a code would stop all of
	How     string // the addresses that she gave, in words
	More    bool   // her link holds other cards
}

// Next is the sentence that says what comes next and by when, "" where her stop
// says it.
func (b receiptBody) Next() string {
	switch {
	case b.Stopped:
		return ""
	case b.State == share.Rejected:
		return "hers.next.rejected"
	case b.Erased:
		return "hers.next.over"
	case b.Disputed && b.Live():
		return "hers.next.disputed"
	case b.Live():
		return "hers.next." + strings.ToLower(string(b.State))
	case b.State == share.Lost:
		return "hers.next.lost"
	}
	return "hers.next.won"
}

// Live reports whether the shop still has to answer her.
func (b receiptBody) Live() bool {
	return b.State == share.Submitted || b.State == share.Accepted || b.State == share.Contacted
}

// where is the address over which a channel reaches her, in words.
func where(lang string, ch kexin.Channel) string {
	if ch != kexin.ByEmail {
		ch = kexin.BySMS
	}
	return i18n.T(lang, "hers.where."+string(ch), nil)
}

// how is which addresses she gave, in words.
func how(lang string, gave []kexin.FieldID) string {
	word := "none"
	switch phone, email := slices.Contains(gave, kexin.CustPhone), slices.Contains(gave, kexin.CustEmail); {
	case phone && email:
		word = "both"
	case phone:
		word = "phone"
	case email:
		word = "email"
	}
	return i18n.T(lang, "hers.gave."+word, nil)
}

func (x *her) receipt() error {
	if err := x.at(); err != nil {
		return err
	}
	r, err := x.p.App.HerReceipt(x.r.Context(), x.with)
	if err != nil {
		return err
	}
	b := receiptBody{Receipted: r, Given: r.Proved, Where: where(x.Lang(), r.Channel), How: how(x.Lang(), r.Gave), More: x.r.URL.Query().Get("more") == "1"}
	if r.Path != "" {
		b.URL = x.Origin() + r.Path
		if b.QR, err = front.QR(b.URL); err != nil {
			return err
		}
	}
	if len(r.Whole) > 0 {
		b.WholeAt = where(x.Lang(), r.Whole[0])
	}
	title := "hers.receipt.title"
	switch {
	case b.Stopped:
		title = "hers.withdrawn.title"
	case r.Erased, r.State == share.Lost:
		title = "hers.receipt.over"
	}
	pg := x.her(title).speaks(r.Shop.Org, r.Shop.Shown, r.Shop.Phone)
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
	return x.download("kexin-receipt.json", r.File)
}

// download sends a file that is hers.
func (x *her) download(name string, file []byte) error {
	h := x.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	_, _ = x.w.Write(file)
	return nil
}

// notMe asks once more; sayNotMe does it, and ends the visit's way to her data.
func (x *her) notMe() error {
	if err := x.at(); err != nil {
		return err
	}
	return x.render("hers_notme", http.StatusOK, x.her("hers.notme.title"))
}

func (x *her) sayNotMe() error {
	if err := x.form(); err != nil {
		return err
	}
	if err := x.at(); err != nil {
		return err
	}
	back := "/p/intro"
	if x.with.Session.Kind == "receipt" {
		back = "/p/receipt"
	}
	if x.field("answer") != "yes" {
		return x.goTo(back)
	}
	if err := x.p.App.NotMe(x.r.Context(), x.with); err != nil {
		return err
	}
	pg := x.her("hers.notme.done")
	pg.Body = true
	return x.render("hers_notme", http.StatusOK, pg)
}

// codeAct is what a code page is for.
func (x *her) codeAct() string {
	act := x.r.URL.Query().Get("act")
	if x.r.Method == http.MethodPost {
		act = x.field("act")
	}
	if act != app.CodeProve && act != app.CodeCopy && act != app.CodeStop {
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
	pg := x.her("hers.code.title").speaks(r.Shop.Org, r.Shop.Shown, r.Shop.Phone)
	b := codeBody{Failed: r.Failed, Act: x.codeAct(), Shop: r.Shop.Shown, Given: r.Proved && x.codeAct() == app.CodeProve, Others: r.Codes}
	switch b.Act {
	case app.CodeProve:
		b.Others = r.Prove
	case app.CodeStop:
		b.Others = r.Whole
	}
	if b.Can = len(b.Others) > 0; b.Can {
		b.Sent = x.r.Method == http.MethodPost || x.codeTo() != ""
		i := max(0, slices.Index(b.Others, x.codeTo()))
		b.To = b.Others[i]
		b.Others = slices.Delete(slices.Clone(b.Others), i, i+1)
	}
	b.Where = where(x.Lang(), cmp.Or(b.To, r.Channel))
	pg.Body = b
	return pg, nil
}

// A codeBody is the page of a code: over which channel it goes, and over which
// others it could.
type codeBody struct {
	Failed bool
	Act    string
	Shop   string
	Can    bool
	Given  bool
	Sent   bool // it is on its way
	To     kexin.Channel
	Others []kexin.Channel
	Where  string
}

// codeTo is the channel that a page or form of a code names.
func (x *her) codeTo() kexin.Channel {
	if x.r.Method == http.MethodPost {
		return kexin.Channel(x.field("to"))
	}
	return kexin.Channel(x.r.URL.Query().Get("to"))
}

func (x *her) code() error {
	pg, err := x.codePage()
	if err != nil {
		return err
	}
	return x.render("hers_code", http.StatusOK, pg)
}

func (x *her) sendCode() error {
	if err := x.form(); err != nil {
		return err
	}
	pg, err := x.codePage()
	if err != nil {
		return err
	}
	to := pg.Body.(codeBody).To
	if err := x.p.App.SendCode(x.r.Context(), x.with, x.codeAct(), to); err != nil {
		if kexin.CodeOf(err) != kexin.RateLimited {
			return err
		}
		pg.Alert = i18n.T(pg.Lang, "error.onetime_again", nil)
		if left, _ := x.wait(err); left > 2*time.Minute { // enough were sent this hour, or today
			pg.Alert = i18n.T(pg.Lang, "hers.code.later", map[string]string{"at": pg.Moment(kexin.At(x.p.Now()).Add(left))})
		}
		return x.render("hers_code", http.StatusTooManyRequests, pg)
	}
	return x.goTo("/p/code?act=" + x.codeAct() + "&to=" + string(to))
}

func (x *her) tryCode() error {
	if err := x.form(); err != nil {
		return err
	}
	pg, err := x.codePage()
	if err != nil {
		return err
	}
	typed, to := strings.TrimSpace(x.field("code")), pg.Body.(codeBody).To
	if x.codeAct() == app.CodeCopy {
		var file []byte
		if file, err = x.p.App.TakeCopy(x.r.Context(), x.with, to, typed); err == nil {
			return x.download("kexin-my-data.json", file)
		}
		if kexin.CodeOf(err) == kexin.Unauthorized {
			return x.goTo("/p/code?act=mine")
		}
	} else {
		err = x.p.App.TryCode(x.r.Context(), x.with, x.codeAct(), to, typed)
	}
	if err == nil {
		switch x.codeAct() {
		case app.CodeProve:
			return x.goTo("/p/receipt")
		case app.CodeStop:
			return x.goTo("/p/withdrawn")
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
	if err := x.form(); err != nil {
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
	var sources []source
	for _, o := range d.Origins {
		sources = append(sources, sourceOf(o.Way, o.Kind, o.Day))
	}
	pg.Body = struct {
		app.HerData
		Sources []source
		Given   []consent.Row
	}{d, sources, slices.DeleteFunc(slices.Clone(d.Words), func(r consent.Row) bool { return r.State == consent.Draft })}
	return x.render("hers_holder", http.StatusOK, pg)
}

// A source is where what is held came from, in her words, and when.
type source struct {
	Key string
	Day kexin.Day
}

// sourceOf says how she came: over which way, or by which dealing where no way
// was noted.
func sourceOf(way, kind string, day kexin.Day) source {
	if key := "hers.origin." + way; slices.Contains(i18n.Keys(), key) {
		return source{key, day}
	}
	return source{"hers.origin." + kind, day}
}

func (x *her) withdraw() error {
	if err := x.at(); err != nil {
		return err
	}
	r, err := x.p.App.HerReceipt(x.r.Context(), x.with)
	if err != nil {
		return err
	}
	pg := x.her("hers.withdraw.title", "shop", r.Shop.Shown).speaks(r.Shop.Org, r.Shop.Shown, r.Shop.Phone)
	pg.Body = r
	return x.render("hers_withdraw", http.StatusOK, pg)
}

func (x *her) stop() error {
	if err := x.form(); err != nil {
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
