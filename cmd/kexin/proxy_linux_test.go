package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"kexin/internal/db/dbtest"
)

// from dials from an address of this machine.
func from(addr string) *http.Transport {
	d := &net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(addr), 0))}
	return &http.Transport{DialContext: d.DialContext, DisableKeepAlives: true}
}

// A caller is somebody with an address of his own, who signs in wrongly.
type caller struct {
	t    *testing.T
	http *http.Client
	url  string
	n    int
}

// fails tries an account that nobody has, with a header that he forged, and
// gives the status.
func (c *caller) fails(forged string) int {
	c.t.Helper()
	c.n++
	form := url.Values{"login": {fmt.Sprintf("nobody%d", c.n)}, "password": {"this is not it"}}
	r, err := http.NewRequest(http.MethodPost, c.url+"/login", strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if forged != "" {
		r.Header.Set("X-Forwarded-For", forged)
		r.Header.Set("X-Forwarded-Proto", "https")
	}
	a, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	_ = a.Body.Close()
	if a.StatusCode != http.StatusUnauthorized && a.StatusCode != http.StatusTooManyRequests && a.StatusCode != http.StatusServiceUnavailable {
		c.t.Fatalf("a wrong sign-in: %d", a.StatusCode)
	}
	return a.StatusCode
}

// waits fails until he has to wait: many times, each under another forged
// address, would never get there if that were believed.
func (c *caller) waits(what string, forged func(n int) string) {
	c.t.Helper()
	for range 60 {
		if c.fails(forged(c.n)) == http.StatusTooManyRequests {
			return
		}
	}
	c.t.Errorf("%s never has to wait", what)
}

// TestBehindProxy: behind a real proxy that ends TLS the cookie travels over
// TLS alone, links begin with the public address, and who is counted is the
// rightmost caller that the proxy saw; who comes past the proxy is believed
// nothing.
func TestBehindProxy(t *testing.T) {
	const proxyAddr, one, other, past = "127.0.0.2", "127.201.1.1", "127.202.2.2", "127.203.3.3"
	back := &url.URL{Scheme: "http", Host: net.JoinHostPort(lonely(), "8080")}
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Transport: from(proxyAddr), Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"] // SetXForwarded adds who called
		r.SetXForwarded()
		r.SetURL(back)
	}})
	t.Cleanup(proxy.Close)
	through := func(addr string) *http.Client {
		x := from(addr)
		x.TLSClientConfig = proxy.Client().Transport.(*http.Transport).TLSClientConfig
		jar, _ := cookiejar.New(nil)
		return &http.Client{Transport: x, Jar: jar, Timeout: time.Minute}
	}
	p := newProgram(t, dbtest.SQLite)
	s := p.serve("--addr", back.Host, "--behind-proxy", proxyAddr+"/32", "--public-url", proxy.URL)
	if s.url != proxy.URL {
		t.Fatalf("it says that it is at %s", s.url)
	}
	s.client = through(one)
	s.found()
	s.enrol()
	var in struct{ URL string }
	if err := s.call(http.MethodPost, "/api/v1/invites", map[string]any{"name": "孙婷", "position": "rep"}, &in); err != nil || !strings.HasPrefix(in.URL, proxy.URL+"/invite/") {
		t.Errorf("an invitation: %s %v", in.URL, err)
	}

	c := through(one)
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, err := c.PostForm(proxy.URL+"/login", url.Values{"login": {s.login}, "password": {ownerPassword}})
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("signing in: %d %v", r.StatusCode, r.Header)
	}
	set := r.Header.Values("Set-Cookie")
	if len(set) == 0 {
		t.Error("no cookie")
	}
	for _, k := range set {
		for _, want := range []string{"__Host-kx", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"} {
			if !strings.Contains(k, want) || strings.Contains(k, "Domain=") {
				t.Errorf("%q lacks %q", k, want)
			}
		}
	}

	mine, another := &caller{t: t, http: through(one), url: proxy.URL}, &caller{t: t, http: through(other), url: proxy.URL}
	mine.waits("who tries many accounts", func(int) string { return "" })
	mine.waits("who forges callers before himself", func(n int) string { return fmt.Sprintf("%s, 10.%d.1.1", other, n) })
	if got := another.fails(""); got != http.StatusUnauthorized {
		t.Errorf("another caller of the same proxy: %d", got)
	}
	direct := &caller{t: t, http: &http.Client{Transport: from(past), Timeout: time.Minute}, url: back.String()}
	direct.waits("who comes past the proxy", func(n int) string {
		if n%2 == 0 {
			return other
		}
		return fmt.Sprintf("10.%d.1.1", n)
	})
	if got := another.fails(""); got != http.StatusUnauthorized {
		t.Errorf("whose address somebody past the proxy took: %d", got)
	}
	q, err := http.NewRequest(http.MethodGet, back.String()+"/login", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("X-Forwarded-Proto", "https")
	if r, err = direct.http.Do(q); err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.Header.Get("Strict-Transport-Security") != "" {
		t.Error("who comes past the proxy is believed to speak TLS")
	}
	s.stop()
}
