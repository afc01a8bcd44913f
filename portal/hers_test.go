package portal_test

import (
	"bytes"
	"context"
	"html"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app/apptest"
	"kexin/i18n"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/front"
	"kexin/portal"
	"kexin/store"
	"kexin/store/storetest"
)

// A phone is her telephone: a browser without script that follows redirects by
// itself.
type phone struct {
	t      *testing.T
	base   string
	http   *http.Client
	clicks int
	gpc    bool
	forms  map[string]string // the nonces of the page in front of her, by where they go
	v6     string            // address that a proxy of this machine says she has
}

var formOn = regexp.MustCompile(`<form method="post" action="([^"]+)"><input type="hidden" name="nonce" value="([^"]+)">`)

func (p *phone) do(method, path string, form url.Values) (int, string, http.Header) {
	p.t.Helper()
	r, err := http.NewRequest(method, p.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "zh-CN")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if p.gpc {
		r.Header.Set("Sec-GPC", "1")
	}
	if p.v6 != "" {
		r.Header.Set("X-Forwarded-For", p.v6)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := p.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if found := formOn.FindAllStringSubmatch(string(b), -1); method != http.MethodHead && len(found) > 0 {
		p.forms = map[string]string{}
		for _, f := range found {
			path, _, _ := strings.Cut(f[1], "?")
			p.forms[path] = f[2]
		}
	}
	return res.StatusCode, string(b), res.Header
}

func (p *phone) get(path string) string {
	p.t.Helper()
	status, body, _ := p.do(http.MethodGet, path, nil)
	if status != 200 {
		p.t.Fatalf("GET %s: %d %s", path, status, text(body))
	}
	return body
}

// opens looks at a link's page and goes on from there.
func (p *phone) opens(link string) (int, string) {
	p.t.Helper()
	p.get(link)
	return p.click(link)
}

// click sends a form of the page in front of her, with its nonce; links are
// followed with get, and count one as well.
func (p *phone) click(path string, pairs ...string) (int, string) {
	p.t.Helper()
	p.clicks++
	v := url.Values{"nonce": {p.forms[path]}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	status, body, _ := p.do(http.MethodPost, path, v)
	return status, body
}

func hers(t *testing.T, engine string) (*apptest.Party, func() *phone) {
	t.Helper()
	c := storetest.NewClock()
	p := apptest.New(t, storetest.Ready(t, engine)(db.Config{Clock: c.Now}), c)
	pages, err := portal.New(portal.Config{App: p.App, Log: discard, Now: c.Now})
	p.Must(err)
	mux := http.NewServeMux()
	pages.Register(mux)
	f, err := front.New(front.Config{App: p.App, Log: discard, Fail: pages.Fail, Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	p.Must(err)
	server := httptest.NewServer(f.Wrap(mux))
	t.Cleanup(server.Close)
	return p, func() *phone {
		jar, err := cookiejar.New(nil)
		p.Must(err)
		return &phone{t: t, base: server.URL, http: &http.Client{Jar: jar}}
	}
}

var urlOf = regexp.MustCompile(`/l/[0-9A-Za-z]{22}`)

// TestHerPages walks from the link to the receipt and back out, without a
// script: withdrawing takes no more clicks than giving.
func TestHerPages(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			p, browser := hers(t, engine)
			tile, curtain := p.Shops["tile"], p.Shops["curtain"]
			link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("金丝雀兰", "+8613899990001"), "curtain", "curtain")
			her := browser()
			door := her.get(link)
			for _, s := range []string{"金丝雀", "13899990001", "想看", "陈晓雯"} {
				if strings.Contains(door, s) {
					t.Errorf("the page before any POST holds %s", s)
				}
			}
			if _, body := her.click(link); !strings.Contains(body, "不需要") || !strings.Contains(body, "请这家店联系我") || !strings.Contains(body, "陈晓雯") || !strings.Contains(body, "晴窗窗帘店") || !strings.Contains(body, "找陈晓雯，或到店里办") {
				t.Fatal(text(body))
			}
			for _, lang := range []string{i18n.English, i18n.Chinese} { // the second one stays
				page := html.UnescapeString(her.get("/p/intro?lang=" + lang))
				for _, s := range []string{"晴窗窗帘店", "92330382MAKXDM0398", `<dd>建材市场 2 栋</dd>`, `<dd class="num">0577-62520002</dd>`} {
					if !strings.Contains(page, s) {
						t.Errorf("%s: the card of the other shop lacks %s", lang, s)
					}
				}
				for _, key := range []string{"what", "why", "long", "back"} {
					for _, k := range []string{"hers.ask." + key, "hers.ask." + key + "_text"} {
						if !strings.Contains(page, ">"+i18n.T(lang, k, nil)+"</d") {
							t.Errorf("%s: the page of the question lacks %s", lang, k)
						}
					}
				}
			}
			her.clicks = 0
			_, form := her.click("/p/intro", "i", "0", "answer", "yes")
			if strings.Contains(form, " checked") {
				t.Error("a box is ticked beforehand")
			}
			if status, body := her.click("/p/form", "i", "0", "answer", "yes", "name", "王女士", "phone", "123", "want", "marketing.own.sms"); status != 422 || !strings.Contains(body, "手机号不对") || !strings.Contains(body, `value="王女士"`) {
				t.Fatalf("%d %s", status, text(body))
			}
			her.clicks--
			_, receipt := her.click("/p/form", "i", "0", "answer", "yes", "name", "王女士", "phone", "13812345678", "channel", "call", "want", "marketing.own.sms")
			giving := her.clicks
			if !strings.Contains(receipt, "已办好") || !strings.Contains(receipt, "等确认是您的号码") {
				t.Fatal(text(receipt))
			}
			if !strings.Contains(receipt, i18n.T(i18n.Chinese, "hers.receipt.stop_answer", nil)) {
				t.Errorf("her receipt does not say that she may answer a message: %s", text(receipt))
			}
			her.clicks = 0
			page := her.get("/p/withdraw")
			her.clicks++
			if !strings.Contains(page, `value="shop" checked`) {
				t.Error("the scope that stops least is not set")
			}
			_, done := her.click("/p/withdraw", "scope", "shop", "answer", "yes")
			if her.clicks > giving || !strings.Contains(done, "已停") {
				t.Errorf("%d clicks to stop, %d to give: %s", her.clicks, giving, text(done))
			}
			if in := p.As(curtain.Rep).Inbox(); in[0].State != "REVOKING" {
				t.Errorf("the receiver's row is %s", in[0].State)
			}
			her.get("/p/mine")
			_, file, h := her.do(http.MethodGet, "/p/receipt.json", nil)
			if !strings.Contains(file, "kexin-receipt/1") || h.Get("Content-Type") != "application/json" {
				t.Error(file)
			}
		})
	}
}

// TestPreviewRobots: HEAD, GET ten times and a scanner change no row of any
// merchant, and no answer holds anything of her.
func TestPreviewRobots(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) { previewRobots(t, engine) })
	}
}

func previewRobots(t *testing.T, engine string) {
	p, browser := hers(t, engine)
	tile := p.Shops["tile"]
	link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("金丝雀兰", "+8613899990001"), "curtain", "curtain")
	p.Settle()
	rows := func() (s string) {
		for _, k := range []string{"tile", "curtain", "lamp", "bath"} {
			s += p.Rows(p.Shops[k])
		}
		var n int64
		p.Must(p.DB.View(context.Background(), func(t *db.Tx) error {
			return t.Row("SELECT (SELECT COUNT(*) FROM portal_session)+(SELECT COUNT(*) FROM portal_link WHERE revoked_at=0)+(SELECT COUNT(*) FROM tally)").Scan(&n)
		}))
		return s + kexin.ID(n).String()
	}
	before := rows()
	robot := browser()
	for range 10 {
		for _, path := range []string{link, "/p/intro", "/p/form?i=0", "/p/receipt", "/p/mine", "/p/withdraw", "/p/withdrawn", "/p/code?act=prove", "/p/holder/1"} {
			for _, m := range []string{http.MethodHead, http.MethodGet} {
				status, body, h := robot.do(m, path, nil)
				if status != 200 || strings.Contains(body, "金丝雀") {
					t.Fatalf("%s %s: %d", m, path, status)
				}
				if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || h.Get("Cache-Control") != "no-store" || h.Get("X-Robots-Tag") != "noindex" {
					t.Errorf("%s: %q", path, csp)
				}
			}
		}
	}
	if after := rows(); after != before {
		t.Errorf("%s\nbecame\n%s", before, after)
	}
}

// TestGetInVisit: in the middle of a visit in which a code was right no page of
// hers writes anything by being looked at, by GET or by HEAD.
func TestGetInVisit(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			p, browser := hers(t, engine)
			tile, curtain := p.Shops["tile"], p.Shops["curtain"]
			link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+8613812345678"), "curtain", "curtain")
			asked, her := browser(), browser()
			asked.opens(link)
			her.opens(link)
			her.click("/p/intro", "i", "0", "answer", "yes")
			her.click("/p/form", "i", "0", "answer", "yes", "name", "王女士", "phone", "13812345678", "channel", "call")
			p.As(curtain.Rep).Accepts()
			her.get("/p/mine")
			her.click("/p/code/send", "act", "mine")
			p.Must(p.App.Halt(t.Context()))
			p.Settle()
			if _, body := her.click("/p/code", "act", "mine", "code", apptest.CodeIn(p.Phone.Box("+8613812345678"))); !strings.Contains(body, "石语瓷砖") {
				t.Fatal(text(body))
			}
			rows := func() (s string) {
				for _, k := range []string{"tile", "curtain", "lamp", "bath"} {
					s += p.Rows(p.Shops[k])
				}
				return s
			}
			holders := []string{"/p/holder/" + curtain.Org.String(), "/p/holder/" + tile.Org.String()}
			before := rows()
			for who, paths := range map[*phone][]string{
				asked: {link, "/p/intro", "/p/form?i=0", "/p/declined?i=0", "/p/notme"},
				her:   append(holders, "/p/receipt", "/p/receipt.json", "/p/mine", "/p/withdraw", "/p/withdrawn", "/p/notme", "/p/code?act=prove", "/p/code?act=mine", "/p/code?act=copy"),
			} {
				for _, path := range paths {
					for _, m := range []string{http.MethodHead, http.MethodGet} {
						if status, _, _ := who.do(m, path, nil); status != 200 {
							t.Errorf("%s %s: %d", m, path, status)
						}
						if after := rows(); after != before {
							t.Errorf("%s %s wrote:\n%s\nbecame\n%s", m, path, before, after)
							before = after
						}
					}
				}
			}
			if page := text(her.get(holders[1])); !strings.Contains(page, "店员登记的") {
				t.Errorf("where her own shop has it from: %s", page)
			}
			if page := text(her.get(holders[0])); !strings.Contains(page, "您收到名片，自己填的") {
				t.Errorf("where the other shop has it from: %s", page)
			}
			if _, body := her.click(holders[0]); !strings.Contains(body, "138 1234 5678") && !strings.Contains(body, "13812345678") {
				t.Errorf("what she asked to see: %s", text(body))
			}
			if rows() == before {
				t.Error("showing the values is not in the log")
			}
		})
	}
}

// TestGonePages: wrong, expired, taken back and malformed links answer with one
// page.
func TestGonePages(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	tile := p.Shops["tile"]
	link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+8613812345678"), "curtain", "curtain")
	cancelled := p.As(tile.Rep).Sent()[0]
	p.Must(p.App.CancelReferral(context.Background(), tile.Rep, cancelled.ID))
	old := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("张伟", "+8613812345679"), "lamp", "lamp")
	p.Clock.Move(15 * 24 * 3600 * 1e9)
	good := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("赵敏", "+8613812345670"), "lamp", "lamp")
	her := browser()
	want := her.get("/l/0000000000000000000000")
	for name, path := range map[string]string{"taken back": link, "expired": old, "no link": "/l/x", "no visit": "/p/intro", "no page": "/p/nothing", "nothing": "/l/", "a good one with more behind it": good + "/x", "with a stroke behind it": good + "/"} {
		if got := her.get(path); urlOf.ReplaceAllString(got, "") != urlOf.ReplaceAllString(want, "") {
			t.Errorf("%s differs: %s", name, text(got))
		}
	}
	if !strings.Contains(want, "这个链接不能用了") {
		t.Error(text(want))
	}
}

// TestHerFailures: what stops her is said on a page of hers, in words for her,
// with a way back to where she was; the workbench is never that way.
func TestHerFailures(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	tile, curtain := p.Shops["tile"], p.Shops["curtain"]
	link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+8613812345678"), "curtain", "curtain")
	her := browser()
	if status, _ := her.opens(link); status != http.StatusOK {
		t.Fatal(status)
	}
	her.get("/p/form?i=0")
	p.Must(p.App.VerifyMember(context.Background(), tile.Owner, curtain.Org, store.Suspended, "")) // while she fills it in
	status, body := her.click("/p/form", "i", "0", "answer", "yes", "name", "王女士", "phone", "13812345678", "channel", "call")
	if status != http.StatusForbidden || !strings.Contains(body, "什么都没有交出去") || !strings.Contains(body, `href="/p/form?i=0"`) {
		t.Errorf("%d %s", status, text(body))
	}
	if back := her.get("/p/form?i=0"); !strings.Contains(back, "怎么称呼您") {
		t.Errorf("the way back leads to %s", text(back))
	}
	if strings.Contains(body, `href="/"`) || !strings.Contains(body, "/hers.css") || strings.Contains(body, "王女士") {
		t.Error(body)
	}
	if n := len(p.As(curtain.Rep).Inbox()); n != 0 {
		t.Errorf("%d arrivals", n)
	}
}

// TestGPC: with Sec-GPC the form says that unticked offers count as no, and the
// receipt records it (STD-04).
func TestGPC(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	tile := p.Shops["tile"]
	link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+8613812345678"), "curtain", "curtain")
	her := browser()
	her.gpc = true
	her.opens(link)
	if form := her.get("/p/form?i=0"); !strings.Contains(form, "不要用您的资料做推销") {
		t.Error(text(form))
	}
	_, receipt := her.click("/p/form", "i", "0", "answer", "yes", "name", "王女士", "phone", "13812345678", "channel", "call")
	if strings.Contains(receipt, "短信告诉您活动") {
		t.Error("an offer nobody ticked stands on the receipt")
	}
	_, file, _ := her.do(http.MethodGet, "/p/receipt.json", nil)
	if !strings.Contains(file, `"gpc":true`) {
		t.Error(file)
	}
	if body := her.get("/.well-known/gpc.json"); !strings.Contains(body, `"gpc":true`) {
		t.Error(body)
	}
}

// TestWhoOpened: her page names the positions that opened her record and how
// often, and nobody by name; one that did not is not named.
func TestWhoOpened(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			p, browser := hers(t, engine)
			tile, curtain := p.Shops["tile"], p.Shops["curtain"]
			her := browser()
			her.opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+8613812345678"), "curtain", "curtain"))
			her.click("/p/intro", "i", "0", "answer", "yes")
			her.click("/p/form", "i", "0", "answer", "yes", "name", "王女士", "phone", "13812345678", "email", "wang@example.com", "channel", "call", "want", "marketing.own.email")
			customer := p.As(curtain.Rep).Accepts()
			her.get("/p/mine")
			her.click("/p/code/send", "act", "mine")
			her.click("/p/code", "act", "mine", "code", apptest.CodeIn(p.Arrives(p.Phone, "+8613812345678", 1)))
			path := "/p/holder/" + curtain.Org.String()
			says := func(position kexin.Position, opens, reveals int) string {
				return i18n.T(i18n.Chinese, "hers.holder.seen_line", map[string]string{"who": i18n.T(i18n.Chinese, "position."+string(position), nil), "opens": strconv.Itoa(opens), "reveals": strconv.Itoa(reveals)})
			}
			if page := her.get(path); !strings.Contains(page, "等确认是您的邮箱") || !strings.Contains(page, "没有给过别的店") {
				t.Errorf("what she ticked for her mailbox: %s", text(page))
			}
			if page := her.get(path); strings.Contains(page, i18n.T(i18n.Chinese, "position."+string(kexin.Owner), nil)) {
				t.Errorf("before anybody opened it: %s", text(page))
			}
			for range 2 {
				_, err := p.App.Get(t.Context(), curtain.Rep, kexin.Customer, customer)
				p.Must(err)
			}
			_, err := p.App.Get(t.Context(), curtain.Owner, kexin.Customer, customer)
			p.Must(err)
			_, err = p.As(curtain.Rep).Calls(customer, kexin.ByCall)
			p.Must(err)
			p.App.Flush()
			page := her.get(path)
			for _, line := range []string{says(kexin.Rep, 2, 1), says(kexin.Owner, 1, 0)} {
				if !strings.Contains(page, line) {
					t.Errorf("not there: %s\n%s", line, text(page))
				}
			}
			for _, who := range []string{"陈晓雯", "马骏", i18n.T(i18n.Chinese, "position."+string(kexin.Service), nil)} {
				if strings.Contains(page, who) {
					t.Errorf("her page names %s", who)
				}
			}
		})
	}
}

// TestCardPhoto: her pages show the photo of each shop's card, from this server.
func TestCardPhoto(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	tile, curtain := p.Shops["tile"], p.Shops["curtain"]
	img := image.NewRGBA(image.Rect(0, 0, 900, 600))
	var file bytes.Buffer
	p.Must(jpeg.Encode(&file, img, nil))
	p.Must(p.App.SavePhoto(t.Context(), curtain.Owner, file.Bytes()))
	her := browser()
	link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+8613812345678"), "curtain", "curtain")
	at := "/card/" + curtain.Org.String() + "/photo"
	for _, page := range []string{her.get(link), func() string { _, body := her.opens(link); return body }()} {
		if !strings.Contains(page, `src="`+at+`"`) || strings.Contains(page, "/card/"+tile.Org.String()) {
			t.Errorf("her page: %s", page)
		}
	}
	status, body, h := her.do(http.MethodGet, at, nil)
	if c, form, err := image.DecodeConfig(strings.NewReader(body)); status != 200 || err != nil || form != "jpeg" || c.Width != 640 || h.Get("Content-Type") != "image/jpeg" {
		t.Errorf("%d %s %v", status, form, err)
	}
	if status, _, _ := her.do(http.MethodGet, "/card/"+tile.Org.String()+"/photo", nil); status != http.StatusNotFound {
		t.Errorf("a shop without a photo: %d", status)
	}
}

// TestSaidUntil: the day that her form names is the day that is stored, over a
// leap day too.
func TestSaidUntil(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	p.Clock.Move(time.Date(2027, 6, 1, 2, 0, 0, 0, time.UTC).Sub(p.Clock.Now()))
	tile := p.Shops["tile"]
	link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", "+8613812345678"), "curtain", "curtain")
	her := browser()
	her.opens(link)
	until := regexp.MustCompile(`<dt>` + i18n.T(i18n.Chinese, "hers.form.until", nil) + `</dt><dd>[^<]*?(20\d\d[^<]*日)`)
	_, form := her.click("/p/intro", "i", "0", "answer", "yes")
	said := until.FindStringSubmatch(form)
	her.click("/p/form", "i", "0", "answer", "yes", "name", "王女士", "phone", "13812345678", "channel", "call")
	mine := her.get("/p/mine")
	if kept := until.FindStringSubmatch(mine); said == nil || kept == nil || said[1] != kept[1] {
		t.Errorf("her form says %q, stored is %q: %s", said, kept, text(mine))
	}
}

// TestDaysOfTheShop: days on pages are told where the shop is. When it is noon in
// UTC it is the same day in Shanghai, and the next one in Auckland.
func TestDaysOfTheShop(t *testing.T) {
	p, browser := hers(t, dbtest.SQLite)
	p.Clock.Move(time.Date(2027, 6, 1, 12, 0, 0, 0, time.UTC).Sub(p.Clock.Now()))
	for _, zone := range []string{"Asia/Shanghai", "Pacific/Auckland"} {
		there, err := time.LoadLocation(zone)
		p.Must(err)
		p.Zone = zone
		shop := p.Founds("floor", zone+" 地板店", "91330382MAKXDM020E", "0577-62520005")
		ctx := t.Context()
		if _, err := p.App.FoundAlliance(ctx, shop.Owner, zone); err != nil {
			t.Fatal(err)
		}
		counter, ends, err := p.App.NewCounter(ctx, shop.Owner)
		p.Must(err)
		for path, at := range map[string]time.Time{"/notice/" + shop.Org.String(): p.Clock.Now(), counter.Text(): ends.Time()} {
			day := at.In(there).Format("2006 年 1 月 2 日")
			if page := browser().get(path); !strings.Contains(page, day) {
				t.Errorf("%s, %s: no %s in %s", zone, path, day, text(page))
			}
		}
	}
}
