package main

import (
	"net/http"
	"strings"

	"kexin"
	"kexin/store/storetest"
)

// share is what two merchants do about one customer, both ways, with her own
// acts in a browser of hers, and every page of hers looked at on the way.
func (k *crawler) share(foreign *storetest.World) {
	k.t.Helper()
	token := k.alliance(foreign)
	k.card(thirdOwner, "明灯照明", "lamp")
	k.joins(thirdOwner, token, k.third.Org, "明灯照明")
	pages := k.pages(k.s.Org, foreign.Org)
	k.leaves(foreign, pages)
	k.arrives(foreign, pages)
	k.counter(foreign)
}

// hers allows what she typed on the page of the shop that has it, and in the
// copy that she takes.
func hers(name, phone canary) func(string, canary) bool {
	return func(path string, x canary) bool {
		return (strings.HasPrefix(path, "/p/holder/") || path == "/p/code") && (x.text == name.text || x.text == phone.text)
	}
}

// leaves recommends a customer of ours: the other shop gets what she types and
// none of our people sees that, and none of her pages holds what we know.
func (k *crawler) leaves(foreign *storetest.World, pages []string) {
	k.t.Helper()
	customer := k.c.ids["customers"][0]
	link := k.ask("rep", customer, "curtain", foreign.Org)
	her := k.browser("her")
	her.may = func(path string, x canary) bool { // who recommends, and whom to ask for
		return (path == "/p/intro" || path == "/p/form") && x.text == k.c.canaries[k.names].text
	}
	for _, p := range append([]string{link}, pages...) {
		her.do(http.MethodGet, p, nil)
		her.do(http.MethodHead, p, nil)
	}
	k.staffOn(link, pages)
	k.neighbours(foreign.Org)
	name, phone := her.sends(link, foreign.Org, pages)
	k.neighbours(foreign.Org)
	k.everybody(http.MethodGet, nil, "/api/v1/referrals", "/api/v1/customers/"+customer.String()+"/referrals", "/api/v1/customers/"+customer.String()+"/timeline", "/api/v1/inbox", "/api/v1/credits", "/api/v1/alerts", "/api/v1/today")
	for _, p := range pages {
		her.do(http.MethodGet, p, nil)
	}
	her.post("/p/code", "act", "mine", "code", "000000")
	her.may = hers(name, phone)
	her.post("/p/code", "act", "prove", "code", her.code("prove", phone))
	her.post("/p/code", "act", "mine", "code", her.code("mine", phone))
	holder := "/p/holder/" + foreign.Org.String()
	her.get(holder)
	if her.post(holder); k.shown[holder] == 0 {
		k.t.Error("her data are not shown to her after the code: the crawl saw masks alone")
	}
	own := "/p/holder/" + k.s.Org.String()
	her.do(http.MethodGet, own, nil)
	her.post(own)
	if her.post("/p/code", "act", "copy", "code", her.code("copy", phone)); k.shown["/p/code"] == 0 {
		k.t.Error("her copy holds nothing of her")
	}
	her.may = nil
	stranger := k.browser("a stranger")
	for _, p := range append([]string{link}, pages...) {
		stranger.do(http.MethodGet, p, nil)
	}
	her.get("/p/withdraw")
	her.post("/p/withdraw", "scope", "shop", "answer", "yes")
	for _, p := range pages {
		her.do(http.MethodGet, p, nil)
	}
	k.staffOn(link, pages)

	second := k.s.NewCustomer("rep", map[string]any{"name": "再问一位", "source": "store"})
	var sent struct {
		Referrals []struct {
			ID     kexin.ID
			Cancel bool
		}
	}
	gone := k.ask("rep", second, "curtain", foreign.Org)
	k.s.Get("rep", "/api/v1/customers/"+second.String()+"/referrals", &sent)
	k.act("cancelReferral", "rep", "POST", "referrals/"+sent.Referrals[0].ID.String()+"/cancel", nil, nil)
	k.browser("who comes late").do(http.MethodGet, gone, nil)
}

// neighbours are the other shop's people: of ours they see nothing, before she
// sends and after.
func (k *crawler) neighbours(org kexin.ID) {
	k.t.Helper()
	k.peers(org, "foreign owner", "foreign rep")
	k.peers(k.third.Org, thirdOwner, thirdRep)
}

// peers are people of another shop of the alliance, who see what is its own.
func (k *crawler) peers(org kexin.ID, people ...string) {
	k.t.Helper()
	for _, who := range people {
		for _, p := range []string{"inbox", "today", "alerts", "referrals", "credits", "shops", "alliance", "ledger"} {
			k.look("GET "+p, who, k.s.As(who, http.MethodGet, "/api/v1/"+p, nil), func(x canary) bool { return x.org == org })
		}
		for plural, ids := range k.c.ids {
			k.look("search "+plural, who, k.s.As(who, http.MethodPost, "/api/v1/"+plural+"/search", map[string]any{}), func(x canary) bool { return x.org == org })
			k.look("get "+plural, who, k.s.As(who, http.MethodGet, "/api/v1/"+plural+"/"+ids[0].String(), nil), nil)
		}
	}
}

// staffOn opens the pages of a link, and sends their forms, in the browsers of
// all positions.
func (k *crawler) staffOn(link string, pages []string) {
	k.t.Helper()
	people := []string{thirdOwner, thirdRep}
	for who := range k.s.Staff {
		people = append(people, who)
	}
	for _, who := range people {
		for _, p := range append([]string{link}, pages...) {
			k.look("GET "+p, who, k.s.As(who, http.MethodGet, p, nil), nil)
			if strings.HasPrefix(p, "/p/") || strings.HasPrefix(p, "/l/") {
				k.look("POST "+p, who, k.s.As(who, http.MethodPost, p, "answer=yes&i=0"), nil)
			}
		}
	}
}

// arrives takes what customers of the other shop send to ours.
func (k *crawler) arrives(foreign *storetest.World, pages []string) {
	k.t.Helper()
	look := func() {
		k.everybody(http.MethodGet, nil, "/api/v1/inbox", "/api/v1/today", "/api/v1/alerts", "/api/v1/referrals")
	}
	come := func() (*browser, canary, canary) {
		id := k.s.NewCustomer("foreign rep", map[string]any{"name": "那边的客户", "source": "store"})
		her := k.browser("who comes")
		name, phone := her.sends(k.ask("foreign rep", id, "tile", k.s.Org), k.s.Org, pages)
		look()
		return her, name, phone
	}
	for _, end := range []string{"win", "lose"} {
		her, name, phone := come()
		said := wordsOn.FindAllStringSubmatch(her.get("/p/receipt"), -1)
		at := k.arrival()
		var got struct{ Customer kexin.ID }
		k.act("acceptReferral", "rep", "POST", at+"accept", nil, &got)
		k.give(k.s.Staff["rep"].User, name, phone)
		look()
		path := "/api/v1/customers/" + got.Customer.String()
		k.everybody(http.MethodGet, nil, path, path+"/arrival", path+"/timeline", path+"/consents", path+"/evidence", path+"/referrals")
		call := k.s.As("rep", http.MethodPost, path+"/contact", map[string]any{"channel": "call"})
		if k.look("contactCustomer", "rep", call, func(x canary) bool { return x.text == phone.text }); call.Status != http.StatusOK {
			k.t.Fatalf("the first call: %d %s", call.Status, call.Body)
		}
		k.s.As("rep", http.MethodPost, "/api/v1/orders", map[string]any{"fields": map[string]any{"customer": got.Customer, "no": "SO-" + end, "ordered_on": "2026-03-04"}}).Into(k.t, http.StatusCreated, nil)
		if len(said) > 1 {
			k.act("answerWord", "rep", "POST", at+"word", map[string]any{"word": said[1][1]}, nil)
		}
		k.act(end+"Referral", "rep", "POST", at+map[string]string{"win": "won", "lose": "lost"}[end], nil, nil)
		look()
		k.settle()
		for _, p := range pages {
			her.do(http.MethodGet, p, nil)
		}
	}
	come()
	k.act("rejectReferral", "rep", "POST", k.arrival()+"reject", nil, nil)
	look()
}

// counter is the code on the counter, and the third way: a voucher.
func (k *crawler) counter(foreign *storetest.World) {
	k.t.Helper()
	var link struct{ URL string }
	k.act("newCounter", "owner", "POST", "counter", nil, &link)
	_, path, _ := strings.Cut(link.URL, "/l/")
	b := k.browser("at the counter")
	b.get("/l/" + path)
	b.post("/l/" + path)
	b.do(http.MethodGet, "/p/intro", nil)

	id := k.s.NewCustomer("foreign rep", map[string]any{"name": "要到店看的", "source": "store"})
	with := k.browser("with a voucher")
	ask := k.ask("foreign rep", id, "tile", k.s.Org)
	with.get(ask)
	with.post(ask)
	_, page := with.post("/p/intro", "i", "0", "answer", "voucher")
	m := ticketOn.FindStringSubmatch(page)
	if m == nil {
		k.t.Fatalf("no voucher: %s", page)
	}
	k.act("redeemVoucher", "rep", "POST", "vouchers/redeem", map[string]any{"code": m[1]}, nil)
	k.everybody(http.MethodGet, nil, "/api/v1/credits", "/api/v1/inbox")
}
