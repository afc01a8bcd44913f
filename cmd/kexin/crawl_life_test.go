package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"time"

	"kexin"
	"kexin/app/apptest"
	"kexin/internal/front/fronttest"
	"kexin/internal/sitetest"
	"kexin/store/storetest"
)

// look searches an answer for values that who got it may not see: staff by the
// gate, everybody else none. also allows more.
func (k *crawler) look(what, who string, r sitetest.Reply, also func(canary) bool) {
	k.t.Helper()
	if k.calls++; r.Status >= 500 {
		k.t.Errorf("%s, %s: %d %s", who, what, r.Status, r.Body)
	}
	a, staff := k.s.Staff[who]
	for _, x := range k.c.found(append(headerBytes(r), r.Body...)) {
		if !(staff && x.may(k.state, a)) && !(also != nil && also(x)) {
			k.t.Errorf("%s, %s (%d) shows %s of %v", who, what, r.Status, x.what(k.s.Store.Schema()), x.owner)
		}
	}
}

// act carries an operation out, which must succeed, and looks at its answer.
func (k *crawler) act(op, who, method, path string, body, out any) {
	k.t.Helper()
	r := k.s.As(who, method, "/api/v1/"+path, body)
	k.look(op, who, r, nil)
	if k.done[op] = r.Status < 300; !k.done[op] {
		k.t.Fatalf("%s by %s: %d %s", op, who, r.Status, r.Body)
	}
	if out != nil {
		r.Into(k.t, r.Status, out)
	}
}

// everybody asks the same of every position, and of a shop that has no part in
// it, and looks at what each gets.
func (k *crawler) everybody(method string, also func(who, path string) func(canary) bool, paths ...string) {
	k.t.Helper()
	for who := range k.s.Staff {
		for _, p := range paths {
			var more func(canary) bool
			if also != nil {
				more = also(who, p)
			}
			var body any
			if method == http.MethodPost {
				body = map[string]any{}
			}
			k.look(method+" "+p, who, k.s.As(who, method, p, body), more)
		}
	}
	for _, p := range paths {
		var body any
		if method == http.MethodPost {
			body = map[string]any{}
		}
		k.look(method+" "+p, thirdOwner, k.s.As(thirdOwner, method, p, body), k.ofThird)
	}
}

// keep makes a canary of a field, of somebody's at a merchant.
func (k *crawler) keep(f kexin.FieldID, org, owner kexin.ID, nowhere bool) canary {
	k.c.n++
	d := k.s.Store.Schema().Field(f)
	x := canary{text: canaryText(d, k.c.n), field: d, owner: owner, org: org, nowhere: nowhere}
	k.c.canaries = append(k.c.canaries, x)
	return x
}

// local is a phone as it is typed.
func local(x canary) string { return strings.TrimPrefix(x.text, "+86") }

// work is what a merchant does about himself: people, settings, a move, an
// alert.
func (k *crawler) work() {
	k.t.Helper()
	s := k.s
	var id struct{ ID kexin.ID }
	k.act("addDept", "owner", "POST", "depts", map[string]any{"name": "五部"}, &id)
	k.act("changeDept", "owner", "PATCH", "depts/"+id.ID.String(), map[string]any{"name": "六部"}, nil)
	k.act("closeDept", "owner", "DELETE", "depts/"+id.ID.String(), nil, nil)
	k.act("invite", "owner", "POST", "invites", map[string]any{"name": "来不了", "position": "rep"}, &id)
	k.act("uninvite", "owner", "DELETE", "invites/"+id.ID.String(), nil, nil)
	spare := s.NewCustomer("rep", map[string]any{"name": "要转走的", "source": "store"})
	k.act("moveCustomer", "owner", "POST", "customers/"+spare.String()+"/owner", map[string]any{"owner": s.Staff["rep2"].User}, nil)
	k.act("stopCustomer", "rep2", "POST", "customers/"+spare.String()+"/stop", nil, nil)
	for i := range 8 { // eight numbers with one end
		s.Clock.Move(13 * time.Second)
		k.look("lookup", "service", s.As("service", "POST", "/api/v1/lookup", map[string]any{"kind": "phone", "value": fmt.Sprintf("139%04d5678", i)}), nil)
	}
	var alerts struct {
		Alerts []struct {
			ID   kexin.ID
			Code string
		}
	}
	s.Get("pio", "/api/v1/alerts", &alerts)
	if len(alerts.Alerts) == 0 {
		k.t.Fatal("eight numbers with one end raise no alert")
	}
	s.Fresh("pio", true) // closing it opens the door again
	k.act("closeAlert", "pio", "POST", "alerts/"+alerts.Alerts[0].ID.String()+"/done", nil, nil)
	k.account()
}

// account is a new member's: joining by the link, the second factor, programs
// and devices, and what an owner does about them.
func (k *crawler) account() {
	k.t.Helper()
	var in struct{ URL string }
	k.act("invite", "owner", "POST", "invites", map[string]any{"name": "马骏", "position": "rep"}, &in)
	u, err := url.Parse(in.URL)
	if err != nil {
		k.t.Fatal(err)
	}
	const password = "另一句只有我知道的话"
	b, other := k.browser("who joins"), k.browser("who joined")
	b.get(u.Path)
	b.post(u.Path, "login", "majun", "password", password, "again", password)
	k.s.SetCookie("joined", b.cookie("kx"))
	other.get("/login")
	other.post("/login", "login", "majun", "password", "falsch")
	other.post("/login", "login", "majun", "password", password)
	var me struct{ ID kexin.ID }
	k.act("getMe", "joined", "GET", "me", nil, &me)
	var devices struct {
		Devices []struct {
			ID      kexin.ID
			Current bool
		}
	}
	k.act("listDevices", "joined", "GET", "devices", nil, &devices)
	for _, d := range devices.Devices {
		if !d.Current {
			k.act("endDevice", "joined", "DELETE", "devices/"+d.ID.String(), nil, nil)
		}
	}
	var seed struct{ Secret string }
	k.act("startTOTP", "joined", "POST", "totp", nil, &seed)
	code := func() map[string]any {
		k.s.Clock.Move(time.Minute)
		return map[string]any{"code": fronttest.Code(seed.Secret, k.s.Clock.Instant())}
	}
	k.again("joined", "confirmTOTP", "POST", "totp/confirm", code())
	k.again("joined", "stepUp", "POST", "step-up", code())
	var token struct{ Token struct{ ID kexin.ID } }
	k.act("makeToken", "joined", "POST", "tokens", map[string]any{"name": "t", "purpose": "crm.followup", "acts": []string{"list"}, "days": 1}, &token)
	k.act("revokeToken", "joined", "DELETE", "tokens/"+token.Token.ID.String(), nil, nil)
	k.again("joined", "changePassword", "POST", "password", map[string]any{"old": password, "new": password + "了"})
	k.s.Fresh("owner", true)
	k.act("resetFactor", "owner", "DELETE", "members/"+me.ID.String()+"/totp", nil, nil)
	k.act("recoverMember", "owner", "POST", "members/"+me.ID.String()+"/password", nil, &in)
	if u, err = url.Parse(in.URL); err == nil {
		b.get(u.Path)
	}
}

// again is an act whose answer may bring a new cookie.
func (k *crawler) again(who, op, method, path string, body any) {
	k.t.Helper()
	r := k.s.As(who, method, "/api/v1/"+path, body)
	k.look(op, who, r, nil)
	if k.done[op] = r.Status < 300; !k.done[op] {
		k.t.Fatalf("%s: %d %s", op, r.Status, r.Body)
	}
	for _, c := range (&http.Response{Header: r.Header}).Cookies() {
		if c.Name == "kx" {
			k.s.SetCookie(who, c.Value)
		}
	}
}

// card makes a merchant known: settings, notice, card, photo.
func (k *crawler) card(owner, shown, need string) {
	k.t.Helper()
	k.act("changeOrg", owner, "PATCH", "org", map[string]any{"address": "温州市鹿城区建材市场 A12", "pio": "周敏 0577-62500001", "contact": "0577-62500001"}, nil)
	k.act("publishNotice", owner, "POST", "notice/publish", nil, nil)
	k.act("changeCard", owner, "PUT", "card", map[string]any{"shown": shown, "address": "建材市场 2 栋", "phone": "0577-62520001", "needs": []string{need}}, nil)
	var img bytes.Buffer
	if err := png.Encode(&img, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		k.t.Fatal(err)
	}
	k.act("removePhoto", owner, "DELETE", "card/photo", nil, nil)
	r := k.s.Request(owner, "PUT", "/api/v1/card/photo", img.Bytes())
	r.Header.Set("Content-Type", "application/octet-stream")
	got := k.s.Send(r)
	if k.look("changePhoto", owner, got, nil); got.Status != http.StatusNoContent {
		k.t.Fatalf("changePhoto: %d %s", got.Status, got.Body)
	}
	k.done["changePhoto"] = true
}

// A browser is one without script: a customer's, or of somebody who joins.
type browser struct {
	k    *crawler
	name string
	base string
	http *http.Client
	page string
	may  func(path string, x canary) bool // what it may be shown besides nothing
}

// browser opens one at the site.
func (k *crawler) browser(name string) *browser {
	if k.url == "" {
		server := httptest.NewServer(k.s.Site)
		k.t.Cleanup(server.Close)
		k.url = server.URL
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		k.t.Fatal(err)
	}
	return &browser{k: k, name: name, base: k.url, http: &http.Client{Jar: jar}}
}

func (b *browser) cookie(name string) string {
	u, _ := url.Parse(b.base)
	for _, c := range b.http.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func (b *browser) do(method, path string, form url.Values) (int, string) {
	b.k.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.k.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "zh-CN")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.http.Do(r)
	if err != nil {
		b.k.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.k.t.Fatal(err)
	}
	b.page = string(body)
	at := res.Request.URL.Path
	b.k.look(method+" "+path, b.name, sitetest.Reply{Status: res.StatusCode, Header: res.Header, Body: body}, func(x canary) bool {
		ok := b.may != nil && b.may(at, x)
		if ok {
			b.k.shown[at]++
		}
		return ok
	})
	return res.StatusCode, b.page
}

func (b *browser) get(path string) string {
	b.k.t.Helper()
	status, body := b.do(http.MethodGet, path, nil)
	if status != http.StatusOK {
		b.k.t.Fatalf("%s: GET %s: %d", b.name, path, status)
	}
	return body
}

// post sends the form of the page in front that goes to a path.
func (b *browser) post(path string, pairs ...string) (int, string) {
	b.k.t.Helper()
	form := url.Values{}
	if m := regexp.MustCompile(`action="` + regexp.QuoteMeta(path) + `[^"]*"><input type="hidden" name="nonce" value="([^"]+)"`).FindStringSubmatch(b.page); m != nil {
		form.Set("nonce", m[1])
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.do(http.MethodPost, path, form)
}

// The people of a shop of the same alliance to which no customer comes.
const thirdOwner, thirdRep = "third owner", "third rep"

// looker brings that shop in, with customers of its own.
func (k *crawler) looker(schema *kexin.Schema) {
	k.t.Helper()
	k.third = k.s.Another("明灯照明店")
	k.third.Seat("rep", kexin.Rep, 0)
	k.c.fill(k.third, "rep", schema)
	k.s.Visitor(thirdOwner, k.third, "owner")
	k.s.Visitor(thirdRep, k.third, "rep")
}

// ofThird is what its people may be shown: what is its own.
func (k *crawler) ofThird(x canary) bool { return x.org == k.third.Org && !x.nowhere }

// alliance brings a second merchant in and verifies him; it gives the
// invitation by which more join.
func (k *crawler) alliance(foreign *storetest.World) (token string) {
	k.t.Helper()
	k.s.Visitor("foreign owner", foreign, "owner")
	k.s.Visitor("foreign rep", foreign, "rep")
	k.card("owner", "石语瓷砖", "tile")
	k.card("foreign owner", "晴窗窗帘", "curtain")
	k.act("foundAlliance", "owner", "POST", "alliance", map[string]any{"name": "安居联盟"}, nil)
	var in struct{ URL string }
	k.act("inviteToAlliance", "owner", "POST", "alliance/invitation", nil, &in)
	_, token, _ = strings.Cut(in.URL, "#")
	k.act("lookAlliance", "foreign owner", "POST", "alliance/look", map[string]any{"token": token}, nil)
	k.act("joinAlliance", "foreign owner", "POST", "alliance/join", map[string]any{"token": token}, nil)
	k.act("leaveAlliance", "foreign owner", "POST", "alliance/leave", nil, nil)
	k.joins("foreign owner", token, foreign.Org, "晴窗窗帘")
	return token
}

// joins has a shop join the alliance and verifies it.
func (k *crawler) joins(owner, token string, org kexin.ID, shown string) {
	k.t.Helper()
	k.act("joinAlliance", owner, "POST", "alliance/join", map[string]any{"token": token}, nil)
	k.act("setAllianceMember", "owner", "POST", "alliance/members/"+org.String()+"/state", map[string]any{"state": "verified", "shown": shown}, nil)
}

// ask recommends a customer and gives the link's path.
func (k *crawler) ask(who string, customer kexin.ID, need string, to kexin.ID) string {
	k.t.Helper()
	var r struct{ URL string }
	k.act("recommendCustomer", who, "POST", "customers/"+customer.String()+"/recommend", map[string]any{"need": need, "shops": []string{to.String()}, "said": "store", "way": "copy"}, &r)
	u, err := url.Parse(r.URL)
	if err != nil || !strings.HasPrefix(u.Path, "/l/") {
		k.t.Fatalf("no link: %s", r.URL)
	}
	return u.Path
}

// sends walks a customer's browser from the link to the receipt with a name and
// a number that stand nowhere else.
func (b *browser) sends(link string, to kexin.ID, pages []string) (name, phone canary) {
	k := b.k
	k.t.Helper()
	name, phone = k.keep(kexin.CustName, to, 0, true), k.keep(kexin.CustPhone, to, 0, true)
	b.get(link)
	b.post(link)
	for _, p := range pages {
		b.do(http.MethodGet, p, nil)
	}
	b.get("/p/intro")
	b.post("/p/intro", "i", "0", "answer", "yes")
	form := []string{"i", "0", "answer", "yes", "name", name.text, "phone", "123", "channel", "call"}
	was := b.may
	b.may = func(path string, x canary) bool {
		return path == "/p/form" && x.text == name.text || was != nil && was(path, x)
	}
	if status, _ := b.post("/p/form", form...); status != http.StatusUnprocessableEntity { // what she typed stands in her form again
		k.t.Errorf("a wrong number: %d", status)
	}
	b.may = was
	form[7] = local(phone)
	if status, page := b.post("/p/form", form...); status != http.StatusOK || !strings.Contains(page, "已办好") {
		k.t.Fatalf("she sends: %d %s", status, page)
	}
	k.settle()
	return name, phone
}

// settle delivers letters and messages that wait.
func (k *crawler) settle() {
	k.t.Helper()
	if err := k.s.App.Deliver(context.Background()); err != nil {
		k.t.Fatal(err)
	}
	if _, err := k.s.App.SendDue(context.Background()); err != nil {
		k.t.Fatal(err)
	}
}

// code is the newest that her telephone got.
func (b *browser) code(act string, phone canary) string {
	k := b.k
	k.t.Helper()
	b.get("/p/code?act=" + act)
	had := len(k.phone.Box(phone.text))
	b.post("/p/code/send", "act", act)
	k.settle()
	box := k.phone.Box(phone.text)
	if len(box) == had {
		k.t.Fatal("no code came")
	}
	if x := k.c.found([]byte(strings.Join(box, " "))); len(x) > 0 {
		k.t.Errorf("a message holds %s", x[0].what(k.s.Store.Schema()))
	}
	return apptest.CodeIn(box)
}

var (
	wordsOn  = regexp.MustCompile(`<b lang="zh-CN">([^<]+)</b>`)
	ticketOn = regexp.MustCompile(`<p class="ticket">([^<]+)</p>`)
)

// ofHers is the newest arrival of the inbox.
func (k *crawler) arrival() string {
	k.t.Helper()
	var in struct {
		Arrivals []struct {
			ID    kexin.ID
			State string
		}
	}
	k.s.Get("rep", "/api/v1/inbox", &in)
	for _, a := range in.Arrivals {
		if a.State == "SELF_SUBMITTED" {
			return "inbox/" + a.ID.String() + "/"
		}
	}
	k.t.Fatalf("nothing arrived: %+v", in)
	return ""
}

// give says whose a canary is from now on.
func (k *crawler) give(owner kexin.ID, all ...canary) {
	for i := range k.c.canaries {
		for _, x := range all {
			if k.c.canaries[i].text == x.text {
				k.c.canaries[i].owner, k.c.canaries[i].nowhere = owner, false
			}
		}
	}
}
