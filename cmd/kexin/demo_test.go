package main

import (
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

	"kexin"
	"kexin/internal/db/dbtest"
	"kexin/outbound"
)

// TestDemo: a demonstration from an empty home, as the README says: it makes a
// directory of its own, marks every page, calls and sends nothing, stays what
// it is after a restart and never starts as a real server; a real database is
// none of its business.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a town of seven thousand customers")
	}
	home := t.TempDir()
	p := &program{tb: t, dir: home, args: []string{"--lang", "en"}}
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	s := p.serve("--demo")
	for _, gone := range []string{".local/share/kexin", "config", ".config"} {
		if _, err := os.Stat(filepath.Join(home, gone)); err == nil {
			t.Errorf("%s was made", gone)
		}
	}
	chen := s.enter(t)
	for _, path := range []string{"/login", "/verify", "/notice/" + chen.shop} {
		s.guest(t, "wen.localhost").marked(path)
	}
	chen.recommends()
	s.stop()

	again := p.serve("--demo")
	again.enter(t)
	again.stop()
	data := filepath.Join(home, ".local", "share", "kexin-demo")
	key, err := os.ReadFile(filepath.Join(data, "demo.key"))
	if err == nil {
		err = os.WriteFile(filepath.Join(home, "elsewhere.key"), key, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	real := &program{tb: t, args: []string{"--data", data, "--master-key-file", filepath.Join(home, "elsewhere.key"), "--lang", "en"}}
	if out, status := real.try("", "serve", "--addr", "127.0.0.1:0"); status == 0 || !strings.Contains(out, "stays a demonstration") {
		t.Errorf("it started as a real server: %d %s", status, out)
	}
	if out, status := real.try("", "setup"); status == 0 || !strings.Contains(out, "holds no real merchant") {
		t.Errorf("a real merchant among invented ones: %d %s", status, out)
	}
	for _, reach := range [][]string{{"--addr", "0.0.0.0:0"}, {"--addr", "192.168.1.5:0"}, {"--addr", ":0"}, {"--addr", "127.0.0.1:0", "--public-url", "https://crm.example.com"}, {"--addr", "127.0.0.1:0", "--behind-proxy", "10.0.0.0/8"}} {
		if out, status := p.try("", append([]string{"serve", "--demo"}, reach...)...); status == 0 || !strings.Contains(out, "this machine") {
			t.Errorf("%v: %d %s", reach, status, out)
		}
	}
}

// TestDemoKeepsOff: --demo on a database with a real merchant is refused, and
// of the channels that the settings name a demonstration opens none.
func TestDemoKeepsOff(t *testing.T) {
	p := newProgram(t, dbtest.SQLite)
	s := p.serve()
	s.until("the setup link and beside it the demonstration", func() bool {
		return strings.Contains(s.printed(), "/setup/") && strings.Contains(s.printed(), "make demo")
	})
	s.found()
	s.stop()
	if out, status := p.try("", "serve", "--demo", "--addr", "127.0.0.1:0"); status == 0 || !strings.Contains(out, "real merchants") {
		t.Errorf("%d %s", status, out)
	}
	o := newOptions(io.Discard, io.Discard)
	o.demo, o.data, o.smtp, o.smsURL, o.publicURL = true, t.TempDir(), "smtps://a@mail.example.com", "https://sms.example.com", "https://crm.example.com"
	c, _, err := o.outside()
	if err != nil {
		t.Fatal(err)
	}
	all, err := o.transports(c)
	if err != nil || len(all) != 1 || all[0] != o.phones {
		t.Errorf("%v %v", all, err)
	}
	for _, address := range []string{"https://sms.example.com/send", "https://1.1.1.1/", "http://127.0.0.1:9/"} {
		var e *kexin.Error
		if _, err := c.Do(t.Context(), outbound.Request{URL: address}); !errors.As(err, &e) || e.Code != kexin.Forbidden {
			t.Errorf("%s: %v", address, err)
		}
	}
}

var formNonce = regexp.MustCompile(`name="nonce" value="([^"]+)"`)

var doorURL = regexp.MustCompile(`http://chen\.localhost:\d+(/enter/\S+)`)

// A guest is a browser at one host of a demonstration.
type guest struct {
	t      *testing.T
	at     *server
	host   string
	client *http.Client
	shop   string
}

// guest opens a browser at a host: names below localhost are this machine.
func (s *server) guest(t *testing.T, host string) *guest {
	jar, _ := cookiejar.New(nil)
	return &guest{t: t, at: s, host: host, client: &http.Client{Jar: jar}}
}

func (g *guest) ask(method, path, kind, body string) (status int, text string) {
	g.t.Helper()
	r, err := http.NewRequest(method, g.at.url+path, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	u, _ := url.Parse(g.at.url)
	r.Host = g.host + ":" + u.Port()
	if body != "" {
		r.Header.Set("Content-Type", kind)
	}
	g.client.CheckRedirect = func(next *http.Request, _ []*http.Request) error { // to where the browser is
		next.Host = r.Host
		next.URL.Host = u.Host
		return nil
	}
	res, err := g.client.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// api calls the API.
func (g *guest) api(method, path string, body, out any) {
	g.t.Helper()
	var b []byte
	if body != nil {
		b, _ = json.Marshal(body)
	}
	status, text := g.ask(method, "/api/v1/"+path, "application/json", string(b))
	if status >= 300 {
		g.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	if err := json.Unmarshal([]byte(text), out); err != nil {
		g.t.Fatal(err)
	}
}

// marked is a page that says that everything is invented and dials nothing.
func (g *guest) marked(path string) string {
	g.t.Helper()
	status, text := g.ask("GET", path, "", "")
	if status != 200 || !strings.Contains(text, `class="demo"`) || strings.Contains(text, "tel:") {
		g.t.Errorf("%s%s: %d %.2000s", g.host, path, status, text)
	}
	return text
}

// enter goes through the printed door of 陈晓雯, once.
func (s *server) enter(t *testing.T) *guest {
	t.Helper()
	s.until("the doors", func() bool { return doorURL.MatchString(s.printed()) })
	g := s.guest(t, "chen.localhost")
	path := doorURL.FindStringSubmatch(s.printed())[1]
	g.marked(path)
	if status, text := g.ask("POST", path, "application/x-www-form-urlencoded", "x=1"); status != 200 {
		t.Fatalf("the door: %d %.300s", status, text)
	}
	var me struct {
		Name string
		Demo bool
		Org  struct{ ID string }
	}
	g.api("GET", "me", nil, &me)
	if me.Name != "陈晓雯" || !me.Demo {
		t.Errorf("%+v", me)
	}
	g.shop = me.Org.ID
	if status, _ := s.guest(t, "chen.localhost").ask("POST", path, "application/x-www-form-urlencoded", "x=1"); status == 200 {
		t.Error("a door opens twice")
	}
	return g
}

// recommends asks 王秀兰 about curtains: her pages on her phone say that they
// are invented, and no number on them can be called.
func (g *guest) recommends() {
	var page struct{ Rows []struct{ ID string } }
	g.api("POST", "customers/search", map[string]string{"search": "王秀兰"}, &page)
	var shops struct {
		Shops []struct {
			ID    string
			Needs []string
		}
	}
	g.api("GET", "shops", nil, &shops)
	var made struct{ URL string }
	for _, s := range shops.Shops {
		if len(page.Rows) > 0 && slices.Contains(s.Needs, "curtain") {
			g.api("POST", "customers/"+page.Rows[0].ID+"/recommend", map[string]any{"need": "curtain", "shops": []string{s.ID}, "said": "store", "way": "copy"}, &made)
		}
	}
	u, err := url.Parse(made.URL)
	if err != nil || u.Path == "" {
		g.t.Fatalf("no link: %+v %+v %v", page, shops, err)
	}
	her := g.at.guest(g.t, "paa.phone.localhost")
	nonce := formNonce.FindStringSubmatch(her.marked(u.Path))
	if nonce == nil {
		g.t.Fatal("her door has no form")
	}
	if status, _ := her.ask("POST", u.Path, "application/x-www-form-urlencoded", url.Values{"nonce": nonce[1:]}.Encode()); status != 200 {
		g.t.Errorf("her door: %d", status)
	}
	for _, path := range []string{"/p/intro", "/p/form?i=0"} {
		her.marked(path)
	}
}
