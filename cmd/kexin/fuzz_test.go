package main

import (
	"bytes"
	"image"
	"image/png"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kexin/app"
	"kexin/internal/db/dbtest"
	"kexin/internal/sitetest"
)

// A fuzzedSite takes requests made of whatever bytes there are. A fuzz target
// may not ask the site's own helpers: they speak to the test that made it.
type fuzzedSite struct {
	*crawler
	cookies [][]*http.Cookie  // of those who send
	nonces  map[string]string // of her forms, by path
}

// send makes a request of a path and gives the answer to it.
func (s *fuzzedSite) send(t *testing.T, who int, method, path, query, kind string, body []byte) {
	t.Helper()
	r := httptest.NewRequest(method, sitetest.Address+path, bytes.NewReader(body))
	r.URL.RawQuery, r.RemoteAddr = query, "127.0.0.1:5"
	r.Header.Set("Content-Type", kind)
	for _, c := range s.cookies[who%len(s.cookies)] {
		r.AddCookie(c)
	}
	if got := s.s.Send(r); got.Status >= 500 {
		t.Errorf("%s %s: %d %s", method, path, got.Status, got.Body)
	}
}

// heavyOps are operations that need long for an answer, or end the session that
// asks.
var heavyOps = []string{"logout", "backUp", "rotateKeys", "endDevice"}

// FuzzAPI sends any query and any body to every operation of the API: none of
// them is a fault of the server's.
func FuzzAPI(f *testing.F) {
	k, w, foreign := newCrawler(f, dbtest.SQLite)
	k.s = sitetest.On(f, w, func(c *app.Config) { c.Transports, c.Public = []app.Transport{k.phone}, "https://kexin.example" })
	k.alliance(foreign)
	s := &fuzzedSite{crawler: k}
	for _, who := range []string{"rep", "owner", "steward", "foreign rep"} {
		s.cookies = append(s.cookies, []*http.Cookie{{Name: "kx", Value: k.s.Cookie(who)}})
	}
	type op struct{ method, path string }
	var ops []op
	known := bodies(k.c, w.Staff["rep"].User)
	paths := k.s.Site.API.OpenAPI().Paths
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for method, id := range k.operations(paths[path]) {
			if slices.Contains(heavyOps, id) {
				continue
			}
			for _, to := range k.targets(path) {
				ops = append(ops, op{strings.ToUpper(method), to})
			}
			for _, body := range known[id] {
				if text, ok := body.(string); ok {
					f.Add(uint16(len(ops)-1), uint8(0), "", []byte(text))
				} else {
					f.Add(uint16(len(ops)-1), uint8(0), "rev=1", jsonOf(f, body))
				}
			}
		}
	}
	var photo bytes.Buffer
	if err := png.Encode(&photo, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		f.Fatal(err)
	}
	at := slices.Index(ops, op{http.MethodPut, "/api/v1/card/photo"})
	for _, b := range [][]byte{photo.Bytes(), photo.Bytes()[:40], []byte("GIF89a\xff\xff\xff\xff"), []byte("\xff\xd8\xff\xe0")} {
		f.Add(uint16(at), uint8(1), "", b)
	}
	for i, body := range []string{"", "null", "[]", "{}", `{"fields":{"name":1e999}}`, `{"fields":{"next_at":-1,"phone":null,"owner":"0"}}`, `{"where":[{"field":"sum","op":"in","values":[1.5,"x",null,{}]}]}`, `{"limit":-1,"after":"AAAA"}`, "{\"name\":\"\xff\"}", `{"rev":9223372036854775808}`} {
		f.Add(uint16(i*37), uint8(i), "rev=1&limit=0&after=%00&outcome=x", []byte(body))
	}
	f.Fuzz(func(t *testing.T, at uint16, who uint8, query string, body []byte) {
		o := ops[int(at)%len(ops)]
		kind := "application/json"
		if o.method == http.MethodPut {
			kind = "application/octet-stream"
		}
		s.send(t, int(who), o.method, o.path, query, kind, body)
	})
}

var formOf = regexp.MustCompile(`action="([^"?]+)[^"]*"[^>]*><input type="hidden" name="nonce" value="([^"]+)"`)

// FuzzPages sends any form and any query to every page: as nobody, as staff, and
// as a customer who was asked, or has answered, with the nonce of her form.
func FuzzPages(f *testing.F) {
	k, w, foreign := newCrawler(f, dbtest.SQLite)
	k.s = sitetest.On(f, w, func(c *app.Config) { c.Transports, c.Public = []app.Transport{k.phone}, "https://kexin.example" })
	k.alliance(foreign)
	s := &fuzzedSite{crawler: k, nonces: map[string]string{}, cookies: [][]*http.Cookie{nil, {{Name: "kx", Value: k.s.Cookie("rep")}}}}
	asked, done := k.browser("who was asked"), k.browser("who answered")
	link := k.ask("rep", k.c.ids["customers"][0], "curtain", foreign.Org)
	asked.get(link)
	asked.post(link)
	id := k.s.NewCustomer("rep", map[string]any{"name": "另一位", "source": "store"})
	done.sends(k.ask("rep", id, "curtain", foreign.Org), foreign.Org, nil)
	here, err := url.Parse(k.url)
	if err != nil {
		f.Fatal(err)
	}
	for _, b := range []*browser{asked, done} {
		for _, p := range k.pages(foreign.Org) {
			_, page := b.do(http.MethodGet, p, nil)
			for _, m := range formOf.FindAllStringSubmatch(page, -1) {
				s.nonces[b.name+m[1]] = m[2]
			}
		}
		s.cookies = append(s.cookies, b.http.Jar.Cookies(here))
	}
	if len(s.nonces) < 6 {
		f.Fatalf("only %d forms of hers: %v", len(s.nonces), s.nonces)
	}
	var paths []string
	for _, p := range k.patterns() {
		path := strings.TrimPrefix(strings.TrimPrefix(p, "POST "), "GET ")
		if path != "/logout" {
			paths = append(paths, k.address(path, foreign.Org)...)
		}
	}
	slices.Sort(paths)
	for i := range paths {
		for who := range 4 {
			f.Add(uint16(i), uint8(who), false, "lang=en&act=mine", []byte("i=0&answer=yes&name=x&phone=13812345678&channel=call&code=123456&act=mine&scope=shop"))
		}
		f.Add(uint16(i), uint8(2), true, "", []byte("--x\r\nContent-Disposition: form-data; name=\"known\"\r\n\r\nx\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{}\r\n--x--\r\n"))
		f.Add(uint16(i), uint8(3), false, "i=-1&act=%ff&to=%zz;", []byte("%zz=1&i=99999999999999999999&answer=\xff&login=\x00&password=%00&again=a&group1=1"))
	}
	f.Fuzz(func(t *testing.T, at uint16, who uint8, parts bool, query string, body []byte) {
		path, kind := paths[int(at)%len(paths)], "application/x-www-form-urlencoded"
		if parts {
			kind = "multipart/form-data; boundary=x"
		}
		if name := map[int]string{2: asked.name, 3: done.name}[int(who)%4]; name != "" && s.nonces[name+path] != "" && !parts {
			body = append([]byte("nonce="+url.QueryEscape(s.nonces[name+path])+"&"), body...)
		}
		s.send(t, int(who)%4, http.MethodPost, path, query, kind, body)
		s.send(t, int(who)%4, http.MethodGet, path, query, kind, nil)
	})
}
