package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"kexin/internal/db/dbtest"
	"kexin/internal/front"
)

// herBrowser is a customer's, without script: it sends a form of the page in
// front of her with that form's nonce.
type herBrowser struct {
	*server
	http *http.Client
	page string
}

func (h *herBrowser) does(path string, pairs ...string) string {
	h.tb.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := h.http.Get(h.url + path)
	if pairs != nil {
		_ = r.Body.Close()
		if m := regexp.MustCompile(`action="` + regexp.QuoteMeta(path) + `"><input type="hidden" name="nonce" value="([^"]+)"`).FindStringSubmatch(h.page); m != nil {
			form.Set("nonce", m[1])
		}
		r, err = h.http.PostForm(h.url+path, form)
	}
	if err != nil {
		h.tb.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		h.tb.Fatalf("%s: %d %v %s", path, r.StatusCode, err, b)
	}
	h.page = string(b)
	return h.page
}

// secondShop sets one more merchant up by the command's link and gives the
// browser of its owner, to whom the server talks from here on.
func (s *server) secondShop(name, uscc, login string) *http.Client {
	s.tb.Helper()
	jar, _ := cookiejar.New(nil)
	s.client = &http.Client{Jar: jar}
	link := setupURL.FindString(s.run("setup"))
	r, err := s.client.PostForm(link, url.Values{"size": {"shop"}, "name": {name}, "uscc": {uscc}, "contact": {"0577-62500002"},
		"owner": {"林老板"}, "login": {login}, "password": {ownerPassword}, "again": {ownerPassword}})
	if err != nil {
		s.tb.Fatal(err)
	}
	_ = r.Body.Close()
	s.told()
	return s.client
}

// must is call without an answer that may fail.
func (s *server) must(method, path string, body, out any) {
	s.tb.Helper()
	if err := s.call(method, "/api/v1/"+path, body, out); err != nil {
		s.tb.Fatal(err)
	}
}

// known makes the merchant of the client known to others.
func (s *server) known(shown, need string) {
	s.tb.Helper()
	s.must("PATCH", "org", map[string]any{"address": "乐清市伯乐东路 1 号", "pio": "林老板 0577-62500002"}, nil)
	s.must("POST", "notice/publish", nil, nil)
	s.must("PUT", "card", map[string]any{"shown": shown, "address": "建材市场 2 栋", "phone": "0577-62500002", "needs": []string{need}}, nil)
}

// allied sets two merchants up that recommend to each other.
func (s *server) allied() (tile, curtain *http.Client) {
	s.tb.Helper()
	s.found()
	tile = s.client
	s.known("永嘉瓷砖", "tile")
	s.enrol()
	s.must("POST", "alliance", map[string]any{"name": "安居联盟"}, nil)
	var link struct{ URL, QR string }
	s.must("POST", "alliance/invitation", nil, &link)
	s.drawn(link.QR, link.URL)
	_, token, _ := strings.Cut(link.URL, "#")
	curtain = s.secondShop("晴窗窗帘店", "92330382MAKXDM0398", "qingchuang")
	s.known("晴窗窗帘", "curtain")
	s.enrol()
	s.must("POST", "alliance/join", map[string]any{"token": token}, nil)
	s.client = tile
	var seats struct {
		Members []struct {
			Card struct{ ID, Shown string }
			Self bool
		}
	}
	s.must("GET", "alliance", nil, &seats)
	for _, m := range seats.Members {
		if !m.Self {
			s.must("POST", "alliance/members/"+m.Card.ID+"/state", map[string]any{"state": "verified", "shown": m.Card.Shown}, nil)
		}
	}
	return tile, curtain
}

// asks makes a customer and recommends the other shop; the link's path.
func (s *server) asks(name string) string {
	s.tb.Helper()
	id, err := s.add(name)
	if err != nil {
		s.tb.Fatal(err)
	}
	var shops struct {
		Shops []struct{ ID string }
	}
	s.must("GET", "shops?need=curtain", nil, &shops)
	var made struct{ URL, QR string }
	s.must("POST", "customers/"+id.String()+"/recommend", map[string]any{"need": "curtain", "shops": []string{shops.Shops[0].ID}, "said": "store", "way": "copy"}, &made)
	s.drawn(made.QR, made.URL)
	return strings.TrimPrefix(made.URL, s.url)
}

// drawn fails where an image is not the QR code of the address beside it.
func (s *server) drawn(image, address string) {
	s.tb.Helper()
	if want, err := front.QR(address); err != nil || image != want || !strings.HasPrefix(address, s.url) {
		s.tb.Errorf("the image beside %q leads elsewhere: %v", address, err)
	}
}

var sixDigits = regexp.MustCompile(`验证码 (\d{6})`)

// TestCodeByMail: a customer who gives an e-mail address and no telephone gets
// receipt and code from a real mail server, proves herself by it on her page,
// sees what the shop has, and stops it; the running program throughout.
func TestCodeByMail(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			p := newProgram(t, engine)
			box, smtpURL := mailServer(t, p.dir)
			s := p.serve(outside(t, "--smtp", smtpURL, "--mail-from", "no-reply@example.cn")...)
			_, curtain := s.allied()
			link := s.asks("王淑芬")
			jar, _ := cookiejar.New(nil)
			her := &herBrowser{server: s, http: &http.Client{Jar: jar}}
			her.does(link)
			her.does(link, "x", "")
			her.does("/p/intro", "i", "0", "answer", "yes")
			page := her.does("/p/form", "i", "0", "answer", "yes", "name", "王女士", "email", "Wang.Fen@Example.com", "channel", "email", "want", "marketing.own.email")
			if !strings.Contains(page, "等确认是您的邮箱") || !strings.Contains(page, "收邮件") || strings.Contains(page, "收短信") {
				t.Fatal(page)
			}
			letters := func(n int) []string {
				s.until("the letters", func() bool { return len(box.letters()) >= n })
				var out []string
				for _, l := range box.letters() {
					to, letter, _ := strings.Cut(l, " ")
					if to != "wang.fen@example.com" || strings.Contains(letter[:strings.Index(letter, "\r\n\r\n")], "王") {
						t.Errorf("to %s: %s", to, letter)
					}
					out = append(out, letterText(t, letter))
				}
				return out
			}
			if got := letters(1); !strings.Contains(got[0], s.url+"/l/") {
				t.Errorf("the receipt: %s", got[0])
			}
			page = her.does("/p/code/send", "act", "prove", "to", "email")
			if !strings.Contains(page, "您留给晴窗窗帘的邮箱") || strings.Contains(page, "wang.fen") {
				t.Error(page)
			}
			code := sixDigits.FindStringSubmatch(letters(2)[1])
			if code == nil {
				t.Fatalf("no code in %q", letters(2)[1])
			}
			page = her.does("/p/code", "act", "prove", "to", "email", "code", code[1])
			if !strings.Contains(page, "已确认是您的邮箱") || strings.Contains(page, "等确认") {
				t.Error(page)
			}
			s.client = curtain
			var in struct {
				Arrivals []struct {
					ID, Grade, Channel string
					Proved             bool
				}
			}
			s.must("GET", "inbox", nil, &in)
			if len(in.Arrivals) != 1 || !in.Arrivals[0].Proved || in.Arrivals[0].Grade != "E3" || in.Arrivals[0].Channel != "email" {
				t.Fatalf("%+v", in)
			}
			s.must("POST", "inbox/"+in.Arrivals[0].ID+"/accept", nil, nil)
			her.does("/p/mine")
			her.does("/p/code/send", "act", "mine", "to", "email")
			page = her.does("/p/code", "act", "mine", "to", "email", "code", sixDigits.FindStringSubmatch(letters(3)[2])[1])
			holder := regexp.MustCompile(`/p/holder/[0-9]+`).FindString(page)
			if page = her.does(holder); !strings.Contains(page, "***@***") || strings.Contains(page, "wang.fen") {
				t.Error(page)
			}
			if page = her.does(holder, "x", ""); !strings.Contains(page, "wang.fen@example.com") {
				t.Error(page)
			}
			her.does("/p/withdraw")
			if page = her.does("/p/withdraw", "scope", "shop", "answer", "yes"); !strings.Contains(page, "已停") {
				t.Error(page)
			}
			s.must("GET", "inbox", nil, &in)
			if said := s.said(); strings.Contains(strings.ToLower(said), "wang.fen") || strings.Contains(said, "王女士") {
				t.Errorf("the program's log: %s", said)
			}
		})
	}
}
