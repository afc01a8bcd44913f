package lawtest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/consent"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/ledger"
	"kexin/store"
	"kexin/store/storetest"
)

// herPageProofs are those of the pages as a browser without script gets them.
var herPageProofs = []proof{
	parties("CON-01", "A consent is written with every part or not at all: each one left out is refused by name with 422, and what stands after she gave hers holds all of them.", everyPart),
	onPages("CON-08", "Stopping takes her no more clicks than giving, without signing in.", clicks),
	onPages("NOT-04", "Every page of hers that takes something in has a link to the shop's notice in force, which opens without a cookie and prints with a code for the wall.", noticeNear),
	onPages("NOT-07", "Yes and no are two buttons of one rule, at least 44 px high, and Chromium computes the same for both, in light and in dark; no box is ticked beforehand, sentences are short, large print is one tap away, and the proof names the page by its hash.", alike),
}

// A surfer is a browser without script at a party's server.
type surfer struct {
	t    *testing.T
	p    *apptest.Party
	base string
	http *http.Client
	page string
	with *http.Cookie // of a session of staff's that the browser holds
}

func onPages(id, says string, f func(t *testing.T, w *surfer)) proof {
	return bare(id, says, func(t *testing.T) {
		c := storetest.NewClock()
		p := apptest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{Clock: c.Now}), c)
		f(t, (&surfer{t: t, p: p, base: serve(t, p)}).fresh())
	})
}

// fresh is another browser at the same server.
func (w *surfer) fresh() *surfer {
	jar, err := cookiejar.New(nil)
	w.p.Must(err)
	return &surfer{t: w.t, p: w.p, base: w.base, http: &http.Client{Jar: jar}}
}

func (w *surfer) do(method, path string, form url.Values) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(bg, method, w.base+path, strings.NewReader(form.Encode()))
	w.p.Must(err)
	r.Header.Set("Accept-Language", "zh-CN")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if w.with != nil {
		r.AddCookie(w.with)
	}
	res, err := w.http.Do(r)
	w.p.Must(err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	w.p.Must(err)
	w.page = string(b)
	return res.StatusCode, w.page
}

func (w *surfer) get(path string) string {
	w.t.Helper()
	status, body := w.do(http.MethodGet, path, nil)
	if status != 200 {
		w.t.Fatalf("GET %s: %d", path, status)
	}
	return body
}

// sends posts the form of the page in front of her that goes to a path.
func (w *surfer) sends(path string, pairs ...string) string {
	w.t.Helper()
	status, body := w.posts(path, pairs...)
	if status != 200 {
		w.t.Fatalf("POST %s: %d", path, status)
	}
	return body
}

// posts is sends, whatever the answer.
func (w *surfer) posts(path string, pairs ...string) (status int, body string) {
	w.t.Helper()
	form := url.Values{}
	if m := regexp.MustCompile(`action="` + regexp.QuoteMeta(path) + `[^"]*"><input type="hidden" name="nonce" value="([^"]+)"`).FindStringSubmatch(w.page); m != nil {
		form.Set("nonce", m[1])
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return w.do(http.MethodPost, path, form)
}

func (w *surfer) link() string {
	tile := w.p.As(w.p.Shops["tile"].Rep)
	return tile.Recommends(tile.Knows("王秀兰", her), "curtain", "curtain")
}

var herForm = []string{"i", "0", "answer", "yes", "name", "王女士", "phone", "13812345678", "channel", "call"}

func clicks(t *testing.T, w *surfer) {
	link := w.link()
	w.get(link)
	w.sends(link)
	giving, stopping := 0, 0
	w.sends("/p/intro", "i", "0", "answer", "yes")
	giving++
	if page := w.sends("/p/form", herForm...); !strings.Contains(page, "已办好") {
		t.Fatal("no receipt")
	}
	giving++
	if !strings.Contains(w.page, `href="/p/withdraw"`) {
		t.Fatal("no way to stop on the receipt")
	}
	w.get("/p/withdraw")
	stopping++
	scope := regexp.MustCompile(`name="scope" value="(\w+)" checked`).FindStringSubmatch(w.page)
	if scope == nil {
		t.Fatal("she must choose before she can stop")
	}
	page := w.sends("/p/withdraw", "scope", scope[1], "answer", "yes")
	stopping++
	if stopping > giving || !strings.Contains(page, "已停") {
		t.Errorf("%d clicks to stop, %d to give", stopping, giving)
	}
	if s := w.p.As(w.p.Shops["curtain"].Rep).Inbox()[0].State; s != "REVOKING" {
		t.Errorf("the answer says stopped, the row says %s", s)
	}
}

// walk gives every page of hers on the way from the link to the end, by name.
func (w *surfer) walk() map[string]string {
	link, out := w.link(), map[string]string{}
	out["door"] = w.get(link)
	out["intro"] = w.sends(link)
	out["form"] = w.sends("/p/intro", "i", "0", "answer", "yes")
	out["receipt"] = w.sends("/p/form", herForm...)
	out["code"] = w.get("/p/code?act=prove")
	out["withdraw"] = w.get("/p/withdraw")
	out["mine"] = w.get("/p/mine")
	return out
}

var noticeHref = regexp.MustCompile(`href="(/notice/\d+)"`)

func noticeNear(t *testing.T, w *surfer) {
	takes := regexp.MustCompile(`<input[^>]*type="(text|tel|radio|checkbox|email)"|<input class="in|<textarea`)
	forms := 0
	for name, page := range w.walk() {
		if !takes.MatchString(page) {
			continue
		}
		forms++
		m := noticeHref.FindStringSubmatch(page)
		if m == nil {
			t.Errorf("%s takes something in and has no notice", name)
			continue
		}
		w.inForce(name, m[1])
	}
	if forms < 3 {
		t.Errorf("only %d pages take something in", forms)
	}
	curtain := w.p.Shops["curtain"] // another version: the same link shows it
	w.p.Must(w.p.Store.Update(bg, curtain.Org, func(tx *store.Tx) error {
		o, err := tx.Merchant()
		if err != nil {
			return err
		}
		o.Contact = "0577-62529999"
		return tx.SaveMerchant(o)
	}))
	if _, err := w.p.App.PublishNotice(bg, curtain.Owner, "zh-CN"); err != nil {
		t.Fatal(err)
	}
	w.inForce("second version", "/notice/"+curtain.Org.String())
	if page := w.fresh().get("/notice/" + curtain.Org.String()); !strings.Contains(page, "0577-62529999") {
		t.Error("the page shows an old version")
	}
}

// inForce opens a notice in a browser that knows nothing and compares it with
// the version in force.
func (w *surfer) inForce(from, path string) {
	w.t.Helper()
	org, err := kexin.ParseID(strings.TrimPrefix(path, "/notice/"))
	w.p.Must(err)
	now, err := w.p.App.PublicNotice(bg, org, "zh-CN")
	w.p.Must(err)
	page := w.fresh().get(path)
	for _, s := range append(slices.Clone(now.Text), now.Hash.String()[:16]) {
		if !strings.Contains(page, s) {
			w.t.Errorf("%s: the notice lacks %q", from, s)
		}
	}
	if !strings.Contains(page, "data:image/png;base64") {
		w.t.Errorf("%s: the notice has no code to scan", from)
	}
}

var (
	pairOf   = regexp.MustCompile(`(?s)<div class="pair">(.*?)</div>`)
	buttonOf = regexp.MustCompile(`(?s)<button([^>]*)>(.*?)</button>`)
	valueOf  = regexp.MustCompile(` value="[^"]*"| formnovalidate`)
	tagOf    = regexp.MustCompile(`(?s)<style.*?</style>|<title>.*?</title>|<[^>]*>`)
)

// largerOf is the way to large print, which keeps what else the address says.
var largerOf = regexp.MustCompile(`href="\?[^"]*\bbig=1`)

func alike(t *testing.T, w *surfer) {
	pages := w.walk()
	for _, name := range []string{"intro", "form", "withdraw"} {
		pairs := pairOf.FindAllStringSubmatch(pages[name], -1)
		if len(pairs) == 0 {
			t.Errorf("%s offers no choice", name)
		}
		for _, p := range pairs {
			b := buttonOf.FindAllStringSubmatch(p[1], -1)
			if len(b) != 2 || valueOf.ReplaceAllString(b[0][1], "") != valueOf.ReplaceAllString(b[1][1], "") || strings.Contains(p[1], "class=\"btn") || strings.Contains(p[1], "style=") {
				t.Errorf("%s: the two are not alike: %s", name, p[1])
			}
			if name != "withdraw" && (!strings.Contains(b[0][1], `value="no"`) || !strings.Contains(b[0][2], "不需要")) {
				t.Errorf("%s: no way to refuse: %s", name, b[0][0])
			}
		}
	}
	for _, name := range []string{"door", "intro", "form", "code"} {
		if strings.Contains(pages[name], " checked") || strings.Contains(pages[name], " selected") {
			t.Errorf("%s: something is ticked beforehand", name)
		}
	}
	sheet := w.get("/hers.css")
	sameRule(t, sheet)
	sameToTheEye(t, sheet, pages["intro"], pages["form"], pages["withdraw"])
	for _, name := range []string{"door", "intro", "form", "withdraw"} {
		if mean := meanSentence(pages[name]); mean > 40 || mean == 0 {
			t.Errorf("%s: a sentence has %.1f characters", name, mean)
		}
		if !largerOf.MatchString(pages[name]) {
			t.Errorf("%s has no large print", name)
		}
	}
	if big := w.get("/p/withdraw?big=1"); !strings.Contains(big, `class="big"`) {
		t.Error("large print does nothing")
	}
	for _, p := range w.proofs(t) {
		var doc struct{ Flow, State string }
		w.p.Must(json.Unmarshal(p.Doc, &doc))
		if doc.State == "REQUESTED" && len(doc.Flow) != 32 {
			t.Errorf("the proof does not name the page: %s", p.Doc)
		}
	}
}

// sameRule: the sheet has one rule for both buttons of a pair, high enough for
// a thumb, and none that tells them apart.
func sameRule(t *testing.T, sheet string) {
	t.Helper()
	high := 0.0
	for _, rule := range strings.Split(sheet, "}") {
		names, body, _ := strings.Cut(rule, "{")
		if !strings.Contains(names, ".pair") {
			continue
		}
		if regexp.MustCompile(`\.pair[^,]*(:first|:last|:nth|\[|\+|~)`).MatchString(names) {
			t.Errorf("a rule tells the two apart: %s", names)
		}
		if m := regexp.MustCompile(`min-height:([\d.]+)rem`).FindStringSubmatch(body); m != nil && strings.Contains(names, ".pair>*") {
			f, err := json.Number(m[1]).Float64()
			if err != nil {
				t.Error(err)
			}
			high = max(high, f*16)
		}
	}
	if high < 44 {
		t.Errorf("the buttons are %.0f px high", high)
	}
}

// meanSentence is the mean length of the Chinese sentences of a page, in
// characters.
func meanSentence(page string) float64 {
	text := tagOf.ReplaceAllString(page, "\n")
	n, sum := 0, 0
	for _, s := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("。！？；\n", r) }) {
		s = strings.TrimSpace(s)
		if !strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			continue
		}
		n, sum = n+1, sum+utf8.RuneCountInString(s)
	}
	if n == 0 {
		return 0
	}
	return float64(sum) / float64(n)
}

// proofs are those of the newest arrival at the curtain shop.
func (w *surfer) proofs(t *testing.T) (out []store.Proof) {
	t.Helper()
	return proofsAt(w.p, w.p.Shops["curtain"], w.p.As(w.p.Shops["curtain"].Rep).Inbox()[0].ID)
}

func proofsAt(p *apptest.Party, s *apptest.Shop, referral kexin.ID) (out []store.Proof) {
	p.TB.Helper()
	p.Must(p.Store.View(bg, s.Org, func(tx *store.Tx) error {
		r, err := tx.Referral(referral)
		if err != nil {
			return err
		}
		out, err = tx.Proofs(r.Subject)
		return err
	}))
	return out
}

func everyPart(t *testing.T, p *apptest.Party) {
	_, h := asked(p)
	h.Submits("王女士", her, kexin.OwnSMS)
	p.Must(h.Proves(app.CodeProve, her))
	curtain, id := p.Shops["curtain"], h.Has().Referral
	given := 0
	for _, x := range proofsAt(p, curtain, id) {
		if x.Event != consent.Give {
			continue
		}
		given++
		var doc map[string]any
		p.Must(json.Unmarshal(x.Doc, &doc))
		parts := []string{"subject", "controller", "purpose", "categories", "processing", "notice", "text", "given_at", "grade", "evidence", "until"}
		if strings.HasPrefix(doc["purpose"].(string), "marketing.") {
			parts = append(parts, "about", "max_per_month", "terms_until")
		}
		for _, part := range parts {
			switch v := doc[part].(type) {
			case string:
				if strings.Trim(v, "0") == "" {
					t.Errorf("%s: %s is empty", doc["purpose"], part)
				}
			case float64:
				if v <= 0 {
					t.Errorf("%s: %s is %v", doc["purpose"], part, v)
				}
			case []any:
				if len(v) == 0 {
					t.Errorf("%s: %s is empty", doc["purpose"], part)
				}
			default:
				t.Errorf("%s: no %s", doc["purpose"], part)
			}
		}
	}
	if given != 2 {
		t.Errorf("%d givings are proved, 2 were made", given)
	}
	eachPartLeftOut(t, p, curtain, id)
}

// eachPartLeftOut writes a consent of hers as a page would, each time without
// one part.
func eachPartLeftOut(t *testing.T, p *apptest.Party, s *apptest.Shop, referral kexin.ID) {
	before := len(proofsAt(p, s, referral))
	for field, change := range map[string]func(*store.Said){
		"categories":          func(w *store.Said) { w.Fields = nil },
		"notice_version":      func(w *store.Said) { w.Notice = 0 },
		"notice_hash":         func(w *store.Said) { w.Text = consent.Hash{} },
		"terms.about":         func(w *store.Said) { w.Terms.About = "" },
		"terms.max_per_month": func(w *store.Said) { w.Terms.MaxPerMonth = 0 },
		"terms.until":         func(w *store.Said) { w.Terms.Until = 0 },
		"receiver":            func(w *store.Said) { w.Receiver = 7 },
		"method":              func(w *store.Said) { w.Grade = consent.NoGrade },
		"evidence":            func(w *store.Said) { w.Evidence = "" },
		"":                    func(*store.Said) {},
	} {
		rollback := errors.New("not to be kept")
		err := p.Store.Update(context.Background(), s.Org, func(tx *store.Tx) error {
			r, err := tx.Referral(referral)
			if err != nil {
				return err
			}
			until := tx.Now.Add(30 * 24 * time.Hour)
			w := store.Said{Subject: r.Subject, Purpose: kexin.OwnWeChat, Channel: kexin.ByWeChat, By: ledger.Actor{Kind: ledger.ByCustomer}, Way: "link", Grade: consent.Code, Fields: []kexin.FieldID{kexin.CustPhone},
				Notice: 1, Text: consent.Hash{1}, Evidence: "test", Until: until, Terms: consent.Terms{About: "offers", MaxPerMonth: 1, Until: until}}
			facts := consent.Facts{Purpose: true, Notice: true, Proof: true, Active: true, Alone: true}
			whole := w
			if field == "receiver" {
				change(&whole) // it is part of what a consent is told by
			}
			whole.Event = consent.Event{Kind: consent.Create, By: consent.Customer, At: tx.Now, Facts: facts}
			if _, _, err := tx.Say(whole); err != nil {
				return err
			}
			w.Event = consent.Event{Kind: consent.Give, By: consent.Customer, At: tx.Now, Facts: facts}
			change(&w)
			if _, _, err := tx.Say(w); err != nil {
				return err
			}
			return rollback
		})
		var e *kexin.Error
		switch {
		case field == "" && !errors.Is(err, rollback):
			t.Errorf("with every part: %v", err)
		case field != "" && (!errors.As(err, &e) || e.Code != kexin.Invalid || len(e.Fields) != 1 || e.Fields[0].Path != field):
			t.Errorf("without %s: %v", field, err)
		}
	}
	if now := len(proofsAt(p, s, referral)); now != before {
		t.Errorf("%d proofs became %d", before, now)
	}
}

// noConsentRoute: the interface of staff has no way to write a consent.
func noConsentRoute(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), "api", "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Paths map[string]map[string]any }
	if err := json.Unmarshal(b, &doc); err != nil || len(doc.Paths) < 20 {
		t.Fatalf("%d paths, %v", len(doc.Paths), err)
	}
	for path, methods := range doc.Paths {
		for method := range methods {
			if method != "get" && regexp.MustCompile(`consent|given|receipt`).MatchString(path) {
				t.Errorf("%s %s", method, path)
			}
		}
	}
}
