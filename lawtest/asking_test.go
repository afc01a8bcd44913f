package lawtest

import (
	"net/http"
	"strings"
	"testing"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/ledger"
	"kexin/store"
)

// gives fills in her form for the first shop with these boxes ticked and sends
// it.
func (w *town) gives(phone string, wants ...string) (status int, page string) {
	w.t.Helper()
	form := []string{"i", "0", "answer", "yes", "name", "王女士", "phone", phone, "channel", "call"}
	for _, x := range wants {
		form = append(form, "want", x)
	}
	return w.posts("/p/form", form...)
}

// opens follows a link to the form for its first shop.
func (w *town) opens(link string) {
	w.t.Helper()
	w.get(link)
	w.sends(link)
	w.sends("/p/intro", "i", "0", "answer", "yes")
}

// proves has a code sent to her number and types it.
func (w *town) proves(number string) string {
	w.t.Helper()
	w.sends("/p/code/send", "act", "prove")
	w.sends("/p/code", "act", "prove", "code", apptest.CodeIn(w.p.Arrives(w.p.Phone, number, 1)))
	return w.get("/p/receipt")
}

func staffGivesNothing(t *testing.T, w *town) {
	p, tile := w.p, w.p.Shops["tile"]
	noConsentRoute(t)
	p.Must(p.App.SetOwn(bg, tile.Rep, app.Own{Phone: "13911112222"}))
	customer := p.As(tile.Rep).Knows("王秀兰", her)
	given := map[string]any{"purpose": "marketing.own.sms", "state": "GIVEN"}
	at := "/api/v1/customers/" + customer.String()
	for _, method := range []string{http.MethodPatch, http.MethodPut, http.MethodPost} {
		for i, path := range []string{"/consents", "/consents/marketing.own.sms"} {
			had := triedToGive(p, tile)
			if status, said := w.asks(tile.Rep, method, at+path, given); status != http.StatusForbidden || !strings.Contains(said, `"E_ONLY_SUBJECT"`) {
				t.Errorf("%s %s: %d %s", method, path, status, said)
			}
			if n := triedToGive(p, tile) - had; n != 1 {
				t.Errorf("%s %s: recorded %d times", method, path, n)
			}
			if status, _ := w.asks(p.Shops["curtain"].Rep, method, at+path, given); status != http.StatusNotFound {
				t.Errorf("%s %s of another shop's customer %d: %d", method, path, i, status)
			}
		}
	}
	if status, said := w.asks(tile.Rep, http.MethodPatch, at, map[string]any{"rev": 1, "fields": map[string]any{}, "consents": []any{given}}); status != http.StatusUnprocessableEntity { // no such field
		t.Errorf("PATCH: %d %s", status, said)
	}
	_, _, link := w.recommends(tile.Rep, customer, "curtain", "curtain")

	staff := &town{w.fresh(), w.cookies} // who is signed in opens the link himself
	staff.with = w.seat(tile.Rep)
	staff.opens(link)
	if status, page := staff.gives("13812345678", "marketing.own.sms"); status != http.StatusForbidden || !strings.Contains(page, says("law.E_ONLY_SUBJECT")) {
		t.Errorf("a browser of staff: %d", status)
	}
	if n := refusedFor(p, tile, func(f *ledger.ReferralRefused) bool { return f.Law == "E_ONLY_SUBJECT" && f.Event == "submit" }); n != 1 {
		t.Errorf("recorded %d times", n)
	}
	if n := len(w.arrivals("curtain")); n != 0 {
		t.Errorf("%d arrivals by staff", n)
	}

	own := &town{w.fresh(), w.cookies} // and in a private browser, with his own number
	_, _, second := w.recommends(tile.Rep, p.As(tile.Rep).Knows("张伟", "+8613812345679"), "curtain", "curtain")
	own.opens(second)
	own.gives("13911112222", "marketing.own.sms")
	if page := own.proves("+8613911112222"); strings.Contains(page, says("hers.word.given")) {
		t.Error("a number of staff's gives a consent")
	}

	w.opens(link)
	if status, page := w.gives("13812345678", "marketing.own.sms"); status != 200 || !strings.Contains(page, says("hers.word.requested")) || strings.Contains(page, says("hers.word.given")) {
		t.Errorf("her own, before the number is proved: %d", status)
	}
	if g := w.arrivals("curtain")[1].Grade; g != "E2" {
		t.Errorf("through a link that staff copied it is %s", g)
	}
	if page := w.proves(her); strings.Count(page, says("hers.word.given")) != 2 { // to be answered, and the box
		t.Errorf("after the code: %d given", strings.Count(page, says("hers.word.given")))
	}
	if g := w.arrivals("curtain")[1].Grade; g != "E3" {
		t.Errorf("by a code it is %s", g)
	}
}

// triedToGive counts what a shop's log holds of staff who tried to set a consent.
func triedToGive(p *apptest.Party, s *apptest.Shop) (n int) {
	p.TB.Helper()
	for after := kexin.ID(0); ; {
		page, err := p.App.Ledger(bg, s.Owner, after)
		p.Must(err)
		for _, e := range page.Entries {
			after = e.ID
			if f, ok := e.Facts.(*ledger.DecisionRefused); ok && f.Law == "E_ONLY_SUBJECT" {
				n++
			}
		}
		if !page.More {
			return n
		}
	}
}

// refusedFor counts what a shop's log holds of refused moves.
func refusedFor(p *apptest.Party, s *apptest.Shop, want func(*ledger.ReferralRefused) bool) (n int) {
	p.TB.Helper()
	p.App.Flush()
	for after := kexin.ID(0); ; {
		page, err := p.App.Ledger(bg, s.Owner, after)
		p.Must(err)
		for _, e := range page.Entries {
			after = e.ID
			if f, ok := e.Facts.(*ledger.ReferralRefused); ok && want(f) {
				n++
			}
		}
		if !page.More {
			return n
		}
	}
}

// sellsCurtains lets shops sell what she needs, and joins those that are in no
// alliance.
func sellsCurtains(p *apptest.Party, shops ...string) {
	p.TB.Helper()
	link, _, err := p.App.InviteToAlliance(bg, p.Shops["tile"].Owner)
	p.Must(err)
	for _, key := range shops {
		s := p.Shops[key]
		p.Must(p.App.SaveCard(bg, s.Owner, app.CardDraft{Shown: s.Name, Address: "建材市场 2 栋", Phone: "0577-62520009", Needs: []string{"curtain"}}))
		if al, err := p.App.Alliance(bg, s.Owner); err != nil || !al.In {
			p.Must(err)
			p.Must(p.App.JoinAlliance(bg, s.Owner, link.Text()))
		}
		if key != "tile" { // who is verified waits for it anew under another name over the door
			p.Verifies(p.Shops["tile"].Owner, s.Org)
		}
	}
}

func oneTickOneConsent(t *testing.T, w *town) {
	p, tile := w.p, w.p.Shops["tile"]
	sellsCurtains(p, "lamp", "bath")
	customer := p.As(tile.Rep).Knows("王秀兰", her)
	status, said, link := w.recommends(tile.Rep, customer, "curtain", "curtain", "lamp", "bath")
	if status != http.StatusCreated {
		t.Fatalf("%d %s", status, said)
	}
	status, said = w.asks(tile.Rep, http.MethodPost, "/api/v1/customers/"+customer.String()+"/recommend", map[string]any{"need": "curtain", "shops": []string{"*"}, "said": "store", "way": "copy"})
	if status != http.StatusUnprocessableEntity || lawIn(said) != "E_WILDCARD" {
		t.Errorf("every shop at once: %d %s", status, said)
	}
	before := map[string]string{"lamp": p.Rows(p.Shops["lamp"]), "bath": p.Rows(p.Shops["bath"])}
	w.opens(link)
	if status, page := w.gives("13812345678", "*"); status != http.StatusUnprocessableEntity || !strings.Contains(page, says("law.E_WILDCARD")) {
		t.Errorf("all at once: %d", status)
	}
	if n := len(w.arrivals("curtain")); n != 0 {
		t.Errorf("%d arrivals of what was refused", n)
	}
	for _, k := range []ledger.Why{"create", "submit"} {
		if n := refusedFor(p, tile, func(f *ledger.ReferralRefused) bool { return f.Law == "E_WILDCARD" && f.Event == k }); n != 1 {
			t.Errorf("%d refusals to %s recorded", n, k)
		}
	}
	w.gives("13812345678", "marketing.own.sms")
	page := w.proves(her)
	for _, c := range []struct {
		purpose string
		on      bool
	}{{"marketing.own.sms", true}, {"marketing.own.call", false}, {"marketing.own.wechat", false}} {
		if strings.Contains(page, says("hers.purpose."+c.purpose)) != c.on {
			t.Errorf("%s stands on her receipt: %v", c.purpose, !c.on)
		}
	}
	if n := strings.Count(page, says("hers.word.given")); n != 2 {
		t.Errorf("%d given: to be answered, and one box", n)
	}
	for shop, was := range before {
		if p.Rows(p.Shops[shop]) != was || len(w.arrivals(shop)) != 0 {
			t.Errorf("%s has something", shop)
		}
	}
}

func fanOut(t *testing.T, w *town) {
	p, tile := w.p, w.p.Shops["tile"]
	p.Founds("cabinet", "木合橱柜定制有限公司", "91330382MAKXDM020E", "0577-62520005")
	sellsCurtains(p, "lamp", "bath", "cabinet")
	customer := p.As(tile.Rep).Knows("王秀兰", her)
	if status, said, _ := w.recommends(tile.Rep, customer, "curtain", "curtain", "lamp", "bath", "cabinet"); status != http.StatusForbidden || lawIn(said) != "E_FANOUT_CAP" {
		t.Errorf("four at once: %d %s", status, said)
	}
	if status, said, _ := w.recommends(tile.Rep, customer, "curtain", "curtain", "lamp"); status != http.StatusCreated {
		t.Fatalf("two: %d %s", status, said)
	}
	if status, said, _ := w.recommends(tile.Rep, customer, "curtain", "bath", "cabinet"); status != http.StatusForbidden || lawIn(said) != "E_FANOUT_CAP" {
		t.Errorf("two more: %d %s", status, said)
	}
	status, said, link := w.recommends(tile.Rep, customer, "curtain", "bath")
	if status != http.StatusCreated {
		t.Fatalf("a third: %d %s", status, said)
	}
	if status, said, _ := w.recommends(tile.Rep, customer, "curtain", "cabinet"); status != http.StatusForbidden || lawIn(said) != "E_FANOUT_CAP" {
		t.Errorf("a fourth: %d %s", status, said)
	}
	if n := refusedFor(p, tile, func(f *ledger.ReferralRefused) bool { return f.Law == "E_FANOUT_CAP" }); n != 3 {
		t.Errorf("%d refusals recorded", n)
	}
	w.opens(link)
	w.gives("13812345678")
	got := map[string]int{}
	for _, shop := range []string{"curtain", "lamp", "bath", "cabinet"} {
		got[shop] = len(w.arrivals(shop))
	}
	if got["bath"] != 1 || got["curtain"]+got["lamp"]+got["cabinet"] != 0 {
		t.Errorf("arrived: %v", got)
	}
}

func needFirst(t *testing.T, w *town) {
	p, tile := w.p, w.p.Shops["tile"]
	var ids []kexin.ID
	for range 21 {
		hand := tile.Rep
		hand.Via = kexin.ViaCLI
		id, err := p.App.Create(bg, hand, app.Draft{Object: kexin.Customer, Values: store.Values{kexin.CustName: kexin.Str("客户")}})
		p.Must(err)
		ids = append(ids, id)
	}
	before := questions(p, tile)
	shop := []kexin.ID{p.Shops["curtain"].Org}
	for _, id := range ids {
		for what, body := range map[string]map[string]any{
			"a need":                  {"need": "", "shops": shop, "said": "store", "way": "copy"},
			"how it was talked about": {"need": "curtain", "shops": shop, "said": "", "way": "copy"},
		} {
			if status, got := w.asks(tile.Rep, http.MethodPost, "/api/v1/customers/"+id.String()+"/recommend", body); status != http.StatusUnprocessableEntity {
				t.Fatalf("without %s: %d %s", what, status, got)
			}
		}
	}
	if n := refusedFor(p, tile, func(f *ledger.ReferralRefused) bool { return f.Event == "create" && f.Code == kexin.Invalid }); n != 21 {
		t.Errorf("%d refusals recorded", n)
	}
	if questions(p, tile) != before {
		t.Error("something was asked")
	}
	for i, id := range ids {
		status, said, _ := w.recommends(tile.Rep, id, "curtain", "curtain")
		if want := map[bool]int{true: http.StatusCreated, false: http.StatusTooManyRequests}[i < 20]; status != want {
			t.Errorf("question %d: %d %s", i+1, status, said)
		}
	}
}

// questions counts what a shop has asked.
func questions(p *apptest.Party, s *apptest.Shop) string {
	p.TB.Helper()
	for row := range strings.Lines(p.Rows(s)) {
		if strings.HasPrefix(row, "ask ") {
			return row
		}
	}
	p.TB.Fatal("no table of questions")
	return ""
}
