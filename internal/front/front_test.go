package front

import (
	"context"
	"errors"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"encoding/base64"

	"kexin"
	"kexin/app"
	"kexin/auth"
)

func request(remote string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/", nil)
	r.RemoteAddr = remote
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func TestClient(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		remote, forwarded, want string
	}{
		{"203.0.113.7:1", "", "203.0.113.7"},
		{"203.0.113.7:1", "198.51.100.1", "203.0.113.7"}, // not from a proxy of ours: not believed
		{"10.1.2.3:1", "198.51.100.1", "198.51.100.1"},
		{"10.1.2.3:1", "1.1.1.1, 198.51.100.1", "198.51.100.1"}, // the left part was written by the client
		{"10.1.2.3:1", "198.51.100.1, 10.9.9.9", "198.51.100.1"},
		{"10.1.2.3:1", "10.7.7.7", "10.7.7.7"},
		{"10.1.2.3:1", "nonsense", "10.1.2.3"},
		{"10.1.2.3:1", "1.1.1.1, nonsense", "10.1.2.3"},
		{"10.1.2.3:1", "198.51.100.1:4711", "10.1.2.3"},
		{"[fd00::1]:1", "2001:db8::5", "2001:db8::5"},
		{"[::ffff:10.0.0.1]:1", "198.51.100.1", "198.51.100.1"},
		{"10.1.2.3:1", "::ffff:198.51.100.1", "198.51.100.1"},
		{"@", "198.51.100.1", "invalid IP"},
	} {
		r := request(c.remote)
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := Client(r, proxies).String(); got != c.want {
			t.Errorf("%s via %q: %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
	r := request("10.1.2.3:1", "X-Forwarded-For", "1.1.1.1", "X-Forwarded-For", "198.51.100.1")
	if got := Client(r, proxies).String(); got != "198.51.100.1" {
		t.Errorf("two headers: %s", got)
	}
}

func TestSecure(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct {
		remote, proto string
		want          bool
	}{{"10.0.0.1:1", "https", true}, {"10.0.0.1:1", "http", false}, {"10.0.0.1:1", "", false}, {"203.0.113.7:1", "https", false}} {
		if got := Secure(request(c.remote, "X-Forwarded-Proto", c.proto), proxies); got != c.want {
			t.Errorf("%s %s: %v", c.remote, c.proto, got)
		}
	}
}

func TestLoopback(t *testing.T) {
	for _, c := range []struct {
		remote, host string
		headers      []string
		want         bool
	}{
		{"127.0.0.1:1", "127.0.0.1:8080", nil, true},
		{"127.0.0.1:1", "localhost:8080", nil, true},
		{"[::1]:1", "[::1]:8080", nil, true},
		{"127.0.0.1:1", "kexin.example.com", nil, false},                                // a proxy that was not named
		{"127.0.0.1:1", "127.0.0.1", []string{"X-Forwarded-For", "203.0.113.7"}, false}, // likewise
		{"127.0.0.1:1", "127.0.0.1", []string{"Via", "1.1 nginx"}, false},
		{"203.0.113.7:1", "localhost", nil, false}, // a lie in the Host header
		{"192.168.1.5:1", "192.168.1.9:8080", nil, false}, {"127.0.0.1:1", "127.0.0.1.evil.example", nil, false},
		{"127.0.0.1:1", "localhost.evil.example", nil, false}, {"@", "localhost", nil, false}, {"127.0.0.1:1", "", nil, false},
	} {
		r := request(c.remote, c.headers...)
		r.Host = c.host
		if got := loopback(r); got != c.want {
			t.Errorf("%s to %s with %v: %v", c.remote, c.host, c.headers, got)
		}
	}
}

func front(t *testing.T, c Config) *Front {
	t.Helper()
	c.Log = slog.New(slog.DiscardHandler)
	c.Fail = func(w http.ResponseWriter, _ *http.Request, err error) {
		status := http.StatusInternalServerError
		if kexin.CodeOf(err) == kexin.Forbidden {
			status = http.StatusForbidden
		}
		w.WriteHeader(status)
	}
	f, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestCookies: with the prefix and Secure everywhere but on this machine.
func TestCookies(t *testing.T) {
	f := front(t, Config{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	in := app.SignedIn{Session: "s3cret", Device: "d3vice"}
	for name, c := range map[string]struct {
		r      *http.Request
		prefix string
	}{
		"this machine":         {request("127.0.0.1:1"), ""},
		"plain HTTP elsewhere": {request("203.0.113.7:1"), "__Host-"},
		"behind a proxy":       {request("10.0.0.1:1", "X-Forwarded-Proto", "https", "X-Forwarded-For", "203.0.113.7"), "__Host-"},
	} {
		w := httptest.NewRecorder()
		f.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { Of(r.Context()).SignIn(w, in) })).ServeHTTP(w, c.r)
		set := w.Result().Cookies()
		if len(set) != 2 {
			t.Fatalf("%s: %d cookies", name, len(set))
		}
		for i, base := range []string{"kx", "kxd"} {
			k := set[i]
			if k.Name != c.prefix+base || k.Secure != (c.prefix != "") || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" || k.MaxAge <= 0 {
				t.Errorf("%s: %s", name, k)
			}
		}
	}
	w := httptest.NewRecorder()
	f.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { Of(r.Context()).SignOut(w) })).ServeHTTP(w, request("203.0.113.7:1"))
	if k := w.Result().Cookies(); len(k) != 1 || k[0].MaxAge >= 0 || k[0].Value != "" {
		t.Errorf("%v", k)
	}
}

func TestHeaders(t *testing.T) {
	f := front(t, Config{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	serve := func(r *http.Request) http.Header {
		w := httptest.NewRecorder()
		f.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		return w.Header()
	}
	h := serve(request("10.0.0.1:1", "X-Forwarded-Proto", "https"))
	if h.Get("Strict-Transport-Security") == "" || h.Get("Referrer-Policy") != "same-origin" || h.Get("X-Content-Type-Options") != "nosniff" || len(h.Get("X-Request-Id")) != 12 {
		t.Errorf("%v", h)
	}
	if h := serve(request("127.0.0.1:1")); h.Get("Strict-Transport-Security") != "" {
		t.Error("HSTS over plain HTTP")
	}
}

func TestPanic(t *testing.T) {
	f := front(t, Config{})
	w := httptest.NewRecorder()
	f.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("x") })).ServeHTTP(w, request("127.0.0.1:1"))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("%d", w.Code)
	}
	defer func() {
		if recover() != http.ErrAbortHandler { //nolint:errorlint // the server compares it this way
			t.Error("an abort must go on to the server")
		}
	}()
	f.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })).ServeHTTP(httptest.NewRecorder(), request("127.0.0.1:1"))
}

// TestPublicOrigin: behind a proxy that changes Host, forms of the public
// address are our own.
func TestPublicOrigin(t *testing.T) {
	f := front(t, Config{Public: "https://kexin.example.com/"})
	for origin, want := range map[string]int{"https://kexin.example.com": 200, "https://kexin.example.com.evil.example": 403, "http://kexin.example.com": 403, "null": 403} {
		r := request("127.0.0.1:1", "Origin", origin)
		r.Method = http.MethodPost
		w := httptest.NewRecorder()
		f.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", origin, w.Code, want)
		}
	}
	var got string
	f.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = Of(r.Context()).Origin() })).ServeHTTP(httptest.NewRecorder(), request("127.0.0.1:1"))
	if got != "https://kexin.example.com" {
		t.Errorf("links begin with %s", got)
	}
	if _, err := New(Config{Public: "kexin.example.com"}); kexin.CodeOf(err) != kexin.Invalid {
		t.Errorf("an address without scheme: %v", err)
	}
}

func TestLang(t *testing.T) {
	f := front(t, Config{})
	for _, c := range []struct {
		url, header, accept, want string
	}{
		{"/", "", "", "zh-CN"}, {"/", "", "en-GB", "en"}, {"/?lang=en", "", "zh", "en"}, {"/?lang=fr", "", "en", "en"},
		{"/?lang=en", "zh-CN", "en", "zh-CN"}, {"/", "xx", "zh", "zh-CN"},
	} {
		r := httptest.NewRequest(http.MethodGet, c.url, nil)
		r.Header.Set("Kexin-Lang", c.header)
		r.Header.Set("Accept-Language", c.accept)
		var got string
		f.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = Of(r.Context()).Lang() })).ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestLabel(t *testing.T) {
	for ua, want := range map[string]string{
		"":                          "",
		"<script>alert(1)</script>": "",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.50": "WeChat, iPhone",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0": "Edge, Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36":           "Chrome, Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 Version/17 Safari/605":               "Safari, macOS",
		"Mozilla/5.0 (Linux; Android 14; HarmonyOS) HuaweiBrowser/15 Chrome/114":                            "Huawei Browser, HarmonyOS",
		"curl/8.0 Linux": "Linux",
	} {
		if got := Label(ua); got != want {
			t.Errorf("%q: %q, want %q", ua, got, want)
		}
	}
}

func FuzzLabel(f *testing.F) {
	f.Add("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0")
	f.Fuzz(func(t *testing.T, ua string) {
		if got := Label(ua); len(got) > 40 || strings.ContainsAny(got, "<>\"'&\n") {
			t.Errorf("%q", got)
		}
	})
}

func FuzzClient(f *testing.F) {
	f.Add("10.0.0.1:1", "1.1.1.1, 2.2.2.2")
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {forwarded}}}
		got := Client(r, proxies)
		ap, err := netip.ParseAddrPort(remote)
		if err != nil {
			if got.IsValid() {
				t.Errorf("an address out of nothing: %v", got)
			}
			return
		}
		if from := ap.Addr().Unmap().WithZone(""); !proxies[0].Contains(from) && got != from {
			t.Errorf("who is no proxy of ours was believed: %v", got)
		}
	})
}

func TestQR(t *testing.T) {
	s, err := QR("https://kexin.example.com/invite/" + strings.Repeat("x", 43))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(strings.NewReader(string(raw)))
	if err != nil || img.Bounds().Dx() != img.Bounds().Dy() || img.Bounds().Dx()%dot != 0 {
		t.Errorf("%v %v", img.Bounds(), err)
	}
	if _, err := QR(strings.Repeat("x", 10_000)); err == nil {
		t.Error("too long for a code")
	}
}

func TestShown(t *testing.T) {
	secret, _ := auth.NewInvite()
	for path, c := range map[string]struct{ pattern, want string }{
		"/setup/" + secret.Text():    {"GET /setup/{token}", "/setup/-"},
		"/invite/" + secret.Text():   {"", "/invite/-"},
		"/l/abc":                     {"", "/l/-"},
		"/api/v1/customers/42":       {"GET /api/v1/customers/{id}", "/api/v1/customers/{id}"},
		"/api/v1/no/such/王秀兰":        {"/api/v1/", "/api/v1/"},
		"/customers/42":              {"/", "/-"},
		"/assets/index-abc.js":       {"/", "/assets/-"},
		"/login":                     {"POST /login", "/login"},
		"/welcome/recovery?x=secret": {"GET /welcome/recovery", "/welcome/recovery"},
	} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Pattern = c.pattern
		if got := shown(r); got != c.want {
			t.Errorf("%s: %s, want %s", path, got, c.want)
		}
	}
}

func TestRecorder(t *testing.T) {
	w := &recorder{ResponseWriter: httptest.NewRecorder()}
	if _, err := w.Write([]byte("x")); err != nil || w.status != 200 {
		t.Errorf("%d %v", w.status, err)
	}
	w.WriteHeader(500)
	if w.status != 200 || w.Unwrap() == nil {
		t.Error("the first status counts")
	}
	if err := http.NewResponseController(w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		t.Error(err)
	}
}

func TestOfNothing(t *testing.T) {
	if Of(context.Background()) != nil {
		t.Error("a request out of nothing")
	}
}
