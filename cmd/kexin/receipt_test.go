package main

import (
	"bytes"
	"context"
	"html"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kexin/app/apptest"
	"kexin/consent"
	"kexin/i18n"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/front"
	"kexin/ledger"
	"kexin/portal"
	"kexin/store"
	"kexin/store/storetest"
)

// A shelf is a browser of hers that keeps what it downloads.
type shelf struct {
	t    *testing.T
	p    *apptest.Party
	base string
	http *http.Client
	dir  string
	page string
}

func newShelf(t *testing.T, engine string) *shelf {
	c := storetest.NewClock()
	p := apptest.New(t, storetest.Ready(t, engine)(db.Config{Clock: c.Now}), c)
	log := slog.New(slog.DiscardHandler)
	pages, err := portal.New(portal.Config{App: p.App, Log: log, Now: c.Now})
	p.Must(err)
	mux := http.NewServeMux()
	pages.Register(mux)
	f, err := front.New(front.Config{App: p.App, Log: log, Fail: pages.Fail})
	p.Must(err)
	server := httptest.NewServer(f.Wrap(mux))
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	p.Must(err)
	return &shelf{t: t, p: p, base: server.URL, http: &http.Client{Jar: jar}, dir: t.TempDir()}
}

func (s *shelf) does(path string, form url.Values) []byte {
	s.t.Helper()
	var res *http.Response
	var err error
	if form == nil {
		res, err = s.http.Get(s.base + path)
	} else {
		if m := regexp.MustCompile(`action="` + path + `[^"]*"><input type="hidden" name="nonce" value="([^"]+)"`).FindStringSubmatch(s.page); m != nil {
			form.Set("nonce", m[1])
		}
		res, err = s.http.PostForm(s.base+path, form)
	}
	s.p.Must(err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	s.p.Must(err)
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d", path, res.StatusCode)
	}
	s.page = string(b)
	return b
}

// gives walks from a new link to the receipt and keeps its file.
func (s *shelf) gives(name, phone string) (file string) {
	tile := s.p.As(s.p.Shops["tile"].Rep)
	link := tile.Recommends(tile.Knows(name, "+86"+phone), "curtain", "curtain")
	s.does(link, nil)
	s.does(link, url.Values{})
	s.does("/p/intro", url.Values{"i": {"0"}, "answer": {"yes"}})
	s.does("/p/form", url.Values{"i": {"0"}, "answer": {"yes"}, "name": {"王女士"}, "phone": {phone}, "channel": {"call"}})
	return s.keep("receipt-"+phone[len(phone)-1:]+".json", s.does("/p/receipt.json", nil))
}

func (s *shelf) keep(name string, b []byte) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	s.p.Must(os.WriteFile(path, b, 0o600))
	return path
}

// checks uploads a file to the page that checks it and gives the verdict's class
// and words.
func (s *shelf) checks(lang string, file []byte) (status, words string) {
	s.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	w, err := m.CreateFormFile("file", "kexin-receipt.json")
	s.p.Must(err)
	_, err = w.Write(file)
	s.p.Must(err)
	s.p.Must(m.Close())
	r, err := http.NewRequest(http.MethodPost, s.base+"/verify", &b)
	s.p.Must(err)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Accept-Language", lang)
	res, err := s.http.Do(r)
	s.p.Must(err)
	defer func() { _ = res.Body.Close() }()
	page, err := io.ReadAll(res.Body)
	s.p.Must(err)
	_, verdict, _ := strings.Cut(html.UnescapeString(string(page)), `<section class="card verdict `)
	verdict, _, _ = strings.Cut(verdict, "</section>")
	status, words, _ = strings.Cut(verdict, `"`)
	return status, words
}

// TestReceiptAlone: the receipt as her page gives it is checked with nothing
// beside it, on the command line and on the page to which hers links, in both
// languages: whose key signed it, and what that does not prove; whether the key is
// one that the shop publishes; one changed byte and a foreign file are told apart.
func TestReceiptAlone(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	s := newShelf(t, dbtest.SQLite)
	curtain := s.p.Shops["curtain"]
	file := s.gives("王秀兰", "13812345678")
	if s.does("/p/receipt", nil); !strings.Contains(s.page, `href="/verify"`) {
		t.Error("her page leads to no check")
	}
	good, err := os.ReadFile(file)
	s.p.Must(err)
	var key string
	s.p.Must(s.p.Store.View(context.Background(), curtain.Org, func(tx *store.Tx) error {
		keys, err := tx.ReceiptKeys()
		if err == nil {
			key = consent.KeyID(keys[0])
		}
		return err
	}))
	bad := bytes.Replace(good, []byte("92330382MAKXDM0398"), []byte("92330382MAKXDM0399"), 1) // still a document of the right form
	foreign := []byte(`{"doc":{},"form":"other/1"}`)
	keys := s.keep("keys.json", s.does("/notice/"+curtain.Org.String()+"/keys", nil))
	lamps := s.keep("lamps.json", s.does("/notice/"+s.p.Shops["lamp"].Org.String()+"/keys", nil))
	if s.does("/notice/"+curtain.Org.String(), nil); !strings.Contains(s.page, key) {
		t.Error("the notice's page does not show the key's number")
	}
	signed := func(more ...string) []string {
		return append(more, "verify.proves.receipt_signed", "verify.silent.receipt_log", "verify.silent.happened")
	}
	alone, listed := signed("verify.silent.receipt_key"), signed("verify.proves.receipt_key", "verify.silent.key_list")
	args := map[string]string{"key": key, "shop": curtain.Name, "code": "92330382MAKXDM0398", "time": s.p.Clock.Now().UTC().Format("2006-01-02 15:04 UTC")}
	others := map[string]string{"key": key, "shop": s.p.Shops["lamp"].Name, "code": "92330382MAKXDM055X"}
	for _, c := range []struct {
		name   string
		file   []byte
		list   string
		status ledger.Status
		says   []string
		page   []string // which has the server's own lists
		args   map[string]string
	}{
		{"good", good, "", ledger.Unwitnessed, alone, listed, args},
		{"good, its shop's keys", good, keys, ledger.Unwitnessed, listed, listed, args},
		{"good, another shop's keys", good, lamps, ledger.Invalid, []string{"verify.fault.receipt_key"}, nil, others},
		{"one byte changed", bad, "", ledger.Invalid, []string{"verify.fault.receipt_signature"}, []string{"verify.fault.receipt_signature"}, args},
		{"foreign", foreign, "", ledger.Invalid, []string{"verify.fault.format"}, []string{"verify.fault.format"}, args},
	} {
		path := s.keep("alone.json", c.file)
		for _, lang := range i18n.Langs {
			says := func(where, out string, keys []string) {
				t.Helper()
				for _, k := range keys {
					if !strings.Contains(out, i18n.T(lang, k, c.args)) {
						t.Errorf("%s, %s: the %s does not say %s:\n%s", c.name, lang, where, i18n.T(lang, k, c.args), out)
					}
				}
			}
			do := []string{"verify", path, "--lang", lang}
			if c.list != "" {
				do = append(do, "--keys", c.list)
			}
			var o, e bytes.Buffer
			if status := run(context.Background(), do, &o, &e); status != int(c.status) {
				t.Errorf("%s, %s: status %d, want %d: %s", c.name, lang, status, c.status, e.String())
			}
			says("command", o.String(), c.says)
			if c.page == nil {
				continue
			}
			status, words := s.checks(lang, c.file)
			if status != c.status.String() {
				t.Errorf("%s, %s: the page says %s", c.name, lang, status)
			}
			says("page", words, c.page)
			for where, out := range map[string]string{"command": o.String(), "page": words} {
				if proved := strings.Contains(out, key); proved != (c.status != ledger.Invalid) {
					t.Errorf("%s, %s: the %s names the key: %v", c.name, lang, where, proved)
				}
			}
		}
	}
}

// TestReceiptVerifies: the receipt as her page gives it agrees, without the
// server, with the evidence file that the shop makes of her, on the first day
// of a log and later; changed, or of somebody else, it does not.
func TestReceiptVerifies(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			s := newShelf(t, engine)
			curtain := s.p.Shops["curtain"]
			evidence := func(name string) string {
				s.p.Settle()
				id := s.p.As(curtain.Rep).Accepts()
				b, err := s.p.App.Evidence(context.Background(), curtain.Owner, id)
				s.p.Must(err)
				return s.keep(name, b)
			}
			first := s.gives("王秀兰", "13812345678")
			one := evidence("one.json")
			s.p.Clock.Move(24 * time.Hour)
			if _, err := s.p.Store.DailyHeads(context.Background(), curtain.Org); err != nil {
				t.Fatal(err)
			}
			for n := 1; n > 0; {
				var err error
				n, err = s.p.Store.Seal(context.Background(), curtain.Org)
				s.p.Must(err)
			}
			second := s.gives("张伟", "13812345679")
			if b, err := os.ReadFile(second); err != nil || bytes.Contains(b, []byte(`"size":0`)) {
				t.Fatalf("no day line on the receipt: %s %v", b, err)
			}
			two := evidence("two.json")
			good, err := os.ReadFile(second)
			s.p.Must(err)
			bad := s.keep("bad.json", bytes.Replace(good, []byte(`"gpc":false`), []byte(`"gpc":true`), 1))
			keys := s.keep("keys.json", s.does("/notice/"+curtain.Org.String()+"/keys", nil))
			lamps := s.keep("lamps.json", s.does("/notice/"+s.p.Shops["lamp"].Org.String()+"/keys", nil))
			for _, c := range []struct {
				name, file, receipt, keys string
				status                    int
				says                      string
			}{
				{"first day", one, first, "", 2, "receipt is for is here"},
				{"later", two, second, "", 2, "receipt agrees with the log"},
				{"later, with the shop's keys", two, second, keys, 2, "receipt agrees with the log"},
				{"later, with another shop's keys", two, second, lamps, 1, "is not in the list"},
				{"somebody else's", two, first, "", 1, "receipt is for is not here"},
				{"a changed one", two, bad, "", 1, "signature"},
				{"none", two, one, "", 1, "not a receipt"},
			} {
				var o, e bytes.Buffer
				do := []string{"verify", c.file, "--receipt", c.receipt, "--lang", "en"}
				if c.keys != "" {
					do = append(do, "--keys", c.keys)
				}
				status := run(context.Background(), do, &o, &e)
				if out := o.String() + e.String(); status != c.status || !strings.Contains(out, c.says) {
					t.Errorf("%s: status %d, want %d with %q:\n%s", c.name, status, c.status, c.says, out)
				}
			}
		})
	}
}
