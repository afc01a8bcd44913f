package portal_test

import (
	"bufio"
	"bytes"
	"fmt"
	"mime/multipart"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/internal/front/fronttest"
)

// TestCrossSite: a form of another site changes nothing, whatever the browser
// says of where it comes from.
func TestCrossSite(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	rep := w.Join("ma", kexin.Rep)
	for name, h := range map[string]http.Header{
		"new browser":   {"Sec-Fetch-Site": {"cross-site"}},
		"sister domain": {"Sec-Fetch-Site": {"same-site"}},
		"old browser":   {"Origin": {"https://evil.example"}},
		"no referrer":   {"Origin": {"null"}},
	} {
		c := w.Client()
		c.SetCookie("kx", rep.Cookie("kx"))
		c.Header = h
		want(t, c.Post("/logout"), 403, "别的网站")
		want(t, c.Post("/login", "login", "ma", "password", fronttest.Password), 403)
		if !rep.Seat().Somebody() {
			t.Fatalf("%s: the session ended", name)
		}
	}
	c := w.Client()
	c.SetCookie("kx", rep.Cookie("kx"))
	c.Header = http.Header{"Origin": {w.URL}} // an old browser on our own page
	redirect(t, c.Post("/logout"), "/login")
}

// TestGetChangesNothing: following a link, as preview robots do, leaves no
// trace in any table.
func TestGetChangesNothing(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	link := setupLink(w)
	count := func() (n int64) {
		for _, table := range []string{"session", "throttle", "login", "totp", "ledger_entry", "org", "member", "shown", "device"} {
			n += w.Count("SELECT COUNT(*) FROM " + table)
		}
		return n + w.Count("SELECT COUNT(*) FROM link WHERE used_at=0")*1000
	}
	before := count()
	robot := w.Client()
	for _, path := range []string{link, "/login", "/totp", "/welcome", "/welcome/recovery", "/invite/" + fronttest.Secret(), "/recover/" + fronttest.Secret(), "/notice/1", "/verify", "/logout", "/login/code", "/totp/confirm"} {
		for _, c := range []*fronttest.Client{robot, w.Owner} {
			c.Get(path)
			c.Do(http.MethodHead, path, "", "")
		}
	}
	if after := count(); after != before {
		t.Errorf("%d rows before, %d after", before, after)
	}
	want(t, w.Owner.Get("/logout"), 405)
	want(t, w.Owner.Do(http.MethodPut, "/login", "", ""), 405)
	if !w.Owner.Seat().Somebody() {
		t.Error("a GET signed out")
	}
}

func TestDisabledIsOutAtOnce(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		rep := w.Join("ma", kexin.Rep)
		id := rep.Seat().Member
		w.Raw("UPDATE member SET active=FALSE WHERE id=$1", id) // by SQL: the code no longer fits either
		if rep.Seat().Somebody() {
			t.Fatal("a disabled person's session lives")
		}
		want(t, signIn(w.Client(), "ma", fronttest.Password), 401, "账号或密码不对")
	})
}

// TestForgedMember: a position written past the program lets nobody in and
// raises one alert.
func TestForgedMember(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		rep := w.Join("ma", kexin.Rep)
		w.Raw("UPDATE member SET position='owner' WHERE id=$1", rep.Seat().Member)
		for range 3 {
			redirect(t, rep.Get("/welcome"), "/login")
		}
		want(t, signIn(w.Client(), "ma", fronttest.Password), 401, "账号或密码不对")
		if a := w.Alerts(); len(a) != 1 || a[0] != "row_forged" {
			t.Errorf("alerts: %v", a)
		}
	})
}

func TestForgedSessionAndPassword(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	rep := w.Join("ma", kexin.Rep)
	owner := w.Owner.Seat().Member
	w.Raw("UPDATE session SET member_id=$1 WHERE member_id=$2", owner, rep.Seat().Member)
	if rep.Seat().Somebody() {
		t.Error("a session was moved to the owner")
	}
	w.Raw("UPDATE login SET hash=(SELECT l.hash FROM login l WHERE l.name='ma') WHERE name='lin'")
	want(t, signIn(w.Client(), "lin", fronttest.Password), 401)
	if a := w.Alerts(); len(a) != 2 {
		t.Errorf("alerts: %v", a)
	}
}

// TestSeedRemoved: who takes the second factor out of the database does not
// get past it.
func TestSeedRemoved(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	w.Owner.Enrol()
	w.Raw("DELETE FROM totp")
	w.Move(time.Minute)
	c := w.Client()
	redirect(t, signIn(c, "lin", fronttest.Password), "/login")
	want(t, c.Post("/login/code", "code", "123456"), 422)
	if a := w.Alerts(); len(a) != 1 || a[0] != "row_forged" {
		t.Errorf("alerts: %v", a)
	}
}

var external = regexp.MustCompile(`(?i)(src|href|action|url)\s*[=(]\s*["']?(https?:)?//`)

// TestPages: every page keeps the rules of such pages.
func TestPages(t *testing.T) {
	w := fronttest.Lite(t, routes)
	link := setupLink(w)
	pages := map[string]fronttest.Answer{"setup": w.Client().Get(link), "faults": w.Client().Post(link, but(setup, "uscc", "x")...)}
	w.Found(kexin.Shop)
	rep := w.Join("ma", kexin.Rep)
	pages["login"], pages["missing"], pages["verify"] = w.Client().Get("/login"), w.Client().Get("/setup/x"), w.Client().Get("/verify")
	pages["told"], pages["totp"], pages["sheet"] = rep.Get("/welcome"), rep.Get("/totp"), w.Owner.Get("/welcome/recovery")
	for name, a := range pages {
		h := a.Header
		for k, v := range map[string]string{"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
			"Referrer-Policy": "same-origin", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex", "Content-Language": "zh-CN"} {
			if h.Get(k) != v {
				t.Errorf("%s: %s is %q", name, k, h.Get(k))
			}
		}
		body := strings.ToLower(a.Body)
		for _, bad := range []string{"<script", "style=", "<style", "onclick", "javascript:", "portal.", "{{"} {
			if strings.Contains(strings.ReplaceAll(body, "/portal.css", ""), bad) {
				t.Errorf("%s holds %q", name, bad)
			}
		}
		if external.MatchString(body) {
			t.Errorf("%s loads something from elsewhere", name)
		}
		if len(a.Body) > 60_000 || !strings.Contains(body, `<html lang="zh-cn">`) {
			t.Errorf("%s: %d bytes", name, len(a.Body))
		}
	}
	css := w.Client().Get("/portal.css")
	if css.Status != 200 || strings.Contains(css.Body, "url(") || strings.Contains(css.Body, "@import") {
		t.Error("the sheet loads something")
	}
	c := w.Client()
	c.Header.Set("If-None-Match", css.Header.Get("ETag"))
	if a := c.Get("/portal.css"); a.Status != 304 {
		t.Errorf("the sheet again: %d", a.Status)
	}
}

func TestLanguages(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	w.Join("ma", kexin.Rep)
	en := w.Client()
	en.Header.Set("Accept-Language", "en-GB,en;q=0.9")
	want(t, en.Get("/login"), 200, `<html lang="en">`, "Sign in")
	want(t, en.Get("/login?lang=zh-CN"), 200, `<html lang="zh-CN">`)
	want(t, w.Client().Get("/login?lang=en"), 200, `<html lang="en">`)
	want(t, w.Client().Get("/login?lang=xx"), 200, `<html lang="zh-CN">`)
	want(t, en.Post("/login", "login", "ma", "password", "wrong password!"), 401, "The account or the password is wrong.")
	redirect(t, signIn(en, "ma", fronttest.Password), "/")
	en.Header.Set("Accept-Language", "zh-CN") // the session remembers
	want(t, en.Get("/welcome"), 200, "What Kexin records about your use")
}

func TestFailPages(t *testing.T) {
	w := fronttest.Lite(t, routes)
	a := w.Client().Get("/x/panic")
	want(t, a, 500, "系统出了差错", a.Header.Get("X-Request-Id"))
	if strings.Contains(a.Body, "13812345678") || strings.Contains(a.Body, "陈") {
		t.Error("the page tells what a panic held")
	}
	want(t, w.Client().Get("/no/such/page"), 404, "这里没有东西")
	want(t, w.Client().Get("/notice/0"), 404)
	want(t, w.Client().Get("/notice/abc"), 404)
	want(t, w.Client().Do(http.MethodPost, "/login", "application/x-www-form-urlencoded", strings.Repeat("a=1&", 40_000)), 422)
	want(t, w.Client().Do(http.MethodPost, "/login", "application/x-www-form-urlencoded", "login=%zz"), 422)
}

func upload(c *fronttest.Client, known string, file []byte) fronttest.Answer {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField("known", known)
	f, _ := m.CreateFormFile("file", "evidence.json")
	_, _ = f.Write(file)
	_ = m.Close()
	return c.Do(http.MethodPost, "/verify", m.FormDataContentType(), b.String())
}

func TestVerify(t *testing.T) {
	w := fronttest.Lite(t, routes)
	c := w.Client()
	want(t, c.Get("/verify"), 200, "验真")
	want(t, upload(c, "", []byte("{}")), 200, "不对：有内容被改过", "这份文件不能当凭证")
	want(t, upload(c, "line\n\nline", []byte("not json")), 200, "不对：有内容被改过")
	want(t, upload(c, "", bytes.Repeat([]byte("x"), 20<<20+1)), 422, "文件太大")
	want(t, c.Do(http.MethodPost, "/verify", "multipart/form-data; boundary=x", "--x--"), 422, "请选一个文件")
	want(t, c.Do(http.MethodPost, "/verify", "application/x-www-form-urlencoded", "file=x"), 422)
}

// TestVerifySilent: clients that begin an upload and fall silent keep nobody
// from having a file checked.
func TestVerifySilent(t *testing.T) {
	w := fronttest.Lite(t, routes)
	for range 3 {
		c, err := net.Dial("tcp", strings.TrimPrefix(w.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST /verify HTTP/1.1\r\nHost: %s\r\nContent-Type: multipart/form-data; boundary=x\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n", strings.TrimPrefix(w.URL, "http://"))
		line, err := bufio.NewReader(c).ReadString('\n') // it is being read
		if err != nil || !strings.Contains(line, " 100 ") && !strings.Contains(line, " 503 ") {
			t.Fatalf("%q %v", line, err)
		}
	}
	want(t, upload(w.Client(), "", []byte("{}")), 200, "不对：有内容被改过")
}
