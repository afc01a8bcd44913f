package outbound_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/i18n"
	"kexin/outbound"
)

// loopback is what tests may dial.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// server is a real HTTPS server and a client that trusts it.
func server(t *testing.T, h http.HandlerFunc) (*httptest.Server, *outbound.Client) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s, outbound.New(outbound.Config{Allow: loopback, Roots: roots})
}

func mustFail(t *testing.T, what string, err error, code kexin.Code, key string) {
	t.Helper()
	var e *kexin.Error
	if !errors.As(err, &e) || e.Code != code || e.Key != key || !i18n.Has(e.Key) {
		t.Errorf("%s: %v, want %s %s", what, err, code, key)
	}
}

func TestAsksAndReads(t *testing.T) {
	s, c := server(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", r.Method+" "+r.Header.Get("X-Mine")+" "+strconv.Itoa(len(r.Header.Get("Accept-Encoding"))))
		w.WriteHeader(http.StatusConflict)
		w.Write(append([]byte("got "), b...))
	})
	a, err := c.Do(t.Context(), outbound.Request{URL: s.URL + "/x", Header: http.Header{"X-Mine": {"1"}}, Body: []byte("hello")})
	if err != nil || a.Status != 409 || string(a.Body) != "got hello" || a.Header.Get("X-Seen") != "POST 1 0" {
		t.Fatalf("%+v, %v", a, err)
	}
}

// TestAddresses: what may be dialled, by the list of A15 and the registries.
func TestAddresses(t *testing.T) {
	for _, s := range []string{
		"0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1", "172.31.255.255",
		"192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:a00:1::1", "3fff::1", "5f00::1",
		"fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
	} {
		if outbound.Public(netip.MustParseAddr(s)) {
			t.Errorf("%s counts as public", s)
		}
	}
	for _, s := range []string{"1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:1.1.1.1", "2400:3200::1", "2001:4860:4860::8888", "2606:4700::1"} {
		if !outbound.Public(netip.MustParseAddr(s)) {
			t.Errorf("%s does not count as public", s)
		}
	}
	if outbound.Public(netip.Addr{}) {
		t.Error("the zero address counts as public")
	}
}

// TestRefusesBeforeDialling: the server would notice a connection.
func TestRefusesBeforeDialling(t *testing.T) {
	s, _ := server(t, func(http.ResponseWriter, *http.Request) { t.Error("the server was reached") })
	u, _ := url.Parse(s.URL)
	port, _ := strconv.Atoi(u.Port())
	strict := outbound.New(outbound.Config{More: []uint16{uint16(port)}})
	for _, host := range []string{u.Host, "localhost:" + u.Port(), "[::ffff:127.0.0.1]:" + u.Port(), "[::1]:" + u.Port(), "2130706433:" + u.Port()} {
		_, err := strict.Do(t.Context(), outbound.Request{URL: "https://" + host})
		if kexin.CodeOf(err) != kexin.Forbidden && kexin.CodeOf(err) != kexin.Unavailable {
			t.Errorf("%s: %v", host, err)
		}
	}
	_, err := strict.Do(t.Context(), outbound.Request{URL: s.URL})
	mustFail(t, "loopback", err, kexin.Forbidden, "outbound.blocked")
	_, err = strict.Dial(t.Context(), "127.0.0.1", uint16(port))
	mustFail(t, "dialling loopback", err, kexin.Forbidden, "outbound.blocked")
	_, err = outbound.New(outbound.Config{}).Do(t.Context(), outbound.Request{URL: "https://example.com:8443/"})
	mustFail(t, "a port that is not listed", err, kexin.Forbidden, "outbound.blocked")
	for _, bad := range []string{"http://example.com", "ftp://example.com", "https://", "https:example.com", "https://u:p@example.com", "https://[fe80::1%25eth0]/", "https://example.com:0", "https://example.com:x", "file:///etc/passwd", "%", ""} {
		_, err := outbound.New(outbound.Config{}).Do(t.Context(), outbound.Request{URL: bad})
		mustFail(t, bad, err, kexin.Invalid, "outbound.url")
	}
	off := outbound.New(outbound.Config{Allow: loopback, Off: true})
	_, err = off.Do(t.Context(), outbound.Request{URL: s.URL})
	mustFail(t, "off", err, kexin.Forbidden, "outbound.off")
	_, err = off.Dial(t.Context(), "127.0.0.1", uint16(port))
	mustFail(t, "dialling while off", err, kexin.Forbidden, "outbound.off")
	if _, err = off.RoundTripper().RoundTrip(httptest.NewRequest("GET", s.URL, nil)); err == nil {
		t.Error("a library reached the server while off")
	}
}

// TestPlain: without TLS only into an allowed network.
func TestPlain(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }))
	defer s.Close()
	if a, err := outbound.New(outbound.Config{Allow: loopback}).Do(t.Context(), outbound.Request{URL: s.URL}); err != nil || string(a.Body) != "ok" {
		t.Errorf("%v", err)
	}
	u, _ := url.Parse(s.URL)
	port, _ := strconv.Atoi(u.Port())
	other := outbound.New(outbound.Config{Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, More: []uint16{uint16(port)}})
	_, err := other.Do(t.Context(), outbound.Request{URL: s.URL})
	mustFail(t, "plain beside the allowed network", err, kexin.Forbidden, "outbound.blocked")
}

// TestNoRedirects: an answer that points elsewhere is an answer.
func TestNoRedirects(t *testing.T) {
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("followed") }))
	defer inner.Close()
	s, c := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inner.URL, http.StatusTemporaryRedirect)
	})
	if a, err := c.Do(t.Context(), outbound.Request{URL: s.URL}); err != nil || a.Status != http.StatusTemporaryRedirect {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestNoProxy: a proxy of the environment would dial what the guard refuses.
func TestNoProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") }))
	defer proxy.Close()
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	_, err := outbound.New(outbound.Config{}).Do(t.Context(), outbound.Request{URL: "https://192.168.77.1/"})
	mustFail(t, "private address", err, kexin.Forbidden, "outbound.blocked")
}

func TestBounds(t *testing.T) {
	s, c := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/exact":
			w.Write(make([]byte, outbound.AnswerMax))
		case "/long":
			w.Write(make([]byte, outbound.AnswerMax+1))
		case "/head":
			w.Header().Set("X-Long", strings.Repeat("x", 2*outbound.AnswerMax))
		case "/drip":
			for range 1000 {
				if _, err := w.Write([]byte("x")); err != nil {
					return
				}
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
		}
	})
	if a, err := c.Do(t.Context(), outbound.Request{URL: s.URL + "/exact"}); err != nil || len(a.Body) != outbound.AnswerMax {
		t.Errorf("the longest answer: %v", err)
	}
	_, err := c.Do(t.Context(), outbound.Request{URL: s.URL + "/long"})
	mustFail(t, "a longer answer", err, kexin.Unavailable, "outbound.answer")
	_, err = c.Do(t.Context(), outbound.Request{URL: s.URL + "/head"})
	mustFail(t, "a long header", err, kexin.Unavailable, "outbound.unreachable")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = c.Do(ctx, outbound.Request{URL: s.URL + "/drip"})
	mustFail(t, "an answer that never ends", err, kexin.Unavailable, "outbound.unreachable")
	_, err = c.Do(t.Context(), outbound.Request{URL: s.URL, Body: make([]byte, outbound.BodyMax+1)})
	mustFail(t, "a long request", err, kexin.Invalid, "outbound.url")
}

// TestStrangersCertificate: TLS is checked, and errors hold no address.
func TestStrangersCertificate(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked without trust") }))
	s.StartTLS()
	defer s.Close()
	_, err := outbound.New(outbound.Config{Allow: loopback}).Do(t.Context(), outbound.Request{URL: s.URL + "/hook?token=secret"})
	mustFail(t, "a stranger's certificate", err, kexin.Unavailable, "outbound.unreachable")
	if strings.Contains(err.Error()+errors.Unwrap(err).Error(), "secret") {
		t.Errorf("the error tells the address: %v", err)
	}
}

// TestDial speaks TLS itself, as mail does.
func TestDial(t *testing.T) {
	s, c := server(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hi") })
	u, _ := url.Parse(s.URL)
	port, _ := strconv.Atoi(u.Port())
	conn, err := c.Dial(t.Context(), u.Hostname(), uint16(port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	tc := tls.Client(conn, c.TLS(u.Hostname()))
	if err := tc.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = c.Dial(t.Context(), "127.0.0.1", 1) // one that was free a moment ago may be another test's by now
	mustFail(t, "nobody there", err, kexin.Unavailable, "outbound.unreachable")
}

func TestRoundTripper(t *testing.T) {
	s, c := server(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hi") })
	h := &http.Client{Transport: c.RoundTripper()}
	res, err := h.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	h = &http.Client{Transport: outbound.New(outbound.Config{}).RoundTripper()}
	if res, err := h.Get("https://127.0.0.1:443/"); err == nil {
		res.Body.Close()
		t.Error("a library dials loopback")
	}
}

func TestParseAllow(t *testing.T) {
	got, err := outbound.ParseAllow(" 192.168.1.7/24,10.0.0.1  fd00::/8 ")
	if err != nil || len(got) != 3 || got[0].String() != "192.168.1.0/24" || got[1].String() != "10.0.0.1/32" {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"x", "0.0.0.0/0", "::/0", "10.0.0.0/33", "::ffff:10.0.0.0/104", "fe80::1%eth0", "10.0.0.0-10.0.0.9"} {
		_, err := outbound.ParseAllow(bad)
		mustFail(t, bad, err, kexin.Invalid, "outbound.allow")
	}
	if got, err := outbound.ParseAllow(" , "); err != nil || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// FuzzParseAllow: what is read, is read again the same.
func FuzzParseAllow(f *testing.F) {
	f.Add("10.0.0.0/8, ::1")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := outbound.ParseAllow(s)
		if err != nil {
			return
		}
		again := ""
		for _, p := range got {
			if !p.IsValid() || p.Bits() == 0 {
				t.Fatalf("%v", p)
			}
			again += p.String() + ","
		}
		if more, err := outbound.ParseAllow(again); err != nil || len(more) != len(got) {
			t.Fatalf("%q: %v, %v", again, more, err)
		}
	})
}

// TestDialBounds: a server that never stops talking is heard for AnswerMax bytes.
func TestDialBounds(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		for err == nil {
			_, err = c.Write(make([]byte, 4096))
		}
	}()
	c := outbound.New(outbound.Config{Allow: loopback})
	conn, err := c.Dial(t.Context(), "127.0.0.1", uint16(l.Addr().(*net.TCPAddr).Port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if n, err := io.Copy(io.Discard, conn); err == nil || n != outbound.AnswerMax {
		t.Errorf("%d bytes, %v", n, err)
	}
}
