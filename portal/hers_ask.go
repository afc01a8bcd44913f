package portal

import (
	"net/http"
	"slices"
	"strconv"

	"kexin"
	"kexin/app"
	"kexin/law"
	"kexin/share"
)

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
	pg := x.her(title).speaks(in.From.Org, in.From.Shown, in.From.Phone)
	pg.ask(in.From.Shown, in.From.Phone, in.Member)
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
	if err := x.form(); err != nil {
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
		if c.Referral != 0 { // at a counter nobody was told of a no
			if err := x.p.App.TakeBack(x.r.Context(), x.with, c.Referral); err != nil {
				return err
			}
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
	pg := x.her("hers.voucher.title").speaks(v.Shop.Org, v.Shop.Shown, v.Shop.Phone)
	pg.Once = true
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
	pg := x.her("hers.declined.title").speaks(in.From.Org, in.From.Shown, in.From.Phone)
	pg.ask(in.From.Shown, in.From.Phone, in.Member)
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
	Until    kexin.Instant // of all she allows here
}

func (x *her) formPage(in app.Intro, c app.Choice, i int) *herPage {
	pg := x.her("hers.form.title", "shop", c.Shop.Shown).speaks(c.Shop.Org, c.Shop.Shown, c.Shop.Phone)
	pg.ask(in.From.Shown, in.From.Phone, in.Member) // she knows that one; a call to the other would tell who she is
	pg.Body = formBody{In: in, Choice: c, I: i, Channels: app.HerChannels, Wants: app.HerWants, Ticked: map[string]bool{}, Until: kexin.At(x.p.Now()).Add(share.GivenFor)}
	return pg
}

func (x *her) showForm() error {
	in, c, i, err := x.chosen()
	if err != nil {
		return err
	}
	return x.render("hers_form", http.StatusOK, x.formPage(in, c, i))
}

// send takes her form. What is wrong shows again with the boxes as she left
// them, and nothing is stored.
func (x *her) send() error {
	if err := x.form(); err != nil {
		return err
	}
	in, c, i, err := x.chosen()
	if err != nil {
		return err
	}
	if x.field("answer") == "no" {
		return x.decline(c, "?i="+strconv.Itoa(i))
	}
	g := app.Giving{Referral: c.Referral, Shop: c.Shop.Org, Need: c.Need, Name: x.field("name"), Phone: x.field("phone"), Email: x.field("email"), Channel: kexin.Channel(x.field("channel")), Tell: x.field("tell") == "1", Lang: x.Lang(), Flow: flows()[x.Lang()]}
	for _, w := range x.r.PostForm["want"] {
		g.Wants = append(g.Wants, kexin.PurposeCode(w))
	}
	out, err := x.p.App.Submit(x.r.Context(), x.with, g)
	if err == nil {
		x.SetVisit(x.w, out.Visit, law.PortalSession)
		if slices.ContainsFunc(in.Choices, func(o app.Choice) bool {
			return o.Referral != c.Referral && o.State == share.Awaiting
		}) {
			return x.goTo("/p/receipt?more=1")
		}
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
