package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"kexin/internal/db/dbtest"
)

// TestSecondMerchant: `kexin setup` makes the link by which one more merchant is
// set up, beside the running server and without it; the link is good once, the
// newcomer is no first one and notes no recovery code of the server, neither
// sees the other, and both can be in one alliance.
func TestSecondMerchant(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			p := newProgram(t, engine)
			s := p.serve()
			s.found()
			link := setupURL.FindString(p.run("setup"))
			if !strings.HasPrefix(link, s.url+"/setup/") {
				t.Fatalf("the link %q is not of %s", link, s.url)
			}
			s.tile(t, link)
			s.stop()
			old := s.url
			out := p.run("setup")
			s = p.serve()
			_, token, ok := strings.Cut(setupURL.FindString(out), "/setup/")
			if !ok {
				t.Fatalf("without a server: %s", out)
			}
			third := s.newcomer(t)
			if path, body := third.form(s.url+"/setup/"+token, founding("明灯照明店", "92330382MAKXDM055X", "guo")); path != "/welcome" {
				t.Errorf("the third merchant: %s %s", path, body)
			}
			if _, body := third.form(s.url+strings.TrimPrefix(link, old), founding("晴窗窗帘店", "92330382MAKXDM0398", "lei")); !strings.Contains(body, "链接已经用过") {
				t.Errorf("the used link: %s", body)
			}
		})
	}
}

// tile sets the second merchant up and has both join an alliance.
func (s *server) tile(t *testing.T, link string) {
	t.Helper()
	second := s.newcomer(t)
	if path, body := second.form(link, founding("晴窗窗帘店", "92330382MAKXDM0398", "ye")); path != "/welcome" {
		t.Fatalf("the second merchant: %s %s", path, body)
	}
	second.told()
	var me struct{ Org struct{ Name string } }
	if err := second.call("GET", "/api/v1/me", nil, &me); err != nil || me.Org.Name != "晴窗窗帘店" {
		t.Errorf("%+v %v", me, err)
	}
	if err := s.call("GET", "/api/v1/me", nil, &me); err != nil || me.Org.Name != "永嘉瓷砖店" {
		t.Errorf("the first one: %+v %v", me, err)
	}
	for _, m := range []struct {
		s     *server
		shown string
		need  string
	}{{s, "永嘉瓷砖", "tile"}, {second, "晴窗窗帘", "curtain"}} {
		if err := m.s.call("PUT", "/api/v1/card", map[string]any{"shown": m.shown, "address": "市场 2 栋", "phone": "0577-62500001", "needs": []string{m.need}}, nil); err != nil {
			t.Fatal(err)
		}
		if err := m.s.call("POST", "/api/v1/notice/publish", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	s.enrol()
	second.enrol()
	var in struct{ URL string }
	if err := s.call("POST", "/api/v1/alliance", map[string]any{"name": "安居联盟"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.call("POST", "/api/v1/alliance/invitation", nil, &in); err != nil {
		t.Fatal(err)
	}
	_, token, _ := strings.Cut(in.URL, "#")
	var al struct{ Members []struct{ State string } }
	if err := second.call("POST", "/api/v1/alliance/join", map[string]any{"token": token}, &al); err != nil || len(al.Members) != 2 {
		t.Errorf("%+v %v", al, err)
	}
}

// newcomer is the same server in the browser of somebody else.
func (s *server) newcomer(t *testing.T) *server {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &server{program: s.program, url: s.url, client: &http.Client{Jar: jar, Timeout: time.Minute}}
}

func founding(name, uscc, login string) url.Values {
	return url.Values{"size": {"shop"}, "name": {name}, "uscc": {uscc}, "contact": {"0577-62500002"}, "owner": {"叶丽萍"}, "login": {login}, "password": {ownerPassword}, "again": {ownerPassword}}
}

// form posts a form and gives the path and the page that it led to.
func (s *server) form(address string, form url.Values) (path, body string) {
	s.tb.Helper()
	r, err := s.client.PostForm(address, form)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		s.tb.Fatal(err)
	}
	return r.Request.URL.Path, string(b)
}
