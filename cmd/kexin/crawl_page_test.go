package main

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/internal/sitetest"
	"kexin/portal"
)

// A pageList takes down what pages the portal answers.
type pageList struct{ patterns []string }

// HandleFunc takes one down.
func (l *pageList) HandleFunc(pattern string, _ func(http.ResponseWriter, *http.Request)) {
	l.patterns = append(l.patterns, pattern)
}

// patterns are the portal's own list of its pages.
func (k *crawler) patterns() []string {
	k.t.Helper()
	p, err := portal.New(portal.Config{App: k.s.App, Now: k.s.Clock.Now})
	if err != nil {
		k.t.Fatal(err)
	}
	var l pageList
	p.Register(&l)
	if len(l.patterns) < 30 {
		k.t.Fatalf("the portal has %d pages", len(l.patterns))
	}
	return l.patterns
}

// askedOf are the questions that a page answers one by one.
var askedOf = map[string][]string{"/p/form": {"?i=0"}, "/p/code": {"?act=prove", "?act=mine", "?act=copy"}}

// address is every address of a pattern's path: at merchants, or at one and behind
// wrong links.
func (k *crawler) address(path string, orgs ...kexin.ID) (out []string) {
	k.t.Helper()
	switch {
	case strings.Contains(path, "{org}"):
		for _, id := range append(orgs, 1) {
			out = append(out, strings.Replace(path, "{org}", id.String(), 1))
		}
	case strings.Contains(path, "{token}"): // a wrong one is counted: not until the end
		if len(orgs) == 1 {
			out = append(out, strings.Replace(path, "{token}", "kxx_"+strings.Repeat("A", 40), 1))
		}
	case strings.Contains(path, "{"):
		k.t.Errorf("%s: the crawl does not know what to put there", path)
	case askedOf[path] != nil:
		for _, q := range askedOf[path] {
			out = append(out, path+q)
		}
	default:
		out = append(out, path)
	}
	return out
}

// pages are the addresses of all pages that a GET opens.
func (k *crawler) pages(orgs ...kexin.ID) (out []string) {
	k.t.Helper()
	for _, p := range k.patterns() {
		if method, path, ok := strings.Cut(p, " "); !ok || method == http.MethodGet {
			if !ok {
				path = method
			}
			out = append(out, k.address(path, orgs...)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// doors sends nonsense to every page that takes a form, as nobody and as
// everybody: with values nobody may see, which nobody gets back.
func (k *crawler) doors() {
	k.t.Helper()
	typed := k.keep(kexin.CustPhone, k.s.Org, 0, true)
	text := k.keep(kexin.CustRemark, k.s.Org, 0, true)
	form := url.Values{"nonce": {text.text}, "act": {"mine"}, "code": {local(typed)}, "i": {text.text}, "to": {text.text}, "token": {text.text}}.Encode()
	people := []string{"", "foreign rep", thirdOwner}
	for who := range k.s.Staff {
		people = append(people, who)
	}
	for _, p := range k.patterns() {
		path, ok := strings.CutPrefix(p, "POST ")
		if !ok && !strings.HasPrefix(p, "/p/") && !strings.HasPrefix(p, "/l/") || path == "/logout" {
			continue
		}
		for _, at := range k.address(path, k.s.Org) {
			for _, who := range people {
				r := k.s.Request(who, http.MethodPost, at, form)
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				k.look("POST "+at, who, k.s.Send(r), nil)
			}
		}
	}
	for _, who := range people {
		for _, q := range []string{"/api/v1/customers/" + local(typed), "/api/v1/customers?phone=" + local(typed), "/p/holder/" + local(typed), "/l/" + local(typed), "/notice/" + local(typed), "/api/v1/" + url.PathEscape(text.text),
			"/login?login=" + local(typed), "/verify?q=" + url.QueryEscape(text.text), "/api/v1/imports/" + local(typed) + "/rows?outcome=" + url.QueryEscape(text.text)} {
			r := k.s.Request(who, http.MethodGet, q, nil)
			for _, h := range []string{"User-Agent", "Referer", "X-Request-Id", "X-Forwarded-For", "Accept-Language", "If-None-Match"} {
				r.Header.Set(h, text.text+" "+typed.text)
			}
			k.look("GET a page with what somebody typed", who, k.s.Send(r), nil)
		}
		for _, body := range []string{`{"fields":{"name":"` + text.text + `","phone":"` + typed.text + `x","gender":"` + text.text + `","` + text.text + `":1}}`, `{"fields":"` + text.text + `"}`, `{"` + text.text, text.text} {
			k.look("POST what cannot be stored", who, k.s.As(who, http.MethodPost, "/api/v1/customers", body), nil)
		}
		k.look("POST a search", who, k.s.As(who, http.MethodPost, "/api/v1/customers/search", map[string]any{"search": text.text, "sort": text.text, "scene": text.text, "after": text.text}), nil)
	}
}

// upload sends a file to the page that checks evidence, with lines that somebody
// kept.
func upload(s *sitetest.Site, who, lang, known string, file []byte) sitetest.Reply {
	s.TB.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	err := w.WriteField("known", known)
	if err == nil {
		var part io.Writer
		if part, err = w.CreateFormFile("file", "kexin-evidence.json"); err == nil {
			_, err = part.Write(file)
		}
	}
	if err != nil || w.Close() != nil {
		s.TB.Fatal(err)
	}
	r := s.Request(who, http.MethodPost, "/verify", b.Bytes())
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Accept-Language", lang)
	return s.Send(r)
}

// verified has everybody check a customer's evidence file, whole and damaged.
func (k *crawler) verified() {
	k.t.Helper()
	r := k.s.As("owner", http.MethodGet, "/api/v1/customers/"+k.c.ids["customers"][0].String()+"/evidence", nil)
	if r.Status != http.StatusOK {
		k.t.Fatalf("evidence: %d %s", r.Status, r.Body)
	}
	bad := bytes.Replace(r.Body, []byte(`"position":"rep"`), []byte(`"position":"reb"`), 1)
	people := []string{"", "foreign rep", thirdRep}
	for who := range k.s.Staff {
		people = append(people, who)
	}
	for _, who := range people {
		good := upload(k.s, who, "zh-CN", "", r.Body)
		k.look("a good evidence file", who, good, nil)
		if good.Status != http.StatusOK || !bytes.Contains(good.Body, []byte("verdict ")) || bytes.Contains(good.Body, []byte("verdict invalid")) {
			k.t.Errorf("a good evidence file: %d", good.Status)
		}
		k.look("a damaged evidence file", who, upload(k.s, who, "zh-CN", "", bad), nil)
		k.look("no evidence file", who, upload(k.s, who, "en", "", []byte(k.c.canaries[0].text)), nil)
	}
}

// lastly are the operations that use a day's allowance up, or give full values.
var lastly = []string{"revealCustomer", "revealContact", "contactCustomer", "getEvidence", "lookup"}

// asked reports whether a full value is what who got it asked for: one field of
// one record inside his scope, which he sees masked; to reach her, of his own.
func (k *crawler) asked(op, who, target string, body any, status int, x canary) bool {
	ask, ok := body.(map[string]any)
	if !ok || status != http.StatusOK || x.field == nil || x.nowhere || x.org != k.s.Org {
		return false
	}
	a := k.s.Staff[who]
	post := k.state.Matrix.Posts[a.Position]
	in, own := gate.In(k.state, a, post, gate.Facts{ID: 1, Owner: x.owner})
	level, other := k.state.Levels(a.Position, x.field)
	if !own {
		level = other
	}
	record, object := strings.Split(target, "/")[4], kexin.Customer
	switch {
	case op == "revealContact":
		object = kexin.Contact
		fallthrough
	case op == "revealCustomer":
		ok = post.Acts[kexin.ActReveal] && in && x.field.Name == ask["field"] && level >= kexin.Masked && x.field.Class != kexin.Sensitive
	case op == "contactCustomer":
		if id, of := ask["contact"].(kexin.ID); of {
			record, object = id.String(), kexin.Contact
		}
		ok = post.Acts[kexin.ActContact] && own && x.field.Name == map[any]string{"call": "phone", "wechat": "wechat"}[ask["channel"]]
	default:
		return false
	}
	if ok = ok && x.field.Object == object && x.record.String() == record; ok {
		k.shown[op]++
	}
	return ok
}

// leave signs everybody out: what his cookie opened is shut.
func (k *crawler) leave() {
	k.t.Helper()
	for _, op := range []string{"revealCustomer", "revealContact", "contactCustomer"} {
		if k.shown[op] == 0 {
			k.t.Errorf("%s gave nobody a value: the crawl saw refusals alone", op)
		}
	}
	for who := range k.s.Staff {
		k.act("logout", who, http.MethodPost, "logout", nil, nil)
		r := k.s.As(who, http.MethodGet, "/api/v1/me", nil)
		if k.look("getMe signed out", who, r, func(canary) bool { return false }); r.Status != http.StatusUnauthorized {
			k.t.Errorf("%s signed out: %d", who, r.Status)
		}
	}
	k.s.Fresh("rep", true)
	r := k.s.Request("rep", http.MethodPost, "/logout", "")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	k.look("POST /logout", "rep", k.s.Send(r), nil)
	if r := k.s.As("rep", http.MethodGet, "/api/v1/me", nil); r.Status != http.StatusUnauthorized {
		k.t.Errorf("signed out by the page: %d", r.Status)
	}
}

// outside looks at what whoever runs the server has: log, figures, files, rows.
func (k *crawler) outside() {
	k.t.Helper()
	schema := k.s.Store.Schema()
	for _, x := range k.c.found(k.s.Logs.Bytes()) {
		k.t.Errorf("the log holds %s", x.what(schema))
	}
	f := &figures{x: &opened{db: k.s.DB, store: k.s.Store, app: k.s.App}, began: time.Now()}
	f.counting(k.s.Site).ServeHTTP(httptest.NewRecorder(), k.s.Request("", http.MethodGet, "/p/mine?q="+url.QueryEscape(k.c.canaries[0].text), nil))
	inside := f.pages()
	for path, holds := range map[string]string{"/metrics": "kexin_http_requests_total{", "/debug/pprof/": "goroutine", "/debug/pprof/goroutine?debug=2": "goroutine", "/debug/pprof/heap?debug=1": "heap profile",
		"/debug/pprof/cmdline": "", "/debug/pprof/trace?seconds=0.01": ""} {
		w := httptest.NewRecorder()
		inside.ServeHTTP(w, k.s.Request("", http.MethodGet, path, nil))
		for _, x := range k.c.found(w.Body.Bytes()) {
			k.t.Errorf("%s of whoever runs the server holds %s", path, x.what(schema))
		}
		if !strings.Contains(w.Body.String(), holds) {
			k.t.Errorf("%s: no %q: %s", path, holds, w.Body)
		}
	}
	k.c.files(k.t, k.s)
}

// figures are not on the server that browsers reach: nobody reads them there,
// whoever he is.
func (k *crawler) figures() {
	k.t.Helper()
	people := []string{"", "foreign rep", thirdOwner}
	for who := range k.s.Staff {
		people = append(people, who)
	}
	for _, who := range people {
		for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/goroutine?debug=2", "/api/v1/metrics"} {
			r := k.s.As(who, http.MethodGet, path, nil)
			if k.look("GET "+path, who, r, nil); bytes.Contains(r.Body, []byte("kexin_http_requests")) || bytes.Contains(r.Body, []byte("profiles")) {
				k.t.Errorf("%q reads %s: %s", who, path, r.Body)
			}
		}
	}
}
